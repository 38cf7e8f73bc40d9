//! How to embed the domain in another program: the cash register of a tea shop takes orders by the
//! same rules as the server, over its own store. Run it with `cargo run -p domain --example embed`.
//!
//! A program provides three things: a store (`embed/register.rs`, in memory), a clock (here a fixed
//! one) and an executor (here the smallest there is). The domain provides the rules.

use std::{error::Error, sync::Arc};

use domain::{
    Clock, Currency, ExpectedVersions, OrderId, PageLimit, PageNumber, PageRequest, PersonName,
    Price, ProductId, ProductName, Quantity, Revision, Stock, Timestamp, UserId, Version,
    account::{Account, Actor, EmailAddress, Role},
    order::{
        IdempotencyKey, LineRequest, LineRequests, OrderCommand, OrderRefusal, OrderStatus,
        PlaceRefusal, ProductSnapshot,
        port::{ExecuteOrderError, OrderFilter, OrderQuery, PlaceError},
        service::{OrderService, PlacementRequest},
    },
};

#[path = "embed/register.rs"]
mod register;
use register::Register;

const TEA: ProductId = ProductId::new(1);
const CUP: ProductId = ProductId::new(2);

/// A clock with a fixed time, so that the output is always the same. A real one reads the system's
/// clock.
struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + chrono::TimeDelta::hours(12)
    }
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    futures::executor::block_on(take_orders())
}

async fn take_orders() -> Result<(), Box<dyn Error>> {
    let register = Arc::new(Register::stocked([
        (TEA, product("Green tea", "4.50", 10)?),
        (CUP, product("Cup", "12.00", 3)?),
    ]));
    let orders = OrderService::new(register.clone(), Arc::new(FixedClock), Currency::EUR);
    let ada = Account {
        id: UserId::new(7),
        name: PersonName::parse("Ada")?,
        email: EmailAddress::parse("ada@example.com")?,
        email_verified_at: None,
        pending_email: None,
        role: Role::User,
        created_at: FixedClock.now(),
    };
    let staff = Actor::new(UserId::new(1), Role::Admin);

    // Ada orders. The register loses the response and sends the order again, with the same key.
    let key = IdempotencyKey::parse("register-1-receipt-42")?;
    let items = basket(&[(TEA, 2), (CUP, 1)])?;
    let first = orders.place(&ada, items.clone(), PlacementRequest::keyed(key.clone())).await?;
    let again = orders.place(&ada, items, PlacementRequest::keyed(key)).await?;
    let order = &first.order;
    println!(
        "order {}: {} for {}, {} {}",
        order.id(),
        order.content().title(),
        order.customer(),
        order.total(),
        order.currency()
    );
    println!("sent again: order {}, replayed: {}", again.order.id(), again.replayed);
    assert_eq!(order.total().to_string(), "21.00");
    assert_eq!((again.order.id(), again.replayed), (order.id(), true));
    assert_eq!(register.stock(TEA).get(), 8);

    // Nine packets are more than the stock, so the order is refused with all its lines.
    match orders.place(&ada, basket(&[(CUP, 1), (TEA, 9)])?, PlacementRequest::default()).await {
        Err(PlaceError::Refused(PlaceRefusal::InsufficientStock {
            requested, available, ..
        })) => {
            println!("nine packets: {requested} requested, {available} in stock");
        }
        other => return Err(format!("nine packets of eight: {other:?}").into()),
    }
    assert_eq!((register.stock(TEA).get(), register.stock(CUP).get()), (8, 2));

    let any = ExpectedVersions::Any;
    // Customers cannot ship orders, and the refusal does not reveal which ones exist.
    let ship = OrderCommand::ChangeStatus { to: OrderStatus::Shipped };
    for id in [order.id(), OrderId::new(404)] {
        let refused = orders.execute(id, ship, &any, ada.actor()).await;
        assert!(matches!(refused, Err(ExecuteOrderError::Refused(OrderRefusal::AdminOnly))));
    }

    // Staff ship the order. A shipped order cannot be cancelled.
    let shipped = orders.execute(order.id(), ship, &Version::FIRST.into(), staff).await?;
    println!("order {} is {}, at version {}", shipped.id(), shipped.status(), shipped.version());
    match orders.execute(order.id(), OrderCommand::Cancel, &any, ada.actor()).await {
        Err(ExecuteOrderError::Refused(OrderRefusal::IllegalTransition { from, to })) => {
            println!("it cannot change from {from} to {to}");
        }
        other => return Err(format!("a shipped order was cancelled: {other:?}").into()),
    }

    // A second order is cancelled before it is shipped: its units are restocked, with movements.
    let second = orders.place(&ada, basket(&[(TEA, 8)])?, PlacementRequest::default()).await?.order;
    assert_eq!(register.stock(TEA), Stock::EMPTY);
    let cancelled = orders.execute(second.id(), OrderCommand::Cancel, &any, ada.actor()).await?;
    println!("order {} is {}", cancelled.id(), cancelled.status());
    assert_eq!((register.stock(TEA).get(), register.moved(TEA)), (8, -2));

    for event in orders.history(second.id(), ada.actor()).await? {
        println!("history of order {}: {}", second.id(), event.note);
    }
    let page = PageRequest::number(PageNumber::FIRST, PageLimit::DEFAULT);
    let query = OrderQuery::newest_first(OrderFilter::default(), page);
    let own = orders.list_own(query, ada.actor()).await?;
    println!("Ada has {} orders", own.total);
    assert_eq!(own.items, [cancelled, shipped]);

    // What happened is in the journal, to be delivered to other systems.
    let journal = register.journal();
    println!("the journal has {} events", journal.len());
    assert_eq!(journal.len(), 4);
    Ok(())
}

fn product(name: &str, price: &str, stock: i64) -> Result<ProductSnapshot, Box<dyn Error>> {
    Ok(ProductSnapshot {
        name: ProductName::parse(name)?,
        price: Price::parse(price)?,
        stock: Stock::new(stock)?,
        revision: Revision::FIRST,
    })
}

fn basket(items: &[(ProductId, i64)]) -> Result<LineRequests, Box<dyn Error>> {
    let mut lines = Vec::new();
    for (product, units) in items {
        lines.push(LineRequest { product: *product, quantity: Quantity::new(*units)? });
    }
    Ok(LineRequests::new(lines)?)
}
