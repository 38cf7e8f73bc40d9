//! The `oms` binary: configuration, wiring, and both HTTP surfaces on actix-web.
//!
//! HTTP only translates: a route's handler parses, calls one use case of the `domain` crate and presents
//! what comes of it. Every rule is in the domain, every byte on disk is an adapter's.
//!
//! | module | what lives there |
//! |---|---|
//! | [`cli`] | the commands, from the arguments to the exit code |
//! | `config`, `logging`, `wiring` | what is set up before the first request |
//! | `services` | the use cases that handlers call, and how a change is run to its end |
//! | `server`, `app`, `trace`, `cors` | sockets and signals; routes; what every request passes through |
//! | `request` | who calls, and what they sent: extractors and checked input |
//! | `causes` | an error and its causes, on one line |
//! | `problem` | every error that a client can see (RFC 9457), in one table |
//! | `response_cache` | responses that were written before |
//! | `v1`, `classic` | the two surfaces, one file per resource |
//! | `telemetry` | traces, as spans for a collector |
//! | `tls` | whom this program trusts where it is the client |
//! | `operators`, `metrics` | probes and numbers, for whoever runs it |
//! | `openapi`, `pages` | the description of it all, and the pages around it |
//! | `version` | which program this is |

mod app;
mod causes;
mod classic;
pub mod cli;
mod config;
mod cors;
mod logging;
mod metrics;
mod openapi;
mod operators;
mod pages;
mod problem;
mod request;
mod response_cache;
mod server;
mod services;
mod signals;
mod telemetry;
mod tls;
mod trace;
mod v1;
mod version;
mod wiring;
mod worker;
