//! `GET /orders`: an array of orders, with search, sorting, limit and offset.

use actix_web::{HttpResponse, web::Data};
use domain::{
    PageLimit,
    order::port::{OrderSearch, OrderSort, SortDirection},
};
use http_request::{QueryString, Services};

use super::view::ClassicOrderView;
use crate::{caller::Authenticated, openapi::problems, problem::Problem};

/// The number of orders in a response if the request has no `limit`.
const DEFAULT_LIMIT: i64 = 20;

/// The query parameters of the list.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the parameters and is never constructed")]
struct ListParams {
    /// A part of the customer's or the item's name, such as `tea`. Case, accents and the width of white space make
    /// no difference. `%` and `_` are plain characters; blank means no search.
    #[param(max_length = 255)]
    search: Option<String>,
    /// The minimum quantity, in units.
    min_qty: Option<i64>,
    /// The maximum quantity, in units.
    max_qty: Option<i64>,
    /// `id`, `quantity` or `created_at`; `id` if it is absent or unknown.
    sort_by: Option<String>,
    /// `asc` or `desc`; `desc` if it is absent or unknown.
    sort_order: Option<String>,
    /// The maximum number of orders; clamped to the allowed range.
    #[param(default = json!(DEFAULT_LIMIT))]
    limit: Option<i64>,
    /// The number of orders to skip; a negative number skips none.
    #[param(default = 0)]
    offset: Option<i64>,
}

#[utoipa::path(
    get, path = "/orders", tag = "classic", operation_id = "classicListOrders",
    summary = "List orders", description = "A user gets their own orders, staff get all orders.",
    params(ListParams),
    responses((status = 200, description = "The orders", body = [ClassicOrderView]), problems::ClassicList),
)]
pub(crate) async fn list(
    caller: Authenticated,
    query: QueryString,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let mut params = query.lenient_params();
    let search = OrderSearch {
        user: None,
        term: params.search(),
        min_quantity: params.integer("min_qty"),
        max_quantity: params.integer("max_qty"),
        sort: params.choice(
            "sort_by",
            &[
                ("id", OrderSort::Id),
                ("quantity", OrderSort::Quantity),
                ("created_at", OrderSort::CreatedAt),
            ],
        ),
        direction: params.choice(
            "sort_order",
            &[("asc", SortDirection::Ascending), ("desc", SortDirection::Descending)],
        ),
        limit: PageLimit::clamped(params.number("limit").unwrap_or(DEFAULT_LIMIT)),
        offset: params.number("offset").unwrap_or(0).max(0),
    };
    params.finish()?;
    let orders = services.orders.search(search, caller.actor()).await?;
    let views: Vec<_> = orders.iter().map(ClassicOrderView::from).collect();
    Ok(HttpResponse::Ok().json(views))
}
