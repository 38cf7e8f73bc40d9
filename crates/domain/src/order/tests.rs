//! The search text of an order.

use super::*;
use crate::{ItemName, Price, ProductName};

fn order(customer: &str, content: OrderContent) -> Order {
    Order::restore(OrderParts {
        id: OrderId::new(1),
        placed_by: UserId::new(7),
        customer: CustomerName::parse(customer).unwrap(),
        content,
        currency: Currency::EUR,
        status: OrderStatus::Pending,
        version: Version::FIRST,
        revision: Revision::FIRST,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    })
}

fn products(names: &[String]) -> OrderContent {
    let line = |name: &String| ProductLine {
        product: ProductId::new(1),
        name: ProductName::parse(name).unwrap(),
        unit_price: Price::from_minor(100).unwrap(),
        quantity: Quantity::ONE,
    };
    OrderContent::products(names.iter().map(line).collect()).unwrap()
}

#[test]
fn the_search_text_has_the_customer_and_the_names_of_all_lines() {
    let names = ["Desk LAMP".to_owned(), "CAFÉ".to_owned()];
    let text = order("Ada\u{a0} Byron", products(&names)).search_text();
    assert_eq!(text, "ada byron\u{1f}desk lamp\u{1f}cafe");
}

#[test]
fn the_search_text_of_a_free_form_order_has_the_customer_and_the_item() {
    let name = ItemName::parse("A Cake").unwrap();
    let cake = OrderContent::free_form(FreeFormItem::new(name, Quantity::ONE).unwrap());
    assert_eq!(order("Grace", cake).search_text(), "grace\u{1f}a cake");
}

#[test]
fn the_longest_search_text_fits_into_the_index_of_the_database() {
    let length_of = |letter: &str| {
        let longest = vec![letter.repeat(ProductName::MAX_CHARS); 100];
        let customer = letter.repeat(CustomerName::MAX_CHARS);
        order(&customer, products(&longest)).search_text().len()
    };
    assert_eq!(length_of("\u{1d11e}"), 102_900);
    // A ligature of 18 letters.
    assert!((130_000..=131_072).contains(&length_of("\u{fdfa}")));
}
