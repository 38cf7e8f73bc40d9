//! What an auditor says of books that are right.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use domain::audit::{AuditFinding, AuditObserver, AuditRule, Auditor as _};

use crate::{StoreFixture, archive::busy};

/// Notes which rules are checked.
#[derive(Default)]
struct Rules {
    checked: Vec<AuditRule>,
    found: Vec<AuditFinding>,
}

impl AuditObserver for Rules {
    fn checking(&mut self, rule: AuditRule) {
        self.checked.push(rule);
    }

    fn found(&mut self, finding: AuditFinding) {
        self.found.push(finding);
    }
}

pub async fn a_fresh_store_is_checked_by_every_rule_and_nothing_is_found(
    fixture: impl StoreFixture,
) {
    let mut rules = Rules::default();
    fixture.store().audit(&mut rules).await.unwrap();
    assert_eq!(rules.checked, AuditRule::ALL);
    assert_eq!(rules.found, []);
}

pub async fn a_busy_shop_has_nothing_to_be_found(fixture: impl StoreFixture) {
    busy::shop(fixture.stores()).await;
    assert_eq!(fixture.findings().await, []);
}

pub async fn audits_side_by_side_find_the_same(fixture: impl StoreFixture) {
    busy::shop(fixture.stores()).await;
    let (one, other) = tokio::join!(fixture.findings(), fixture.findings());
    assert_eq!((one, other), (vec![], vec![]));
}
