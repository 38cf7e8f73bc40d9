//! What each command makes of a product, and for whom.

use super::*;
use crate::{ProductId, Revision, UserId, Version, account::Role};

const STAFF: Actor = Actor::new(UserId::new(1), Role::Admin);
const CUSTOMER: Actor = Actor::new(UserId::new(7), Role::User);
const MADE: Timestamp = Timestamp::UNIX_EPOCH;

fn now() -> Timestamp {
    Timestamp::from_timestamp(1_700_000_000, 0).unwrap()
}

fn tea() -> Product {
    Product {
        id: ProductId::new(5),
        name: ProductName::parse("Tea").unwrap(),
        description: Some(Description::parse("Green").unwrap()),
        price: Price::from_minor(450).unwrap(),
        stock: Stock::new(10).unwrap(),
        version: Version::new(3),
        revision: Revision::new(3),
        created_at: MADE,
        updated_at: MADE,
        deleted_at: None,
    }
}

fn deleted_tea() -> Product {
    Product { deleted_at: Some(MADE), ..tea() }
}

fn count(stock: i64) -> ProductCommand {
    let stock = Some(Stock::new(stock).unwrap());
    ProductCommand::Update(ProductUpdate { stock, ..ProductUpdate::default() })
}

#[test]
fn an_update_changes_what_it_names_and_nothing_else() {
    let update = ProductUpdate {
        name: Some(ProductName::parse("Oolong").unwrap()),
        price: Some(Price::from_minor(500).unwrap()),
        ..ProductUpdate::default()
    };
    let change = tea().decide(&ProductCommand::Update(update), STAFF, now()).unwrap();
    let product = Product {
        name: ProductName::parse("Oolong").unwrap(),
        price: Price::from_minor(500).unwrap(),
        version: Version::new(4),
        revision: Revision::new(4),
        updated_at: now(),
        ..tea()
    };
    assert_eq!(change, ProductChange { product, movement: None });
}

#[test]
fn a_description_can_be_taken_away() {
    let update = ProductUpdate { description: Some(None), ..ProductUpdate::default() };
    let change = tea().decide(&ProductCommand::Update(update), STAFF, now()).unwrap();
    assert_eq!(change.product.description, None);
    assert_eq!(change.product.version, Version::new(4));
}

#[test]
fn another_stock_is_a_movement_of_the_difference() {
    for (counted, delta) in [(25, 15), (4, -6), (0, -10), (Stock::MAX, Stock::MAX - 10)] {
        let change = tea().decide(&count(counted), STAFF, now()).unwrap();
        let movement = StockMovement {
            product: tea().id,
            revision: Revision::new(4),
            kind: MovementKind::Correction,
            delta,
            balance: Stock::new(counted).unwrap(),
            moved_by: STAFF.user,
            at: now(),
        };
        assert_eq!(change.movement, Some(movement));
        assert_eq!(change.product.stock.get(), counted);
    }
}

#[test]
fn an_update_that_changes_nothing_leaves_no_trace() {
    for command in [count(10), ProductCommand::Update(ProductUpdate::default())] {
        let change = tea().decide(&command, STAFF, now()).unwrap();
        assert_eq!(change, ProductChange { product: tea(), movement: None });
    }
}

#[test]
fn a_deleted_product_comes_back_as_it_was() {
    let gone = tea().decide(&ProductCommand::Delete, STAFF, now()).unwrap().product;
    assert_eq!(gone.deleted_at, Some(now()));
    assert!(!gone.is_live());
    let back = gone.decide(&ProductCommand::Restore, STAFF, now()).unwrap();
    assert_eq!(back.movement, None);
    let (version, revision) = (Version::new(5), Revision::new(5));
    assert_eq!(back.product, Product { version, revision, updated_at: now(), ..tea() });
}

#[test]
fn a_deleted_product_can_only_be_restored_and_a_live_one_cannot() {
    for command in [count(3), ProductCommand::Delete] {
        let refused = deleted_tea().decide(&command, STAFF, now());
        assert_eq!(refused, Err(ProductRefusal::Deleted));
    }
    let refused = tea().decide(&ProductCommand::Restore, STAFF, now());
    assert_eq!(refused, Err(ProductRefusal::NotDeleted));
}

#[test]
fn customers_may_do_nothing_to_products() {
    for product in [tea(), deleted_tea()] {
        for command in [count(3), ProductCommand::Delete, ProductCommand::Restore] {
            let refused = product.decide(&command, CUSTOMER, now());
            assert_eq!(refused, Err(ProductRefusal::Forbidden));
        }
    }
}

#[test]
fn a_movement_is_what_its_word_and_the_order_behind_it_say() {
    let order = crate::OrderId::new(3);
    let kinds = [
        (MovementKind::Received, "received", None),
        (MovementKind::Correction, "correction", None),
        (MovementKind::Count, "count", None),
        (MovementKind::Damaged, "damaged", None),
        (MovementKind::Lost, "lost", None),
        (MovementKind::OrderPlaced(order), "order_placed", Some(order)),
        (MovementKind::OrderCancelled(order), "order_cancelled", Some(order)),
        (MovementKind::CustomerReturn(order), "customer_return", Some(order)),
    ];
    for (kind, word, behind) in kinds {
        assert_eq!((kind.as_str(), kind.order()), (word, behind));
        assert_eq!(MovementKind::parse(word, behind), Some(kind));
        assert_eq!(MovementKind::parse(word, behind.xor(Some(order))), None, "{word}");
    }
    assert_eq!(MovementKind::parse("stolen", None), None);
}
