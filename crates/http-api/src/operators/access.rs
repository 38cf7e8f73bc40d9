//! What a listener tells, and to whom.

use subtle::ConstantTimeEq as _;

/// What a listener tells, and to whom.
#[derive(Clone)]
pub enum Access {
    /// Everything to everybody who reaches it.
    Everyone,
    /// Everything to operators, and to everybody else whether the program is there.
    Operators {
        /// What lets a caller in as an operator.
        token: Option<Vec<u8>>,
        /// Whether the numbers are told here, and not at a port of their own.
        metrics: bool,
        /// Whether whoever calls from this machine itself is one.
        this_machine: bool,
    },
}

impl Access {
    /// What is told where the product's own requests are served: `token` lets operators in, and
    /// `metrics` says whether the numbers are told here, and not at a port of their own.
    ///
    /// Who has given operators a token wants to see it, also from this machine: a proxy there
    /// passes on what comes from anywhere.
    pub fn beside_requests(token: Option<Vec<u8>>, metrics: bool) -> Self {
        let this_machine = token.is_none();
        Self::Operators { token, metrics, this_machine }
    }

    /// Whether whoever calls from this machine itself is an operator.
    pub(crate) fn trusts_loopback(&self) -> bool {
        matches!(self, Self::Everyone | Self::Operators { this_machine: true, .. })
    }

    /// Whether the numbers are told here at all.
    pub(crate) fn serves_metrics(&self) -> bool {
        matches!(self, Self::Everyone | Self::Operators { metrics: true, .. })
    }

    /// Whether this token is the operators'. Takes equally long for every token of a length.
    pub(crate) fn accepts_token(&self, token: &str) -> bool {
        match self {
            Self::Everyone => true,
            Self::Operators { token: None, .. } => false,
            Self::Operators { token: Some(own), .. } => {
                own.as_slice().ct_eq(token.as_bytes()).into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_token(token: Option<&str>) -> Access {
        Access::beside_requests(token.map(Into::into), true)
    }

    #[test]
    fn only_the_whole_token_lets_in() {
        let access = with_token(Some("0123456789abcdef"));
        assert!(access.accepts_token("0123456789abcdef"));
        for other in ["", "0123456789abcde", "0123456789abcdef0", "0123456789abcdeF"] {
            assert!(!access.accepts_token(other), "{other}");
        }
    }

    #[test]
    fn this_machine_is_trusted_unless_operators_have_a_token() {
        assert!(with_token(None).trusts_loopback());
        assert!(!with_token(Some("0123456789abcdef")).trusts_loopback());
        assert!(Access::Everyone.trusts_loopback());
    }

    #[test]
    fn without_a_token_none_lets_in() {
        assert!(!with_token(None).accepts_token(""));
        assert!(Access::Everyone.accepts_token(""));
    }
}
