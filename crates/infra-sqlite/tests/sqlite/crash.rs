//! A process is killed while it writes: the next one finds all orders that were acknowledged, and
//! the audit finds no violation.

use std::{
    env,
    io::{self, Write as _},
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use domain::{
    OrderId, ProductId,
    account::Account,
    audit::Auditor as _,
    order::port::{OrderFilter, OrderQuery, OrderReads as _, OrderWrites as _},
};
use infra_sqlite::{SqliteOptions, SqliteStore, migrate};
use port_contracts::{ShopFixture, Stores, builders};

/// Set for the process to be killed: the path of its database.
const VICTIM_DATABASE: &str = "OMS_SQLITE_TEST_VICTIM";
/// How many orders the process acknowledges before it dies.
const EXPECTED_ORDERS: usize = 200;
/// The prefix of the output line of each acknowledged order.
const PLACED: &str = "placed order ";

fn open(path: &Path) -> Arc<SqliteStore> {
    Arc::new(SqliteStore::open(path, SqliteOptions::default()).unwrap())
}

/// Not a test: what the killed process does. Does nothing without the variable.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn victim() {
    let Some(path) = env::var_os(VICTIM_DATABASE) else { return };
    let store = open(Path::new(&path));
    let shop = ShopFixture::open(Stores::of(&store)).await;
    let chair = shop.product("Chair", 1_000_000).await.id;
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let placers: Vec<_> = (0..16)
        .map(|_| {
            tokio::spawn(place_until_killed(
                store.clone(),
                shop.customer.clone(),
                chair,
                acknowledged.clone(),
            ))
        })
        .collect();
    for placer in placers {
        placer.await.unwrap();
    }
}

async fn place_until_killed(
    store: Arc<SqliteStore>,
    customer: Account,
    chair: ProductId,
    acknowledged: Arc<AtomicUsize>,
) {
    loop {
        let order = builders::order(&customer).with_line(chair, 1).build();
        let placement = store.place(vec![order]).await.remove(0).unwrap();
        let mut out = io::stdout().lock();
        writeln!(out, "\n{PLACED}{}", placement.order.id()).unwrap();
        out.flush().unwrap();
        if acknowledged.fetch_add(1, Ordering::SeqCst) + 1 >= EXPECTED_ORDERS {
            // The other tasks are placing orders. No destructor runs, nothing is flushed.
            std::process::abort();
        }
    }
}

#[tokio::test]
async fn every_acknowledged_order_survives_a_kill_during_writes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("oms.db");
    migrate(&path).unwrap();
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "crash::victim", "--nocapture"])
        .env(VICTIM_DATABASE, &path)
        .stderr(Stdio::null())
        .output()
        .unwrap();
    assert!(!child.status.success(), "it was killed");
    let output = String::from_utf8(child.stdout).unwrap();
    let acknowledged: Vec<OrderId> = output
        .lines()
        .filter_map(|line| line.strip_prefix(PLACED))
        .map(|number| OrderId::new(number.parse().unwrap()))
        .collect();
    assert!(acknowledged.len() >= EXPECTED_ORDERS, "{}", acknowledged.len());

    let store = open(&path);
    for id in &acknowledged {
        assert!(store.find(*id).await.unwrap().is_some(), "order {id} was acknowledged");
    }
    let query = OrderQuery::newest_first(OrderFilter::default(), builders::page(1, 1));
    let total = store.list(&query).await.unwrap().total;
    assert!(total >= u64::try_from(acknowledged.len()).unwrap());
    let mut findings = Vec::new();
    store.audit(&mut findings).await.unwrap();
    assert_eq!(findings, []);
}
