//! `oms demo`: a believable shop to look at.
//!
//! A [`Story`] says what happens in the shop, from a seed and nothing else; it is made to happen through the services,
//! each event at its own time. Nothing is written past the rules.

mod story;

use std::{collections::HashSet, error::Error, fmt::Display, sync::Arc};

use chrono::TimeDelta;
use domain::{
    Clock, Description, ItemName, OrderId, PageLimit, PageNumber, PageRequest, PersonName, Price,
    ProductId, ProductName, Quantity, Stock, StoreError, Timestamp,
    account::{
        Account, EmailAddress, NewPassword, PasswordPolicy,
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

use self::story::Story;
use super::{error::CommandError, first_admin::the_operator, progress::Progress};
use crate::{
    adapters::{BcryptCost, SystemClock},
    composition::{self, Overrides},
    config::Config,
};

const LONG_ABOUT: &str = "\
Fill an empty store with a believable shop: products, customers and 90 days of orders.

All its accounts have one password, which is made anew each time and printed at the end. The same \
seed makes the same shop, up to the present moment.";

/// How many events happen side by side, so that they are committed together.
const SIDE_BY_SIDE: usize = 128;

/// Fill an empty store with a believable shop
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
    /// Which shop: another number makes another one
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Fill a store that has products or orders already
    #[arg(long)]
    force: bool,
}

tokio::task_local! {
    static NOW: Timestamp;
}

/// Tells the time that an event of the story has, and outside of events the real one.
struct DemoClock;

impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        NOW.try_with(|now| *now).unwrap_or_else(|_outside| SystemClock.now())
    }
}

/// Fills the store and prints how to log in.
pub(super) async fn run(arguments: &Arguments, config: &Config) -> Result<(), CommandError> {
    composition::prepare(config).await.map_err(CommandError::not_composed(config))?;
    // The password is random and long, so that its hash need not be slow.
    let bcrypt_cost = BcryptCost::new(BcryptCost::MIN)
        .map_err(|error| CommandError::Refused(error.to_string()))?;
    let overrides = Overrides { clock: Arc::new(DemoClock), bcrypt_cost };
    let app = composition::compose_with(config, overrides)
        .await
        .map_err(CommandError::not_composed(config))?;
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
            "there are products or orders already ({store}); --force adds the demo to them"
        )));
    }
    let orders = usize::try_from(arguments.orders).unwrap_or(usize::MAX);
    let sizes = (arguments.products.into(), arguments.customers.into(), orders);
    let story = Story::draw(arguments.seed, sizes, SystemClock.now());
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|error| unfit(format_args!("no randomness: {error}")))?;
    let password = random.map(|byte| format!("{byte:02x}")).concat();

    let progress = Progress::of_steps();
    progress.step("making products and accounts");
    let demo = Demo { services, password: &password, story: &story };
    let shop = demo.open().await?;
    demo.orders(&shop, &progress).await?;
    progress.print(format_args!(
        "made {} products, {} customers and {orders} orders\n  admin     {}\n  customer  {}, for \
         one\n  password  {password}, for all of them",
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
    let query = OrderQuery { filter: OrderFilter::default(), page };
    match services.orders.list(&query, the_operator()).await {
        Err(ViewOrderError::Store(error)) => Err(error),
        orders => Ok(orders.is_ok_and(|orders| orders.total == 0)),
    }
}

/// Who and what is there once the shop is open.
struct Shop {
    admin: Account,
    products: Vec<ProductId>,
    customers: Vec<Account>,
}

struct Demo<'a> {
    services: &'a Services,
    password: &'a str,
    story: &'a Story,
}

