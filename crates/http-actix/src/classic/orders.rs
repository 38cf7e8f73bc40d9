//! `/orders`: orders in words, and everybody's orders as the classic clients see them.

mod list;
mod view;

use actix_web::{HttpResponse, HttpResponseBuilder, http::header, web::Data};
use domain::{
    CustomerName, ItemName, OrderId,
    order::{FreeFormItem, Order, OrderCommand, OrderStatus},
};
use serde::Deserialize;
use validator::Validate;

pub(crate) use self::{list::list, view::ClassicOrderView};
use crate::{
    problem::{Problem, ProblemCode, StepWording},
    request::{
        Admin, Expected, Field, FreeFormQuantity, IdempotencyHeader, PathId, RawBody, SignedIn,
        etag, required,
    },
    v1::orders::{ChangeStatusBody, EventView},
    wiring::Services,
};

/// Presents one order, with its entity tag.
fn respond(mut response: HttpResponseBuilder, order: &Order) -> HttpResponse {
    response
        .insert_header((header::ETAG, etag(order.version())))
        .json(ClassicOrderView::from(order))
}

/// An order in words.
#[derive(Deserialize, Validate)]
pub(crate) struct FreeFormOrderBody {
    #[serde(default)]
    #[validate(custom(function = "required"))]
    customer_name: Field<CustomerName>,
    #[serde(default)]
    #[validate(custom(function = "required"))]
    item_name: Field<ItemName>,
    #[serde(default)]
    #[validate(custom(function = "required"))]
    quantity: Field<FreeFormQuantity>,
}

/// `POST /orders`
pub(crate) async fn place(
    caller: SignedIn,
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
    let key = key.key()?;
    let placed = services.orders.place_free_form(caller.account(), customer, item, key).await?;
    let mut response = HttpResponse::Created();
    response.insert_header((header::LOCATION, format!("/orders/{}", placed.order.id())));
    if placed.replayed {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    Ok(respond(response, &placed.order))
}

/// Words an error about somebody else's order as this surface does.
fn not_allowed(problem: Problem) -> Problem {
    match problem.code() {
        ProblemCode::NotAuthorized => Problem::worded(ProblemCode::NotAuthorized, "Not allowed"),
        _ => problem,
    }
}

/// `GET /orders/{id}`
pub(crate) async fn get(
    caller: SignedIn,
    id: PathId,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let viewed = services.orders.view(OrderId::new(id.get()?), caller.actor()).await;
    let order = viewed.map_err(|error| not_allowed(error.into()))?;
    Ok(respond(HttpResponse::Ok(), &order))
}

/// `GET /orders/{id}/events`
pub(crate) async fn events(
    caller: SignedIn,
    id: PathId,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let history = services.orders.history(OrderId::new(id.get()?), caller.actor()).await;
    let history = history.map_err(|error| not_allowed(error.into()))?;
    let views: Vec<_> =
        history.iter().map(|event| EventView::new(event, OrderStatus::as_upper_str)).collect();
    Ok(HttpResponse::Ok().json(views))
}

/// `PATCH /orders/{id}`
pub(crate) async fn change_status(
    caller: Admin,
    id: PathId,
    expected: Expected,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = OrderId::new(id.get()?);
    let command = body.json::<ChangeStatusBody>()?.command()?;
    let changed =
        services.orders.execute(id, command, expected.version(), caller.actor()).await;
    let order =
        changed.map_err(|error| Problem::order_not_changed(error, StepWording::Classic))?;
    Ok(respond(HttpResponse::Ok(), &order))
}

/// `DELETE /orders/{id}`
pub(crate) async fn delete(
    caller: Admin,
    id: PathId,
    expected: Expected,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = OrderId::new(id.get()?);
    services
        .orders
        .execute(id, OrderCommand::Delete, expected.version(), caller.actor())
        .await
        .map_err(|error| Problem::order_not_changed(error, StepWording::Classic))?;
    Ok(HttpResponse::NoContent().finish())
}
