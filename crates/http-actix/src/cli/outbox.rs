//! `oms outbox`: lists undelivered events, and requeues or discards dead letters.

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
use crate::{
    adapters::SystemClock,
    composition::{self, DatabaseAccess},
    config::Config,
};

const PAGE_SIZE: u32 = 500;

/// List, requeue or discard events that could not be delivered
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

/// List the dead letters (events whose delivery was given up), oldest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  oms outbox list --all")]
struct List {
    /// List all undelivered events, also those that are still retried
    #[arg(long)]
    all: bool,
}

/// Deliver dead letters again
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  oms outbox requeue 17 18\n  oms outbox requeue --all")]
struct Requeue {
    /// Requeue all dead letters
    #[arg(long, conflicts_with = "ids", required_unless_present = "ids")]
    all: bool,
    /// The numbers of the events, as `oms outbox list` shows them
    ids: Vec<i64>,
}

const DISCARD_LONG_ABOUT: &str = "\
Discard dead letters: no further delivery is attempted.

Later events about the same orders, which wait behind them, are delivered.";

/// Discard dead letters
#[derive(Debug, clap::Args)]
#[command(long_about = DISCARD_LONG_ABOUT, after_help = "Example:\n  oms outbox discard 17")]
struct Discard {
    /// The numbers of the events, as `oms outbox list` shows them
    #[arg(required = true)]
    ids: Vec<i64>,
}

pub(super) async fn run(arguments: Arguments, config: &Config) -> Result<(), CommandError> {
    let access = match arguments.command {
        Command::List(_) => DatabaseAccess::Read,
        Command::Requeue(_) | Command::Discard(_) => DatabaseAccess::Full,
    };
    let database = composition::open(&config.store, access)
        .await
        .map_err(CommandError::from_composition(config))?;
    let outbox: &dyn OutboxStore = database.as_ref();
    let result = match arguments.command {
        Command::List(List { all }) => list(outbox, all).await,
        Command::Requeue(Requeue { all: true, .. }) => {
            requeue(outbox, &DeadLetterSelection::All).await
        }
        Command::Requeue(Requeue { ids, .. }) => requeue(outbox, &selection(ids)).await,
        Command::Discard(Discard { ids }) => discard(outbox, &selection(ids)).await,
    };
    database.close().await;
    Ok(result?)
}

fn selection(ids: Vec<i64>) -> DeadLetterSelection {
    DeadLetterSelection::Some(ids.into_iter().map(OutboxEventId::new).collect())
}

async fn list(outbox: &dyn OutboxStore, all: bool) -> Result<(), StoreError> {
    let filter = if all { UndeliveredFilter::All } else { UndeliveredFilter::Dead };
    let mut after = None;
    loop {
        let events = outbox.undelivered(filter, after, PAGE_SIZE).await?;
        let Some(last) = events.last() else { break };
        after = Some(last.id);
        for event in events {
            output::print(TabSeparated(&event));
        }
    }
    let depth = outbox.depth().await?;
    output::print_status(format_args!("{} pending, {} given up", depth.waiting, depth.dead));
    Ok(())
}

async fn requeue(
    outbox: &dyn OutboxStore,
    selection: &DeadLetterSelection,
) -> Result<(), StoreError> {
    let count = outbox.requeue(selection, SystemClock.now()).await?;
    output::print(format_args!("requeued {count}"));
    Ok(())
}

async fn discard(
    outbox: &dyn OutboxStore,
    selection: &DeadLetterSelection,
) -> Result<(), StoreError> {
    let count = outbox.discard(selection, SystemClock.now()).await?;
    output::print(format_args!("discarded {count}"));
    Ok(())
}

/// Displays an undelivered event on one line, its fields separated by tabs.
struct TabSeparated<'a>(&'a UndeliveredEvent);

impl fmt::Display for TabSeparated<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UndeliveredEvent { id, event, attempts, done, dead_at, last_error, .. } = self.0;
        let state = if dead_at.is_some() { "given up" } else { "pending" };
        // The last error of an unreadable event is the reason why it cannot be read.
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
