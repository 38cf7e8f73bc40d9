//! Random actions on a shop, with few products, actors and keys, so that they collide often.

#![expect(clippy::expect_used, reason = "the strategies make valid values only")]

use domain::{
    Currency, CustomerName, ExpectedVersions, ItemName, ProductId, Quantity, Stock, Timestamp,
    UserId, Version,
    account::{Actor, Role},
    order::{
        Fingerprint, FreeFormItem, Idempotency, IdempotencyKey, LineRequest, LineRequests,
        NewOrder, OrderCommand, OrderStatus, RequestedContent,
    },
    product::{ProductCommand, ProductUpdate},
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::shop::STAFF;

/// The number of products of a shop. Orders also name one more, which does not exist.
const PRODUCT_COUNT: i64 = 4;
const CUSTOMERS: [Actor; 2] =
    [Actor::new(UserId::new(7), Role::User), Actor::new(UserId::new(8), Role::User)];

/// One action of an actor.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    Place(Vec<NewOrder>),
    /// A command on an order.
    OrderCommand {
        /// The index of the order, modulo the number of orders.
        order: usize,
        command: OrderCommand,
        expected: ExpectedVersions,
        actor: Actor,
    },
    /// A command on a product.
    ProductCommand {
        product: ProductId,
        command: ProductCommand,
        actor: Actor,
    },
}

/// The initial stock of each product.
pub(crate) fn stocks() -> impl Strategy<Value = Vec<i64>> {
    vec(0..30_i64, usize::try_from(PRODUCT_COUNT).expect("a small number"))
}

/// A sequence of actions.
pub(crate) fn actions() -> impl Strategy<Value = Vec<Action>> {
    vec(
        prop_oneof![
            2 => batch().prop_map(Action::Place),
            6 => order_command(),
            1 => product_command(),
        ],
        1..40,
    )
}

/// A batch of orders, some of which are repeated, reuse a key or ask for more than the stock.
pub(crate) fn batch() -> impl Strategy<Value = Vec<NewOrder>> {
    vec(new_order(), 1..4).prop_flat_map(|orders| vec(select(orders), 1..9))
}

fn new_order() -> impl Strategy<Value = NewOrder> {
    (select(&CUSTOMERS[..]), content(), option::of(select(&["a", "b"][..]))).prop_map(
        |(actor, content, key)| {
            let customer = CustomerName::parse("Ada").expect("a name");
            let idempotency = key.map(|key| Idempotency {
                key: IdempotencyKey::parse(key).expect("a key"),
                fingerprint: Fingerprint::of(&customer, &content),
            });
            NewOrder {
                placed_by: actor.user,
                customer,
                content,
                currency: Currency::EUR,
                idempotency,
                placed_at: Timestamp::UNIX_EPOCH,
                trace: None,
            }
        },
    )
}

fn content() -> impl Strategy<Value = RequestedContent> {
    let line = (1..=PRODUCT_COUNT + 1, 1..8_i64).prop_map(|(product, units)| LineRequest {
        product: ProductId::new(product),
        quantity: quantity(units),
    });
    // An order with a missing product is refused, so most placed orders have few lines.
    let lines = prop_oneof![3 => vec(line.clone(), 1..3), 1 => vec(line, 1..6)];
    prop_oneof![
        6 => lines.prop_map(|lines| {
            RequestedContent::Products(LineRequests::new(lines).expect("1 to 100 lines"))
        }),
        1 => (1..9_i64).prop_map(|units| {
            let name = ItemName::parse("a birthday cake").expect("a name");
            RequestedContent::FreeForm(FreeFormItem { name, quantity: quantity(units) })
        }),
    ]
}

fn order_command() -> impl Strategy<Value = Action> {
    let command = prop_oneof![
        5 => select(&OrderStatus::ALL[..]).prop_map(|to| OrderCommand::ChangeStatus { to }),
        2 => Just(OrderCommand::Cancel),
        1 => Just(OrderCommand::Delete),
    ];
    let seen = (1..4_i64).prop_map(|version| Version::new(version).into());
    let expected = prop_oneof![7 => Just(ExpectedVersions::Any), 3 => seen];
    (0..12_usize, command, expected, actor()).prop_map(|(order, command, expected, actor)| {
        Action::OrderCommand { order, command, expected, actor }
    })
}

fn product_command() -> impl Strategy<Value = Action> {
    let command = prop_oneof![
        (0..30_i64).prop_map(|stock| {
            let stock = Some(Stock::new(stock).expect("a stock"));
            ProductCommand::Update(ProductUpdate { stock, ..ProductUpdate::default() })
        }),
        Just(ProductCommand::Delete),
        Just(ProductCommand::Restore),
    ];
    (1..=PRODUCT_COUNT, command, actor()).prop_map(|(product, command, actor)| {
        Action::ProductCommand { product: ProductId::new(product), command, actor }
    })
}

/// An actor: staff more often than customers, whose commands are mostly refused.
fn actor() -> impl Strategy<Value = Actor> {
    prop_oneof![3 => Just(STAFF), 2 => select(&CUSTOMERS[..])]
}

fn quantity(units: i64) -> Quantity {
    Quantity::new(units).expect("one or more")
}
