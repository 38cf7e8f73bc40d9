//! The stage that a connection is in, since when, and when that is too long.
//!
//! The stream and the middleware report what happens; the task of the connection checks every
//! second whether a stage is overdue. All of them run on one thread.

use std::{
    cell::{Cell, RefCell},
    task::{Context, Waker},
    time::{Duration, Instant},
};

use super::{ConnectionLimits, UNREAD_BODY_TIMEOUT};
use crate::metrics::connections::CloseReason;

/// The resolution of the clock of actix-http.
const CLOCK_RESOLUTION: Duration = Duration::from_millis(500);

/// What a connection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It waits for a request. actix-http bounds how long, also for the first one.
    Idle,
    /// A part of the head of a request has arrived.
    Head { since: Instant },
    /// The head has been handed over, and its handler has not begun yet.
    HeadComplete { since: Instant },
    /// A handler runs, and this is still to come of the body of its request.
    Handling(BodyRest),
    /// The response is ready, and the body of its request was left unread. The connection is closed
    /// when the body has arrived.
    Closing { since: Instant },
}

/// What is still to come of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyRest {
    /// So many bytes.
    Bytes(u64),
    /// Chunks up to the last one.
    Chunks,
}

/// The state of a connection.
#[derive(Debug)]
pub(super) struct ConnectionState {
    stage: Cell<Stage>,
    opened: Instant,
    has_had_request: Cell<bool>,
    /// While a response cannot be sent: when a part of it was sent last.
    send_blocked_since: Cell<Option<Instant>>,
    /// The task that waits until it may read more of the connection.
    reader: RefCell<Option<Waker>>,
    /// Whether closing the connection drops what is still to be sent.
    reset_on_close: Cell<bool>,
}

impl Default for ConnectionState {
    fn default() -> Self {
        Self {
            stage: Cell::new(Stage::Idle),
            opened: Instant::now(),
            has_had_request: Cell::new(false),
            send_blocked_since: Cell::new(None),
            reader: RefCell::new(None),
            reset_on_close: Cell::new(false),
        }
    }
}

impl ConnectionState {
    pub(super) fn stage(&self) -> Stage {
        self.stage.get()
    }

    /// A part of the head of a request has arrived.
    pub(super) fn head_part_arrived(&self) {
        if self.stage.get() == Stage::Idle {
            self.stage.set(Stage::Head { since: Instant::now() });
        }
    }

    pub(super) fn head_complete(&self) {
        if let Stage::Head { since } = self.stage.get() {
            self.stage.set(Stage::HeadComplete { since });
        }
    }

    /// Some bytes of the body have been handed over.
    pub(super) fn body_part_read(&self, rest: BodyRest) {
        self.stage.set(Stage::Handling(rest));
    }

    /// A handler begins.
    pub(super) fn request_started(&self, body: BodyRest) {
        self.has_had_request.set(true);
        self.change_stage(Stage::Handling(body));
    }

    /// A handler has read the last chunk of the body.
    pub(super) fn last_chunk_read(&self) {
        if self.stage.get() == Stage::Handling(BodyRest::Chunks) {
            self.stage.set(Stage::Handling(BodyRest::Bytes(0)));
        }
    }

    /// The response is ready, and will be sent. Returns whether the connection has to be closed
    /// after it, because chunks of its request were left unread.
    ///
    /// actix-http itself closes the connection if a body of known length was left unread.
    pub(super) fn response_ready(&self) -> bool {
        match self.stage.get() {
            Stage::Handling(BodyRest::Chunks) => {
                self.change_stage(Stage::Closing { since: Instant::now() });
                true
            }
            Stage::Closing { .. } => true,
            _ => {
                self.change_stage(Stage::Idle);
                false
            }
        }
    }

    /// Enters a stage in which more may be read. A connection that is to be closed stays so.
    fn change_stage(&self, stage: Stage) {
        if !matches!(self.stage.get(), Stage::Closing { .. }) {
            self.stage.set(stage);
        }
        self.wake_reader();
    }

    /// Wakes this task when the connection may read more.
    pub(super) fn wake_when_readable(&self, cx: &Context<'_>) {
        let mut reader = self.reader.borrow_mut();
        match &mut *reader {
            Some(waker) => waker.clone_from(cx.waker()),
            None => *reader = Some(cx.waker().clone()),
        }
    }

    fn wake_reader(&self) {
        if let Some(waker) = self.reader.take() {
            waker.wake();
        }
    }

    pub(super) fn is_send_blocked(&self) -> bool {
        self.send_blocked_since.get().is_some()
    }

    /// The client has no room for more of a response.
    pub(super) fn send_blocked(&self) {
        if self.send_blocked_since.get().is_none() {
            self.send_blocked_since.set(Some(Instant::now()));
        }
    }

    /// A part of a response was sent.
    pub(super) fn part_sent(&self) {
        if self.is_send_blocked() {
            self.send_blocked_since.set(Some(Instant::now()));
        }
    }

    /// All that was to be sent was sent.
    pub(super) fn all_sent(&self) {
        if self.send_blocked_since.take().is_some() {
            self.wake_reader();
        }
    }

    /// Whether closing the connection drops what is still to be sent.
    pub(super) fn is_reset_on_close(&self) -> bool {
        self.reset_on_close.get()
    }

    /// The limit that the connection has exceeded, if there is one. It is to be closed then.
    pub(super) fn overdue(&self, now: Instant, limits: &ConnectionLimits) -> Option<CloseReason> {
        let has_passed = |since, timeout| now.saturating_duration_since(since) >= timeout;
        if let Some(since) = self.send_blocked_since.get() {
            let overdue = has_passed(since, limits.send_timeout);
            self.reset_on_close.set(overdue);
            return overdue.then_some(CloseReason::ResponseTimeout);
        }
        match self.stage.get() {
            Stage::Head { since } | Stage::HeadComplete { since }
                if has_passed(since, limits.head_timeout) =>
            {
                Some(CloseReason::HeadTimeout)
            }
            Stage::Closing { since } if has_passed(since, UNREAD_BODY_TIMEOUT) => {
                Some(CloseReason::UnreadBody)
            }
            _ => None,
        }
    }

    /// Whether the connection, which actix-http has closed, was closed because the head of its
    /// first request did not arrive in time.
    pub(super) fn first_head_was_overdue(&self, limits: &ConnectionLimits) -> bool {
        let elapsed = self.opened.elapsed().saturating_add(CLOCK_RESOLUTION);
        !self.has_had_request.get() && elapsed >= limits.head_timeout
    }
}
