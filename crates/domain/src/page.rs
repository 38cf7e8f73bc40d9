//! Pages of lists: by number, or behind a cursor, which is fast at any depth.

use crate::Timestamp;

/// Why the number or the limit of a page was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The number is below 1.
    #[error("must be 1 or more")]
    PageZero,
    /// The limit is below 1 or above the maximum.
    #[error("must be from 1 to {max}", max = PageLimit::MAX)]
    LimitOutOfRange,
}

/// The greatest number of entries of a page: 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageLimit(u32);

impl PageLimit {
    /// The greatest limit.
    pub const MAX: i64 = 100;
    /// The limit of a request that names none.
    pub const DEFAULT: Self = Self(10);

    /// A limit of this many entries.
    ///
    /// # Errors
    /// [`PageError::LimitOutOfRange`] outside 1 to [`Self::MAX`].
    pub fn new(limit: i64) -> Result<Self, PageError> {
        match u32::try_from(limit) {
            Ok(entries) if (1..=Self::MAX).contains(&limit) => Ok(Self(entries)),
            _ => Err(PageError::LimitOutOfRange),
        }
    }

    /// The nearest valid limit.
    pub fn clamped(limit: i64) -> Self {
        Self::new(limit.clamp(1, Self::MAX)).unwrap_or(Self::DEFAULT)
    }

    /// The number of entries.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// The number of a page, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageNumber(i64);

impl PageNumber {
    /// The first page.
    pub const FIRST: Self = Self(1);

    /// Checks a page number.
    ///
    /// # Errors
    /// [`PageError::PageZero`] below 1.
    pub const fn new(number: i64) -> Result<Self, PageError> {
        if number >= 1 { Ok(Self(number)) } else { Err(PageError::PageZero) }
    }

    /// The number, from 1.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// A position in a list: behind an entry. Most lists are ordered by id, so its id suffices. In a
/// list that is ordered by a timestamp, and then by id, the position is both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor {
    timestamp: Option<Timestamp>,
    id: i64,
}

impl Cursor {
    /// The position behind the entry with this id, in a list that is ordered by id.
    pub const fn after(id: i64) -> Self {
        Self { timestamp: None, id }
    }

    /// The position behind the entry with this timestamp and id, in a list that is ordered by them.
    pub const fn after_timestamp(timestamp: Timestamp, id: i64) -> Self {
        Self { timestamp: Some(timestamp), id }
    }

    /// The id of the entry before this position.
    pub const fn id(self) -> i64 {
        self.id
    }

    /// The timestamp of the entry before this position, in a list that is ordered by a timestamp.
    pub const fn timestamp(self) -> Option<Timestamp> {
        self.timestamp
    }
}

/// The start of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PageStart {
    /// The start of a numbered page: stores skip the entries before it one by one.
    Number(PageNumber),
    /// The position behind an entry.
    After(Cursor),
}

/// A request for a page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageRequest {
    /// The start of the page.
    pub start: PageStart,
    /// The greatest number of entries.
    pub limit: PageLimit,
}

impl PageRequest {
    /// The page with this number.
    pub const fn number(number: PageNumber, limit: PageLimit) -> Self {
        Self { start: PageStart::Number(number), limit }
    }

    /// The page behind this position.
    pub const fn after(cursor: Cursor, limit: PageLimit) -> Self {
        Self { start: PageStart::After(cursor), limit }
    }

    /// The number of entries to skip from the start of the list, 0 behind a cursor. Saturates at
    /// `i64::MAX`.
    pub fn offset(&self) -> i64 {
        match self.start {
            PageStart::Number(number) => {
                (number.get() - 1).saturating_mul(i64::from(self.limit.get()))
            }
            PageStart::After(_) => 0,
        }
    }

