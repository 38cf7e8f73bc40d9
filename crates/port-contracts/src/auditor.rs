//! The contract of an [`Auditor`](domain::audit::Auditor). That its rules detect damage is tested
//! by each adapter, because no port can damage data. Those tests share [`damage`].

pub mod damage;
pub mod intact_data;
pub mod load;
