//! `/api/v1/events`: the feed, which is the journal as clients read it.

mod query;
mod stream;
mod view;

use std::time::Duration;

use actix_web::{HttpResponse, web::Data};
use domain::{EventId, events::service::EventService};
use http_request::{QueryString, Services};

use self::{
    query::{after, bounded, filter},
    view::EventPageView,
};
use crate::{
    caller::Admin,
    feed::{FeedQuery, FeedWatch},
    openapi::{params, problems},
    operators::ServerStatus,
    problem::Problem,
    routing::{self, Operation},
};

/// The longest time that a request waits for events, in seconds.
const MAX_WAIT: i64 = 30;

pub(crate) fn operations() -> impl IntoIterator<Item = Operation> {
    [stream::operation()].into_iter().chain(routing::operations!(list))
}

#[utoipa::path(
    get, path = "/api/v1/events", tag = "events", operation_id = "listEvents",
    summary = "Read the feed of events",
    description = "Staff only. Everything that happens to orders, products and accounts is an \
        event with a number. The feed returns them oldest first and without gaps: a client that \
        reads on from `next_after` each time misses nothing and gets nothing twice, also while \
        others write. Numbers may be skipped. With `wait`, a request that finds \
        nothing waits for the next event (long polling).",
    params(params::FeedParams, params::FeedPageParams),
    responses(
        (status = 200, description = "The next events; empty if there are none", body = EventPageView),
        problems::ListEvents,
    ),
)]
async fn list(
    caller: Admin,
    query: QueryString,
    services: Data<Services>,
    watch: Data<FeedWatch>,
    status: Data<ServerStatus>,
) -> Result<HttpResponse, Problem> {
    let mut params = query.params();
    let max_limit = i64::from(EventService::MAX_LIMIT);
    let limit = params.read("limit", |raw| bounded(raw, 1, max_limit));
    let query = FeedQuery {
        filter: filter(&mut params),
        after: after(&mut params).unwrap_or(START),
        limit: limit
            .and_then(|limit| u32::try_from(limit).ok())
            .unwrap_or(EventService::DEFAULT_LIMIT),
    };
    let wait = params.read("wait", |raw| bounded(raw, 0, MAX_WAIT)).unwrap_or(0);
    params.finish()?;
    let wait = Duration::from_secs(wait.unsigned_abs());
    let page = watch.wait(&services.events, &status, &query, wait, caller.actor()).await?;
    Ok(HttpResponse::Ok().json(EventPageView::from(page)))
}

/// Before the first event.
const START: EventId = EventId::new(0);
