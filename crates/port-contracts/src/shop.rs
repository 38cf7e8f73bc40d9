//! The fixture of most store cases: an admin, a customer, and helpers for frequent steps of cases.

use std::sync::Arc;

use domain::{
    ExpectedVersions, OrderId, Page, ProductId, Revision, Timestamp, UserId, Version,
    account::{Account, Actor, Role, port::AccountQuery},
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
pub struct ShopFixture {
    /// The stores that hold the shop's data.
    pub stores: Stores,
    /// The shop's only admin, called `Root`.
    pub admin: Account,
    /// A customer, called `Ada`.
    pub customer: Account,
}

impl FromStores for ShopFixture {
    async fn from_stores(stores: Stores) -> Self {
        Self::open(stores).await
    }
}

impl ShopFixture {
    /// Creates the admin and the customer on empty stores.
    pub async fn open(stores: Stores) -> Self {
        let admin = builders::account("admin@example.com")
            .with_name("Root")
            .with_role(Role::Admin)
            .create(stores.accounts.as_ref())
            .await;
        let customer = builders::account("ada@example.com").create(stores.accounts.as_ref()).await;
        Self { stores, admin, customer }
    }

    /// Creates the admin and the customer on a fresh database.
    pub async fn on<F: StoreFixture>(fixture: F) -> (F, Self) {
        let shop = Self::open(fixture.stores()).await;
        (fixture, shop)
    }

    /// Creates another customer's account.
    pub async fn register(&self, address: &str) -> Account {
        builders::account(address).create(self.stores.accounts.as_ref()).await
    }

    /// Creates another admin's account.
    pub async fn register_admin(&self, address: &str) -> Account {
        let account = builders::account(address).with_role(Role::Admin);
        account.create(self.stores.accounts.as_ref()).await
    }

    /// Deletes an account as the admin.
    pub async fn delete_account(&self, account: UserId) {
        let erased = self
            .stores
            .accounts
            .execute(account, &builders::DELETE, self.admin.actor(), timestamp(1_000))
            .await;
        assert_eq!(erased.expect("the account is deleted").account, None);
    }

    /// The first page of all accounts: up to a hundred.
    pub async fn accounts(&self) -> Page<Account> {
        let all = AccountQuery::all(page(1, 100));
        self.stores.accounts.list(&all).await.expect("accounts can be listed")
    }

    /// Creates a product with this stock.
    pub async fn product(&self, name: &str, units: i64) -> Arc<Product> {
        let product = builders::product(name).with_stock(units);
        product.create(self.stores.products.as_ref(), self.admin.actor()).await
    }

    /// Changes a product as the admin, without an expected version.
    ///
    /// # Errors
    /// The store's error.
    pub async fn try_change_product(
        &self,
        product: ProductId,
        command: &ProductCommand,
        seconds: i64,
    ) -> Result<Arc<Product>, ChangeProductError> {
        let (store, admin) = (&self.stores.products, self.admin.actor());
        store.execute(product, command, &ExpectedVersions::Any, admin, timestamp(seconds)).await
    }

    /// Changes a product as the admin.
    pub async fn change_product(&self, product: ProductId, command: &ProductCommand) -> Product {
        let changed = self.try_change_product(product, command, 500).await;
        changed.expect("the product is changed").as_ref().clone()
    }

    /// Sets a product's stock as the admin.
    pub async fn set_stock(&self, product: ProductId, units: i64) -> Product {
        let stock = Some(builders::stock(units));
        let update = ProductUpdate { stock, ..ProductUpdate::default() };
        self.change_product(product, &ProductCommand::Update(update)).await
    }

    /// A product that is not deleted.
    pub async fn live_product(&self, product: ProductId) -> Product {
        let found = self.stores.products.find(product).await.expect("products can be read");
        found.expect("the product is live").as_ref().clone()
    }

    /// The stock of a product that is not deleted.
    pub async fn stock(&self, product: ProductId) -> i64 {
        self.live_product(product).await.stock.get()
    }

    /// Places one order.
    ///
    /// # Errors
    /// The store's error.
    pub async fn try_place(&self, order: NewOrder) -> Result<Placement, PlaceError> {
        let mut results = self.stores.orders.place(vec![order]).await;
        assert_eq!(results.len(), 1, "one result for one order");
        results.remove(0)
    }

    /// Places one order, which must not be a replay.
    pub async fn place(&self, order: NewOrder) -> Order {
        let placement = self.try_place(order).await.expect("the order is placed");
        assert!(!placement.replayed, "the order was not placed before");
        placement.order
    }

    /// Tries to place an order that must be refused, and returns the refusal.
    pub async fn place_refused(&self, order: NewOrder) -> PlaceRefusal {
        refusal(self.try_place(order).await)
    }

    /// Executes a command on an order, without an expected version.
    ///
    /// # Errors
    /// The store's error.
    pub async fn try_execute(
        &self,
        order: OrderId,
        command: OrderCommand,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Order, ExecuteOrderError> {
        self.stores.orders.execute(order, &command, &ExpectedVersions::Any, actor, now).await
    }

    /// Executes a command on an order as the admin.
    pub async fn execute(&self, order: OrderId, command: OrderCommand) -> Order {
        let changed = self.try_execute(order, command, self.admin.actor(), timestamp(600)).await;
        changed.expect("the order is changed")
    }

    /// Changes the status of an order as the admin.
    pub async fn change_status(&self, order: OrderId, to: OrderStatus) -> Order {
        self.execute(order, OrderCommand::ChangeStatus { to }).await
    }

    /// The order with this id, if it exists.
    pub async fn order(&self, order: OrderId) -> Option<Order> {
        self.stores.orders.find(order).await.expect("orders can be read")
    }

    /// The history of an order.
    pub async fn events(&self, order: OrderId) -> Vec<OrderEvent> {
        self.stores.orders.events(order).await.expect("histories can be read")
    }

    /// The first page of the orders that a filter matches: up to a hundred.
    pub async fn orders(&self, filter: OrderFilter) -> Page<Order> {
        let query = OrderQuery::newest_first(filter, page(1, 100));
        self.stores.orders.list(&query).await.expect("orders can be listed")
    }

    /// The number of orders that a filter matches: the total of the list.
    pub async fn count_orders(&self, filter: OrderFilter) -> u64 {
        self.orders(filter).await.total
    }
}

/// The refusal of an order that must be refused.
pub fn refusal(placed: Result<Placement, PlaceError>) -> PlaceRefusal {
    match placed {
        Err(PlaceError::Refused(refusal)) => refusal,
        other => panic!("the rules should refuse the order, but: {other:?}"),
    }
}

/// The version after this many changes.
pub fn version(changes: i64) -> Version {
    Version::new(1 + changes)
}

/// The revision after this many visible changes.
pub fn revision(changes: i64) -> Revision {
    Revision::new(1 + changes)
}
