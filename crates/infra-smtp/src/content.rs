//! The content of a mail: its blocks, the final dot, and the reply, each with its own time limit.

use std::{
    future::{Future as _, poll_fn},
    pin::pin,
    slice::Chunks,
    sync::atomic::{AtomicUsize, Ordering},
    task::Poll,
};

use lettre::transport::smtp::client::AsyncSmtpConnection;
use tokio::time::{Instant, sleep};

use crate::{
    error::{SendError, Stage},
    timeouts::SmtpTimeouts,
};

/// The size of a block, in bytes. A mail about an order is smaller.
const BLOCK_SIZE: usize = 64 * 1024;

/// The blocks of a content. Counts the requests for one, which show how far the client library is:
/// it asks for a block after it has written the one before.
struct Blocks<'a> {
    blocks: Chunks<'a, u8>,
    requests: &'a AtomicUsize,
}

impl<'a> Iterator for Blocks<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.blocks.next()
    }
}

/// Sends the content after the reply to `DATA`, and waits for the reply to it.
pub(crate) async fn send_content(
    connection: &mut AsyncSmtpConnection,
    content: &[u8],
    timeouts: &SmtpTimeouts,
) -> Result<(), SendError> {
    let requests = AtomicUsize::new(0);
    let blocks = content.chunks(BLOCK_SIZE);
    let total = blocks.len();
    // When there is no further block, the client library writes the final dot.
    let stage = |requests| if requests > total { Stage::End } else { Stage::Content };
    let limit = |stage| if stage == Stage::End { timeouts.reply } else { timeouts.block };

    let mut sending = pin!(connection.message_iter(Blocks { blocks, requests: &requests }));
    let mut timer = pin!(sleep(timeouts.block));
    let mut current = 0;
    poll_fn(|context| {
        let sent = sending.as_mut().poll(context);
        let requested = requests.load(Ordering::Relaxed);
        let stage = stage(requested);
        if let Poll::Ready(reply) = sent {
            return Poll::Ready(reply.map(drop).map_err(|error| SendError::new(stage, &error)));
        }
        if requested != current {
            current = requested;
            timer.as_mut().reset(Instant::now() + limit(stage));
        }
        let timed_out = timer.as_mut().poll(context);
        timed_out.map(|()| Err(SendError::TimedOut { stage, limit: limit(stage) }))
    })
    .await
}
