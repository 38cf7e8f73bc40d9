//! The metrics of clients' connections.

use metrics::{Counter, Gauge, counter, gauge};

/// Why the server closed a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CloseReason {
    /// The head of a request took too long to arrive.
    HeadTimeout,
    /// No part of a response was taken for too long.
    ResponseTimeout,
    /// A body that was left unread took too long to arrive.
    UnreadBody,
    /// As many connections were open as may be.
    MaxConnections,
    /// As many connections from the client's network were open as may be.
    MaxConnectionsPerAddress,
}

/// The handles of the metrics of a listener.
pub(crate) struct ConnectionMetrics {
    open: Gauge,
    head_timeout: Counter,
    response_timeout: Counter,
    unread_body: Counter,
    max_connections: Counter,
    max_connections_per_address: Counter,
}

impl ConnectionMetrics {
    /// The metrics of the listener for clients.
    pub(crate) fn register() -> Self {
        const CLOSED: &str = "oms_http_connections_closed_total";
        let closed = |reason| {
            let counter = counter!(CLOSED, "reason" => reason);
            counter.absolute(0);
            counter
        };
        let open = gauge!("oms_http_connections");
        open.set(0.0);
        Self {
            open,
            head_timeout: closed("head_timeout"),
            response_timeout: closed("response_timeout"),
            unread_body: closed("unread_body"),
            max_connections: closed("max_connections"),
            max_connections_per_address: closed("max_connections_per_address"),
        }
    }

    /// For a listener whose connections are not counted.
    pub(crate) fn unexposed() -> Self {
        Self {
            open: Gauge::noop(),
            head_timeout: Counter::noop(),
            response_timeout: Counter::noop(),
            unread_body: Counter::noop(),
            max_connections: Counter::noop(),
            max_connections_per_address: Counter::noop(),
        }
    }

    pub(crate) fn opened(&self) {
        self.open.increment(1.0);
    }

    pub(crate) fn closed(&self) {
        self.open.decrement(1.0);
    }

    /// Counts a connection that the server closed because of a limit.
    pub(crate) fn closed_because(&self, reason: CloseReason) {
        let counter = match reason {
            CloseReason::HeadTimeout => &self.head_timeout,
            CloseReason::ResponseTimeout => &self.response_timeout,
            CloseReason::UnreadBody => &self.unread_body,
            CloseReason::MaxConnections => &self.max_connections,
            CloseReason::MaxConnectionsPerAddress => &self.max_connections_per_address,
        };
        counter.increment(1);
    }
}
