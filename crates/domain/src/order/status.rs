//! The lifecycle: the only transition table.

use std::{fmt, str::FromStr};

/// Where an order is in its life.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum OrderStatus {
    /// Placed; nobody has touched it.
    Pending,
    /// Somebody is packing it.
    Processing,
    /// On its way; it cannot be cancelled any more.
    Shipped,
    /// Arrived. Final.
    Delivered,
    /// Called off; its stock is back. Final.
    Cancelled,
}

impl OrderStatus {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Processing, Self::Shipped, Self::Delivered, Self::Cancelled];

    /// The steps that are open from here. Every other step is refused.
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

    /// Whether the step from here to there is open.
    pub fn can_become(self, to: Self) -> bool {
        self.next().contains(&to)
    }

    /// Whether nothing can follow.
    pub const fn is_final(self) -> bool {
        self.next().is_empty()
    }

    /// Whether the goods have not left yet, so that they can go back on the shelf.
    pub fn is_open(self) -> bool {
        self.can_become(Self::Cancelled)
    }

    /// The status' word in lower case, as v1 and the stores write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status' word in upper case, as the classic surface and the history's notes write it.
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

/// A word that names no status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be pending, processing, shipped, delivered or cancelled")]
pub struct UnknownStatus;

impl FromStr for OrderStatus {
    type Err = UnknownStatus;

    /// Reads a status' word, in any case: the two surfaces differ in it.
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
    fn of_the_25_steps_exactly_these_are_open() {
        let open = [
            (Pending, Processing),
            (Pending, Shipped),
            (Pending, Cancelled),
            (Processing, Shipped),
            (Processing, Cancelled),
            (Shipped, Delivered),
        ];
        for from in OrderStatus::ALL {
            for to in OrderStatus::ALL {
                assert_eq!(from.can_become(to), open.contains(&(from, to)), "{from} to {to}");
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
    fn an_order_is_open_until_its_goods_leave() {
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
    fn json_has_the_lower_case_word() {
        for status in OrderStatus::ALL {
            let json = format!("\"{}\"", status.as_str());
            assert_eq!(serde_json::to_string(&status).unwrap(), json);
            assert_eq!(serde_json::from_str::<OrderStatus>(&json).unwrap(), status);
        }
    }
}
