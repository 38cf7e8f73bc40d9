//! What a rate limiter has to do.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use std::{future::Future, net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

use domain::rate_limit::{LimitedAction, RateLimit, RateLimiter};

const HOUR: Duration = Duration::from_hours(1);

fn an_hour(times: u32) -> RateLimit {
    RateLimit { times: NonZeroU32::new(times).unwrap(), per: HOUR }
}

pub async fn attempts_up_to_the_limit_pass_and_the_next_is_refused<F>(
    limiter: impl FnOnce(Option<RateLimit>, Option<RateLimit>) -> F,
) where
    F: Future<Output = Arc<dyn RateLimiter>>,
{
    let limiter = limiter(Some(an_hour(3)), None).await;
    let client: IpAddr = "192.0.2.1".parse().unwrap();
    for _ in 0..3 {
        limiter.check(LimitedAction::Login, client).await.unwrap();
    }
    let refused = limiter.check(LimitedAction::Login, client).await.unwrap_err();
    assert!(refused.retry_after > Duration::ZERO && refused.retry_after <= HOUR, "{refused}");
}
