//! What the cache asks of Redis: one round trip for each thing.

use std::{collections::BTreeSet, time::Duration};

use deadpool_redis::redis::{Cmd, Pipeline, Script, cmd, pipe};
use domain::product::TouchedProducts;

use super::format::FORMAT;
use crate::{
    client::{RedisClient, Request},
    failure::RedisFailure,
    keys::{Keys, Stripe},
    random,
};

/// The names that one value depends on.
pub(super) struct Slot {
    namespace: String,
    generation: String,
    blocked: String,
    value: String,
}

/// The numbers that a value is good under: those that were there before it was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    namespace: String,
    generation: String,
}

pub(super) struct Found {
    /// The value, as it was written down.
    pub(super) value: Option<Vec<u8>>,
    /// What a value that is read from now on is put under; `None` if nothing may be put.
    pub(super) stamp: Option<Stamp>,
}

type Answer = (Option<String>, Option<String>, Option<String>, Option<Vec<u8>>);

impl Slot {
    pub(super) fn new(keys: &Keys, stripe: Stripe, value: String) -> Self {
        Self {
            namespace: keys.namespace(),
            generation: keys.generation(stripe),
            blocked: keys.blocked(stripe),
            value,
        }
    }

    fn look_up(&self) -> Cmd {
        let mut look_up = cmd("MGET");
        look_up.arg(&self.namespace).arg(&self.generation).arg(&self.blocked).arg(&self.value);
        look_up
    }

    pub(super) async fn find(&self, client: &RedisClient) -> Result<Found, RedisFailure> {
        let mut answer: Answer = client.request(Request::Command(&self.look_up())).await?;
        if answer.0.is_none() || answer.1.is_none() {
            // Nothing was ever kept here, or the numbers were evicted. New ones void what is left of those before.
            let mut make = pipe();
            for name in [&self.namespace, &self.generation] {
                make.cmd("SET").arg(name).arg(random()).arg("NX").ignore();
            }
            make.add_command(self.look_up());
            let answers: (Answer,) = client.request(Request::Pipeline(&make)).await?;
            (answer,) = answers;
        }
        let (Some(namespace), Some(generation), None, value) = answer else {
            return Ok(Found { value: None, stamp: None });
        };
        let stamp = Stamp { namespace, generation };
        let value =
            value.and_then(|entry| Some(entry.strip_prefix(stamp.head().as_bytes())?.to_vec()));
        Ok(Found { value, stamp: Some(stamp) })
    }

    /// Puts a value, for so long, unless its stamp is void.
    pub(super) async fn put(
        &self,
        client: &RedisClient,
        script: &Script,
        stamp: &Stamp,
        value: &[u8],
        time_to_live: Duration,
    ) -> Result<(), RedisFailure> {
        let mut put = script.prepare_invoke();
        put.key(&self.namespace).key(&self.generation).key(&self.blocked).key(&self.value);
        let entry = [stamp.head().as_bytes(), value].concat();
        put.arg(&stamp.namespace).arg(&stamp.generation).arg(milliseconds(time_to_live)).arg(entry);
        client.request(Request::Script(&put)).await
    }
}

impl Stamp {
    fn head(&self) -> String {
        format!("{}:{}:{FORMAT}:", self.namespace, self.generation)
    }
}

/// Voids what a change has touched, in one step.
pub(super) async fn invalidate(
    client: &RedisClient,
    touched: &TouchedProducts,
) -> Result<(), RedisFailure> {
    let command = match touched {
        TouchedProducts::All => client.draw_namespace(),
        TouchedProducts::Listed(_) => {
            let mut draw = cmd("MSET");
            for stripe in stripes(touched) {
                draw.arg(client.keys.generation(stripe)).arg(random());
            }
            draw
        }
    };
    client.invalidate(Request::Command(&command)).await
}

/// Keeps what a change has touched out of Redis from now on, for so long.
pub(super) async fn block(
    client: &RedisClient,
    touched: &TouchedProducts,
    time: Duration,
) -> Result<(), RedisFailure> {
    let mut block = Pipeline::new();
    for stripe in stripes(touched) {
        block.cmd("SET").arg(client.keys.blocked(stripe)).arg(1).arg("PX").arg(milliseconds(time));
        block.ignore();
    }
    client.invalidate(Request::Pipeline(&block)).await
}

fn stripes(touched: &TouchedProducts) -> BTreeSet<Stripe> {
    let mut stripes = match touched {
        TouchedProducts::Listed(products) => products.iter().copied().map(Stripe::of).collect(),
        TouchedProducts::All => {
            (0..Stripe::PRODUCTS).map(Stripe::Products).collect::<BTreeSet<_>>()
        }
    };
    stripes.insert(Stripe::Pages);
    stripes
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
