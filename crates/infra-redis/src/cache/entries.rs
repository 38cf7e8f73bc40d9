//! The cache's requests to Redis. Each takes one round trip, but for the first lookup of a group.

use std::{collections::BTreeSet, time::Duration};

use deadpool_redis::redis::{Cmd, Pipeline, Script, cmd, pipe};
use domain::product::TouchedProducts;

use super::format::FORMAT;
use crate::{
    client::{RedisClient, Request},
    failure::RedisFailure,
    keys::{InvalidationGroup, Keys},
    random_id,
};

/// The Redis keys that a cache entry depends on.
pub(super) struct EntryKeys {
    namespace: String,
    generation: String,
    blocked: String,
    value: String,
}

/// The namespace and the group's generation that were current before the value of an entry was
/// read. The entry is valid while both are current.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct EntryGeneration {
    namespace: String,
    group: String,
}

pub(super) struct Lookup {
    /// The serialized value.
    pub(super) value: Option<Vec<u8>>,
    /// The generation of an entry that is read from now on. `None` if it may not be stored.
    pub(super) generation: Option<EntryGeneration>,
}

/// Namespace, generation, block, entry.
type LookupReply = (Option<String>, Option<String>, Option<String>, Option<Vec<u8>>);

impl EntryKeys {
    pub(super) fn new(keys: &Keys, group: InvalidationGroup, value: String) -> Self {
        Self {
            namespace: keys.namespace(),
            generation: keys.generation(group),
            blocked: keys.blocked(group),
            value,
        }
    }

    fn mget(&self) -> Cmd {
        let mut mget = cmd("MGET");
        mget.arg(&self.namespace).arg(&self.generation).arg(&self.blocked).arg(&self.value);
        mget
    }

    pub(super) async fn find(&self, client: &RedisClient) -> Result<Lookup, RedisFailure> {
        let mut reply: LookupReply = client.request(Request::Command(&self.mget())).await?;
        if reply.0.is_none() || reply.1.is_none() {
            // The group is new, or a key was evicted. New numbers invalidate older entries.
            let mut create = pipe();
            for key in [&self.namespace, &self.generation] {
                create.cmd("SET").arg(key).arg(random_id()).arg("NX").ignore();
            }
            create.add_command(self.mget());
            let replies: (LookupReply,) = client.request(Request::Pipeline(&create)).await?;
            (reply,) = replies;
        }
        let (Some(namespace), Some(group), None, value) = reply else {
            return Ok(Lookup { value: None, generation: None });
        };
        let generation = EntryGeneration { namespace, group };
        let value = value
            .and_then(|entry| Some(entry.strip_prefix(generation.header().as_bytes())?.to_vec()));
        Ok(Lookup { value, generation: Some(generation) })
    }

    /// Stores a value for `time_to_live`, unless its generation is outdated or its group is
    /// blocked.
    pub(super) async fn put(
        &self,
        client: &RedisClient,
        script: &Script,
        generation: &EntryGeneration,
        value: &[u8],
        time_to_live: Duration,
    ) -> Result<(), RedisFailure> {
        let mut put = script.prepare_invoke();
        put.key(&self.namespace).key(&self.generation).key(&self.blocked).key(&self.value);
        let entry = [generation.header().as_bytes(), value].concat();
        put.arg(&generation.namespace)
            .arg(&generation.group)
            .arg(milliseconds(time_to_live))
            .arg(entry);
        client.request(Request::Script(&put)).await
    }
}

impl EntryGeneration {
    fn header(&self) -> String {
        format!("{}:{}:{FORMAT}:", self.namespace, self.group)
    }
}

/// Invalidates all entries that a change may have affected, atomically.
pub(super) async fn invalidate(
    client: &RedisClient,
    touched: &TouchedProducts,
) -> Result<(), RedisFailure> {
    let command = match touched {
        TouchedProducts::All => client.rotate_namespace(),
        TouchedProducts::Listed(_) => {
            let mut mset = cmd("MSET");
            for group in groups(touched) {
                mset.arg(client.keys.generation(group)).arg(random_id());
            }
            mset
        }
    };
    client.invalidate(Request::Command(&command)).await
}

/// Keeps entries that a change may affect out of Redis, for `time_to_live`.
pub(super) async fn block(
    client: &RedisClient,
    touched: &TouchedProducts,
    time_to_live: Duration,
) -> Result<(), RedisFailure> {
    let mut block = Pipeline::new();
    for group in groups(touched) {
        block
            .cmd("SET")
            .arg(client.keys.blocked(group))
            .arg(1)
            .arg("PX")
            .arg(milliseconds(time_to_live));
        block.ignore();
    }
    client.invalidate(Request::Pipeline(&block)).await
}

fn groups(touched: &TouchedProducts) -> BTreeSet<InvalidationGroup> {
    let mut groups = match touched {
        TouchedProducts::Listed(products) => {
            products.iter().copied().map(InvalidationGroup::of).collect()
        }
        TouchedProducts::All => (0..InvalidationGroup::PRODUCT_GROUPS)
            .map(InvalidationGroup::Products)
            .collect::<BTreeSet<_>>(),
    };
    groups.insert(InvalidationGroup::Pages);
    groups
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
