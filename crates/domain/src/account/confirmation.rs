//! The confirmation of addresses: whether a shop asks for it, and what it is needed for.

use std::str::FromStr;

use super::Account;

/// What accounts need a confirmed address for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VerifiedEmailPolicy {
    /// Nothing.
    #[default]
    Off,
    /// Mails, other than those that confirm an address or reset a password.
    Mail,
    /// Such mails, and placing orders.
    Order,
}

impl VerifiedEmailPolicy {
    /// The name of the policy in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Mail => "mail",
            Self::Order => "order",
        }
    }

    /// Whether mails that contain more than a link to confirm may go to the account's address.
    pub fn may_mail(self, account: &Account) -> bool {
        self == Self::Off || account.email_verified_at.is_some()
    }

    /// Whether the account may place orders.
    pub fn may_order(self, account: &Account) -> bool {
        self != Self::Order || account.email_verified_at.is_some()
    }

    /// How a shop with this policy confirms addresses. `can_mail` is whether it has a mail server.
    pub const fn confirmation(self, can_mail: bool) -> AddressConfirmation {
        match self {
            _ if !can_mail => AddressConfirmation::Unavailable,
            Self::Off => AddressConfirmation::OnRequest,
            Self::Mail | Self::Order => AddressConfirmation::Always,
        }
    }
}

/// The text is not the name of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be off, mail or order")]
pub struct UnknownVerifiedEmailPolicy;

impl FromStr for VerifiedEmailPolicy {
    type Err = UnknownVerifiedEmailPolicy;

    fn from_str(raw: &str) -> Result<Self, UnknownVerifiedEmailPolicy> {
        [Self::Off, Self::Mail, Self::Order]
            .into_iter()
            .find(|policy| policy.as_str() == raw)
            .ok_or(UnknownVerifiedEmailPolicy)
    }
}

/// How a shop confirms addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AddressConfirmation {
    /// Not at all: the shop sends no mails. Every new address takes force at once.
    #[default]
    Unavailable,
    /// On request, and before an address replaces a confirmed one.
    OnRequest,
    /// Each address that is new is asked for.
    Always,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_reads_back_as_it_is_written() {
        for policy in
            [VerifiedEmailPolicy::Off, VerifiedEmailPolicy::Mail, VerifiedEmailPolicy::Order]
        {
            assert_eq!(policy.as_str().parse(), Ok(policy));
        }
        for slip in ["", "on", "Mail", "orders", " off"] {
            assert_eq!(slip.parse::<VerifiedEmailPolicy>(), Err(UnknownVerifiedEmailPolicy));
        }
    }

    #[test]
    fn addresses_are_asked_for_where_a_policy_needs_them_and_mails_can_be_sent() {
        for policy in [VerifiedEmailPolicy::Mail, VerifiedEmailPolicy::Order] {
            assert_eq!(policy.confirmation(true), AddressConfirmation::Always);
        }
        assert_eq!(VerifiedEmailPolicy::Off.confirmation(true), AddressConfirmation::OnRequest);
        for policy in [VerifiedEmailPolicy::Off, VerifiedEmailPolicy::Order] {
            assert_eq!(policy.confirmation(false), AddressConfirmation::Unavailable);
        }
    }
}
