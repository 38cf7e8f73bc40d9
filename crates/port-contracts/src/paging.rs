//! The contract of every paged list.

use std::fmt::Debug;

use domain::{Page, PageNumber, PageRequest};

use crate::builders::page_limit;

/// Checks that a list returns exactly `expected`, in that order, in pages of several sizes, by
/// number and by cursor, and that each page has the total, and a cursor exactly if more entries
/// follow.
pub(crate) async fn assert_lists<T: Debug + PartialEq>(
    expected: &[T],
    list: impl AsyncFn(PageRequest) -> Page<T>,
) {
    let whole = i64::try_from(expected.len()).unwrap();
    for limit in [1, 2, 3, whole - 1, whole, whole + 1, 100] {
        if (1..=100).contains(&limit) {
            let by_number = walk_by_number(expected.len(), limit, &list).await;
            assert_eq!(by_number, expected, "by number, {limit} a page");
            let by_cursor = walk_by_cursor(expected.len(), limit, &list).await;
            assert_eq!(by_cursor, expected, "by cursor, {limit} a page");
        }
    }
    for number in [1_000, i64::MAX] {
        let number = PageNumber::new(number).unwrap();
        let beyond = list(PageRequest::number(number, page_limit(100))).await;
        assert_eq!(beyond.items, [], "page {} is beyond the end", number.get());
        assert_eq!(beyond.next, None);
        assert_eq!(beyond.total, u64::try_from(expected.len()).unwrap());
    }
}

async fn walk_by_number<T: Debug>(
    total: usize,
    limit: i64,
    list: &impl AsyncFn(PageRequest) -> Page<T>,
) -> Vec<T> {
    let mut seen = Vec::new();
    for number in 1.. {
        let number = PageNumber::new(number).unwrap();
        let page = list(PageRequest::number(number, page_limit(limit))).await;
        let more = add_page(&mut seen, page, total, limit);
        if more.is_none() {
            break;
        }
    }
    seen
}

async fn walk_by_cursor<T: Debug>(
    total: usize,
    limit: i64,
    list: &impl AsyncFn(PageRequest) -> Page<T>,
) -> Vec<T> {
    let mut seen = Vec::new();
    let mut request = PageRequest::number(PageNumber::FIRST, page_limit(limit));
    while let Some(next) = add_page(&mut seen, list(request).await, total, limit) {
        request = PageRequest::after(next, page_limit(limit));
    }
    seen
}

/// Checks a page, adds its entries to `seen`, and returns the cursor of the next page.
fn add_page<T: Debug>(
    seen: &mut Vec<T>,
    page: Page<T>,
    total: usize,
    limit: i64,
) -> Option<domain::Cursor> {
    let Page { items, total: reported, next } = page;
    assert_eq!(
        reported,
        u64::try_from(total).unwrap(),
        "each page has the total of the whole list"
    );
    assert!(items.len() <= usize::try_from(limit).unwrap(), "{} of {limit}", items.len());
    seen.extend(items);
    assert!(seen.len() <= total, "no entry comes twice: {seen:?}");
    assert_eq!(next.is_some(), seen.len() < total, "there is a next page if more entries follow");
    next
}
