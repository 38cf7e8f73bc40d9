//! Checks the delivered events, as a reader of the Redis stream gets them: those of each order
//! without gaps and in order. Repetitions are allowed.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::database::StoredOrder;
use crate::{
    harness::redis_text,
    torture::{
        ledger::{Ledger, Subject},
        shop::Shop,
    },
};

/// How long events may take until they are delivered after all faults have ended.
const DELIVERY_TIMEOUT: Duration = Duration::from_mins(1);
/// Returns the entries of a stream after an id, one in a line: the id of the entry, the id of the
/// event and the event, separated by spaces.
const READ_STREAM: &str = "local lines = {} \
    for _, entry in ipairs(redis.call('XRANGE', ARGV[1], '(' .. ARGV[2], '+')) do \
      local fields = {} \
      for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end \
      lines[#lines + 1] = entry[1] .. ' ' .. fields['id'] .. ' ' .. fields['payload'] \
    end return table.concat(lines, '\\n')";

/// Orders, each with what is wrong with its events.
type OrderTexts = Vec<(i64, String)>;

/// The events that were delivered so far.
#[derive(Debug, Default)]
pub(super) struct DeliveredEvents {
    last_entry: Option<String>,
    seen: BTreeSet<i64>,
    /// What the events of each order report, in the order of their first delivery.
    by_order: BTreeMap<i64, Vec<String>>,
    registered: BTreeSet<i64>,
}

impl DeliveredEvents {
    /// Waits until the events of these orders and of all acknowledged accounts are delivered, and
    /// reports those that are not, or not in order.
    pub(super) async fn check(&mut self, orders: &[StoredOrder], shop: &Shop, ledger: &Ledger) {
        let started = Instant::now();
        loop {
            self.read(&shop.redis.url(), ledger);
            let (missing, disorder) = self.compare(orders);
            if !disorder.is_empty() {
                for (order, text) in disorder {
                    ledger.report(Subject::Order(order), text);
                }
                return;
            }
            let unregistered: Vec<i64> =
                ledger.facts().accounts.difference(&self.registered).copied().collect();
            if missing.is_empty() && unregistered.is_empty() {
                return;
            }
            if started.elapsed() > DELIVERY_TIMEOUT {
                for (order, text) in missing {
                    ledger.report(Subject::Order(order), text);
                }
                for account in unregistered {
                    let text = "the event of its registration was not delivered";
                    ledger.report(Subject::Account(account), text);
                }
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Reads what was delivered since the last call.
    fn read(&mut self, redis: &str, ledger: &Ledger) {
        let after = self.last_entry.clone().unwrap_or_else(|| "0-0".to_owned());
        let command = ["EVAL", READ_STREAM, "0", "{oms}:events", &after];
        let entries = redis_text(redis, &command).expect("the stream");
        for line in entries.lines() {
            let mut words = line.splitn(3, ' ');
            let (Some(entry), Some(id), Some(event)) = (words.next(), words.next(), words.next())
            else {
                panic!("not an entry of the stream: {line}")
            };
            self.last_entry = Some(entry.to_owned());
            let event: Value = serde_json::from_str(event).expect("JSON");
            if self.seen.insert(id.parse().expect("an id")) {
                self.record(&event, ledger);
            }
        }
    }

    fn record(&mut self, event: &Value, ledger: &Ledger) {
        let number = |member: &str| event[member].as_i64().expect("an id");
        let report = match event["event"].as_str().expect("an event") {
            "account_registered" => {
                self.registered.insert(number("user_id"));
                return;
            }
            "account_changed" | "account_closed" | "product_created" | "product_changed" => return,
            "order_placed" => "placed".to_owned(),
            "order_status_changed" => event["to"].as_str().expect("a status").to_owned(),
            other => panic!("no client causes {other}"),
        };
        let order = number("order_id");
        ledger.log(Subject::Order(order), format!("delivered: {report}"));
        self.by_order.entry(order).or_default().push(report);
    }

    /// The orders with events that are not delivered yet, and those with others than expected. A
    /// change that was made after the orders were read may have been delivered as well.
    fn compare(&self, orders: &[StoredOrder]) -> (OrderTexts, OrderTexts) {
        let (mut missing, mut disorder) = (Vec::new(), Vec::new());
        for order in orders {
            let delivered = self.by_order.get(&order.id).map(Vec::as_slice).unwrap_or_default();
            let mut expected =
                ["placed"].into_iter().chain(order.history.iter().map(String::as_str));
            let is_prefix = expected.by_ref().zip(delivered).all(|(event, got)| event == got);
            let length = order.history.len() + 1;
            let text = || format!("delivered: {delivered:?}, history: {:?}", order.history);
            if !is_prefix {
                disorder.push((order.id, text()));
            } else if delivered.len() < length {
                missing.push((order.id, text()));
            }
        }
        (missing, disorder)
    }
}
