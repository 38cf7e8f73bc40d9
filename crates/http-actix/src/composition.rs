//! Which adapter stands behind which port: the only place that knows them all, beside [`adapters`](crate::adapters).
//!
//! | module | what lives there |
//! |---|---|
//! | `app` | everything put together, as configured |
//! | `services` | the use cases on their ports |
//! | `delivery` | who hears of events, and by which mailer |
//! | `database` | a database with all its ports, opened or migrated |
//! | `redis` | what replicas share: cache and rate limits |
//! | `prepare` | the data directory and the schema, before anything is opened |
//! | `error` | why something is not there |

mod app;
mod database;
mod delivery;
mod error;
mod prepare;
mod redis;
mod services;

pub(crate) use self::{
    app::{App, compose, compose_with},
    database::{Backend, migrate, open},
    error::CompositionError,
    prepare::{prepare, prepare_start},
    services::Overrides,
};