impl Demo<'_> {
    async fn open(&self) -> Result<Shop, CommandError> {
        let (story, opened_at) = (self.story, self.story.opened_at);
        let admin = NOW.scope(opened_at, self.account("Demo Admin", true)).await?;
        let mut products = Vec::with_capacity(story.products.len());
        for (name, description, price, stock) in &story.products {
            let new = NewProduct {
                name: ProductName::parse(name.as_str()).map_err(unfit)?,
                description: Some(Description::parse(*description).map_err(unfit)?),
                price: Price::from_minor(*price).map_err(unfit)?,
                stock: Stock::new(*stock).map_err(unfit)?,
            };
            let made = NOW.scope(opened_at, self.services.products.create(new, admin.actor()));
            products.push(made.await.map_err(|error| failed(&error))?.id);
        }
        let mut customers = Vec::with_capacity(story.customers.len());
        for (name, days) in story.customers.iter().zip((1..=29).cycle()) {
            let registered_at = opened_at + TimeDelta::days(days);
            customers.push(NOW.scope(registered_at, self.account(name, false)).await?);
        }
        Ok(Shop { admin, products, customers })
    }

    /// Makes an account. If an earlier demo has the address, a number follows the name in it.
    async fn account(&self, name: &str, is_admin: bool) -> Result<Account, CommandError> {
        let local = name.to_lowercase().replace(' ', ".");
        let accounts = &self.services.accounts;
        let mut attempt = 1;
        loop {
            let number = if attempt == 1 { String::new() } else { format!(".{attempt}") };
            let email = format!("{local}{number}@example.com");
            let registration = Registration {
                name: Some(PersonName::parse(name).map_err(unfit)?),
                email: EmailAddress::parse(&email).map_err(unfit)?,
                password: NewPassword::parse(self.password, PasswordPolicy::V1).map_err(unfit)?,
                trace: None,
            };
            let made = if is_admin {
                accounts.create_admin(registration).await
            } else {
                accounts.register(registration).await
            };
            match made {
                Err(RegisterError::EmailTaken) => attempt += 1,
                made => return Ok(made?),
            }
        }
    }

    /// Places the orders and moves them along.
    async fn orders(&self, shop: &Shop, progress: &Progress) -> Result<(), CommandError> {
        let Story { orders, events, .. } = self.story;
        let mut placed: Vec<Option<OrderId>> = vec![None; orders.len()];
        let (mut rest, mut reported) = (events.as_slice(), 0);
        while !rest.is_empty() {
            // Events of different orders may happen side by side; two of one order may not.
            let mut seen = HashSet::new();
            let count = rest.iter().take(SIDE_BY_SIDE).take_while(|event| seen.insert(event.1));
            let (some, later) = rest.split_at(count.count());
            let happening = some.iter().map(|(at, order, command)| {
                let id = placed.get(*order).copied().flatten();
                NOW.scope(*at, self.event(*order, id.zip(*command), shop))
            });
            let ids = try_join_all(happening).await?;
            for ((_, order, _), id) in some.iter().zip(ids) {
                placed.get_mut(*order).map(|place| place.replace(id));
            }
            rest = later;
            let tenths = 10 - rest.len() * 10 / events.len();
            if std::mem::replace(&mut reported, tenths) != tenths {
                progress.step(format_args!("making orders: {tenths}0 %"));
            }
        }
        Ok(())
    }

    /// Lets a command change an order that was placed, or places it. Returns its number.
    async fn event(
        &self,
        order: usize,
        change: Option<(OrderId, OrderCommand)>,
        shop: &Shop,
    ) -> Result<OrderId, CommandError> {
        let (customer, lines) = self.story.orders.get(order).ok_or_else(|| unfit("no order"))?;
        let customer = shop.customers.get(*customer).ok_or_else(|| unfit("no customer"))?;
        let (orders, request) = (&self.services.orders, PlacementRequest::default());
        if let Some((id, command)) = change {
            let by_customer = matches!(command, OrderCommand::Cancel);
            let actor = if by_customer { customer.actor() } else { shop.admin.actor() };
            let changed = orders.execute(id, command, None, actor).await;
            return changed.map(|_order| id).map_err(|error| failed(&error));
        }
        let placed = if lines.is_empty() {
            let name = ItemName::parse("Gift wrapping for a birthday").map_err(unfit)?;
            let item = FreeFormItem { name, quantity: Quantity::new(1).map_err(unfit)? };
            orders.place_free_form(customer, (&customer.name).into(), item, request).await
        } else {
            let lines = lines.iter().map(|(product, quantity)| {
                let product = *shop.products.get(*product).ok_or_else(|| unfit("no product"))?;
                Ok(LineRequest { product, quantity: Quantity::new(*quantity).map_err(unfit)? })
            });
            let lines = lines.collect::<Result<_, CommandError>>()?;
            orders.place(customer, LineRequests::new(lines).map_err(unfit)?, request).await
        };
        placed.map(|placement| placement.order.id()).map_err(|error| failed(&error))
    }
}

/// The demo's own data is against the rules.
fn unfit(error: impl Display) -> CommandError {
    CommandError::Refused(format!("the demo's data is unfit: {error}"))
}

fn failed(error: &dyn Error) -> CommandError {
    CommandError::Refused(format!("the demo cannot continue: {}", with_causes(error)))
}
