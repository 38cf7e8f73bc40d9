//! Which pages go to Redis.
//!
//! Anybody may ask for any page, and every query is an entry of its own for minutes. What few others will ask
//! for stays in the process, where all pages together have so many bytes and no more.

use domain::{PageStart, product::port::ProductQuery};

/// The last page of a query that is shared.
const LAST_NUMBER: i64 = 100;

/// The longest search that is shared, in characters.
const LONGEST_SEARCH: usize = 100;

/// The largest page that is shared, in bytes as it is written down.
const LARGEST_PAGE: usize = 256 * 1024;

/// Whether the page of a query is kept in Redis, if it is not too large.
pub(crate) fn is_shared(query: &ProductQuery) -> bool {
    let starts_early = match query.page.start {
        PageStart::Number(number) => number.get() <= LAST_NUMBER,
        PageStart::After(_) => false,
    };
    let search = query.search.as_ref().map_or("", |term| term.folded());
    starts_early && search.chars().nth(LONGEST_SEARCH).is_none()
}

/// Whether a page of so many bytes is kept in Redis.
pub(crate) fn is_small_enough(bytes: usize) -> bool {
    bytes <= LARGEST_PAGE
}

#[cfg(test)]
mod tests {
    use domain::{Cursor, PageLimit, PageNumber, PageRequest, SearchTerm};

    use super::*;

    fn number(at: i64) -> PageRequest {
        PageRequest::number(PageNumber::new(at).unwrap(), PageLimit::DEFAULT)
    }

    fn query(search: &str, page: PageRequest) -> ProductQuery {
        ProductQuery { search: SearchTerm::parse(search).unwrap(), page }
    }

    #[test]
    fn the_first_pages_of_short_searches_are_shared() {
        for search in ["", "lamp", &"ä".repeat(100)] {
            assert!(is_shared(&query(search, number(1))), "{search}");
            assert!(is_shared(&query(search, number(100))), "{search}");
        }
    }

    #[test]
    fn cursors_late_pages_and_long_searches_are_not() {
        let cursor = PageRequest::after(Cursor::after(1), PageLimit::DEFAULT);
        assert!(!is_shared(&query("", cursor)));
        assert!(!is_shared(&query("", number(101))));
        assert!(!is_shared(&query(&"ä".repeat(101), number(1))));
    }

    #[test]
    fn a_page_may_have_256_kib() {
        assert!(is_small_enough(262_144));
        assert!(!is_small_enough(262_145));
    }
}
