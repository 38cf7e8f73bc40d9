//! The networks from which an account has logged in: attackers elsewhere do not lock its owner out.

use std::fmt;

use chrono::TimeDelta;

use crate::Timestamp;

/// The keyed hash of the network of a client, as
/// [`client_network`](crate::rate_limit::client_network) has it. Stores keep it in place of an IP
/// address.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct NetworkHash([u8; 32]);

impl NetworkHash {
    /// The most networks that are kept of one account: those that it logged in from last.
    pub const MAX_PER_ACCOUNT: u32 = 50;

    /// How exactly the time of the last login from a network is kept.
    const PRECISION: TimeDelta = TimeDelta::days(1);

    /// How long a network is kept without a login from it.
    const LIFETIME: TimeDelta = TimeDelta::days(400);

    /// Wraps a hash, which must be keyed: there are few enough IPv4 addresses to try them all.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash, for a store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A network that was last seen at this time or before is recorded again at a login; a login
    /// from one that was seen later writes nothing.
    pub fn recorded_again_from(login: Timestamp) -> Timestamp {
        login.checked_sub_signed(Self::PRECISION).unwrap_or(Timestamp::MIN_UTC)
    }

    /// Networks that were last seen before this time are removed.
    pub fn kept_since(now: Timestamp) -> Timestamp {
        now.checked_sub_signed(Self::LIFETIME).unwrap_or(Timestamp::MIN_UTC)
    }
}

impl fmt::Debug for NetworkHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NetworkHash(***)")
    }
}
