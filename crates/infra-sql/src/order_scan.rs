//! Where a page of orders begins in the index that it is read along.

use std::borrow::Cow;

use domain::{
    PageStart, Timestamp,
    order::{
        OrderListSort,
        port::{OrderFilter, OrderQuery},
    },
};

use crate::round_up;

/// The scan that reads a page of orders, in the direction of its sort key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderScan<'q> {
    /// The filter of the orders, without what the start implies.
    pub filter: Cow<'q, OrderFilter>,
    /// Where the scan begins; at the first order if it is absent. Numbered pages skip entries
    /// behind it.
    pub start: Option<ScanStart>,
}

/// The beginning of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanStart {
    /// Before this id, in descending order of ids.
    BeforeId(i64),
    /// After this time of the last change and this id, in ascending order of both.
    AfterUpdate(Timestamp, i64),
}

impl<'q> OrderScan<'q> {
    /// The scan of a query. By the time of the last change, a cursor and the filter's
    /// `updated_from` are both lower bounds, and the scan begins at the later one. A database that
    /// got both could begin at the earlier one, and would read the previous pages with each page.
    pub fn of(query: &'q OrderQuery) -> Self {
        let OrderQuery { filter, sort, page } = query;
        let cursor = match page.start {
            PageStart::After(cursor) => Some(cursor),
            PageStart::Number(_) => None,
        };
        match sort {
            OrderListSort::Id => Self {
                filter: Cow::Borrowed(filter),
                start: cursor.map(|cursor| ScanStart::BeforeId(cursor.id())),
            },
            OrderListSort::UpdatedAt => {
                let after = cursor.and_then(|cursor| Some((cursor.timestamp()?, cursor.id())));
                // No order has this id.
                let from = filter.updated_from.map(|from| (round_up(from), i64::MIN));
                Self {
                    filter: Cow::Owned(OrderFilter { updated_from: None, ..filter.clone() }),
                    start: after.max(from).map(|(time, id)| ScanStart::AfterUpdate(time, id)),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Cursor, PageLimit, PageNumber, PageRequest};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(seconds, 0).unwrap()
    }

    fn start(
        sort: OrderListSort,
        from: Option<Timestamp>,
        cursor: Option<Cursor>,
    ) -> Option<ScanStart> {
        let start = cursor.map_or(PageStart::Number(PageNumber::FIRST), PageStart::After);
        let filter = OrderFilter { updated_from: from, ..OrderFilter::default() };
        let query =
            OrderQuery { filter, sort, page: PageRequest { start, limit: PageLimit::DEFAULT } };
        OrderScan::of(&query).start
    }

    #[test]
    fn a_scan_by_time_begins_at_the_later_of_its_bounds() {
        let by_time = |from, cursor| start(OrderListSort::UpdatedAt, from, cursor);
        let after = Some(Cursor::after_timestamp(at(5), 7));
        let (from_5, after_5) =
            (ScanStart::AfterUpdate(at(5), i64::MIN), ScanStart::AfterUpdate(at(5), 7));
        assert_eq!(by_time(None, None), None);
        assert_eq!(by_time(Some(at(5)), None), Some(from_5));
        assert_eq!(by_time(None, after), Some(after_5));
        assert_eq!(by_time(Some(at(5)), after), Some(after_5));
        assert_eq!(by_time(Some(at(6)), after), Some(ScanStart::AfterUpdate(at(6), i64::MIN)));
    }

    #[test]
    fn a_scan_by_id_begins_at_its_cursor() {
        let by_id = |cursor| start(OrderListSort::Id, Some(at(5)), cursor);
        assert_eq!(by_id(None), None);
        assert_eq!(by_id(Some(Cursor::after(7))), Some(ScanStart::BeforeId(7)));
    }
}
