//! `oms demo`: a believable shop to look at.
//!
//! A [`plan`] says what happens in the shop, from a seed and nothing else; [`build`] makes it happen
//! through the services, each thing at its own time. Nothing is written past the rules.

mod build;
mod catalogue;
mod clock;
mod people;
mod plan;

use std::{io, sync::Arc};

use domain::{
    Clock as _, PageLimit, PageNumber, PageRequest, StoreError,
    order::{
        port::{OrderFilter, OrderQuery},
        service::ViewOrderError,
    },
    product::port::ProductQuery,
};

use super::{CommandError, first_admin::the_operator, output};
use crate::{
    config::Config,
    wiring::{self, BcryptCost, Parts, Services, SystemClock},
};
use clock::DemoClock;
use plan::{Plan, Sizes};

const LONG_ABOUT: &str = "\
Fill an empty store with a believable shop: products, customers and 90 days of orders.

All its accounts have one password, which is made anew each time and printed at the end. The same \
seed makes the same shop, up to the present moment.";

/// Fill an empty store with a believable shop
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_ABOUT)]
#[command(
    after_help = "Examples:\n  oms demo\n  DATA_DIR=/tmp/shop oms demo --orders 10000 --seed 7"
)]
pub(super) struct Arguments {
    /// How many products, from 1 to 1,000
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    products: u32,
    /// How many customers, from 1 to 1,000
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    customers: u32,
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

/// Fills the store and prints how to log in.
pub(super) async fn run(arguments: &Arguments, config: &Config) -> Result<(), CommandError> {
    wiring::prepare(config).await.map_err(CommandError::unwired(config))?;
    // The password is random and long, so that its hash need not be slow.
    let bcrypt_cost = BcryptCost::new(BcryptCost::MIN)
        .map_err(|error| CommandError::Refused(error.to_string()))?;
    let parts = Parts { clock: Arc::new(DemoClock), bcrypt_cost };
    let wired = wiring::wire_with(config, parts).await.map_err(CommandError::unwired(config))?;
    let built = fill(arguments, config, &wired.services).await;
    wired.close().await;
    output::print(built?);
    Ok(())
}

async fn fill(
    arguments: &Arguments,
    config: &Config,
    services: &Services,
) -> Result<build::Built, CommandError> {
    if !arguments.force && !is_empty(services).await? {
        let store = config.store.describe();
        return Err(CommandError::Refused(format!(
            "there are products or orders already ({store}); --force adds the demo to them"
        )));
    }
    let sizes = Sizes {
        products: size(arguments.products),
        customers: size(arguments.customers),
        orders: size(arguments.orders),
    };
    let plan = Plan::draw(arguments.seed, sizes, SystemClock.now());
    build::build(&plan, services, &random_password()?).await
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Whether the store has neither products nor orders.
async fn is_empty(services: &Services) -> Result<bool, StoreError> {
    let page = PageRequest::number(PageNumber::FIRST, PageLimit::clamped(1));
    if services.products.list(&ProductQuery { search: None, page }).await?.total > 0 {
        return Ok(false);
    }
    let query = OrderQuery { filter: OrderFilter::default(), page };
    match services.orders.list(&query, the_operator()).await {
        Ok(orders) => Ok(orders.total == 0),
        Err(ViewOrderError::Store(error)) => Err(error),
        // The operator may see all orders.
        Err(_forbidden) => Ok(false),
    }
}

/// A password of 80 random bits, easy to copy.
fn random_password() -> Result<String, CommandError> {
    /// Without letters and digits that look alike.
    const SIGNS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz123456789";
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).map_err(|error| CommandError::Io {
        doing: "no randomness",
        cause: io::Error::other(error),
    })?;
    let mut password = String::new();
    for (place, byte) in random.iter().enumerate() {
        if place > 0 && place.is_multiple_of(4) {
            password.push('-');
        }
        let sign = SIGNS.get(usize::from(byte % 32)).copied().unwrap_or(b'x');
        password.push(char::from(sign));
    }
    Ok(password)
}
