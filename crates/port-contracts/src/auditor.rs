//! What an adapter of the [`Auditor`] has to do. That each rule can be found broken is for the
//! adapter's own tests, as no port can break one: [`damage`] has what those of SQL databases share.

use std::sync::Arc;

use domain::audit::{AuditFinding, Auditor};

use crate::StoreFixture;

pub mod damage;
pub mod load;
pub mod quiet;

/// A database whose books can be checked.
pub trait AuditFixture: StoreFixture {
    /// Who checks them.
    fn auditor(&self) -> Arc<dyn Auditor>;
}

/// What an auditor finds.
async fn findings(auditor: &dyn Auditor) -> Vec<AuditFinding> {
    let mut findings = Vec::new();
    auditor.audit(&mut findings).await.expect("the books can be checked");
    findings
}
