//! The scenarios: which there are, and which of them a run measures.

mod catalogue;
mod embedded;
mod idle;
mod latency;
mod lists;
mod logins;
mod orders;
mod own_orders;

use std::{collections::BTreeSet, fmt::Write as _};

use crate::{
    bench::{Bench, say},
    failure::Failure,
    row::Row,
};

/// All scenarios, in the order of the table: a name each, and what it measures.
const ALL: [(&str, &str); 22] = [
    (catalogue::PRODUCT, "GET one product, cached, against a bare Actix server"),
    (catalogue::PAGE, "GET the first page of products, cached, against a bare Actix server"),
    (catalogue::PAGE_SEARCH, "the same with a search"),
    (orders::SPREAD, "POST orders over 1,000 products, against pgbench"),
    (orders::HOT, "POST orders for one product, against pgbench"),
    (orders::HOT_TO_SPREAD, "the hot product against the thousand"),
    (orders::KEYED, "POST orders over 1,000 products, each with an idempotency key"),
    (orders::WORKER, "POST orders over 1,000 products, delivered by the same process"),
    (embedded::SQLITE, "POST orders on SQLite, against the same on PostgreSQL"),
    (idle::IDLE, "start on SQLite with an empty shop: the first answer, and the memory"),
    (latency::LATENCY, "POST orders at half of the top rate: how long they take"),
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

/// The names that a run measures.
pub(crate) type Chosen = BTreeSet<&'static str>;

pub(crate) fn listed() -> String {
    ALL.iter().fold(String::new(), |mut text, (name, what)| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:<22}  {what}");
        text
    })
}

/// The scenarios with these names, or with names that begin so; all, if nothing is named.
///
/// # Errors
/// If there is none for one of the names.
pub(crate) fn chosen(wanted: &[String]) -> Result<Chosen, Failure> {
    let all = || ALL.iter().map(|(name, _what)| *name);
    let mut chosen = Chosen::new();
    for word in wanted {
        let before = chosen.len();
        let exactly: Vec<_> = all().filter(|name| name == word).collect();
        let beginning = all().filter(|name| name.starts_with(word.as_str()) && exactly.is_empty());
        chosen.extend(beginning.chain(exactly.iter().copied()));
        if chosen.len() == before && exactly.is_empty() {
            return Err(Failure::Unexpected(format!("there is no scenario {word}; see --list")));
        }
    }
    Ok(if wanted.is_empty() { all().collect() } else { chosen })
}

/// Measures these, adds their rows in the order of the table, and returns how many groups of them could not be measured.
/// Why is told at once; the others are measured all the same.
pub(crate) async fn run(bench: &mut Bench, chosen: &Chosen, rows: &mut Vec<Row>) -> usize {
    let mut failed = 0;
    let mut take = |measured: Result<Vec<Row>, Failure>| match measured {
        Ok(measured) => rows.extend(measured),
        Err(failure) => {
            say(&failure.to_string());
            failed += 1;
        }
    };
    take(catalogue::run(bench, chosen).await);
    take(orders::run(bench, chosen).await);
    take(embedded::run(bench, chosen).await);
    take(idle::run(bench, chosen).await);
    take(latency::run(bench, chosen).await);
    take(own_orders::run(bench, chosen).await);
    take(logins::run(bench, chosen).await);
    take(lists::run(bench, chosen).await);
    failed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().copied().map(str::to_owned).collect()
    }

    #[test]
    fn a_scenario_is_chosen_by_its_name_or_by_how_it_begins() {
        assert_eq!(chosen(&words(&["page"])).unwrap(), Chosen::from(["page"]));
        assert_eq!(
            chosen(&words(&["pag", "order-h"])).unwrap(),
            Chosen::from(["page", "page-search", "order-hot", "order-hot-to-spread"])
        );
        assert_eq!(chosen(&[]).unwrap().len(), ALL.len());
        chosen(&words(&["teapot"])).unwrap_err();
    }

    #[test]
    fn every_scenario_has_a_name_of_its_own() {
        assert_eq!(ALL.iter().map(|(name, _what)| name).collect::<BTreeSet<_>>().len(), ALL.len());
    }
}
