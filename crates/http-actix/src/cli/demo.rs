//! `oms demo`: fills a store with sample data of a realistic shop.
//!
//! A [`Scenario`] is generated from a seed. The services then carry out its actions, each with the
//! clock set to the action's time, so all data follows the domain's rules.

mod scenario;

use std::{collections::HashSet, error::Error, fmt::Display, sync::Arc};

use chrono::TimeDelta;
use domain::{
    Clock, Description, ExpectedVersions, ItemName, OrderId, PageLimit, PageNumber, PageRequest,
    PersonName, Price, ProductId, ProductName, Quantity, Stock, StoreError, Timestamp,
    account::{
        Account, EmailAddress, NewPassword, PasswordPolicy, VerifiedEmailPolicy,
        service::{RegisterError, Registration},
    },
    order::{
        FreeFormItem, LineRequest, LineRequests, OrderCommand,
        port::{OrderFilter, OrderQuery},
        service::{PlacementRequest, ViewOrderError},
    },
    product::{NewProduct, port::ProductQuery},
    with_causes,
};
use futures::future::try_join_all;
use http_request::Services;

use self::scenario::Scenario;
use super::{error::CommandError, first_admin::operator_actor, progress::Progress};
use crate::{
    adapters::{BcryptCost, SystemClock},
    composition::{self, Overrides},
    config::Config,
};

const LONG_ABOUT: &str = "\
Fill an empty store with the sample data of a shop: products, customers and 90 days of orders.

All its accounts have the same password, which is random and printed at the end. The same seed and \
sizes generate the same shop; its dates end at the current time.";

/// How many actions run concurrently, so that stores commit them in batches.
const MAX_CONCURRENT_ACTIONS: usize = 128;

/// Fill an empty store with sample data
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_ABOUT)]
#[command(
    after_help = "Examples:\n  oms demo\n  DATA_DIR=/tmp/shop oms demo --orders 10000 --seed 7"
)]
pub(super) struct Arguments {
    /// How many products, from 1 to 1,000
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    products: u16,
    /// How many customers, from 1 to 1,000
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    customers: u16,
    /// How many orders, up to 100,000
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    orders: u32,
    /// The seed of the random data: another seed generates another shop
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Fill a store that has products or orders already
    #[arg(long)]
    force: bool,
}

tokio::task_local! {
    static NOW: Timestamp;
}

/// Returns the time of the current action, and the real time outside of actions.
struct DemoClock;

impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        NOW.try_with(|now| *now).unwrap_or_else(|_no_action| SystemClock.now())
    }
}

/// Fills the store and prints how to log in.
pub(super) async fn run(arguments: &Arguments, config: &Config) -> Result<(), CommandError> {
    let claim = composition::prepare_claimed(config)
        .await
        .map_err(CommandError::from_composition(config))?;
    // The password has 80 random bits, so its hash need not be slow.
    let bcrypt_cost = BcryptCost::new(BcryptCost::MIN)
        .map_err(|error| CommandError::Refused(error.to_string()))?;
    // No customer of the demo reads mails.
    let verified_email = VerifiedEmailPolicy::Off;
    let overrides = Overrides { clock: Arc::new(DemoClock), bcrypt_cost, verified_email };
    let app = composition::compose_with(config, overrides, claim)
        .await
        .map_err(CommandError::from_composition(config))?;
    let filled = fill(arguments, config, &app.services).await;
    app.close().await;
    filled
}

async fn fill(
    arguments: &Arguments,
    config: &Config,
    services: &Services,
) -> Result<(), CommandError> {
    if !arguments.force && !is_empty(services).await? {
        let store = config.store.describe();
        return Err(CommandError::Refused(format!(
            "the store has products or orders already ({store}); use --force to add the demo's"
        )));
    }
    let orders = usize::try_from(arguments.orders).unwrap_or(usize::MAX);
    let sizes = (arguments.products.into(), arguments.customers.into(), orders);
    let scenario = Scenario::generate(arguments.seed, sizes, SystemClock.now());
    let mut random = [0; 10];
    getrandom::fill(&mut random)
        .map_err(|error| invalid(format_args!("no randomness: {error}")))?;
    let password = random.map(|byte| format!("{byte:02x}")).concat();

    let progress = Progress::spinner();
    progress.update("creating products and accounts");
    let demo = Demo { services, password: &password, scenario: &scenario };
    let shop = demo.create_products_and_accounts().await?;
    demo.create_orders(&shop, &progress).await?;
    progress.print(format_args!(
        "created {} products, {} customers and {orders} orders\n  admin     {}\n  customer  {}, \
         for example\n  password  {password}, for all accounts",
        shop.products.len(),
        shop.customers.len(),
        shop.admin.email,
        shop.customers.first().unwrap_or(&shop.admin).email,
    ));
    Ok(())
}

/// Whether the store has neither products nor orders.
async fn is_empty(services: &Services) -> Result<bool, StoreError> {
    let page = PageRequest::number(PageNumber::FIRST, PageLimit::clamped(1));
    if services.products.list(&ProductQuery { search: None, page }).await?.total > 0 {
        return Ok(false);
    }
    let query = OrderQuery::newest_first(OrderFilter::default(), page);
    match services.orders.list(&query, operator_actor()).await {
        Err(ViewOrderError::Store(error)) => Err(error),
        orders => Ok(orders.is_ok_and(|orders| orders.total == 0)),
    }
}

/// The products and accounts that were created.
struct Shop {
    admin: Account,
    products: Vec<ProductId>,
    customers: Vec<Account>,
}

