//! Everything put together, as configured.

use std::sync::Arc;

use domain::{
    Clock,
    health::Dependency,
    mail::MailSettings,
    outbox::{
        EventRelay, RelaySettings,
        port::{EventHandler, WorkerId},
    },
};
use http_request::Services;
use infra_local::{OsSecrets, SystemClock};
use infra_redis::Redis;
use infra_smtp::SmtpMailer;

use super::{
    database::{self, Backend},
    delivery,
    error::CompositionError,
    redis,
    services::{Overrides, services},
};
use crate::{
    config::Config,
    metrics::{Exporter, OutboxWatch},
};

/// The program put together: the services, the handlers of messages, and what is closed when it ends.
pub(crate) struct App {
    pub(crate) services: Services,
    handlers: Vec<Arc<dyn EventHandler>>,
    clock: Arc<dyn Clock>,
    database: Arc<dyn Backend>,
    redis: Option<Redis>,
    smtp: Option<Arc<SmtpMailer>>,
}

impl App {
    /// A relay that delivers messages on every channel that is configured.
    pub(crate) fn relay(&self, settings: RelaySettings) -> EventRelay {
        // Unique among all processes that ever leased a message.
        let worker = WorkerId::new(uuid::Uuid::now_v7().to_string());
        let clock = Arc::clone(&self.clock);
        EventRelay::new(self.database.clone(), self.handlers.clone(), clock, worker, settings)
    }

    /// What a program is ready with, and what it can do without.
    pub(crate) fn dependencies(&self) -> Vec<Arc<dyn Dependency>> {
        let mut dependencies: Vec<Arc<dyn Dependency>> = vec![self.database.clone()];
        if let Some(redis) = &self.redis {
            dependencies.push(Arc::new(redis.clone()));
        }
        dependencies
    }

    /// Has the exporter sample everything that does not count by itself. The outbox is watched until what is returned is
    /// dropped.
    pub(crate) fn register_metrics(&self, exporter: &Exporter) -> OutboxWatch {
        let database = Arc::clone(&self.database);
        exporter.sample(move || database.record_pool_metrics());
        if let Some(redis) = self.redis.clone() {
            let up = metrics::gauge!("oms_redis_up");
            exporter.sample(move || up.set(f64::from(u8::from(redis.is_up()))));
        }
        OutboxWatch::start(self.database.clone(), Arc::clone(&self.clock))
    }

    /// Writes what is queued and closes everything. Calls after that fail.
    pub(crate) async fn close(self) {
        if let Some(smtp) = self.smtp {
            smtp.close().await;
        }
        self.database.close().await;
        if let Some(redis) = self.redis {
            redis.close().await;
        }
    }
}

pub(crate) async fn compose(config: &Config) -> Result<App, CompositionError> {
    let overrides = Overrides {
        clock: Arc::new(SystemClock),
        bcrypt_cost: config.security.bcrypt_cost,
        verified_email: config.verified_email,
    };
    compose_with(config, overrides).await
}

/// Puts everything together with some parts of the caller's.
pub(crate) async fn compose_with(
    config: &Config,
    overrides: Overrides,
) -> Result<App, CompositionError> {
    let secret = config.security.secret.load()?;
    let smtp = delivery::smtp(config.mail.as_ref())?;
    let database = database::open(&config.store).await?;
    let redis = redis::connect(config.redis.as_ref()).await?;
    let clock = Arc::clone(&overrides.clock);
    let mail_settings = MailSettings {
        secrets: Arc::new(OsSecrets::new(secret.expose())),
        clock: Arc::clone(&clock),
        policy: config.verified_email,
        public_url: config.public_url.clone(),
    };
    Ok(App {
        services: services(config, overrides, &secret, &database, redis.as_ref()),
        handlers: delivery::handlers(
            &database,
            redis.as_ref().zip(config.redis.as_ref()),
            smtp.as_ref(),
            mail_settings,
        ),
        clock,
        database,
        redis,
        smtp,
    })
}
