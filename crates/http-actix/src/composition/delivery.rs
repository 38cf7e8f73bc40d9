//! The subscribers of the journal, and the mail server.

use std::sync::Arc;

use domain::{
    events::port::EventSubscriber,
    mail::{MailNotifier, MailSettings},
    shop::ShopId,
};
use infra_local::{EventLog, UnsentMails};
use infra_redis::{Redis, RedisEventStream};
use infra_smtp::{SmtpMailer, SmtpSettingsError};

use super::{database::Backend, error::CompositionError};
use crate::{
    config::{MailConfig, RedisConfig},
    observed_subscriber::ObservedSubscriber,
};

/// The subscribers that the configuration selects.
pub(super) fn subscribers(
    database: &Arc<dyn Backend>,
    redis: Option<(&Redis, &RedisConfig)>,
    smtp: Option<&Arc<SmtpMailer>>,
    settings: MailSettings,
) -> Vec<Arc<dyn EventSubscriber>> {
    let mails: Arc<dyn EventSubscriber> = match smtp {
        Some(smtp) => {
            let (orders, accounts) = (database.clone(), database.clone());
            Arc::new(MailNotifier::new(orders, accounts, smtp.clone(), settings))
        }
        None => Arc::new(UnsentMails),
    };
    let mut subscribers: Vec<Arc<dyn EventSubscriber>> = vec![Arc::new(EventLog), mails];
    if let Some((redis, config)) = redis {
        subscribers.push(Arc::new(RedisEventStream::new(redis, config.stream_length)));
    }
    let observed =
        |subscriber| -> Arc<dyn EventSubscriber> { Arc::new(ObservedSubscriber::new(subscriber)) };
    subscribers.into_iter().map(observed).collect()
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
