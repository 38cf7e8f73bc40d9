//! `/orders`: free-form orders, and all orders in their classic representation.

mod list;
mod view;

use actix_web::{HttpResponse, HttpResponseBuilder, web::Data};
use domain::{
    CustomerName, ItemName, OrderId,
    order::{FreeFormItem, Order, OrderCommand, OrderStatus},
};
use http_request::{
    Field, FreeFormQuantity, IdempotencyHeader, IfMatch, IfNoneMatch, PathId, RawBody, Services,
    required,
};
use serde::Deserialize;
use validator::Validate;

use self::view::ClassicOrderView;
use crate::{
    caller::{Admin, Authenticated},
    openapi::{params, problems, request_schemas::ClassicStatusChangeSchema, value_schemas},
    problem::{Problem, TransitionWording},
    routing::{self, Operation},
    views::{
        ChangeStatusBody, created, not_modified,
        order_event::{ClassicOrderEventSchema, OrderEventView},
        with_etag,
    },
};

pub(crate) fn operations() -> impl IntoIterator<Item = Operation> {
    routing::operations!(list::list, place, get, change_status, delete, events)
}

/// A response with one order and its entity tag.
fn respond(response: HttpResponseBuilder, order: &Order) -> HttpResponse {
    with_etag(response, order.version(), order.revision(), ClassicOrderView::from(order))
}

/// A free-form order.
#[derive(Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = NewClassicOrder)]
pub(crate) struct FreeFormOrderBody {
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::customer_name, required)]
    customer_name: Field<CustomerName>,
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::item_name, required)]
    item_name: Field<ItemName>,
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::free_form_quantity, required)]
    quantity: Field<FreeFormQuantity>,
}

#[utoipa::path(
    post, path = "/orders", tag = "classic", operation_id = "classicPlaceOrder",
    summary = "Place a free-form order", description = "A free-form order reserves no stock.",
    params(params::IdempotencyKeyParam),
    request_body = FreeFormOrderBody,
    responses(
        (
            status = 201, description = "The order", body = ClassicOrderView,
            headers(("Location"), ("ETag"), ("Idempotent-Replayed")),
        ),
        problems::ClassicPlace,
    ),
)]
async fn place(
    caller: Authenticated,
    key: IdempotencyHeader,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let body: FreeFormOrderBody = body.json()?;
    let customer = body.customer_name.required("customer_name")?;
    let item = FreeFormItem {
        name: body.item_name.required("item_name")?,
        quantity: body.quantity.required("quantity")?.0,
    };
    let request = caller.placement_request(key.key()?);
    let (orders, account) = (services.orders.clone(), caller.account().clone());
    let place = async move { orders.place_free_form(&account, customer, item, request).await };
    let placed = services.detached.run(place).await?;
    Ok(respond(created::order(&placed, "/orders"), &placed.order))
}

#[utoipa::path(
    get, path = "/orders/{id}", tag = "classic", operation_id = "classicGetOrder",
    summary = "Get an order", description = "For its owner and staff.",
    params(params::IdParam, params::IfNoneMatchParam),
    responses(
        (status = 200, description = "The order", body = ClassicOrderView, headers(("ETag"))),
        (status = 304, description = "The client has it already", headers(("ETag"))),
        problems::ClassicView,
    ),
)]
async fn get(
    caller: Authenticated,
    id: PathId,
    seen: IfNoneMatch,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let viewed = services.orders.view(OrderId::new(id.get()?), caller.actor()).await;
    let order = viewed.map_err(|error| Problem::from(error).with_classic_detail())?;
    if seen.matches(order.version(), order.revision()) {
        return Ok(not_modified(order.version(), order.revision()));
    }
    Ok(respond(HttpResponse::Ok(), &order))
}

#[utoipa::path(
    get, path = "/orders/{id}/events", tag = "classic", operation_id = "classicListOrderEvents",
    summary = "Get an order's history", description = "For its owner and staff. Newest first.",
    params(params::IdParam),
    responses((status = 200, description = "The history", body = [ClassicOrderEventSchema]), problems::ClassicView),
)]
async fn events(
    caller: Authenticated,
    id: PathId,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let history = services.orders.history(OrderId::new(id.get()?), caller.actor()).await;
    let history = history.map_err(|error| Problem::from(error).with_classic_detail())?;
    let views: Vec<_> =
        history.iter().map(|event| OrderEventView::new(event, OrderStatus::as_upper_str)).collect();
    Ok(HttpResponse::Ok().json(views))
}

#[utoipa::path(
    patch, path = "/orders/{id}", tag = "classic", operation_id = "classicChangeOrderStatus",
    summary = "Change an order's status",
    description = "Staff only. A transition that the lifecycle does not allow is 409; `open_steps` \
        lists the allowed statuses.",
    params(params::IdParam, params::IfMatchParam),
    request_body = ClassicStatusChangeSchema,
    responses(
        (status = 200, description = "The updated order", body = ClassicOrderView, headers(("ETag"))),
        problems::ClassicChange,
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
    let command = OrderCommand::ChangeStatus { to: body.json::<ChangeStatusBody>()?.status()? };
    let changed =
        services.change_order(id, command, if_match.expected_versions(), caller.actor()).await;
    let order =
        changed.map_err(|error| Problem::from_order_error(error, TransitionWording::Classic))?;
    Ok(respond(HttpResponse::Ok(), &order))
}

#[utoipa::path(
    delete, path = "/orders/{id}", tag = "classic", operation_id = "classicDeleteOrder",
    summary = "Delete an order",
    description = "Staff only. A pending or processing order is also cancelled, and its stock is \
        restored.",
    params(params::IdParam, params::IfMatchParam),
    responses((status = 204, description = "The order is deleted"), problems::ClassicDelete),
)]
async fn delete(
    caller: Admin,
    id: PathId,
    if_match: IfMatch,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = OrderId::new(id.get()?);
    services
        .change_order(id, OrderCommand::Delete, if_match.expected_versions(), caller.actor())
        .await
        .map_err(|error| Problem::from_order_error(error, TransitionWording::Classic))?;
    Ok(HttpResponse::NoContent().finish())
}
