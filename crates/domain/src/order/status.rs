//! The lifecycle of orders, with its transition table.

use std::{fmt, str::FromStr};

/// The status of an order: its position in the lifecycle.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum OrderStatus {
    /// The order is placed; staff have not started on it.
    Pending,
    /// Staff are packing the order.
    Processing,
    /// The goods are on their way; the order can no longer be cancelled.
    Shipped,
    /// The goods have arrived. Final.
    Delivered,
    /// The order is cancelled and its units are restocked. Final.
    Cancelled,
}

impl OrderStatus {
    /// All statuses, in the order of the lifecycle.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Processing, Self::Shipped, Self::Delivered, Self::Cancelled];

    /// The statuses that an order can change to from this one. Every other transition is refused.
    ///
    /// ```
    /// use domain::order::OrderStatus::{Cancelled, Delivered, Processing, Shipped};
    ///
    /// assert_eq!(Processing.next(), [Shipped, Cancelled]);
    /// assert_eq!(Shipped.next(), [Delivered]);
    /// assert_eq!(Delivered.next(), []);
    /// ```
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Pending => &[Self::Processing, Self::Shipped, Self::Cancelled],
            Self::Processing => &[Self::Shipped, Self::Cancelled],
            Self::Shipped => &[Self::Delivered],
            Self::Delivered | Self::Cancelled => &[],
        }
    }

    /// Whether the lifecycle has the transition from this status to `to`.
    pub fn can_become(self, to: Self) -> bool {
        self.next().contains(&to)
    }

    /// Whether the lifecycle has no transition from this status.
    pub const fn is_final(self) -> bool {
        self.next().is_empty()
    }

    /// Whether the goods have not been shipped, so that the order can be cancelled.
    pub fn is_open(self) -> bool {
        self.can_become(Self::Cancelled)
    }

    /// The name of the status in lower case, as v1 and the stores write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
        }
    }

    /// The name of the status in upper case, as the classic surface and the notes of the history
    /// write it.
    pub const fn as_upper_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Processing => "PROCESSING",
            Self::Shipped => "SHIPPED",
            Self::Delivered => "DELIVERED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not the name of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be pending, processing, shipped, delivered or cancelled")]
pub struct UnknownStatus;

impl FromStr for OrderStatus {
    type Err = UnknownStatus;

    /// Parses the name of a status, in any case: the two surfaces differ in it.
    fn from_str(raw: &str) -> Result<Self, UnknownStatus> {
        Self::ALL
            .into_iter()
            .find(|status| raw.eq_ignore_ascii_case(status.as_str()))
            .ok_or(UnknownStatus)
    }
}

#[cfg(test)]
mod tests {
    use super::{OrderStatus::*, *};

    #[test]
    fn exactly_these_6_of_25_transitions_are_allowed() {
        let allowed = [
            (Pending, Processing),
            (Pending, Shipped),
            (Pending, Cancelled),
            (Processing, Shipped),
            (Processing, Cancelled),
            (Shipped, Delivered),
        ];
        for from in OrderStatus::ALL {
            for to in OrderStatus::ALL {
                assert_eq!(from.can_become(to), allowed.contains(&(from, to)), "{from} to {to}");
            }
        }
    }

    #[test]
    fn delivered_and_cancelled_are_final() {
        let finals: Vec<_> =
            OrderStatus::ALL.into_iter().filter(|status| status.is_final()).collect();
        assert_eq!(finals, [Delivered, Cancelled]);
    }

    #[test]
    fn an_order_is_open_until_it_is_shipped() {
        let open: Vec<_> = OrderStatus::ALL.into_iter().filter(|status| status.is_open()).collect();
        assert_eq!(open, [Pending, Processing]);
    }

    #[test]
    fn a_status_is_read_in_any_case() {
        for status in OrderStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
            assert_eq!(status.as_upper_str().parse(), Ok(status));
            assert_eq!(status.as_upper_str(), status.to_string().to_uppercase());
        }
        assert_eq!("Shipped".parse(), Ok(Shipped));
    }

    #[test]
    fn no_other_word_is_a_status() {
        for word in ["", " pending", "canceled", "done", "ſhipped", "pendıng"] {
            assert_eq!(word.parse::<OrderStatus>(), Err(UnknownStatus), "{word}");
        }
    }

    #[test]
    fn json_has_the_lower_case_name() {
        for status in OrderStatus::ALL {
            let json = format!("\"{}\"", status.as_str());
            assert_eq!(serde_json::to_string(&status).unwrap(), json);
            assert_eq!(serde_json::from_str::<OrderStatus>(&json).unwrap(), status);
        }
    }
}
