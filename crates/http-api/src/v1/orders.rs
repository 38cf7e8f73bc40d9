//! `/api/v1/orders`: placing orders, reading them, changing their status.

mod place;
mod view;

use actix_web::{HttpResponse, web::Data};
use domain::{
    OrderId, Page, ProductId, UserId,
    order::{
        Order, OrderCommand, OrderListSort, OrderSearchTerm, OrderStatus,
        port::{OrderFilter, OrderQuery},
    },
};
use http_request::{
    CursorScope, IfMatch, IfNoneMatch, PathId, QueryParams, QueryString, RawBody, Services,
};

#[cfg(test)]
pub(crate) use self::place::PlaceOrderBody;
use self::view::OrderView;
use super::page::{PageSchema, PageView};
use crate::{
    caller::{Admin, Authenticated},
    openapi::{params, problems, request_schemas::StatusChangeSchema},
    problem::{Problem, TransitionWording},
    routing::{self, Operation},
    views::{ChangeStatusBody, MessageView, not_modified, order_event::OrderEventView},
};

/// The schema of a page of orders.
type OrderPage = PageSchema<OrderView<'static>>;

pub(crate) fn operations() -> impl IntoIterator<Item = Operation> {
    routing::operations!(list, place::place, list_own, get, change_status, events, cancel)
}

#[utoipa::path(
    get, path = "/api/v1/orders", tag = "orders", operation_id = "listOrders",
    summary = "List all orders",
    description = "Staff only. Newest first, unless `sort` says otherwise. A client that polls this \
        list by the time of the last change can miss a change that is committed late.",
    params(params::PageParams, params::OrderFilterParams, params::OrderUpdateParams),
    responses((status = 200, description = "A page of orders", body = OrderPage), problems::AdminList),
)]
async fn list(
    caller: Admin,
    query: QueryString,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let mut params = query.params();
    let filter = OrderFilter {
        statuses: params.any_of("status", str::parse::<OrderStatus>),
        user: params.integer("user_id").map(UserId::new),
        product: params.integer("product_id").map(ProductId::new),
        created_from: params.period_start("created_from"),
        created_to: params.period_end("created_to"),
        search: params.read("search", OrderSearchTerm::parse).flatten(),
        ..updated_within(&mut params)
    };
    let sort = params.filter("sort", str::parse::<OrderListSort>).unwrap_or_default();
    let page = params.page(CursorScope::new("orders", &(&filter, sort)));
    params.finish()?;
    let query = OrderQuery { filter, sort, page };
    let found = services.orders.list(&query, caller.actor()).await?;
    Ok(respond_with_page("orders", &query, &found))
}

/// A filter by the time of the last change.
fn updated_within(params: &mut QueryParams) -> OrderFilter {
    OrderFilter {
        updated_from: params.period_start("updated_from"),
        updated_to: params.period_end("updated_to"),
        ..OrderFilter::default()
    }
}

/// A page of the list with this name, whose cursors are for the same filter and sort key.
fn respond_with_page(list: &'static str, query: &OrderQuery, found: &Page<Order>) -> HttpResponse {
    let filter = (&query.filter, query.sort);
    let scope = CursorScope::new(list, &filter);
    HttpResponse::Ok().json(PageView::<OrderView>::new(found, query.page, scope))
}

#[utoipa::path(
    get, path = "/api/v1/orders/me", tag = "orders", operation_id = "listOwnOrders",
    summary = "List one's own orders",
    description = "Newest first, unless `sort` says otherwise.",
    params(params::PageParams, params::OrderUpdateParams),
    responses((status = 200, description = "A page of orders", body = OrderPage), problems::OwnList),
)]
async fn list_own(
    caller: Authenticated,
    query: QueryString,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let mut params = query.params();
    let filter = OrderFilter { user: Some(caller.actor().user), ..updated_within(&mut params) };
    let sort = params.filter("sort", str::parse::<OrderListSort>).unwrap_or_default();
    let page = params.page(CursorScope::new("orders/me", &(&filter, sort)));
    params.finish()?;
    let query = OrderQuery { filter, sort, page };
    let found = services.orders.list_own(query.clone(), caller.actor()).await?;
    Ok(respond_with_page("orders/me", &query, &found))
}

