//! Query plans of finding accounts and orders as staff, and the open orders of an account.

use domain::{
    SearchTerm, UserId,
    account::{
        EmailAddress,
        port::{AccountFilter, AccountQuery},
    },
    order::{OrderSearchTerm, port::OrderFilter},
};

use super::{
    Database, assert_along, assert_no_scan, assert_no_sort, first_page, later_page, plans_of_list,
};
use crate::{accounts, orders::open};

#[test]
fn a_search_for_accounts_reads_their_texts_in_a_covering_index() {
    for page in [first_page(), later_page()] {
        let mut database = Database::with_one_order();
        let search = SearchTerm::parse("ada").unwrap();
        let filter = AccountFilter { search, ..AccountFilter::default() };
        accounts::list::list(&mut database.conn, &AccountQuery { filter, page }).unwrap();
        let plans = database.plans("users");
        assert_no_sort(&plans);
        let whole = "SCAN users USING COVERING INDEX users_live_search";
        assert!(plans.iter().any(|step| step == whole), "{plans:#?}");
    }
}

#[test]
fn an_account_is_found_by_its_address_along_an_index() {
    let mut database = Database::with_one_order();
    let email = EmailAddress::parse("ada@example.com").ok();
    let filter = AccountFilter { email, ..AccountFilter::default() };
    accounts::list::list(&mut database.conn, &AccountQuery { filter, page: first_page() }).unwrap();
    let plans = database.plans("users");
    assert!(plans.iter().any(|step| step.contains("users_email")), "{plans:#?}");
    assert_no_scan(&plans);
}

#[test]
fn a_search_by_staff_lists_orders_without_a_sort_and_looks_up_accounts_once() {
    for page in [first_page(), later_page()] {
        let search = OrderSearchTerm::parse("chair").unwrap();
        let plans = plans_of_list(OrderFilter { search, ..OrderFilter::default() }, page);
        assert_no_sort(&plans);
        let accounts = "SCAN users USING COVERING INDEX users_live_search";
        assert!(plans.iter().any(|step| step == accounts), "{plans:#?}");
        assert!(!plans.iter().any(|step| step.contains("CORRELATED")), "{plans:#?}");
    }
}

#[test]
fn open_orders_of_an_account_are_found_along_an_index() {
    let mut database = Database::with_one_order();
    assert_eq!(open::find(&mut database.conn, UserId::new(1)).unwrap().len(), 1);
    let plans = database.plans("order");
    assert_along(&plans, "orders_live_user");
    assert_no_scan(&plans);
}
