//! Makes the planned shop happen, through the services that serve requests as well.

use std::{
    collections::HashSet,
    error::Error,
    fmt::{self, Display},
    future::Future,
};

use domain::{
    CustomerName, Description, ItemName, OrderId, PersonName, Price, ProductName, Quantity, Stock,
    account::{
        Account, Actor, EmailAddress, NewPassword, PasswordPolicy,
        service::{RegisterError, Registration},
    },
    order::{FreeFormItem, LineRequest, LineRequests, OrderCommand, service::PlacementRequest},
    product::{NewProduct, Product},
};
use futures::future::join_all;
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    clock::at,
    people::Person,
    plan::{Plan, PlannedContent, PlannedEvent, PlannedOrder, PlannedProduct, What},
};
use crate::{
    causes::with_causes,
    cli::{CommandError, output},
    wiring::Services,
};

/// How many things happen side by side, so that they are committed together.
const SIDE_BY_SIDE: usize = 128;

/// What was made, to be told to whoever asked for it.
pub(super) struct Built {
    products: usize,
    customers: usize,
    orders: usize,
    admin: EmailAddress,
    customer: Option<EmailAddress>,
    password: String,
}

impl Display for Built {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { products, customers, orders, admin, customer, password } = self;
        writeln!(f, "made {products} products, {customers} customers and {orders} orders")?;
        writeln!(f, "  admin     {admin}")?;
        if let Some(customer) = customer {
            writeln!(f, "  customer  {customer}, for one")?;
        }
        write!(f, "  password  {password}, for all of them")
    }
}

/// Makes the shop.
pub(super) async fn build(
    plan: &Plan,
    services: &Services,
    password: &str,
) -> Result<Built, CommandError> {
    let progress = progress(plan);
    let builder = Builder { services, password, progress: &progress };

    builder.say("staff and products");
    let staff =
        Person { name: "Demo Admin".to_owned(), email: "demo-admin@example.com".to_owned() };
    let admin = at(plan.opened_at, builder.account(&staff, Kind::Admin)).await?;
    let products = builder.products(&plan.products, admin.actor()).await?;

    builder.say("customers");
    let mut customers = Vec::with_capacity(plan.customers.len());
    for planned in &plan.customers {
        let account = builder.account(&planned.person, Kind::Customer);
        customers.push(at(planned.registered_at, account).await?);
        progress.inc(1);
    }

    builder.say("orders and what became of them");
    let shop = Shop { admin: admin.actor(), products, customers };
    let orders = builder.orders(plan, &shop).await?;
    progress.finish_and_clear();
    Ok(Built {
        products: shop.products.len(),
        customers: shop.customers.len(),
        orders,
        admin: admin.email,
        customer: shop.customers.into_iter().next().map(|account| account.email),
        password: password.to_owned(),
    })
}

/// A bar on a terminal. Elsewhere it is not drawn, and [`Builder::say`] prints lines instead.
fn progress(plan: &Plan) -> ProgressBar {
    let steps = plan.products.len() + plan.customers.len() + plan.events.len();
    let bar = ProgressBar::new(u64::try_from(steps).unwrap_or(u64::MAX));
    match ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}") {
        Ok(style) => bar.with_style(style),
        Err(_keep_the_default) => bar,
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Admin,
    Customer,
}

/// Who and what is there.
struct Shop {
    admin: Actor,
    products: Vec<Product>,
    customers: Vec<Account>,
}

struct Builder<'a> {
    services: &'a Services,
    password: &'a str,
    progress: &'a ProgressBar,
}

