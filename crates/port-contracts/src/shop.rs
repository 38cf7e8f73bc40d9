//! A small shop to test in: an admin, a customer, and short ways to do what a case does all the time.

use std::sync::Arc;

use domain::{
    OrderId, Page, ProductId, Revision, Timestamp, UserId, Version,
    account::{Account, AccountCommand, Actor, Role},
    order::{
        NewOrder, Order, OrderCommand, OrderEvent, OrderStatus, PlaceRefusal,
        port::{ExecuteOrderError, OrderFilter, OrderQuery, PlaceError, Placement},
    },
    product::{Product, ProductCommand, ProductUpdate, port::ChangeProductError},
};

use crate::{
    FromStores, StoreFixture, Stores,
    builders::{self, page, timestamp},
};

/// A shop with an admin, `admin@example.com`, and a customer, `ada@example.com`.
#[derive(Clone)]
pub struct Shop {
    /// Where everything is kept.
    pub stores: Stores,
    /// The shop's only admin, called `Root`.
    pub admin: Account,
    /// A user, called `Ada`.
    pub customer: Account,
}

impl FromStores for Shop {
    async fn from_stores(stores: Stores) -> Self {
        Self::open(stores).await
    }
}

impl Shop {
    /// Opens a shop on empty stores.
    pub async fn open(stores: Stores) -> Self {
        let admin = builders::account("admin@example.com")
            .with_name("Root")
            .with_role(Role::Admin)
            .create(stores.accounts.as_ref())
            .await;
        let customer = builders::account("ada@example.com").create(stores.accounts.as_ref()).await;
        Self { stores, admin, customer }
    }

    /// Opens a shop on a fresh database.
    pub async fn on<F: StoreFixture>(fixture: F) -> (F, Self) {
        let shop = Self::open(fixture.stores()).await;
        (fixture, shop)
    }

    /// Makes the account of another user.
    pub async fn register(&self, address: &str) -> Account {
        builders::account(address).create(self.stores.accounts.as_ref()).await
    }

    /// Makes the account of another admin.
    pub async fn register_admin(&self, address: &str) -> Account {
        let account = builders::account(address).with_role(Role::Admin);
        account.create(self.stores.accounts.as_ref()).await
    }

    /// Closes an account for good.
    pub async fn erase(&self, account: UserId) {
        let erased = self
            .stores
            .accounts
            .execute(account, &AccountCommand::Delete, self.admin.actor(), timestamp(1_000))
            .await;
        assert_eq!(erased.expect("the account is erased"), None);
    }

    /// Makes a product with so many units on the shelf.
    pub async fn product(&self, name: &str, units: i64) -> Arc<Product> {
        let product = builders::product(name).with_stock(units);
        product.create(self.stores.products.as_ref(), self.admin.actor()).await
    }

    /// Has the admin do something to a product, whatever its version.
    ///
    /// # Errors
    /// What the store says.
    pub async fn try_change_product(
        &self,
        product: ProductId,
        command: &ProductCommand,
        seconds: i64,
    ) -> Result<Arc<Product>, ChangeProductError> {
        let (store, admin) = (&self.stores.products, self.admin.actor());
        store.execute(product, command, None, admin, timestamp(seconds)).await
    }

    /// Has the admin do something to a product.
    pub async fn change_product(&self, product: ProductId, command: &ProductCommand) -> Product {
        let changed = self.try_change_product(product, command, 500).await;
        changed.expect("the product is changed").as_ref().clone()
    }

    /// Has the admin set a product's stock.
    pub async fn set_stock(&self, product: ProductId, units: i64) -> Product {
        let stock = Some(builders::stock(units));
        let update = ProductUpdate { stock, ..ProductUpdate::default() };
        self.change_product(product, &ProductCommand::Update(update)).await
    }

    /// A live product.
    pub async fn look_up(&self, product: ProductId) -> Product {
        let found = self.stores.products.find(product).await.expect("products can be read");
        found.expect("the product is live").as_ref().clone()
    }

    /// How many units of a live product there are.
    pub async fn stock(&self, product: ProductId) -> i64 {
        self.look_up(product).await.stock.get()
    }

    /// Places one order.
    ///
    /// # Errors
    /// What the store says.
    pub async fn try_place(&self, order: NewOrder) -> Result<Placement, PlaceError> {
        let mut results = self.stores.orders.place(vec![order]).await;
        assert_eq!(results.len(), 1, "one result for one order");
        results.remove(0)
    }

    /// Places one order, for the first time.
    pub async fn place(&self, order: NewOrder) -> Order {
        let placement = self.try_place(order).await.expect("the order is placed");
        assert!(!placement.replayed, "the order was not placed before");
        placement.order
    }

    /// Places one order that the rules refuse, and returns why.
    pub async fn place_refused(&self, order: NewOrder) -> PlaceRefusal {
        refusal(self.try_place(order).await)
    }

    /// Has somebody do something to an order, whatever its version.
    ///
    /// # Errors
    /// What the store says.
    pub async fn try_execute(
        &self,
        order: OrderId,
        command: OrderCommand,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Order, ExecuteOrderError> {
        self.stores.orders.execute(order, &command, None, actor, now).await
    }

    /// Has the admin do something to an order.
    pub async fn execute(&self, order: OrderId, command: OrderCommand) -> Order {
        let changed = self.try_execute(order, command, self.admin.actor(), timestamp(600)).await;
        changed.expect("the order is changed")
    }

    /// Has the admin move an order along.
    pub async fn move_to(&self, order: OrderId, to: OrderStatus) -> Order {
        self.execute(order, OrderCommand::ChangeStatus { to }).await
    }

    /// An order, if there is one of that number.
    pub async fn order(&self, order: OrderId) -> Option<Order> {
        self.stores.orders.find(order).await.expect("orders can be read")
    }

    /// The history of an order.
    pub async fn events(&self, order: OrderId) -> Vec<OrderEvent> {
        self.stores.orders.events(order).await.expect("histories can be read")
    }

    /// The first page of the orders that a filter matches: up to a hundred.
    pub async fn orders(&self, filter: OrderFilter) -> Page<Order> {
        let query = OrderQuery { filter, page: page(1, 100) };
        self.stores.orders.list(&query).await.expect("orders can be listed")
    }

    /// How many orders a filter matches, as the list says.
    pub async fn count_orders(&self, filter: OrderFilter) -> u64 {
        self.orders(filter).await.total
    }
}

/// Why the rules refuse an order that must be refused.
pub fn refusal(placed: Result<Placement, PlaceError>) -> PlaceRefusal {
    match placed {
        Err(PlaceError::Refused(refusal)) => refusal,
        other => panic!("the rules should refuse the order, but: {other:?}"),
    }
}

/// The version after so many changes.
pub fn version(changes: i64) -> Version {
    Version::new(1 + changes)
}

/// The revision of a thing of which so many changes were shown.
pub fn revision(changes: i64) -> Revision {
    Revision::new(1 + changes)
}
