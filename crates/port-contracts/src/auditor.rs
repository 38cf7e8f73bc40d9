//! The contract of an [`Auditor`](domain::audit::Auditor). Adapters test in their own tests that
//! its rules find damage, because no port can damage data. Those tests share [`damage`].

pub mod damage;
pub mod intact_data;
pub mod load;