    /// The number of entries to read: one more than the limit, for [`Page::from_fetched`].
    pub fn fetch_limit(&self) -> i64 {
        i64::from(self.limit.get()) + 1
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries, in the order of the list.
    pub items: Vec<T>,
    /// The number of entries of the whole list. It is exact; but if a search or several filters
    /// match thousands of entries, which are expensive to count, it may be up to half a minute old.
    pub total: u64,
    /// The position behind the last entry; absent on the last page.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Makes a page of a list that is ordered by id, of up to one entry more than its limit; the
    /// surplus entry means that there is a next page.
    pub fn from_fetched(
        items: Vec<T>,
        limit: PageLimit,
        total: u64,
        id: impl Fn(&T) -> i64,
    ) -> Self {
        Self::from_fetched_in_order(items, limit, total, |item| Cursor::after(id(item)))
    }

    /// As [`Self::from_fetched`], for a list in any order; `after` is the position behind an entry.
    pub fn from_fetched_in_order(
        mut items: Vec<T>,
        limit: PageLimit,
        total: u64,
        after: impl Fn(&T) -> Cursor,
    ) -> Self {
        let size = usize::try_from(limit.get()).unwrap_or(usize::MAX);
        let more = items.len() > size;
        items.truncate(size);
        let next = if more { items.last().map(after) } else { None };
        Self { items, total, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_from_1_to_100() {
        for size in [1, 10, 100] {
            assert_eq!(PageLimit::new(size).map(|limit| i64::from(limit.get())), Ok(size));
        }
        for size in [0, -1, 101, i64::MAX, i64::MIN, 4_294_967_297] {
            assert_eq!(PageLimit::new(size), Err(PageError::LimitOutOfRange), "{size}");
        }
        assert_eq!(PageLimit::new(10), Ok(PageLimit::DEFAULT));
    }

    #[test]
    fn a_clamped_limit_is_the_nearest_one() {
        for (requested, clamped) in
            [(i64::MIN, 1), (0, 1), (1, 1), (20, 20), (100, 100), (101, 100)]
        {
            assert_eq!(PageLimit::clamped(requested).get(), clamped);
        }
        assert_eq!(PageLimit::clamped(i64::MAX).get(), 100);
    }

    #[test]
    fn pages_are_counted_from_1() {
        assert_eq!(PageNumber::new(1), Ok(PageNumber::FIRST));
        assert_eq!(PageNumber::new(0), Err(PageError::PageZero));
        assert_eq!(PageNumber::new(i64::MIN), Err(PageError::PageZero));
    }

    #[test]
    fn a_numbered_page_skips_the_pages_before_it() {
        let offset = |number, limit| {
            let number = PageNumber::new(number).unwrap();
            PageRequest::number(number, PageLimit::new(limit).unwrap()).offset()
        };
        assert_eq!(offset(1, 10), 0);
        assert_eq!(offset(3, 25), 50);
        assert_eq!(offset(i64::MAX, 100), i64::MAX);
    }

    #[test]
    fn a_page_behind_a_cursor_skips_nothing() {
        let page = PageRequest::after(Cursor::after(17), PageLimit::DEFAULT);
        assert_eq!(page.offset(), 0);
        assert_eq!(page.start, PageStart::After(Cursor::after(17)));
    }

    #[test]
    fn a_page_has_a_next_cursor_only_with_a_surplus_entry() {
        let limit = PageLimit::new(2).unwrap();
        let page = |ids: &[i64]| Page::from_fetched(ids.to_vec(), limit, 9, |id| *id);

        let more = page(&[9, 8, 7]);
        assert_eq!(more.items, [9, 8]);
        assert_eq!(more.next.map(Cursor::id), Some(8));
        assert_eq!(more.total, 9);

        assert_eq!(page(&[9, 8]).next, None);
        assert_eq!(page(&[9]).items, [9]);
        assert_eq!(page(&[]).next, None);
    }

    #[test]
    fn a_page_of_a_list_by_time_ends_with_the_position_of_its_last_entry() {
        let limit = PageLimit::new(2).unwrap();
        let at = |seconds| Timestamp::from_timestamp(seconds, 0).unwrap();
        let after = |entry: &(i64, i64)| Cursor::after_timestamp(at(entry.0), entry.1);
        let page = Page::from_fetched_in_order(vec![(5, 3), (7, 1), (7, 2)], limit, 3, after);
        let next = page.next.unwrap();
        assert_eq!((next.timestamp(), next.id()), (Some(at(7)), 1));
        assert_eq!(Cursor::after(1).timestamp(), None);
    }
}
