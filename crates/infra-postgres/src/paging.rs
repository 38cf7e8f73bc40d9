//! What all lists' statements say about their pages.

use domain::PageRequest;

use crate::statement::Statement;

/// The most numbers that a page's subquery can yield: those of the largest page, and one that tells that more follow.
///
/// It stands in each of them as a number, so that a plan which is made for any page knows that it will be a short
/// one; the page's own limit is bound around it.
pub(crate) const MAX_PAGE_LIMIT: &str = " LIMIT 101";

/// Where a page starts, behind the conditions and the order of a subquery that yields `id`, greatest first.
pub(crate) fn write_page_bounds<Row>(into: &mut Statement<Row>, page: PageRequest) {
    write_offset(into, page);
    into.sql(MAX_PAGE_LIMIT);
}

/// How many entries are skipped before a page. The first page of all goes without, so that its plan is made for no
/// more than it.
pub(crate) fn write_offset<Row>(into: &mut Statement<Row>, page: PageRequest) {
    if page.offset() > 0 {
        into.sql(" OFFSET ").number(page.offset());
    }
}

/// A total that is known, as a value of type bigint.
pub(crate) fn write_known_total<Row>(into: &mut Statement<Row>, total: u64) {
    into.number(i64::try_from(total).unwrap_or(i64::MAX)).sql("::bigint");
}

#[cfg(test)]
mod tests {
    use domain::PageLimit;

    use super::*;

    #[test]
    fn the_largest_page_has_room_in_a_subquery() {
        assert_eq!(MAX_PAGE_LIMIT, format!(" LIMIT {}", PageLimit::MAX + 1));
    }
}
