//! The checker: compares what clients know with the database, the delivered events, the responses
//! of the servers, and `oms audit`.
//!
//! A change whose outcome is unknown may still happen after a check, so every check is one that
//! such a change cannot break: what was acknowledged is there, and what is there was attempted.

mod database;
mod delivery;
mod orders;
mod stock;

use std::collections::BTreeSet;

use rand::{RngExt as _, rngs::StdRng};

use self::delivery::DeliveredEvents;
use super::{
    ledger::{Certainty, Ledger, Subject},
    shop::Shop,
};
use crate::harness::Program;

/// How many tokens whose revocation was checked before are checked again after each round.
const OLD_TOKENS: usize = 10;

/// The checker of one shop. It reads the delivered events of each round once.
#[derive(Debug)]
pub(super) struct Checker {
    rng: StdRng,
    delivered: DeliveredEvents,
    checked_tokens: usize,
}

impl Checker {
    pub(super) fn new(rng: StdRng) -> Self {
        Self { rng, delivered: DeliveredEvents::default(), checked_tokens: 0 }
    }

    /// Reports every violation to the ledger. The shop is healed and its clients are stopped.
    pub(super) async fn check(&mut self, shop: &Shop, ledger: &Ledger) {
        let orders = database::orders(&shop.store).await;
        orders::check(&orders, ledger);
        let accounts = database::live_accounts(&shop.store).await;
        check_accounts(&accounts, ledger);
        stock::check(&shop.store, ledger).await;
        // Events of lost orders would be awaited in vain.
        if ledger.violations().is_empty() {
            self.delivered.check(&orders, shop, ledger).await;
        }
        self.check_sessions(shop, ledger).await;
        let output = Program::new(&shop.store, &["audit"]).run();
        if output.code != Some(0) {
            ledger.report(Subject::Shop, format!("oms audit: {output}"));
        }
    }

    /// Checks that revoked tokens are refused by every server: those of this round and some others.
    async fn check_sessions(&mut self, shop: &Shop, ledger: &Ledger) {
        let revoked = ledger.facts().revoked.clone();
        let (old, new) = revoked.split_at(self.checked_tokens);
        let old = (0..OLD_TOKENS.min(old.len())).map(|_| &old[self.rng.random_range(0..old.len())]);
        for (account, token) in old.collect::<Vec<_>>().into_iter().chain(new) {
            for replica in &shop.replicas {
                let response = replica.operator.with_token(token).get("/api/v1/users/me").await;
                if response.status != 401 {
                    let text = format!("a revoked session's token is not refused: {response}");
                    ledger.report(Subject::Account(*account), text);
                }
            }
        }
        self.checked_tokens = revoked.len();
    }
}

/// Reports accounts that are lost, and those that are there although they were deleted.
fn check_accounts(live: &BTreeSet<i64>, ledger: &Ledger) {
    let facts = ledger.facts();
    let mut violations = Vec::new();
    for account in &facts.accounts {
        match (facts.deletions.get(account), live.contains(account)) {
            (None, false) => violations.push((*account, "an acknowledged account is missing")),
            (Some(Certainty::Certain), true) => {
                violations.push((*account, "an account is there that was deleted"));
            }
            _ => {}
        }
    }
    drop(facts);
    for (account, text) in violations {
        ledger.report(Subject::Account(account), text);
    }
}
