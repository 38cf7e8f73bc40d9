//! The operators' surface: liveness and readiness probes, and metrics.
//!
//! | module | contents |
//! |---|---|
//! | `server_status` | the status of the process: liveness, readiness, metrics |
//! | `access` | the access rules of a listener |
//! | `operator` | the extractor that authenticates an operator |
//! | `local` | requests that originate on this machine |
//! | `monitor` | health checks of the dependencies, at most one per second |
//! | `probes`, `view` | `/livez`, `/readyz` and `/metrics`, and their responses |

mod access;
mod local;
mod monitor;
mod operator;
pub(crate) mod probes;
mod server_status;
mod view;

pub use self::{access::ProbeAccess, server_status::ServerStatus};
