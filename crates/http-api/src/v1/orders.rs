//! `/api/v1/orders`: place orders, follow them, move them along.

mod place;
mod view;

use actix_web::{HttpResponse, web::Data};
use domain::{
    OrderId, ProductId, UserId,
    order::{
        OrderCommand, OrderStatus,
        port::{OrderFilter, OrderQuery},
    },
};
use http_request::{Expected, PathId, QueryString, RawBody, Services};

#[cfg(test)]
pub(crate) use self::place::PlaceOrderBody;
use self::view::OrderView;
use super::page::PageView;
use crate::{
    caller::{Admin, SignedIn},
    openapi::{params, problems, request_schemas::StatusJson},
    problem::{Problem, TransitionWording},
    routing::{self, Operation},
    views::{ChangeStatusBody, Message, order_event::EventView},
};

pub(crate) fn operations() -> impl IntoIterator<Item = Operation> {
    routing::operations!(list, place::place, list_own, get, change_status, events, cancel)
}

#[utoipa::path(
    get, path = "/api/v1/orders", tag = "orders", operation_id = "listOrders",
    summary = "List everybody's orders", description = "Staff only. Newest first.",
    params(params::PageParams, params::OrderFilterParams),
    responses((status = 200, description = "A page of orders", body = PageView<OrderView>), problems::AdminList),
)]
async fn list(
    caller: Admin,
    query: QueryString,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let mut params = query.params();
    let filter = OrderFilter {
        status: params.read("status", str::parse::<OrderStatus>),
        user: params.whole("user_id").map(UserId::new),
        product: params.whole("product_id").map(ProductId::new),
        created_from: params.timestamp("created_from"),
        created_to: params.timestamp("created_to"),
    };
    let query = OrderQuery { filter, page: params.page() };
    params.finish()?;
    let page = services.orders.list(&query, caller.actor()).await?;
    Ok(HttpResponse::Ok().json(PageView::<OrderView>::new(&page, query.page)))
}

#[utoipa::path(
    get, path = "/api/v1/orders/me", tag = "orders", operation_id = "listOwnOrders",
    summary = "List one's own orders", description = "Newest first.",
    params(params::PageParams),
    responses((status = 200, description = "A page of orders", body = PageView<OrderView>), problems::OwnList),
)]
async fn list_own(
    caller: SignedIn,
    query: QueryString,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let mut params = query.params();
    let asked = params.page();
    params.finish()?;
    let page = services.orders.list_own(asked, caller.actor()).await?;
    Ok(HttpResponse::Ok().json(PageView::<OrderView>::new(&page, asked)))
}

#[utoipa::path(
    get, path = "/api/v1/orders/{id}", tag = "orders", operation_id = "getOrder",
    summary = "Look at an order", description = "For its owner and staff.",
    params(params::Id),
    responses((status = 200, description = "The order", body = OrderView, headers(("ETag"))), problems::ViewOrder),
)]
async fn get(
    caller: SignedIn,
    id: PathId,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let order = services.orders.view(OrderId::new(id.get()?), caller.actor()).await?;
    Ok(OrderView::respond(HttpResponse::Ok(), &order))
}

#[utoipa::path(
    get, path = "/api/v1/orders/{id}/events", tag = "orders", operation_id = "listOrderEvents",
    summary = "Look at an order's history", description = "For its owner and staff. Newest first.",
    params(params::Id),
    responses((status = 200, description = "The history", body = [EventView]), problems::ViewOrder),
)]
async fn events(
    caller: SignedIn,
    id: PathId,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let history = services.orders.history(OrderId::new(id.get()?), caller.actor()).await?;
    let views: Vec<_> =
        history.iter().map(|event| EventView::new(event, OrderStatus::as_str)).collect();
    Ok(HttpResponse::Ok().json(views))
}

#[utoipa::path(
    put, path = "/api/v1/orders/{id}", tag = "orders", operation_id = "changeOrderStatus",
    summary = "Move an order along",
    description = "Staff only. A step that is not open is 409, with the `open_steps`.",
    params(params::Id, params::IfMatch),
    request_body = StatusJson,
    responses(
        (status = 200, description = "The order from now on", body = OrderView, headers(("ETag"))),
        problems::ChangeStatus,
    ),
)]
async fn change_status(
    caller: Admin,
    id: PathId,
    expected: Expected,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = OrderId::new(id.get()?);
    let command = body.json::<ChangeStatusBody>()?.command()?;
    let changed = services.change_order(id, command, expected.version(), caller.actor()).await;
    let order =
        changed.map_err(|error| Problem::order_not_changed(error, TransitionWording::V1Status))?;
    Ok(OrderView::respond(HttpResponse::Ok(), &order))
}

#[utoipa::path(
    put, path = "/api/v1/orders/{id}/cancel", tag = "orders", operation_id = "cancelOrder",
    summary = "Cancel an order",
    description = "For its owner and staff, as long as the goods have not left. All its stock goes back.",
    params(params::Id, params::IfMatch),
    responses((status = 200, description = "It is cancelled", body = Message), problems::CancelOrder),
)]
async fn cancel(
    caller: SignedIn,
    id: PathId,
    expected: Expected,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = OrderId::new(id.get()?);
    services
        .change_order(id, OrderCommand::Cancel, expected.version(), caller.actor())
        .await
        .map_err(|error| Problem::order_not_changed(error, TransitionWording::V1Cancel))?;
    Ok(HttpResponse::Ok().json(Message { message: "Order cancelled successfully" }))
}
