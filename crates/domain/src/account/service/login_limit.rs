//! The limit of wrong passwords per account, counted over all networks from which the account never
//! logged in.
//!
//! An attempt is counted before the password is checked, so that racing attempts cannot exceed the
//! limit, and given back unless the password is wrong. It is counted under a keyed hash of the
//! address as it was typed: an address without an account is limited alike. Its owner still logs in
//! from a network from which the account logged in before.

use std::net::IpAddr;

use super::AccountService;
use crate::{
    StoreError,
    account::{EmailAddress, NetworkHash, port::HashPurpose, service::LoginError},
    rate_limit::{LimitedAction, RateLimitSubject, SubjectHash, client_network_bytes},
};

impl AccountService {
    /// The network of a client; `None` if wrong passwords are not limited, so that no store records
    /// what nothing needs.
    pub(super) fn login_network(&self, client: IpAddr) -> Option<NetworkHash> {
        if !self.ports.limiter.is_limited(LimitedAction::AccountLogin) {
            return None;
        }
        let network = client_network_bytes(client);
        let hash = self.ports.secrets.keyed_hash(HashPurpose::Network, &network);
        Some(NetworkHash::from_bytes(hash))
    }

    /// Counts an attempt to log in. Returns what it was counted under, to be given back; `None` if
    /// it was not counted.
    ///
    /// # Errors
    /// [`LoginError::RateLimited`] if the limit is reached.
    pub(super) async fn count_login(
        &self,
        typed: &str,
        address: Option<&EmailAddress>,
        network: Option<&NetworkHash>,
    ) -> Result<Option<RateLimitSubject>, LoginError> {
        let Some(network) = network else { return Ok(None) };
        if self.has_logged_in_from(address, network).await? {
            return Ok(None);
        }
        let normalized = match address {
            Some(address) => address.as_str().to_owned(),
            None => typed.trim().to_lowercase(),
        };
        let hash = self.ports.secrets.keyed_hash(HashPurpose::Login, normalized.as_bytes());
        let subject = RateLimitSubject::Login(SubjectHash::from_bytes(hash));
        self.ports.limiter.check(LimitedAction::AccountLogin, subject).await?;
        Ok(Some(subject))
    }

    /// Whether an account with this address logged in from this network before. Asks the store for
    /// every address alike, so that the time does not depend on whether there is an account.
    async fn has_logged_in_from(
        &self,
        address: Option<&EmailAddress>,
        network: &NetworkHash,
    ) -> Result<bool, StoreError> {
        match address {
            Some(address) => self.ports.sessions.has_logged_in_from(address, network).await,
            None => Ok(false),
        }
    }
}