struct Demo<'a> {
    services: &'a Services,
    password: &'a str,
    scenario: &'a Scenario,
}

impl Demo<'_> {
    async fn create_products_and_accounts(&self) -> Result<Shop, CommandError> {
        let (scenario, opened_at) = (self.scenario, self.scenario.opened_at);
        let admin = NOW.scope(opened_at, self.create_account("Demo Admin", true)).await?;
        let mut products = Vec::with_capacity(scenario.products.len());
        for (name, description, price, stock) in &scenario.products {
            let new = NewProduct {
                name: ProductName::parse(name.as_str()).map_err(invalid)?,
                description: Some(Description::parse(*description).map_err(invalid)?),
                price: Price::from_minor(*price).map_err(invalid)?,
                stock: Stock::new(*stock).map_err(invalid)?,
            };
            let created = NOW.scope(opened_at, self.services.products.create(new, admin.actor()));
            products.push(created.await.map_err(|error| failed(&error))?.id);
        }
        let mut customers = Vec::with_capacity(scenario.customers.len());
        for (name, days) in scenario.customers.iter().zip((1..=29).cycle()) {
            let registered_at = opened_at + TimeDelta::days(days);
            customers.push(NOW.scope(registered_at, self.create_account(name, false)).await?);
        }
        Ok(Shop { admin, products, customers })
    }

    /// Creates an account. If its address is taken, by an earlier demo for example, a number is
    /// added to the address.
    async fn create_account(&self, name: &str, is_admin: bool) -> Result<Account, CommandError> {
        let local = name.to_lowercase().replace(' ', ".");
        let accounts = &self.services.accounts;
        let mut attempt = 1;
        loop {
            let number = if attempt == 1 { String::new() } else { format!(".{attempt}") };
            let email = format!("{local}{number}@example.com");
            let registration = Registration {
                name: Some(PersonName::parse(name).map_err(invalid)?),
                email: EmailAddress::parse(&email).map_err(invalid)?,
                password: NewPassword::parse(self.password, PasswordPolicy::V1).map_err(invalid)?,
                trace: None,
            };
            let created = if is_admin {
                accounts.create_admin(registration).await
            } else {
                accounts.register(registration).await
            };
            match created {
                Err(RegisterError::EmailTaken) => attempt += 1,
                created => return Ok(created?),
            }
        }
    }

    /// Places the orders and changes their status.
    async fn create_orders(&self, shop: &Shop, progress: &Progress) -> Result<(), CommandError> {
        let Scenario { orders, actions, .. } = self.scenario;
        let mut placed: Vec<Option<OrderId>> = vec![None; orders.len()];
        let (mut rest, mut reported) = (actions.as_slice(), 0);
        while !rest.is_empty() {
            // Actions on different orders may run concurrently; two on one order may not.
            let mut seen = HashSet::new();
            let limited = rest.iter().take(MAX_CONCURRENT_ACTIONS);
            let count = limited.take_while(|action| seen.insert(action.1)).count();
            let (batch, later) = rest.split_at(count);
            let running = batch.iter().map(|(at, order, command)| {
                let id = placed.get(*order).copied().flatten();
                NOW.scope(*at, self.perform(*order, id.zip(*command), shop))
            });
            let ids = try_join_all(running).await?;
            for ((_, order, _), id) in batch.iter().zip(ids) {
                placed.get_mut(*order).map(|slot| slot.replace(id));
            }
            rest = later;
            let tenths = 10 - rest.len() * 10 / actions.len();
            if std::mem::replace(&mut reported, tenths) != tenths {
                progress.update(format_args!("creating orders: {tenths}0 %"));
            }
        }
        Ok(())
    }

    /// Places an order, or executes a command on one that was placed. Returns the order's id.
    async fn perform(
        &self,
        order: usize,
        change: Option<(OrderId, OrderCommand)>,
        shop: &Shop,
    ) -> Result<OrderId, CommandError> {
        let (customer, lines) =
            self.scenario.orders.get(order).ok_or_else(|| invalid("no order"))?;
        let customer = shop.customers.get(*customer).ok_or_else(|| invalid("no customer"))?;
        let (orders, request) = (&self.services.orders, PlacementRequest::default());
        if let Some((id, command)) = change {
            let by_customer = matches!(command, OrderCommand::Cancel);
            let actor = if by_customer { customer.actor() } else { shop.admin.actor() };
            let changed = orders.execute(id, command, &ExpectedVersions::Any, actor).await;
            return changed.map(|_order| id).map_err(|error| failed(&error));
        }
        let placed = if lines.is_empty() {
            let name = ItemName::parse("Gift wrapping for a birthday").map_err(invalid)?;
            let item = FreeFormItem { name, quantity: Quantity::new(1).map_err(invalid)? };
            orders.place_free_form(customer, (&customer.name).into(), item, request).await
        } else {
            let lines = lines.iter().map(|(product, quantity)| {
                let product = *shop.products.get(*product).ok_or_else(|| invalid("no product"))?;
                Ok(LineRequest { product, quantity: Quantity::new(*quantity).map_err(invalid)? })
            });
            let lines = lines.collect::<Result<_, CommandError>>()?;
            orders.place(customer, LineRequests::new(lines).map_err(invalid)?, request).await
        };
        placed.map(|placement| placement.order.id()).map_err(|error| failed(&error))
    }
}

/// The generated data breaks a rule of the domain.
fn invalid(error: impl Display) -> CommandError {
    CommandError::Refused(format!("the demo's data is invalid: {error}"))
}

fn failed(error: &dyn Error) -> CommandError {
    CommandError::Refused(format!("the demo cannot continue: {}", with_causes(error)))
}
