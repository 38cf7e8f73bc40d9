//! What the clients know: which changes were acknowledged, which were attempted and may have
//! happened, and the log of all requests.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Instant,
};

/// What a record is about, so that its history can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    Account(i64),
    Order(i64),
    Product(i64),
    Shop,
}

/// What an order is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Content {
    /// Products with their quantities, in the order of the lines.
    Lines(Vec<(i64, i64)>),
    /// The name of an item, which no other order has, and its quantity.
    FreeForm(String, i64),
}

/// Orders with the same account, key and content cannot be told apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OrderForm {
    pub(super) account: i64,
    pub(super) key: Option<String>,
    pub(super) content: Content,
}

/// Whether a change was acknowledged, or attempted with an unknown outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Certainty {
    Possible,
    Certain,
}

/// Everything that the clients know.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// The acknowledged orders by id.
    pub(super) orders: BTreeMap<i64, OrderForm>,
    /// The acknowledged orders by account and key.
    pub(super) keys: BTreeMap<(i64, String), i64>,
    /// How many placements of a form had an unknown outcome.
    pub(super) possible_orders: BTreeMap<OrderForm, usize>,
    /// The attempted transitions by order and new status.
    pub(super) transitions: BTreeMap<(i64, String), Certainty>,
    /// The acknowledged accounts by id.
    pub(super) accounts: BTreeSet<i64>,
    /// The accounts whose deletion was attempted.
    pub(super) deletions: BTreeMap<i64, Certainty>,
    /// The access tokens whose revocation was acknowledged, with their accounts.
    pub(super) revoked: Vec<(i64, String)>,
    /// The prices that a product had or may have had, in cents.
    pub(super) prices: BTreeMap<i64, BTreeSet<i64>>,
    /// Orders that were placed lately, which staff change.
    pub(super) recent_orders: Vec<i64>,
}

/// A contradiction between what was acknowledged and what is there.
#[derive(Debug, Clone)]
pub(super) struct Violation {
    pub(super) subject: Subject,
    pub(super) text: String,
}

/// One request and its outcome.
#[derive(Debug)]
struct LogEntry {
    at: Instant,
    subject: Subject,
    text: String,
}

/// The facts and the log, shared by all clients and the checker.
#[derive(Debug)]
pub(super) struct Ledger {
    started: Instant,
    facts: Mutex<Facts>,
    log: Mutex<Vec<LogEntry>>,
    violations: Mutex<Vec<Violation>>,
    acknowledged: AtomicUsize,
    finished: AtomicUsize,
    /// Whether internal errors (500) are expected, as while the disk is full.
    tolerates_errors: AtomicBool,
}

impl Ledger {
    pub(super) fn new() -> Self {
        Self {
            started: Instant::now(),
            facts: Mutex::default(),
            log: Mutex::default(),
            violations: Mutex::default(),
            acknowledged: AtomicUsize::new(0),
            finished: AtomicUsize::new(0),
            tolerates_errors: AtomicBool::new(false),
        }
    }

    pub(super) fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap()
    }

    /// Appends to the log.
    pub(super) fn log(&self, subject: Subject, text: String) {
        self.log.lock().unwrap().push(LogEntry { at: Instant::now(), subject, text });
    }

    /// Counts a request that has ended.
    pub(super) fn count(&self, acknowledged: bool) {
        self.acknowledged.fetch_add(usize::from(acknowledged), Ordering::SeqCst);
        self.finished.fetch_add(1, Ordering::SeqCst);
    }

    /// The number of acknowledged changes and answered reads.
    pub(super) fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::SeqCst)
    }

    /// The number of requests that ended with any outcome.
    pub(super) fn finished(&self) -> usize {
        self.finished.load(Ordering::SeqCst)
    }

    pub(super) fn set_tolerates_errors(&self, tolerates: bool) {
        self.tolerates_errors.store(tolerates, Ordering::SeqCst);
    }

    pub(super) fn tolerates_errors(&self) -> bool {
        self.tolerates_errors.load(Ordering::SeqCst)
    }

    pub(super) fn report(&self, subject: Subject, text: impl Into<String>) {
        let text = text.into();
        self.log(subject, format!("VIOLATION: {text}"));
        self.violations.lock().unwrap().push(Violation { subject, text });
    }

    pub(super) fn violations(&self) -> Vec<Violation> {
        self.violations.lock().unwrap().clone()
    }

    /// The log lines about this subject.
    pub(super) fn history(&self, subject: Subject) -> String {
        self.lines(|entry| entry.subject == subject)
    }

    /// The whole log.
    pub(super) fn whole_history(&self) -> String {
        self.lines(|_entry| true)
    }

    fn lines(&self, wanted: impl Fn(&LogEntry) -> bool) -> String {
        let log = self.log.lock().unwrap();
        let line = |entry: &LogEntry| {
            let seconds = entry.at.duration_since(self.started).as_secs_f64();
            format!("  {seconds:9.3} s  {}: {}", entry.subject, entry.text)
        };
        let lines: Vec<String> = log.iter().filter(|entry| wanted(entry)).map(line).collect();
        lines.join("\n")
    }
}

impl Facts {
    /// Records an acknowledged placement. False if another order has this key.
    pub(super) fn placed(&mut self, order: i64, form: OrderForm) -> bool {
        if let Some(key) = &form.key
            && let Some(known) = self.keys.insert((form.account, key.clone()), order)
        {
            return known == order;
        }
        self.recent_orders.push(order);
        if self.recent_orders.len() > 100 {
            self.recent_orders.remove(0);
        }
        self.orders.insert(order, form).is_none()
    }

    /// Records an attempted transition. One that is certain stays certain.
    pub(super) fn moved(&mut self, order: i64, status: &str, certainty: Certainty) {
        let known = self.transitions.entry((order, status.to_owned())).or_insert(certainty);
        *known = certainty.max(*known);
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => write!(f, "account {id}"),
            Self::Order(id) => write!(f, "order {id}"),
            Self::Product(id) => write!(f, "product {id}"),
            Self::Shop => write!(f, "shop"),
        }
    }
}
