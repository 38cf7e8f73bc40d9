//! The access rules of a listener: who may read readiness details and metrics.

use subtle::ConstantTimeEq as _;

/// The access rules of a listener.
#[derive(Clone)]
pub enum ProbeAccess {
    /// Every client gets readiness details and metrics.
    Everyone,
    /// Operators get readiness details and metrics; other clients only get the liveness and
    /// readiness status.
    OperatorsOnly {
        /// The bearer token of operators; `None` if they have no token.
        token: Option<Vec<u8>>,
        /// Whether this listener serves the metrics.
        serves_metrics: bool,
        /// Whether clients on this machine count as operators.
        trusts_loopback: bool,
    },
}

impl ProbeAccess {
    /// The access rules of the listener that serves the API. `token` authenticates operators;
    /// `serves_metrics` is false if the metrics have their own listener.
    ///
    /// With a token, clients on this machine need it as well: a proxy on this machine forwards
    /// requests from anywhere.
    pub fn on_api_listener(token: Option<Vec<u8>>, serves_metrics: bool) -> Self {
        let trusts_loopback = token.is_none();
        Self::OperatorsOnly { token, serves_metrics, trusts_loopback }
    }

    /// Whether clients on this machine count as operators.
    pub(crate) fn trusts_loopback(&self) -> bool {
        matches!(self, Self::Everyone | Self::OperatorsOnly { trusts_loopback: true, .. })
    }

    /// Whether this listener serves the metrics.
    pub(crate) fn serves_metrics(&self) -> bool {
        matches!(self, Self::Everyone | Self::OperatorsOnly { serves_metrics: true, .. })
    }

    /// Whether this is the operators' token. The comparison is constant-time for tokens of the same
    /// length.
    pub(crate) fn accepts_token(&self, token: &str) -> bool {
        match self {
            Self::Everyone => true,
            Self::OperatorsOnly { token: None, .. } => false,
            Self::OperatorsOnly { token: Some(expected), .. } => {
                expected.as_slice().ct_eq(token.as_bytes()).into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_token(token: Option<&str>) -> ProbeAccess {
        ProbeAccess::on_api_listener(token.map(Into::into), true)
    }

    #[test]
    fn only_the_exact_token_is_accepted() {
        let access = with_token(Some("0123456789abcdef"));
        assert!(access.accepts_token("0123456789abcdef"));
        for other in ["", "0123456789abcde", "0123456789abcdef0", "0123456789abcdeF"] {
            assert!(!access.accepts_token(other), "{other}");
        }
    }

    #[test]
    fn loopback_is_trusted_unless_operators_have_a_token() {
        assert!(with_token(None).trusts_loopback());
        assert!(!with_token(Some("0123456789abcdef")).trusts_loopback());
        assert!(ProbeAccess::Everyone.trusts_loopback());
    }

    #[test]
    fn without_a_configured_token_no_token_is_accepted() {
        assert!(!with_token(None).accepts_token(""));
        assert!(ProbeAccess::Everyone.accepts_token(""));
    }
}
