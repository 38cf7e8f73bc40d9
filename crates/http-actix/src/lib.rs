//! The `oms` binary: configuration, composition, command line, telemetry and the server. The HTTP
//! surfaces that it serves are other crates.
//!
//! | module | contents |
//! |---|---|
//! | [`cli`] | the commands, from the arguments to the exit code |
//! | `config`, `logging`, `composition` | everything set up before the first request |
//! | `adapters` | the adapter types that settings name |
//! | `connections`, `open_files` | clients' connections and their limits; how many the system allows |
//! | `server`, `signals`, `worker` | the HTTP server, its shutdown, the delivery of events |
//! | `trace`, `cors` | middleware that every request passes through |
//! | `method_label` | HTTP methods as labels of metrics and traces |
//! | `observed_subscriber` | metrics and spans of event deliveries |
//! | `operators` | probes and metrics for operators, and the separate listener for them |
//! | `telemetry` | traces, exported as spans to a collector |
//! | `metrics` | metrics for Prometheus |
//! | `tls` | the certificates that this program trusts as an HTTP client |
//! | `version` | the program's version and commit |

mod adapters;
pub mod cli;
mod composition;
mod config;
mod connections;
mod cors;
mod logging;
mod method_label;
mod metrics;
mod observed_subscriber;
mod open_files;
mod operators;
mod server;
mod signals;
mod telemetry;
mod tls;
mod trace;
mod version;
mod worker;
