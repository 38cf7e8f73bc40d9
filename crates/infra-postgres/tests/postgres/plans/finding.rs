//! What the server reads to find accounts and orders as staff.

use domain::{
    SearchTerm,
    account::{
        EmailAddress,
        port::{AccountFilter, AccountQuery, AccountReads},
    },
    order::{
        OrderSearchTerm,
        port::{OrderFilter, OrderQuery, OrderReads},
    },
};

use super::{MeasuredShop, first_page};

#[tokio::test]
async fn accounts_are_found_by_the_ngram_index_or_among_the_first() {
    let shop = MeasuredShop::shop_after(
        "INSERT INTO users (name, email, password_hash, role, created_at, search_text)
            SELECT 'Bob', 'bob' || i || '@example.com', '$2b$', 'user', 'epoch', E'bob\\x1fbob' || i || '@example.com'
            FROM generate_series(1, 20000) AS i",
    )
    .await;
    // One account: counted and looked up by the index, after a scan of the first thousand.
    for (term, most) in [("bob1234@example", 1_000 + 2 * 400), ("ada12@", 1_000 + 2 * 300)] {
        let search = SearchTerm::parse(term).unwrap();
        let filter = AccountFilter { search, ..AccountFilter::default() };
        let query = AccountQuery { filter, page: first_page() };
        let read = shop.reads(async |store| {
            assert_eq!(AccountReads::list(store, &query).await.unwrap().total, 1, "{term}");
        });
        read.await.assert_uses_index("users_live_search", most);
    }
    let email = EmailAddress::parse("bob1234@example.com").ok();
    let filter = AccountFilter { email, ..AccountFilter::default() };
    let query = AccountQuery { filter, page: first_page() };
    let read = shop.reads(async |store| {
        assert_eq!(AccountReads::list(store, &query).await.unwrap().total, 1);
    });
    read.await.assert_uses_index("users_email", 5);
}

#[tokio::test]
async fn staff_find_orders_by_number_address_and_name_along_indexes() {
    let shop = MeasuredShop::shop().await;
    let find = async |raw: &str, total: u64, index: &str, most: i64| {
        let search = OrderSearchTerm::parse(raw).unwrap();
        let filter = OrderFilter { search, ..OrderFilter::default() };
        let query = OrderQuery::newest_first(filter, first_page());
        let read = shop.reads(async |store| {
            assert_eq!(OrderReads::list(store, &query).await.unwrap().total, total, "{raw}");
        });
        read.await.assert_uses_index(index, most);
    };
    // The newest thousand are compared one by one, twice the matches are found by an index.
    find("ada123@example.com", 40, "users_live_search", 1_000 + 2 * 600).await;
    find("race 1234", 11, "orders_live_search", 1_000 + 3 * 400).await;
    find("#777", 1, "orders_pkey", 1_000 + 3 * 400).await;
}
