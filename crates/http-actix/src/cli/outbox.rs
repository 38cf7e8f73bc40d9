//! `oms outbox`: what is not delivered, for whoever has to see to it.

use std::fmt;

use clap::Subcommand;
use domain::{
    Clock as _, OutboxEventId, StoreError,
    outbox::{
        Channels, OutboxEvent,
        port::{DeadLetterSelection, OutboxStore, UndeliveredEvent, UndeliveredFilter},
    },
};

use super::{error::CommandError, output};
use crate::{adapters::SystemClock, composition, config::Config};

const CHUNK: u32 = 500;

/// See to messages that could not be delivered
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  oms outbox list\n  oms outbox requeue --all")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(List),
    Requeue(Requeue),
    Discard(Discard),
}

/// List the messages that were given up, the earliest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  oms outbox list --all")]
struct List {
    /// List those that are still tried as well
    #[arg(long)]
    all: bool,
}

/// Deliver messages again that were given up
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  oms outbox requeue 17 18\n  oms outbox requeue --all")]
struct Requeue {
    /// All of them
    #[arg(long, conflicts_with = "messages", required_unless_present = "messages")]
    all: bool,
    /// Their numbers, as `oms outbox list` shows them
    messages: Vec<i64>,
}

const DISCARD_LONG_ABOUT: &str = "Take messages that were given up for delivered.

What they tell of is told to nobody any more. The messages behind them, about the same orders, go on.";

/// Take messages that were given up for delivered
#[derive(Debug, clap::Args)]
#[command(long_about = DISCARD_LONG_ABOUT, after_help = "Example:\n  oms outbox discard 17")]
struct Discard {
    /// Their numbers, as `oms outbox list` shows them
    #[arg(required = true)]
    messages: Vec<i64>,
}

pub(super) async fn run(arguments: Arguments, config: &Config) -> Result<(), CommandError> {
    let database =
        composition::open(&config.store).await.map_err(CommandError::not_composed(config))?;
    let outbox: &dyn OutboxStore = database.as_ref();
    let done = match arguments.command {
        Command::List(List { all }) => list(outbox, all).await,
        Command::Requeue(Requeue { all: true, .. }) => {
            requeue(outbox, &DeadLetterSelection::All).await
        }
        Command::Requeue(Requeue { messages, .. }) => requeue(outbox, &choice(messages)).await,
        Command::Discard(Discard { messages }) => discard(outbox, &choice(messages)).await,
    };
    database.close().await;
    Ok(done?)
}

fn choice(numbers: Vec<i64>) -> DeadLetterSelection {
    DeadLetterSelection::Some(numbers.into_iter().map(OutboxEventId::new).collect())
}

async fn list(outbox: &dyn OutboxStore, all: bool) -> Result<(), StoreError> {
    let filter = if all { UndeliveredFilter::All } else { UndeliveredFilter::Dead };
    let mut after = None;
    loop {
        let letters = outbox.undelivered(filter, after, CHUNK).await?;
        let Some(last) = letters.last() else { break };
        after = Some(last.id);
        for letter in letters {
            output::print(Line(&letter));
        }
    }
    let depth = outbox.depth().await?;
    output::tell(format_args!("{} waiting, {} given up", depth.waiting, depth.dead));
    Ok(())
}

async fn requeue(outbox: &dyn OutboxStore, choice: &DeadLetterSelection) -> Result<(), StoreError> {
    let count = outbox.requeue(choice, SystemClock.now()).await?;
    output::print(format_args!("requeued {count}"));
    Ok(())
}

async fn discard(outbox: &dyn OutboxStore, choice: &DeadLetterSelection) -> Result<(), StoreError> {
    let count = outbox.discard(choice, SystemClock.now()).await?;
    output::print(format_args!("discarded {count}"));
    Ok(())
}

/// A message on one line, its parts with tabs between.
struct Line<'a>(&'a UndeliveredEvent);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UndeliveredEvent { id, event, attempts, done, dead_at, last_error, .. } = self.0;
        let state = if dead_at.is_some() { "given up" } else { "waiting" };
        // One that cannot be read says why in its last error.
        let kind = event.as_ref().map_or("unreadable", OutboxEvent::event);
        let order = event.as_ref().and_then(OutboxEvent::order);
        let order = order.map_or_else(|| "-".to_owned(), |order| order.to_string());
        let done = if *done == Channels::NONE { "-".to_owned() } else { done.to_string() };
        let error = last_error.as_deref().unwrap_or("-").replace(['\n', '\r', '\t'], " ");
        write!(
            f,
            "{id}\t{kind}\t{state}\torder {order}\t{attempts} attempts\tdone: {done}\t{error}"
        )
    }
}
