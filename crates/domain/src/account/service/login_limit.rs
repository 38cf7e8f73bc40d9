//! The limit of wrong passwords per account, counted over all networks from which the account never
//! logged in.
//!
//! An attempt is counted before the password is checked, so that racing attempts cannot exceed the
//! limit, and given back unless the password is wrong. It is counted under a keyed hash of the
//! address as it was typed: an address without an account is limited alike. Its owner still logs in
//! from a network from which the account logged in before.

use std::{borrow::Cow, net::IpAddr};

use super::AccountService;
use crate::{
    StoreError,
    account::{EmailAddress, NetworkHash, Pseudonym, port::HashPurpose, service::LoginError},
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
        let normalized = normalized(typed, address);
        let hash = self.ports.secrets.keyed_hash(HashPurpose::Login, normalized.as_bytes());
        let subject = RateLimitSubject::Login(SubjectHash::from_bytes(hash));
        self.ports.limiter.check(LimitedAction::AccountLogin, subject).await?;
        Ok(Some(subject))
    }

    /// The pseudonym of the address that a client typed to log in, whether or not an account has it;
    /// the same for all spellings of one address.
    pub fn address_pseudonym(&self, typed: &str) -> Pseudonym {
        let address = EmailAddress::of_login(typed);
        let normalized = normalized(typed, address.as_ref());
        let secrets = &self.ports.secrets;
        Pseudonym::from_bytes(secrets.keyed_hash(HashPurpose::LoggedAddress, normalized.as_bytes()))
    }

    /// The pseudonym of the network of a client, as
    /// [`client_network`](crate::rate_limit::client_network) has it.
    pub fn network_pseudonym(&self, client: IpAddr) -> Pseudonym {
        let network = client_network_bytes(client);
        let secrets = &self.ports.secrets;
        Pseudonym::from_bytes(secrets.keyed_hash(HashPurpose::LoggedNetwork, &network))
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

/// The address that was typed to log in, the same for all its spellings.
fn normalized<'a>(typed: &str, address: Option<&'a EmailAddress>) -> Cow<'a, str> {
    match address {
        Some(address) => Cow::Borrowed(address.as_str()),
        None => Cow::Owned(typed.trim().to_lowercase()),
    }
}
