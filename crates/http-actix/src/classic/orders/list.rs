//! `GET /orders`: a plain list with a search, a direction and a window.

use actix_web::{HttpResponse, web::Data};
use domain::{
    PageLimit,
    order::port::{OrderSearch, OrderSort, SortDirection},
};

use super::ClassicOrderView;
use crate::{
    problem::Problem,
    request::{QueryString, SignedIn},
    wiring::Services,
};

/// How many orders a client gets who does not say.
const DEFAULT_LIMIT: i64 = 20;

/// `GET /orders`
pub(crate) async fn list(
    caller: SignedIn,
    query: QueryString,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let mut params = query.params();
    let search = OrderSearch {
        user: None,
        term: params.search(),
        min_quantity: params.whole("min_qty"),
        max_quantity: params.whole("max_qty"),
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
        limit: PageLimit::clamped(params.whole("limit").unwrap_or(DEFAULT_LIMIT)),
        offset: params.whole("offset").unwrap_or(0).max(0),
    };
    params.finish()?;
    let orders = services.orders.search(search, caller.actor()).await?;
    let views: Vec<_> = orders.iter().map(ClassicOrderView::from).collect();
    Ok(HttpResponse::Ok().json(views))
}
