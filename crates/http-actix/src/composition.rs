//! The composition root, which connects each port to an adapter. Only it and
//! [`adapters`](crate::adapters) import adapter crates.
//!
//! | module | contents |
//! |---|---|
//! | `app` | the services and adapters that the configuration selects |
//! | `services` | the use cases on their ports |
//! | `delivery` | the event handlers and their mailer |
//! | `database` | a database with all its ports; opening and migrating it |
//! | `redis` | the cache and the rate limiter, in Redis or in this process |
//! | `prepare` | creating the data directory, claiming the database and migrating it, before it is opened |
//! | `permissions` | warnings about files and directories that other users have access to |
//! | `shop` | the database's shop: its identifier and its currency |
//! | `error` | the errors of all these |

mod app;
mod database;
mod delivery;
mod error;
mod permissions;
mod prepare;
mod redis;
mod services;
mod shop;

pub(crate) use self::{
    app::{App, compose, compose_to_serve, compose_with},
    database::{Backend, DatabaseAccess, MigrationProgress, claim, log_progress, migrate, open},
    error::CompositionError,
    prepare::{prepare, prepare_claimed, prepare_start},
    services::Overrides,
};
