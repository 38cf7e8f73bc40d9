//! The connections of clients: how many there may be, how long each stage of a request may take,
//! and how much a client that does not read its responses may leave unsent.
//!
//! actix-http bounds the time until the first request of a connection, and the time between two
//! requests. It bounds neither the head of a later request, nor the rest of a chunked body that no
//! handler reads, nor the time until a response is taken; and it parses as many pipelined requests
//! as it receives. This module adds what is missing around its dispatcher.
//!
//! | module | contents |
//! |---|---|
//! | `admission` | how many connections are open, in all and from one client's network |
//! | `state` | the stage that a connection is in, since when, and when that is too long |
//! | `head_scanner` | where the head of a request ends |
//! | `stream` | the socket, which hands over one request at a time |
//! | `requests` | middleware that reports where requests begin and end |
//! | `response_body` | large bodies, handed over in slices |
//! | `sockets` | addresses that are taken before the server is ready |
//! | `listener` | the server behind the listening sockets |
//!
//! | stage | limit | what happens then |
//! |---|---|---|
//! | the head of a request | [`ConnectionLimits::head_timeout`] | 408 for the first head of a connection, then it is closed |
//! | its body | 30 seconds, in `http_request::RawBody` | 408, then the rest of the body is unread |
//! | a body that was left unread | [`UNREAD_BODY_TIMEOUT`], after a response with `connection: close` | the connection is closed |
//! | no part of a response is taken | [`ConnectionLimits::send_timeout`] | the connection is reset |
//! | between two requests | [`KEEP_ALIVE`] | the connection is closed |

mod admission;
mod head_scanner;
mod listener;
mod requests;
mod response_body;
mod sockets;
mod state;
mod stream;

use std::time::Duration;

use ipnet::IpNet;

use crate::{config::Config, open_files};

pub(crate) use self::{
    admission::Connections,
    listener::{Listener, ListenerOptions},
    requests::{track_request, tracked},
    sockets::BoundSockets,
};

/// How long a connection may be idle between two requests. Load balancers that reuse connections
/// usually give them up earlier, after 60 seconds.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long the rest of a body that was left unread may take to arrive once the response is ready.
/// A client that sends its whole body before it reads gets the response.
const UNREAD_BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// The limits of a listener's connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectionLimits {
    /// How long the head of a request may take to arrive.
    pub(crate) head_timeout: Duration,
    /// How long a client may take no part of its response.
    pub(crate) send_timeout: Duration,
    /// How many connections may be open at once.
    pub(crate) max: usize,
    /// How many of them may come from one client's network; `None` means any number.
    pub(crate) max_per_address: Option<usize>,
    /// The networks from which any number may come: proxies, which connect for many clients. The
    /// machine's own addresses need not be listed.
    pub(crate) proxies: Vec<IpNet>,
}

impl ConnectionLimits {
    /// The configured limits, after the number of files that the process may open has been raised.
    pub(crate) fn raised(config: &Config) -> Self {
        let files = open_files::raise_limit();
        Self {
            head_timeout: config.connections.head_timeout,
            send_timeout: config.connections.send_timeout,
            max: open_files::max_connections(&config.connections, files),
            max_per_address: config.connections.max_per_address,
            proxies: config.trusted_proxies.clone(),
        }
    }
}
