//! The clients: customers and staff, each a task with its own random numbers.

mod account;
mod customer;
mod request;
mod sessions;
mod staff;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rand::{SeedableRng as _, rngs::StdRng};

use self::{customer::Customer, request::Sender, staff::Staff};
use super::{
    ledger::{Ledger, Subject},
    shop::Shop,
};
use crate::harness::ADMIN_EMAIL;

/// How many customers there are.
const CUSTOMERS: u64 = 6;
/// How many members of staff there are. They share one account.
const STAFF: u64 = 2;
/// How many products all customers order.
const PRODUCTS: i64 = 5;

/// All clients of a shop. They keep their state from round to round.
#[derive(Debug)]
pub(super) struct Workload {
    customers: Vec<Customer>,
    staff: Vec<Staff>,
    running: Arc<AtomicBool>,
}

impl Workload {
    /// Makes the clients, and the products that they order. The shop must be ready.
    pub(super) async fn new(shop: &Shop, seed: u64, ledger: &Arc<Ledger>) -> Self {
        let urls = shop.base_urls();
        let admin = shop.replicas[0].operator.log_in(ADMIN_EMAIL).await;
        let mut products = Vec::new();
        for number in 1..=PRODUCTS {
            let id = admin.create_product(&format!("Product {number}"), "1.00", 50).await;
            ledger.facts().prices.entry(id).or_default().insert(100);
            products.push(id);
        }
        let products: Arc<[i64]> = products.into();
        let sender = |number: u64| {
            let rng = StdRng::seed_from_u64(seed.wrapping_mul(1_000).wrapping_add(number));
            Sender::new(&urls, rng, Arc::clone(ledger))
        };
        let customers =
            (0..CUSTOMERS).map(|number| Customer::new(sender(number), number, &products));
        let mut staff = Vec::new();
        for number in 0..STAFF {
            let own = admin.create_product(&format!("Product of staff {number}"), "1.00", 0).await;
            ledger.facts().prices.entry(own).or_default().insert(100);
            staff.push(Staff::new(sender(CUSTOMERS + number), &products, own));
        }
        Self { customers: customers.collect(), staff, running: Arc::default() }
    }

    /// Starts all clients.
    pub(super) fn start(&mut self) -> RunningWorkload {
        self.running.store(true, Ordering::SeqCst);
        let customers = self.customers.drain(..).map(|mut customer| {
            let running = Arc::clone(&self.running);
            tokio::spawn(async move {
                while running.load(Ordering::SeqCst) {
                    customer.step().await;
                }
                customer
            })
        });
        let customers = customers.collect();
        let staff = self.staff.drain(..).map(|mut staff| {
            let running = Arc::clone(&self.running);
            tokio::spawn(async move {
                while running.load(Ordering::SeqCst) {
                    staff.step().await;
                }
                staff
            })
        });
        RunningWorkload { customers, staff: staff.collect() }
    }

    /// Stops all clients after their present requests. One that panicked is reported and lost.
    pub(super) async fn stop(&mut self, clients: RunningWorkload, ledger: &Ledger) {
        self.running.store(false, Ordering::SeqCst);
        let lost = |error| ledger.report(Subject::Shop, format!("a client panicked: {error}"));
        for customer in clients.customers {
            match customer.await {
                Ok(customer) => self.customers.push(customer),
                Err(error) => lost(error),
            }
        }
        for staff in clients.staff {
            match staff.await {
                Ok(staff) => self.staff.push(staff),
                Err(error) => lost(error),
            }
        }
    }

    /// Lets every customer check that the passwords of the present account work as acknowledged.
    pub(super) async fn check_logins(&mut self) {
        for customer in &mut self.customers {
            customer.check_login().await;
        }
    }
}

/// Clients that send requests.
#[derive(Debug)]
pub(super) struct RunningWorkload {
    customers: Vec<tokio::task::JoinHandle<Customer>>,
    staff: Vec<tokio::task::JoinHandle<Staff>>,
}
