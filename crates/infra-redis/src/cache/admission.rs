//! The admission policy: which pages are stored in Redis.
//!
//! Any client may request any page, and each query makes an entry that lasts for minutes. Pages
//! that few other clients will request stay in the near cache, which bounds the bytes of all pages
//! together.

use domain::{PageStart, product::port::ProductQuery};

/// The last page number of a query that is stored.
const MAX_PAGE_NUMBER: i64 = 100;

/// The longest search term whose pages are stored, in characters.
const MAX_SEARCH_CHARS: usize = 100;

/// The largest page that is stored, in serialized bytes.
const MAX_PAGE_BYTES: usize = 256 * 1024;

/// Whether the page of a query is stored in Redis, provided that [`admits_size`] admits its size.
pub(crate) fn admits_query(query: &ProductQuery) -> bool {
    let starts_early = match query.page.start {
        PageStart::Number(number) => number.get() <= MAX_PAGE_NUMBER,
        PageStart::After(_) => false,
    };
    let search = query.search.as_ref().map_or("", |term| term.folded());
    starts_early && search.chars().nth(MAX_SEARCH_CHARS).is_none()
}

/// Whether a page of so many serialized bytes is stored in Redis.
pub(crate) fn admits_size(bytes: usize) -> bool {
    bytes <= MAX_PAGE_BYTES
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
    fn the_first_pages_of_short_searches_are_admitted() {
        for search in ["", "lamp", &"ä".repeat(100)] {
            assert!(admits_query(&query(search, number(1))), "{search}");
            assert!(admits_query(&query(search, number(100))), "{search}");
        }
    }

    #[test]
    fn cursors_late_pages_and_long_searches_are_not_admitted() {
        let cursor = PageRequest::after(Cursor::after(1), PageLimit::DEFAULT);
        assert!(!admits_query(&query("", cursor)));
        assert!(!admits_query(&query("", number(101))));
        assert!(!admits_query(&query(&"ä".repeat(101), number(1))));
    }

    #[test]
    fn pages_of_up_to_256_kib_are_admitted() {
        assert!(admits_size(262_144));
        assert!(!admits_size(262_145));
    }
}
