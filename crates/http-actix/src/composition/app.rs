//! The services and adapters that the configuration selects.

use std::sync::Arc;

use domain::{
    Clock,
    events::{
        EventRelay, RelayPorts, RelaySettings, Subscription,
        port::{EventSubscriber, WorkerId},
    },
    health::Dependency,
    mail::MailSettings,
};
use http_request::Services;
use infra_local::{OsSecrets, TokioTimer};
use infra_redis::Redis;
use infra_smtp::SmtpMailer;

use super::{
    database::{self, Backend, DatabaseAccess, DatabaseClaim},
    delivery,
    error::CompositionError,
    redis,
    services::{Overrides, services},
    shop,
};
use crate::{
    config::Config,
    metrics::{MetricsExporter, SubscriptionLagPoller},
    worker::RecipientPurge,
};

/// The services, the subscribers of the journal, and the connections that are closed at the end.
pub(crate) struct App {
    pub(crate) services: Services,
    subscribers: Vec<Arc<dyn EventSubscriber>>,
    clock: Arc<dyn Clock>,
    database: Arc<dyn Backend>,
    redis: Option<Redis>,
    smtp: Option<Arc<SmtpMailer>>,
    /// Given up when all else is closed.
    _claim: Option<DatabaseClaim>,
}

impl App {
    /// A relay for each subscription.
    pub(crate) fn relays(&self, settings: RelaySettings) -> Vec<EventRelay> {
        let ports = RelayPorts {
            store: self.database.clone(),
            clock: Arc::clone(&self.clock),
            timer: Arc::new(TokioTimer),
            // Unique among all processes that ever leased a subscription.
            worker: WorkerId::new(uuid::Uuid::now_v7().to_string()),
        };
        let relay = |subscriber: &Arc<dyn EventSubscriber>| {
            EventRelay::new(ports.clone(), Arc::clone(subscriber), settings)
        };
        self.subscribers.iter().map(relay).collect()
    }

    /// The removal of addresses whose mails were not sent in time.
    pub(crate) fn recipient_purge(&self) -> RecipientPurge {
        RecipientPurge::new(self.database.clone(), Arc::clone(&self.clock))
    }

    fn subscriptions(&self) -> Vec<Subscription> {
        self.subscribers.iter().map(|subscriber| subscriber.subscription()).collect()
    }

    /// The dependencies that decide whether the program is ready: the database, and Redis if it is
    /// configured.
    pub(crate) fn dependencies(&self) -> Vec<Arc<dyn Dependency>> {
        let mut dependencies: Vec<Arc<dyn Dependency>> = vec![self.database.clone()];
        if let Some(redis) = &self.redis {
            dependencies.push(Arc::new(redis.clone()));
        }
        dependencies
    }

    /// Registers the gauges that are set at each scrape, and starts polling the lags of
    /// the subscriptions. Polling stops when the returned value is dropped.
    pub(crate) fn register_metrics(&self, exporter: &MetricsExporter) -> SubscriptionLagPoller {
        let database = Arc::clone(&self.database);
        exporter.on_scrape(move || database.record_pool_metrics());
        if let Some(redis) = self.redis.clone() {
            let up = metrics::gauge!("oms_redis_up");
            exporter.on_scrape(move || up.set(f64::from(u8::from(redis.is_up()))));
        }
        let (store, clock) = (self.database.clone(), Arc::clone(&self.clock));
        SubscriptionLagPoller::start(store, &self.subscriptions(), clock)
    }

    /// Finishes queued writes and closes all connections. Later calls fail.
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

/// Composes a command that may work beside the programs that serve the database.
pub(crate) async fn compose(
    config: &Config,
    access: DatabaseAccess,
) -> Result<App, CompositionError> {
    compose_on(config, access, Overrides::none(config), None).await
}

/// Composes a program that serves the database.
pub(crate) async fn compose_to_serve(
    config: &Config,
    claim: DatabaseClaim,
) -> Result<App, CompositionError> {
    compose_with(config, Overrides::none(config), claim).await
}

/// As [`compose_to_serve`], with the caller's clock and bcrypt cost.
pub(crate) async fn compose_with(
    config: &Config,
    overrides: Overrides,
    claim: DatabaseClaim,
) -> Result<App, CompositionError> {
    compose_on(config, DatabaseAccess::Full, overrides, Some(claim)).await
}

async fn compose_on(
    config: &Config,
    access: DatabaseAccess,
    overrides: Overrides,
    claim: Option<DatabaseClaim>,
) -> Result<App, CompositionError> {
    let secret = config.security.secret.load()?;
    let database = database::open(&config.store, access).await?;
    let shop = shop::open(database.as_ref(), config.currency, claim.is_some()).await?;
    let smtp = delivery::smtp(config.mail.as_ref(), shop.id)?;
    let redis = redis::connect(config.redis.as_ref()).await?;
    let clock = Arc::clone(&overrides.clock);
    let mail_settings = MailSettings {
        secrets: Arc::new(OsSecrets::new(secret.expose())),
        clock: Arc::clone(&clock),
        policy: config.verified_email,
        public_url: config.public_url.clone(),
    };
    let serves = claim.is_some();
    let app = App {
        services: services(config, overrides, &secret, (&database, shop.currency), redis.as_ref()),
        subscribers: delivery::subscribers(
            &database,
            redis.as_ref().zip(config.redis.as_ref()),
            smtp.as_ref(),
            mail_settings,
        ),
        clock,
        database,
        redis,
        smtp,
        _claim: claim,
    };
    if serves {
        // Before anything happens that a new subscription must not miss.
        for subscription in app.subscriptions() {
            app.database.subscribe(&subscription).await?;
        }
    }
    Ok(app)
}
