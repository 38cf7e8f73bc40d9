//! Rows as programs before the migration `search_form` wrote them, and what must be true of them
//! when a database is migrated: searches find them, and addresses have their one form.

use domain::{
    account::{EmailAddress, port::AccountQuery},
    product::port::ProductQuery,
};

use crate::{
    Stores,
    builders::{self, page, term},
};

/// The statements that take a migrated, empty database back to the schema of before.
pub const REVERT: &str = "DROP TABLE backfills;
    DELETE FROM __diesel_schema_migrations WHERE version = '20261201000007'";

/// The statements that make a rewrite of products necessary again, as if it had been interrupted
/// after the product with the id 700.
pub const INTERRUPTED: &str =
    "INSERT INTO backfills (name, last_id) VALUES ('products.name_folded', 700);
    UPDATE products SET name_folded = 'café ' || id WHERE id > 700";

/// The statements that insert the rows. `time` is a timestamp as this database writes it.
pub fn rows(time: &str) -> String {
    let separator = domain::FOLDED_SEPARATOR;
    let decomposed = "Cafe\u{301}";
    format!(
        "INSERT INTO users (id, name, email, password_hash, role, created_at) VALUES
            (1, 'Ada', 'ada@example.com', 'x', 'admin', {time}),
            (2, 'Jürgen', 'jürgen@xn--bcher-kva.example', 'x', 'user', {time}),
            (3, 'Jürgen', 'jürgen@bücher.example', 'x', 'user', {time}),
            (4, 'a\tb', 'ju\u{308}rgen@xn--caf-dma.example', 'x', 'user', {time}),
            (5, 'Ann', '\"a b\"@example.com', 'x', 'user', {time});
         INSERT INTO products (id, name, name_folded, price, stock, version, revision, created_at, updated_at) VALUES
            (1, 'İstanbul', 'i\u{307}stanbul', 100, 0, 1, 1, {time}, {time}),
            (2, 'Straße', 'straße', 100, 0, 1, 1, {time}, {time}),
            (3, '{decomposed}', 'cafe\u{301}', 100, 0, 1, 1, {time}, {time}),
            (4, 'Tea\tpot', 'tea\tpot', 100, 0, 1, 1, {time}, {time});
         WITH RECURSIVE numbers (n) AS (SELECT 5 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1200)
         INSERT INTO products (id, name, name_folded, price, stock, version, revision, created_at, updated_at)
            SELECT n, 'Café ' || n, 'café ' || n, 100, 0, 1, 1, {time}, {time} FROM numbers;
         INSERT INTO orders (id, user_id, customer_name, item_name, search_text, quantity, currency, status, version,
                             revision, created_at, updated_at) VALUES
            (1, 1, 'Łukasz', 'Café', 'łukasz{separator}café', 1, 'EUR', 'pending', 1, 1, {time}, {time}),
            (2, 1, 'Ada', NULL, 'ada{separator}i\u{307}stanbul{separator}straße', 2, 'EUR', 'pending', 1, 1,
             {time}, {time});
         INSERT INTO order_lines (order_id, position, product_id, name, unit_price, quantity) VALUES
            (2, 0, 1, 'İstanbul', 100, 1), (2, 1, 2, 'Straße', 100, 1);"
    )
}

/// Asserts that the [`rows`] are found, by their new forms only.
pub async fn assert_rewritten(stores: &Stores) {
    for (search, expected) in [
        ("istanbul", 1),
        ("strasse", 1),
        ("café", 1_197),
        ("cafe", 1_197),
        ("CAFÉ 1200", 1),
        ("cafe 7", 111),
        ("tea pot", 1),
    ] {
        let query = ProductQuery { search: Some(term(search)), page: page(1, 1) };
        let found = stores.products.list(&query).await.expect("products can be listed");
        assert_eq!(found.total, expected, "{search}");
    }
    for (search, expected) in
        [("lukasz", vec![1]), ("cafe", vec![1]), ("istanbul", vec![2]), ("STRASSE", vec![2])]
    {
        let wanted =
            domain::order::port::OrderSearch { term: Some(term(search)), ..builders::search() };
        let found = stores.orders.search(&wanted).await.expect("orders can be searched");
        let ids: Vec<i64> = found.iter().map(|order| order.id().get()).collect();
        assert_eq!(ids, expected, "{search}");
    }
    let listed = stores
        .accounts
        .list(&AccountQuery::all(page(1, 10)))
        .await
        .expect("accounts can be listed");
    let addresses: Vec<&str> = listed.items.iter().map(|account| account.email.as_str()).collect();
    assert_eq!(
        addresses,
        [
            "ada@example.com",
            // Another account has the one form of its address.
            "jürgen@xn--bcher-kva.example",
            "jürgen@bücher.example",
            "jürgen@café.example",
            "\"a b\"@example.com",
        ]
    );
    for (typed, id) in [
        ("JÜRGEN@xn--bcher-kva.example", 3),
        ("ju\u{308}rgen@café.example", 4),
        ("\"A b\"@example.com", 5),
    ] {
        let address = EmailAddress::of_login(typed).expect("an address");
        let found = stores.accounts.credentials(&address).await.expect("accounts can be read");
        assert_eq!(found.map(|known| known.account.id.get()), Some(id), "{typed}");
    }
}
