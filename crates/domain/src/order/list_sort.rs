//! The sort keys of a list of orders that is read page by page.

use std::str::FromStr;

use super::Order;
use crate::Cursor;

/// The sort key of a list that is read page by page, with its direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrderListSort {
    /// By id, the newest order first.
    #[default]
    Id,
    /// By the time of the last change, and then by id: the order that has been unchanged for the
    /// longest time first.
    UpdatedAt,
}

/// The text is not the name of a sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be id or updated_at")]
pub struct UnknownListSort;

impl OrderListSort {
    /// All sort keys.
    pub const ALL: [Self; 2] = [Self::Id, Self::UpdatedAt];

    /// The name of the sort key, as v1 writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::UpdatedAt => "updated_at",
        }
    }

    /// The position behind an order, in a list with this sort key.
    pub fn cursor(self, order: &Order) -> Cursor {
        let id = order.id().get();
        match self {
            Self::Id => Cursor::after(id),
            Self::UpdatedAt => Cursor::after_timestamp(order.updated_at(), id),
        }
    }
}

impl FromStr for OrderListSort {
    type Err = UnknownListSort;

    /// Parses a name, case-insensitive.
    fn from_str(name: &str) -> Result<Self, UnknownListSort> {
        let named = Self::ALL.into_iter().find(|sort| sort.as_str().eq_ignore_ascii_case(name));
        named.ok_or(UnknownListSort)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sort_key_is_parsed_from_its_name_and_others_are_refused() {
        for sort in OrderListSort::ALL {
            assert_eq!(sort.as_str().parse(), Ok(sort));
            assert_eq!(sort.as_str().to_uppercase().parse(), Ok(sort));
        }
        for unknown in ["", "-updated_at", "created_at", "updated_at ", "id,updated_at"] {
            assert_eq!(unknown.parse::<OrderListSort>(), Err(UnknownListSort), "{unknown:?}");
        }
    }
}
