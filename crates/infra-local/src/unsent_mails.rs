//! The mails of a shop without a mail server.

use async_trait::async_trait;
use domain::{
    events::{
        DeliveryFailure, JournalEvent, Subscription,
        port::{DeliveryMode, EventSubscriber, TroubleRule},
    },
    mail::{makes_mail, subject_of},
};

/// Takes the place of [`MailNotifier`](domain::mail::MailNotifier) where no mail server is
/// configured: it sends no mails, and logs how many it does not send, without their recipients.
///
/// It reads nothing but the events, and takes a whole batch at once, so that a shop pays nearly
/// nothing for mails that it does not send: `order-and-worker` falls if each is made for the log.
#[derive(Debug, Clone, Copy, Default)]
pub struct UnsentMails;

#[async_trait]
impl EventSubscriber for UnsentMails {
    fn subscription(&self) -> Subscription {
        Subscription::MAIL
    }

    fn mode(&self) -> DeliveryMode {
        DeliveryMode::Batch
    }

    fn trouble_rule(&self) -> TroubleRule {
        TroubleRule::Never
    }

    fn wants(&self, event: &JournalEvent) -> bool {
        makes_mail(event)
    }

    async fn deliver(&self, events: &[JournalEvent]) -> Vec<Result<(), DeliveryFailure>> {
        if let Some(last) = events.last() {
            let subject = subject_of(last).unwrap_or_default();
            // A subject contains an order's id and no personal data.
            tracing::info!(
                mails = events.len(),
                message_id = last.id().get(),
                subject = &*subject,
                "mails not sent: {}, as no mail server is configured (last: \"{subject}\")",
                events.len()
            );
        }
        vec![Ok(()); events.len()]
    }
}
