//! The event handlers and their mailer.

use std::sync::Arc;

use domain::{
    mail::{MailNotifier, MailSettings, Mailer},
    outbox::port::EventHandler,
    shop::ShopId,
};
use infra_local::{EventLog, LogMailer};
use infra_redis::{Redis, RedisEventStream};
use infra_smtp::{SmtpMailer, SmtpSettingsError};

use super::{database::Backend, error::CompositionError};
use crate::{
    config::{MailConfig, RedisConfig},
    observed_handler::ObservedHandler,
};

/// The event handlers of all configured channels.
pub(super) fn handlers(
    database: &Arc<dyn Backend>,
    redis: Option<(&Redis, &RedisConfig)>,
    smtp: Option<&Arc<SmtpMailer>>,
    settings: MailSettings,
) -> Vec<Arc<dyn EventHandler>> {
    let mailer: Arc<dyn Mailer> = match smtp {
        Some(smtp) => smtp.clone(),
        None => Arc::new(LogMailer),
    };
    let mut handlers: Vec<Arc<dyn EventHandler>> = vec![
        Arc::new(EventLog),
        Arc::new(MailNotifier::new(database.clone(), database.clone(), mailer, settings)),
    ];
    if let Some((redis, config)) = redis {
        handlers.push(Arc::new(RedisEventStream::new(redis, config.stream_length)));
    }
    let observed = |handler| -> Arc<dyn EventHandler> { Arc::new(ObservedHandler::new(handler)) };
    handlers.into_iter().map(observed).collect()
}

/// The SMTP mailer of the shop, if a mail server is configured.
pub(super) fn smtp(
    config: Option<&MailConfig>,
    shop: ShopId,
) -> Result<Option<Arc<SmtpMailer>>, CompositionError> {
    let Some(config) = config else { return Ok(None) };
    let mailer = SmtpMailer::new(&config.settings(), shop).map_err(|error| match error {
        SmtpSettingsError::From => CompositionError::setting("MAIL_FROM", &error),
        error => CompositionError::setting("SMTP_URL", &error),
    })?;
    Ok(Some(Arc::new(mailer)))
}
