//! What every paged list has to do, whatever it lists.

use std::fmt::Debug;

use domain::{Page, PageNumber, PageRequest};

use crate::builders::page_limit;

/// Checks that a list shows exactly `expected`, in that order, in pages of several sizes, by number as
/// well as by cursor, and that each page knows the total and whether more follows.
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
        let more = take(&mut seen, page, total, limit);
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
    while let Some(next) = take(&mut seen, list(request).await, total, limit) {
        request = PageRequest::after(next, page_limit(limit));
    }
    seen
}

/// Takes a page's entries over, once it is found to be sound, and returns where the next one starts.
fn take<T: Debug>(
    seen: &mut Vec<T>,
    page: Page<T>,
    total: usize,
    limit: i64,
) -> Option<domain::Cursor> {
    let Page { items, total: told, next } = page;
    assert_eq!(told, u64::try_from(total).unwrap(), "the total is the whole list's, on each page");
    assert!(items.len() <= usize::try_from(limit).unwrap(), "{} of {limit}", items.len());
    seen.extend(items);
    assert!(seen.len() <= total, "no entry comes twice: {seen:?}");
    assert_eq!(next.is_some(), seen.len() < total, "there is a next page if more entries follow");
    next
}
