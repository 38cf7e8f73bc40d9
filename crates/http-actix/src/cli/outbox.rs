//! `oms outbox`: lists parked events, and requeues or discards dead letters.

use std::{collections::BTreeSet, fmt};

use clap::Subcommand;
use domain::{
    Clock as _, EventId, StoreError,
    events::{
        ParkedState, Subscription,
        port::{DeadLetterSelection, SubscriptionStore, UndeliveredEvent, UndeliveredFilter},
    },
};

use super::{error::CommandError, output};
use crate::{
    adapters::SystemClock,
    composition::{self, DatabaseAccess},
    config::Config,
};

const PAGE_SIZE: u32 = 500;
/// A name behind those of all subscriptions.
const LAST_NAME: &str = "\u{7f}";

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
    /// List all parked events: also those that are retried, wait for another one, or were refused
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
    let outbox: &dyn SubscriptionStore = database.as_ref();
    let result = match arguments.command {
        Command::List(List { all }) => list(outbox, all).await.map_err(CommandError::from),
        Command::Requeue(Requeue { all: true, .. }) => requeue_all(outbox).await,
        Command::Requeue(Requeue { ids, .. }) => change(outbox, Change::Requeue, ids).await,
        Command::Discard(Discard { ids }) => change(outbox, Change::Discard, ids).await,
    };
    database.close().await;
    result
}

async fn list(outbox: &dyn SubscriptionStore, all: bool) -> Result<(), StoreError> {
    let filter = if all { UndeliveredFilter::All } else { UndeliveredFilter::Dead };
    let mut after = None;
    loop {
        let events = outbox.undelivered(filter, after, PAGE_SIZE).await?;
        let Some(last) = events.last() else { break };
        after = Some((last.parked.id, last.subscription.clone()));
        for event in events {
            output::print(TabSeparated(&event));
        }
    }
    let lags = outbox.lags().await?;
    let pending: u64 = lags.iter().map(|lag| lag.pending).sum();
    let dead: u64 = lags.iter().map(|lag| lag.dead).sum();
    for lag in lags {
        if let Some(until) = lag.paused_until.filter(|until| *until > SystemClock.now()) {
            output::print_status(format_args!(
                "{} pauses until {}, because its receiver is in trouble",
                lag.subscription,
                until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            ));
        }
    }
    output::print_status(format_args!("{pending} pending, {dead} given up"));
    Ok(())
}

async fn requeue_all(outbox: &dyn SubscriptionStore) -> Result<(), CommandError> {
    let count = outbox.requeue(&DeadLetterSelection::All, SystemClock.now()).await?;
    output::print(format_args!("requeued {count}"));
    Ok(())
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Requeue,
    Discard,
}

/// Changes each of these dead letters, and fails if there are others among the events.
async fn change(
    outbox: &dyn SubscriptionStore,
    change: Change,
    ids: Vec<i64>,
) -> Result<(), CommandError> {
    let (mut changed, mut unknown, mut pending) = (0, Vec::new(), Vec::new());
    // One at a time, so that those without effect are known. An id may be given twice.
    for id in ids.into_iter().collect::<BTreeSet<_>>() {
        let selection = DeadLetterSelection::Some(vec![EventId::new(id)]);
        let count = match change {
            Change::Requeue => outbox.requeue(&selection, SystemClock.now()).await?,
            Change::Discard => outbox.discard(&selection).await?,
        };
        match count {
            0 if is_undelivered(outbox, id).await? => pending.push(id),
            0 => unknown.push(id),
            _ => changed += count,
        }
    }
    let done = match change {
        Change::Requeue => "requeued",
        Change::Discard => "discarded",
    };
    let mut refused = Vec::new();
    if changed > 0 || (unknown.is_empty() && pending.is_empty()) {
        output::print(format_args!("{done} {changed}"));
    }
    if !unknown.is_empty() {
        refused.push(format!("no such event: {}", listed(&unknown)));
    }
    if !pending.is_empty() {
        refused.push(format!("not given up, so not {done}: {}", listed(&pending)));
    }
    if refused.is_empty() { Ok(()) } else { Err(CommandError::Refused(refused.join("; "))) }
}

/// Whether an event with that number is parked in a subscription.
async fn is_undelivered(outbox: &dyn SubscriptionStore, id: i64) -> Result<bool, StoreError> {
    let after = Some((EventId::new(id.saturating_sub(1)), Subscription::named(LAST_NAME)));
    let next = outbox.undelivered(UndeliveredFilter::All, after, 1).await?;
    Ok(next.first().is_some_and(|event| event.parked.id.get() == id))
}

fn listed(ids: &[i64]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Displays an undelivered event on one line, its fields separated by tabs.
struct TabSeparated<'a>(&'a UndeliveredEvent);

impl fmt::Display for TabSeparated<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UndeliveredEvent { subscription, parked, event_type, at: _ } = self.0;
        let state = match parked.state {
            ParkedState::Retrying => "retrying",
            ParkedState::Waiting => "waiting",
            ParkedState::UnknownType => "unknown type",
            ParkedState::Dead => "given up",
            ParkedState::Refused => "refused",
        };
        let order = parked.order.map_or_else(|| "-".to_owned(), |order| order.to_string());
        let error = parked.last_error.as_deref().unwrap_or("-").replace(['\n', '\r', '\t'], " ");
        let (id, attempts) = (parked.id, parked.attempts);
        write!(
            f,
            "{id}\t{event_type}\t{state}\torder {order}\t{attempts} attempts\t{subscription}\t{error}"
        )
    }
}