impl Builder<'_> {
    fn say(&self, phase: &'static str) {
        if self.progress.is_hidden() {
            output::tell(format_args!("making {phase}"));
        } else {
            self.progress.set_message(phase);
        }
    }

    /// Makes an account. If the address is taken, that is by an earlier demo: then with a number behind it.
    async fn account(&self, person: &Person, kind: Kind) -> Result<Account, CommandError> {
        /// After so many demos in one store somebody should ask why.
        const ATTEMPTS: usize = 100;
        let accounts = &self.services.accounts;
        for attempt in 1..=ATTEMPTS {
            let registration = Registration {
                name: Some(PersonName::parse(person.name.as_str()).map_err(unfit)?),
                email: EmailAddress::parse(&numbered(&person.email, attempt)).map_err(unfit)?,
                password: NewPassword::parse(self.password, PasswordPolicy::V1).map_err(unfit)?,
                trace: None,
            };
            let made = match kind {
                Kind::Admin => accounts.create_admin(registration).await,
                Kind::Customer => accounts.register(registration).await,
            };
            match made {
                Err(RegisterError::EmailTaken) => {}
                made => return Ok(made?),
            }
        }
        Err(CommandError::Refused(format!("{} and its like are all taken", person.email)))
    }

    async fn products(
        &self,
        planned: &[PlannedProduct],
        admin: Actor,
    ) -> Result<Vec<Product>, CommandError> {
        let mut products = Vec::with_capacity(planned.len());
        for together in planned.chunks(SIDE_BY_SIDE) {
            let made = together.iter().map(|product| {
                at(product.made_at, async move {
                    let article = &product.article;
                    let new = NewProduct {
                        name: ProductName::parse(article.name.as_str()).map_err(unfit)?,
                        description: Some(
                            Description::parse(article.description.as_str()).map_err(unfit)?,
                        ),
                        price: Price::from_minor(article.price_minor).map_err(unfit)?,
                        stock: Stock::new(product.stock).map_err(unfit)?,
                    };
                    self.services.products.create(new, admin).await.map_err(|error| failed(&error))
                })
            });
            for product in all(made).await? {
                products.push(Product::clone(&product));
            }
            self.progress.inc(u64::try_from(together.len()).unwrap_or(0));
        }
        Ok(products)
    }

    /// Places the orders and moves them along. Returns how many were placed.
    async fn orders(&self, plan: &Plan, shop: &Shop) -> Result<usize, CommandError> {
        let mut placed: Vec<Option<OrderId>> = vec![None; plan.orders.len()];
        let mut rest = plan.events.as_slice();
        while !rest.is_empty() {
            let (together, later) = rest.split_at(independent(rest));
            let happening = together.iter().filter_map(|event| {
                let order = plan.orders.get(event.order)?;
                let id = placed.get(event.order).copied().flatten();
                Some(at(event.at, self.event(event, order, id, shop)))
            });
            let ids = all(happening).await?;
            for (event, id) in together.iter().zip(ids) {
                if let Some(place) = placed.get_mut(event.order) {
                    *place = Some(id);
                }
            }
            self.progress.inc(u64::try_from(together.len()).unwrap_or(0));
            rest = later;
        }
        Ok(placed.into_iter().flatten().count())
    }

    /// Lets one thing happen to an order. Returns the order's number.
    async fn event(
        &self,
        event: &PlannedEvent,
        order: &PlannedOrder,
        id: Option<OrderId>,
        shop: &Shop,
    ) -> Result<OrderId, CommandError> {
        let orders = &self.services.orders;
        let Some(customer) = shop.customers.get(order.customer) else {
            return Err(unfit("an order without a customer"));
        };
        let (command, actor) = match (event.what, id) {
            (What::Place, _) => return self.place(order, customer, &shop.products).await,
            (What::CallOff, _) => (OrderCommand::Cancel, customer.actor()),
            (What::Move(to), _) => (OrderCommand::ChangeStatus { to }, shop.admin),
        };
        let id = id.ok_or_else(|| unfit("a step before its order"))?;
        orders.execute(id, command, None, actor).await.map_err(|error| failed(&error))?;
        Ok(id)
    }

    async fn place(
        &self,
        order: &PlannedOrder,
        customer: &Account,
        products: &[Product],
    ) -> Result<OrderId, CommandError> {
        let orders = &self.services.orders;
        let placed = match &order.content {
            PlannedContent::Words(words, quantity) => {
                let item = FreeFormItem {
                    name: ItemName::parse(*words).map_err(unfit)?,
                    quantity: Quantity::new(*quantity).map_err(unfit)?,
                };
                let name = CustomerName::from(&customer.name);
                orders.place_free_form(customer, name, item, PlacementRequest::default()).await
            }
            PlannedContent::Lines(lines) => {
                let line = |(product, quantity): &(usize, i64)| {
                    let product = products.get(*product).ok_or_else(|| unfit("no such product"))?;
                    let quantity = Quantity::new(*quantity).map_err(unfit)?;
                    Ok(LineRequest { product: product.id, quantity })
                };
                let lines = lines.iter().map(line).collect::<Result<_, CommandError>>()?;
                let lines = LineRequests::new(lines).map_err(unfit)?;
                orders.place(customer, lines, PlacementRequest::default()).await
            }
        };
        placed.map(|placement| placement.order.id()).map_err(|error| failed(&error))
    }
}

/// How many of the first events are about different orders, so that they can happen side by side.
fn independent(events: &[PlannedEvent]) -> usize {
    let mut orders = HashSet::new();
    events.iter().take(SIDE_BY_SIDE).take_while(|event| orders.insert(event.order)).count()
}

/// Lets things happen side by side. They begin in their order, so that they get their numbers in it.
async fn all<T>(
    happening: impl Iterator<Item = impl Future<Output = Result<T, CommandError>>>,
) -> Result<Vec<T>, CommandError> {
    join_all(happening).await.into_iter().collect()
}

/// `ann@example.com`, then `ann.2@example.com`, and so on.
fn numbered(email: &str, attempt: usize) -> String {
    match email.split_once('@') {
        Some((local, domain)) if attempt > 1 => format!("{local}.{attempt}@{domain}"),
        _ => email.to_owned(),
    }
}

/// The demo's own data is against the rules.
fn unfit(error: impl Display) -> CommandError {
    CommandError::Refused(format!("the demo's data is unfit: {error}"))
}

fn failed(error: &dyn Error) -> CommandError {
    CommandError::Refused(format!("the demo cannot go on: {}", with_causes(error)))
}
