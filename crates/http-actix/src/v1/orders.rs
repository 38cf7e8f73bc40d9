//! `/api/v1/orders`: place orders, follow them, move them along.

mod place;
mod view;

use actix_web::{HttpResponse, http::header, web::Data};
use domain::{
    OrderId, ProductId, UserId,
    order::{
        Order, OrderCommand, OrderStatus,
        port::{OrderFilter, OrderQuery},
    },
};
use serde::Deserialize;
use validator::Validate;

pub(crate) use self::{
    place::{PlaceOrderBody, place},
    view::{EventView, OrderView},
};
use super::{Message, page::PageView};
use crate::{
    problem::{Problem, StepWording},
    request::{Admin, Expected, Field, PathId, QueryString, RawBody, SignedIn, etag, required},
    wiring::Services,
};

/// Presents one order, with its entity tag.
fn respond(order: &Order) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::ETAG, etag(order.version())))
        .json(OrderView::from(order))
}

/// `GET /api/v1/orders`
pub(crate) async fn list(
    caller: Admin,
    query: QueryString,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let mut params = query.params();
    let filter = OrderFilter {
        status: params.read("status", str::parse::<OrderStatus>),
        user: params.whole("user_id").map(UserId::new),
        product: params.whole("product_id").map(ProductId::new),
        created_from: params.moment("created_from"),
        created_to: params.moment("created_to"),
    };
    let query = OrderQuery { filter, page: params.page() };
    params.finish()?;
    let page = services.orders.list(&query, caller.actor()).await?;
    Ok(HttpResponse::Ok().json(PageView::<OrderView>::new(&page, query.page)))
}

/// `GET /api/v1/orders/me`
pub(crate) async fn list_own(
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

/// `GET /api/v1/orders/{id}`
pub(crate) async fn get(
    caller: SignedIn,
    id: PathId,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let order = services.orders.view(OrderId::new(id.get()?), caller.actor()).await?;
    Ok(respond(&order))
}

/// `GET /api/v1/orders/{id}/events`
pub(crate) async fn events(
    caller: SignedIn,
    id: PathId,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let history = services.orders.history(OrderId::new(id.get()?), caller.actor()).await?;
    let views: Vec<_> =
        history.iter().map(|event| EventView::new(event, OrderStatus::as_str)).collect();
    Ok(HttpResponse::Ok().json(views))
}

/// Where an order is to go.
#[derive(Deserialize, Validate)]
pub(crate) struct ChangeStatusBody {
    #[serde(default)]
    #[validate(custom(function = "required"))]
    status: Field<OrderStatus>,
}

impl ChangeStatusBody {
    /// The step that is asked for.
    pub(crate) fn command(self) -> Result<OrderCommand, Problem> {
        Ok(OrderCommand::ChangeStatus { to: self.status.required("status")? })
    }
}

/// `PUT /api/v1/orders/{id}`
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
        changed.map_err(|error| Problem::order_not_changed(error, StepWording::V1Status))?;
    Ok(respond(&order))
}

/// `PUT /api/v1/orders/{id}/cancel`
pub(crate) async fn cancel(
    caller: SignedIn,
    id: PathId,
    expected: Expected,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = OrderId::new(id.get()?);
    services
        .orders
        .execute(id, OrderCommand::Cancel, expected.version(), caller.actor())
        .await
        .map_err(|error| Problem::order_not_changed(error, StepWording::V1Cancel))?;
    Ok(HttpResponse::Ok().json(Message { message: "Order cancelled successfully" }))
}
