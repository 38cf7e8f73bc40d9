//! What an adapter of the [`Auditor`](domain::audit::Auditor) has to do. What damage its rules find is for the
//! adapter's own tests, as no port can do any: [`damage`] is what those share.

pub mod damage;
pub mod intact_data;
pub mod load;
