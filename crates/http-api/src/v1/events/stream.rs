//! `/api/v1/events/stream`: the feed as server-sent events (HTML Living Standard, section 9.2).

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Bytes, Data},
};
use domain::{EventId, account::Actor, events::service::EventService};
use futures::{Stream, stream};
use http_request::{InputError, QueryString, RequestError, Services};

use super::{
    query::{after, event_id, filter},
    view::EventView,
};
use crate::{
    caller::Admin,
    feed::{FeedQuery, FeedWatch},
    openapi::{params, problems},
    operators::ServerStatus,
    problem::Problem,
    routing::{self, Operation},
};

/// After so long without an event a comment is sent, so that proxies keep the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// After so long the server ends the stream, and the client connects again with the id of its last
/// event: a session that was revoked reads no more then.
const MAX_AGE: Duration = Duration::from_mins(5);

/// The header with the id of the last event that a client has.
const LAST_EVENT_ID: &str = "Last-Event-ID";

pub(super) fn operation() -> Operation {
    let [operation] = routing::operations!(stream);
    operation
}

#[utoipa::path(
    get, path = "/api/v1/events/stream", tag = "events", operation_id = "streamEvents",
    summary = "Follow the feed of events",
    description = "Staff only. The same events as those of the feed, as server-sent events: `id` is \
        the number, `event` the type, `data` the event as JSON. It begins behind `Last-Event-ID`, \
        or else behind `after`, or else with the next event. The server ends the stream after five \
        minutes; a client connects again with the id of its last event, as `EventSource` does.",
    params(params::FeedParams, params::FeedStartParams, params::LastEventIdParam),
    responses(
        (status = 200, description = "The events, one after the other", content_type = "text/event-stream",
            body = String, example = "id: 5001\nevent: order.placed\ndata: {\"id\":5001}\n\n"),
        problems::ListEvents,
    ),
)]
async fn stream(
    caller: Admin,
    request: HttpRequest,
    query: QueryString,
    services: Data<Services>,
    watch: Data<FeedWatch>,
    status: Data<ServerStatus>,
) -> Result<HttpResponse, Problem> {
    let mut params = query.params();
    let filter = filter(&mut params);
    let after = after(&mut params);
    params.finish()?;
    let after = match last_event_id(&request)?.or(after) {
        Some(after) => after,
        None => watch.settled(&services.events).await?,
    };
    let query = FeedQuery { filter, after, limit: EventService::DEFAULT_LIMIT };
    let feed = Feed { query, actor: caller.actor(), services, watch, status };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .streaming(feed.into_stream()))
}

/// The number in `Last-Event-ID`; `None` without the header.
fn last_event_id(request: &HttpRequest) -> Result<Option<EventId>, Problem> {
    let Some(value) = request.headers().get(LAST_EVENT_ID) else { return Ok(None) };
    let id = value.to_str().ok().and_then(|raw| event_id(raw.trim()).ok());
    let invalid = || InputError::in_parameter(LAST_EVENT_ID, "must be the id of an event");
    Ok(Some(id.ok_or_else(|| RequestError::from(invalid()))?))
}

/// A client that follows the feed.
struct Feed {
    query: FeedQuery,
    actor: Actor,
    services: Data<Services>,
    watch: Data<FeedWatch>,
    status: Data<ServerStatus>,
}

impl Feed {
    /// The text of the stream, in parts. It ends when the server stops, when the journal cannot be
    /// read, and after [`MAX_AGE`].
    fn into_stream(self) -> impl Stream<Item = Result<Bytes, actix_web::Error>> + 'static {
        let started = Instant::now();
        stream::unfold((self, true), move |(mut feed, is_first)| async move {
            if is_first {
                // A client that connects again before the first event names where it began.
                let start = format!("retry: 1000\nid: {}\n\n", feed.query.after);
                return Some((Ok(Bytes::from(start)), (feed, false)));
            }
            let left = MAX_AGE.checked_sub(started.elapsed())?;
            if feed.status.is_stopping() {
                return None;
            }
            let wait = KEEP_ALIVE.min(left);
            let next =
                feed.watch.wait(&feed.services.events, &feed.status, &feed.query, wait, feed.actor);
            let page = next.await.ok()?;
            feed.query.after = page.next_after;
            let mut text = String::new();
            for event in page.events {
                let (id, event_type) = (event.id, event.event_type.clone());
                let data = serde_json::to_string(&EventView::from(event)).ok()?;
                // Writing to a string cannot fail.
                let _ = write!(text, "id: {id}\nevent: {event_type}\ndata: {data}\n\n");
            }
            if text.is_empty() {
                text.push_str(":\n\n");
            }
            Some((Ok(Bytes::from(text)), (feed, false)))
        })
    }
}
