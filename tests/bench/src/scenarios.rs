//! The list of scenarios, and the selection that a run measures.

mod catalogue;
mod embedded;
mod idle;
mod latency;
mod lean;
mod lists;
mod logins;
mod orders;
mod own_orders;

use std::{collections::BTreeSet, fmt::Write as _};

use crate::{
    bench::{Bench, print_progress},
    error::BenchError,
    row::Row,
};

/// The names and descriptions of all scenarios, in the order of the table.
const ALL: [(&str, &str); 23] = [
    (catalogue::PRODUCT, "GET one product, cached, against a bare Actix server"),
    (catalogue::PAGE, "GET the first page of products, cached, against a bare Actix server"),
    (catalogue::PAGE_SEARCH, "the same with a search"),
    (orders::SPREAD, "POST orders over 1,000 products, against pgbench"),
    (orders::HOT, "POST orders for one product, against pgbench"),
    (orders::HOT_TO_SPREAD, "one product, against 1,000 products"),
    (orders::KEYED, "POST orders over 1,000 products, each with an idempotency key"),
    (orders::WORKER, "POST orders over 1,000 products, delivered by the same process"),
    (lean::LEAN, "POST orders as served by default, against the leanest order of pgbench"),
    (embedded::SQLITE, "POST orders on SQLite, against the same on PostgreSQL"),
    (idle::IDLE, "start on SQLite with an empty shop: time to the first response, and memory"),
    (latency::LATENCY, "POST orders at half of the highest rate: latency"),
    (own_orders::OWN_ORDERS, "GET a customer's own orders, against pgbench with the same SELECT"),
    (logins::WHILE_LOGINS, "GET one product while 8 clients log in, against the same alone"),
    (lists::PRODUCTS, "GET products in a large shop, against a small one"),
    (lists::PRODUCTS_DEEP, "the same, page 1,000"),
    (lists::PRODUCTS_SEARCH, "the same, a search"),
    (lists::OWN, "GET a customer's own orders in a large shop, against a small one"),
    (lists::OWN_DEEP, "the same, page 1,000"),
    (lists::OWN_SEARCH, "the same, a search"),
    (lists::ALL, "GET all orders in a large shop, against a small one"),
    (lists::ALL_DEEP, "the same, page 1,000"),
    (lists::ALL_SEARCH, "the same, a search"),
];

/// The names of the scenarios that a run measures.
pub(crate) type Selection = BTreeSet<&'static str>;

/// The list of all scenarios as text.
pub(crate) fn list() -> String {
    ALL.iter().fold(String::new(), |mut text, (name, what)| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:<22}  {what}");
        text
    })
}

/// The scenarios whose names these words are, or begin; all if there are no words.
///
/// # Errors
/// If a word matches no scenario.
pub(crate) fn select(words: &[String]) -> Result<Selection, BenchError> {
    let all = || ALL.iter().map(|(name, _what)| *name);
    let mut selected = Selection::new();
    for word in words {
        let before = selected.len();
        let exact: Vec<_> = all().filter(|name| name == word).collect();
        let with_prefix = all().filter(|name| name.starts_with(word.as_str()) && exact.is_empty());
        selected.extend(with_prefix.chain(exact.iter().copied()));
        if selected.len() == before && exact.is_empty() {
            return Err(BenchError::Unexpected(format!("there is no scenario {word}; see --list")));
        }
    }
    Ok(if words.is_empty() { all().collect() } else { selected })
}

/// Measures the selection, adds its rows in the order of the table, and returns the number of
/// groups that failed. Errors are printed at once, and do not prevent the measurement of the other
/// groups.
pub(crate) async fn run(bench: &mut Bench, selected: &Selection, rows: &mut Vec<Row>) -> usize {
    let mut failed = 0;
    let mut add = |measured: Result<Vec<Row>, BenchError>| match measured {
        Ok(measured) => rows.extend(measured),
        Err(failure) => {
            print_progress(&failure.to_string());
            failed += 1;
        }
    };
    add(catalogue::run(bench, selected).await);
    add(orders::run(bench, selected).await);
    add(lean::run(bench, selected).await);
    add(embedded::run(bench, selected).await);
    add(idle::run(bench, selected).await);
    add(latency::run(bench, selected).await);
    add(own_orders::run(bench, selected).await);
    add(logins::run(bench, selected).await);
    add(lists::run(bench, selected).await);
    failed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().copied().map(str::to_owned).collect()
    }

    #[test]
    fn a_scenario_is_selected_by_its_name_or_a_prefix() {
        assert_eq!(select(&words(&["page"])).unwrap(), Selection::from(["page"]));
        assert_eq!(
            select(&words(&["pag", "order-h"])).unwrap(),
            Selection::from(["page", "page-search", "order-hot", "order-hot-to-spread"])
        );
        assert_eq!(select(&[]).unwrap().len(), ALL.len());
        select(&words(&["teapot"])).unwrap_err();
    }

    #[test]
    fn scenario_names_are_unique() {
        assert_eq!(ALL.iter().map(|(name, _what)| name).collect::<BTreeSet<_>>().len(), ALL.len());
    }
}
