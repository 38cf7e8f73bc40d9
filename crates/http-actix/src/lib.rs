//! The `oms` binary: configuration, composition, command line, telemetry and the server. What it serves are the
//! surfaces of other crates.
//!
//! | module | what lives there |
//! |---|---|
//! | [`cli`] | the commands, from the arguments to the exit code |
//! | `config`, `logging`, `composition` | what is set up before the first request |
//! | `adapters` | the types of adapters that settings name |
//! | `server`, `signals`, `worker` | sockets, the end, the loop that delivers messages |
//! | `trace`, `cors`, `known_method` | what every request passes through |
//! | `deliveries` | what becomes of messages, for metrics and traces |
//! | `operators` | what operators are shown, and a listener of their own for it |
//! | `telemetry` | traces, as spans for a collector |
//! | `metrics` | what is counted, for Prometheus |
//! | `tls` | whom this program trusts where it is the client |
//! | `version` | which program this is |

mod adapters;
pub mod cli;
mod composition;
mod config;
mod cors;
mod deliveries;
mod known_method;
mod logging;
mod metrics;
mod operators;
mod server;
mod signals;
mod telemetry;
mod tls;
mod trace;
mod version;
mod worker;