#[utoipa::path(
    get, path = "/api/v1/orders/{id}", tag = "orders", operation_id = "getOrder",
    summary = "Get an order", description = "For its owner and staff.",
    params(params::IdParam, params::IfNoneMatchParam),
    responses(
        (status = 200, description = "The order", body = OrderView, headers(("ETag"))),
        (status = 304, description = "The client has it already", headers(("ETag"))),
        problems::ViewOrder,
    ),
)]
async fn get(
    caller: Authenticated,
    id: PathId,
    seen: IfNoneMatch,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let order = services.orders.view(OrderId::new(id.get()?), caller.actor()).await?;
    if seen.matches(order.version(), order.revision()) {
        return Ok(not_modified(order.version(), order.revision()));
    }
    Ok(OrderView::respond(HttpResponse::Ok(), &order))
}

#[utoipa::path(
    get, path = "/api/v1/orders/{id}/events", tag = "orders", operation_id = "listOrderEvents",
    summary = "Get an order's history", description = "For its owner and staff. Newest first.",
    params(params::IdParam),
    responses((status = 200, description = "The history", body = [OrderEventView]), problems::ViewOrder),
)]
async fn events(
    caller: Authenticated,
    id: PathId,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let history = services.orders.history(OrderId::new(id.get()?), caller.actor()).await?;
    let views: Vec<_> =
        history.iter().map(|event| OrderEventView::new(event, OrderStatus::as_str)).collect();
    Ok(HttpResponse::Ok().json(views))
}

#[utoipa::path(
    put, path = "/api/v1/orders/{id}", tag = "orders", operation_id = "changeOrderStatus",
    summary = "Change an order's status",
    description = "Staff only. A transition that the lifecycle does not allow is 409; `open_steps` \
        lists the allowed statuses. Setting the status that the order already has, while it is not \
        final, changes and records nothing: the request can be repeated.",
    params(params::IdParam, params::IfMatchParam),
    request_body = StatusChangeSchema,
    responses(
        (status = 200, description = "The updated order", body = OrderView, headers(("ETag"))),
        problems::ChangeStatus,
    ),
)]
async fn change_status(
    caller: Admin,
    id: PathId,
    if_match: IfMatch,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = OrderId::new(id.get()?);
    let to = body.update::<ChangeStatusBody, OrderView<'_>>()?.status()?;
    let changed =
        services.set_order_status(id, to, if_match.expected_versions(), caller.actor()).await;
    let order =
        changed.map_err(|error| Problem::from_order_error(error, TransitionWording::V1Status))?;
    Ok(OrderView::respond(HttpResponse::Ok(), &order))
}

#[utoipa::path(
    put, path = "/api/v1/orders/{id}/cancel", tag = "orders", operation_id = "cancelOrder",
    summary = "Cancel an order",
    description = "For its owner and staff, as long as the order has not been shipped. All its \
        stock is restored.",
    params(params::IdParam, params::IfMatchParam),
    responses((status = 200, description = "The order is cancelled", body = MessageView), problems::CancelOrder),
)]
async fn cancel(
    caller: Authenticated,
    id: PathId,
    if_match: IfMatch,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = OrderId::new(id.get()?);
    body.no_members::<OrderView<'_>>()?;
    services
        .change_order(id, OrderCommand::Cancel, if_match.expected_versions(), caller.actor())
        .await
        .map_err(|error| Problem::from_order_error(error, TransitionWording::V1Cancel))?;
    Ok(HttpResponse::Ok().json(MessageView { message: "Order cancelled successfully" }))
}
