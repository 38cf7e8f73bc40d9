//! Offsets and limits of the lists' statements.

use domain::PageRequest;

use crate::statement::Statement;

/// The most ids that a page's subquery may return: those of the largest page, and one more that
/// shows that another page follows.
///
/// It is a literal in each statement, so that a plan which is made for any page expects few rows;
/// the limit of the page itself is bound around it.
pub(crate) const MAX_PAGE_LIMIT: &str = " LIMIT 101";

/// Appends the bounds of a page, behind the conditions and the order of a subquery that returns
/// `id`, greatest first.
pub(crate) fn write_page_bounds<Row>(into: &mut Statement<Row>, page: PageRequest) {
    write_offset(into, page);
    into.sql(MAX_PAGE_LIMIT);
}

/// Appends the limit of a part of a list, greatest id first, of which a page needs the entries up
/// to its end, those before it included.
pub(crate) fn write_limit_from_start<Row>(into: &mut Statement<Row>, page: PageRequest) {
    match page.offset() {
        0 => into.sql(MAX_PAGE_LIMIT),
        skipped => into.sql(" LIMIT ").number(skipped.saturating_add(page.fetch_limit())),
    };
}

/// Appends how many entries are skipped before a page. The first page has no OFFSET, so that its
/// plan expects no more rows than the page.
pub(crate) fn write_offset<Row>(into: &mut Statement<Row>, page: PageRequest) {
    if page.offset() > 0 {
        into.sql(" OFFSET ").number(page.offset());
    }
}

/// Appends a known total, as an expression of type bigint.
pub(crate) fn write_known_total<Row>(into: &mut Statement<Row>, total: u64) {
    into.number(i64::try_from(total).unwrap_or(i64::MAX)).sql("::bigint");
}

#[cfg(test)]
mod tests {
    use domain::PageLimit;

    use super::*;

    #[test]
    fn the_subquery_limit_is_one_more_than_the_largest_page() {
        assert_eq!(MAX_PAGE_LIMIT, format!(" LIMIT {}", PageLimit::MAX + 1));
    }
}
