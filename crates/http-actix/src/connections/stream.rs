//! The socket of a connection, which hands over one request at a time.
//!
//! The dispatcher of actix-http parses all that it can read. So this stream keeps requests that a
//! client sent before it got the response to an earlier one, stops reading when it keeps enough of
//! them, and reads nothing while the client takes no responses. It stays at most one response and
//! [`MAX_KEPT_BYTES`] behind, apart from buffers of the operating system.

use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    head_scanner::HeadScanner,
    state::{BodyRest, ConnectionState, Stage},
};

/// The number of bytes of later requests from which no more are read.
const MAX_KEPT_BYTES: usize = 4096;

/// How much is read at once of what is kept for later.
const READ_SIZE: usize = 1024;

/// How much of a chunked body is handed over before the dispatcher parses it: pipelined requests
/// may follow the last chunk.
const CHUNKED_READ_SIZE: usize = 1024;

pub(super) struct ConnectionStream {
    socket: TcpStream,
    state: Rc<ConnectionState>,
    scanner: HeadScanner,
    /// What was received after the current request.
    kept: Vec<u8>,
    /// Whether the client sends no more.
    ended: bool,
    /// Whether the dispatcher is to parse what it has before it reads more.
    paused: bool,
}

impl ConnectionStream {
    pub(super) fn new(socket: TcpStream) -> Self {
        Self {
            socket,
            state: Rc::default(),
            scanner: HeadScanner::default(),
            kept: Vec::new(),
            ended: false,
            paused: false,
        }
    }

    pub(super) fn state(&self) -> &Rc<ConnectionState> {
        &self.state
    }

    /// How many of the received bytes may be handed over. The others belong to what comes after the
    /// current head or body.
    fn take_allowed(&mut self, received: &[u8]) -> usize {
        match self.state.stage() {
            Stage::Idle | Stage::Head { .. } => {
                self.state.head_part_arrived();
                let Some(end) = self.scanner.end_of_head(received) else { return received.len() };
                self.state.head_complete();
                end
            }
            Stage::HeadComplete { .. } => 0,
            Stage::Handling(BodyRest::Bytes(rest)) => {
                let allowed = usize::try_from(rest).unwrap_or(usize::MAX).min(received.len());
                let read = u64::try_from(allowed).unwrap_or(u64::MAX);
                self.state.body_part_read(BodyRest::Bytes(rest.saturating_sub(read)));
                allowed
            }
            Stage::Handling(BodyRest::Chunks) | Stage::Closing { .. } => {
                self.paused = true;
                received.len().min(CHUNKED_READ_SIZE)
            }
        }
    }

    /// Whether bytes that are received now may be handed over.
    fn is_reading(&self) -> bool {
        !matches!(
            self.state.stage(),
            Stage::HeadComplete { .. } | Stage::Handling(BodyRest::Bytes(0))
        )
    }

    /// Hands over what was kept.
    fn read_kept(&mut self, buf: &mut ReadBuf<'_>) {
        let kept = std::mem::take(&mut self.kept);
        let fitting = kept.get(..buf.remaining()).unwrap_or(&kept);
        let allowed = self.take_allowed(fitting);
        let (now, later) = kept.split_at_checked(allowed).unwrap_or((&kept, &[]));
        buf.put_slice(now);
        self.kept = later.to_vec();
    }

    /// Hands over what is received, and keeps the rest.
    fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let received = Pin::new(&mut self.socket).poll_read(cx, buf);
        if let Poll::Ready(Ok(())) = &received {
            let bytes = buf.filled().get(before..).unwrap_or_default();
            if !bytes.is_empty() {
                let allowed = self.take_allowed(bytes);
                if let Some(rest) = bytes.get(allowed..) {
                    self.kept.extend_from_slice(rest);
                }
                buf.set_filled(before.saturating_add(allowed));
            }
        }
        received
    }

    /// Reads what is to be kept, and notices when the client ends the connection.
    fn poll_keep(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut chunk = [MaybeUninit::uninit(); READ_SIZE];
        while !self.ended && self.kept.len() < MAX_KEPT_BYTES {
            let mut buf = ReadBuf::uninit(&mut chunk);
            match Pin::new(&mut self.socket).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if buf.filled().is_empty() => self.ended = true,
                Poll::Ready(Ok(())) => self.kept.extend_from_slice(buf.filled()),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => break,
            }
        }
        if self.kept.is_empty() {
            // The end comes after all that was sent before it.
            return if self.ended { Poll::Ready(Ok(())) } else { Poll::Pending };
        }
        self.state.wake_when_readable(cx);
        Poll::Pending
    }
}

impl AsyncRead for ConnectionStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.state.is_send_blocked() {
            this.state.wake_when_readable(cx);
            return Poll::Pending;
        }
        if !this.is_reading() {
            return this.poll_keep(cx);
        }
        if std::mem::take(&mut this.paused) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if !this.kept.is_empty() {
            this.read_kept(buf);
            return Poll::Ready(Ok(()));
        }
        if this.ended {
            return Poll::Ready(Ok(()));
        }
        this.poll_receive(cx, buf)
    }
}

impl AsyncWrite for ConnectionStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.socket).poll_write(cx, buf);
        match &written {
            Poll::Pending => this.state.send_blocked(),
            Poll::Ready(_) => this.state.part_sent(),
        }
        written
    }

    /// The dispatcher flushes when it has written all that it has.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.state.all_sent();
        Pin::new(&mut this.socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}

impl Drop for ConnectionStream {
    fn drop(&mut self) {
        if self.state.is_reset_on_close() {
            // Otherwise the operating system would keep what is to be sent for minutes.
            let _closed_already = self.socket.set_zero_linger();
        }
    }
}
