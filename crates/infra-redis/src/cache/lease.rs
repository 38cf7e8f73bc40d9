//! What this cache writes into a lease.

use domain::product::CacheLease;

/// The leases of both layers, for a gap that both have.
///
/// The number of a lease is twice the lease in Redis, or 0 where Redis was not asked, plus 1 if there is one
/// of the nearer cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lease {
    /// The lease in Redis, if that was asked: from 1, and below 2^63.
    pub(crate) redis: Option<u64>,
    /// The lease of the nearer cache, if that one was asked.
    pub(crate) nearer: Option<CacheLease>,
}

impl Lease {
    /// For a gap that is in no layer, as when Redis is away: what is put under it goes nowhere.
    pub(crate) const NONE: CacheLease = CacheLease::new(0);

    /// As the domain hands it around.
    pub(crate) fn pack(self) -> CacheLease {
        let stamp = self.redis.unwrap_or(0).wrapping_mul(2);
        match self.nearer {
            Some(nearer) => CacheLease::new(stamp.wrapping_add(1)).with_nearer(nearer),
            None => CacheLease::new(stamp),
        }
    }

    /// What was packed.
    pub(crate) fn unpack(packed: CacheLease) -> Self {
        let redis = packed.stamp() / 2;
        let nearer = (packed.stamp() % 2 == 1).then(|| packed.nearer());
        Self { redis: (redis != 0).then_some(redis), nearer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_unpacks_to_the_same() {
        let near = [None, Some(CacheLease::new(0)), Some(CacheLease::new(u64::MAX))];
        for nearer in near {
            for redis in [None, Some(1), Some(2), Some(u64::MAX / 2)] {
                let lease = Lease { redis, nearer };
                assert_eq!(Lease::unpack(lease.pack()), lease);
            }
        }
    }

    #[test]
    fn there_is_nothing_in_none() {
        assert_eq!(Lease::unpack(Lease::NONE), Lease { redis: None, nearer: None });
    }
}
