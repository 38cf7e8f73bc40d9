//! The decisions about commands on products: results and rights.

use super::*;
use crate::{ExpectedVersions, ProductId, Revision, SeenVersion, UserId, Version, account::Role};

const STAFF: Actor = Actor::new(UserId::new(1), Role::Admin);
const CUSTOMER: Actor = Actor::new(UserId::new(7), Role::User);
const CREATED: Timestamp = Timestamp::UNIX_EPOCH;

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
        created_at: CREATED,
        updated_at: CREATED,
        deleted_at: None,
    }
}

fn deleted_tea() -> Product {
    Product { deleted_at: Some(CREATED), ..tea() }
}

fn set_stock(stock: i64) -> ProductCommand {
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
    let change = tea().decide(&ProductCommand::Update(update), Stock::EMPTY, STAFF, now()).unwrap();
    let product = Product {
        name: ProductName::parse("Oolong").unwrap(),
        price: Price::from_minor(500).unwrap(),
        version: Version::new(4),
        revision: Revision::new(4),
        updated_at: now(),
        ..tea()
    };
    let event = Event::ProductChanged(ProductState::from(&product));
    let event = Some(NewEvent::of_product(event, product.id, STAFF, now()));
    assert_eq!(change, ProductChange { product, movement: None, event });
}

#[test]
fn a_description_can_be_removed() {
    let update = ProductUpdate { description: Some(None), ..ProductUpdate::default() };
    let change = tea().decide(&ProductCommand::Update(update), Stock::EMPTY, STAFF, now()).unwrap();
    assert_eq!(change.product.description, None);
    assert_eq!(change.product.version, Version::new(4));
}

#[test]
fn setting_the_stock_makes_a_movement_of_the_difference() {
    for (stock, delta) in [(25, 15), (4, -6), (0, -10), (Stock::MAX, Stock::MAX - 10)] {
        let change = tea().decide(&set_stock(stock), Stock::EMPTY, STAFF, now()).unwrap();
        let movement = StockMovement {
            product: tea().id,
            revision: Revision::new(4),
            kind: MovementKind::Correction,
            delta,
            balance: Stock::new(stock).unwrap(),
            moved_by: STAFF.user,
            at: now(),
        };
        assert_eq!(change.movement, Some(movement));
        assert_eq!(change.product.stock.get(), stock);
    }
}

#[test]
fn an_update_that_changes_nothing_raises_no_version_and_makes_no_movement() {
    for command in [set_stock(10), ProductCommand::Update(ProductUpdate::default())] {
        let change = tea().decide(&command, Stock::EMPTY, STAFF, now()).unwrap();
        assert_eq!(change, ProductChange { product: tea(), movement: None, event: None });
    }
}

#[test]
fn a_restored_product_is_as_it_was_before_its_deletion() {
    let deleted =
        tea().decide(&ProductCommand::Delete, Stock::EMPTY, STAFF, now()).unwrap().product;
    assert_eq!(deleted.deleted_at, Some(now()));
    assert!(!deleted.is_live());
    let restored = deleted.decide(&ProductCommand::Restore, Stock::EMPTY, STAFF, now()).unwrap();
    assert_eq!(restored.movement, None);
    let (version, revision) = (Version::new(5), Revision::new(5));
    assert_eq!(restored.product, Product { version, revision, updated_at: now(), ..tea() });
}

#[test]
fn a_deleted_product_can_only_be_restored_and_a_live_one_cannot() {
    for command in [set_stock(3), ProductCommand::Delete] {
        let refused = deleted_tea().decide(&command, Stock::EMPTY, STAFF, now());
        assert_eq!(refused, Err(ProductRefusal::Deleted));
    }
    let refused = tea().decide(&ProductCommand::Restore, Stock::EMPTY, STAFF, now());
    assert_eq!(refused, Err(ProductRefusal::NotDeleted));
}

#[test]
fn customers_may_do_nothing_to_products() {
    for product in [tea(), deleted_tea()] {
        for command in [set_stock(3), ProductCommand::Delete, ProductCommand::Restore] {
            let refused = product.decide(&command, Stock::EMPTY, CUSTOMER, now());
            assert_eq!(refused, Err(ProductRefusal::Forbidden));
        }
    }
}

#[test]
fn a_movement_kind_is_parsed_from_its_name_and_order() {
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
    for (kind, name, order_of_kind) in kinds {
        assert_eq!((kind.as_str(), kind.order()), (name, order_of_kind));
        assert_eq!(MovementKind::parse(name, order_of_kind), Some(kind));
        assert_eq!(MovementKind::parse(name, order_of_kind.xor(Some(order))), None, "{name}");
    }
    assert_eq!(MovementKind::parse("stolen", None), None);
}

#[test]
fn a_sale_refuses_only_a_command_that_names_the_stock() {
    let seen = SeenVersion { version: tea().version, revision: Some(tea().revision) };
    let expected = ExpectedVersions::OneOf(vec![seen]);
    let sold = Product { revision: tea().revision.next(), ..tea() };
    let rename = ProductCommand::Update(ProductUpdate {
        name: Some(ProductName::parse("Oolong").unwrap()),
        ..ProductUpdate::default()
    });
    let decide = |command: &ProductCommand| {
        sold.decide_at(&expected, command, Stock::EMPTY, STAFF, now()).map(|_change| ())
    };
    for command in [rename, ProductCommand::Delete] {
        assert!(decide(&command).is_ok(), "{command:?}");
    }
    let refused = decide(&set_stock(10)).unwrap_err().to_string();
    assert_eq!(refused, "the product is at version 3, revision 4");
    assert!(tea().decide_at(&expected, &set_stock(10), Stock::EMPTY, STAFF, now()).is_ok());
}

#[test]
fn a_stock_may_be_raised_to_the_maximum_less_what_open_orders_hold() {
    let held = Stock::new(40).unwrap();
    let decide = |tea: &Product, stock: i64| {
        tea.decide(&set_stock(stock), held, STAFF, now()).map(|change| change.product.stock.get())
    };
    let max = Stock::MAX - 40;
    assert_eq!(decide(&tea(), max), Ok(max));
    for stock in [max + 1, Stock::MAX] {
        assert_eq!(decide(&tea(), stock), Err(ProductRefusal::TooManyOnHand { max, held }));
    }
    // It may always be lowered, even if there are too many from earlier.
    let full = Product { stock: Stock::new(Stock::MAX).unwrap(), ..tea() };
    assert_eq!(decide(&full, Stock::MAX), Ok(Stock::MAX));
    assert_eq!(decide(&full, max + 1), Ok(max + 1));
}

#[test]
fn only_an_update_to_a_greater_stock_raises_it() {
    assert!(set_stock(11).raises_stock_of(&tea()));
    for command in [set_stock(10), set_stock(9), ProductCommand::Delete, ProductCommand::Restore] {
        assert!(!command.raises_stock_of(&tea()), "{command:?}");
    }
}
