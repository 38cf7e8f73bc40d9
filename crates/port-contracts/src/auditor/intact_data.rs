//! An audit of intact data has no findings.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::audit::{AuditFinding, AuditObserver, AuditRule, Auditor as _};

use crate::{StoreFixture, archive::busy_shop};

/// Records the rules that are checked, and the findings.
#[derive(Default)]
struct RecordingObserver {
    checked: Vec<AuditRule>,
    found: Vec<AuditFinding>,
}

impl AuditObserver for RecordingObserver {
    fn checking(&mut self, rule: AuditRule) {
        self.checked.push(rule);
    }

    fn found(&mut self, finding: AuditFinding) {
        self.found.push(finding);
    }
}

pub async fn an_empty_store_is_checked_by_every_rule_without_findings(fixture: impl StoreFixture) {
    let mut observer = RecordingObserver::default();
    fixture.store().audit(&mut observer).await.unwrap();
    assert_eq!(observer.checked, AuditRule::ALL);
    assert_eq!(observer.found, []);
}

pub async fn an_audit_of_a_busy_shop_has_no_findings(fixture: impl StoreFixture) {
    busy_shop::open(fixture.stores()).await;
    assert_eq!(fixture.findings().await, []);
}

pub async fn concurrent_audits_of_intact_data_have_no_findings(fixture: impl StoreFixture) {
    busy_shop::open(fixture.stores()).await;
    let (one, other) = tokio::join!(fixture.findings(), fixture.findings());
    assert_eq!((one, other), (vec![], vec![]));
}
