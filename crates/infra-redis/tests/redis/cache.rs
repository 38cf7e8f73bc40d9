//! The cache: two processes on one Redis, leases, lifetimes, what is not ours.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use domain::{
    Cursor, Description, Page, PageLimit, PageNumber, PageRequest, ProductId, SearchTerm,
    product::{Product, ProductCache, ProductLookup, port::ProductQuery},
};
use port_contracts::race;

use crate::{
    fixture::{Process, product, until},
    server::Server,
};

fn query() -> ProductQuery {
    let page = PageRequest::number(PageNumber::FIRST, PageLimit::DEFAULT);
    ProductQuery { search: None, page }
}

async fn put_page(process: &Process) {
    let page = Arc::new(Page { items: vec![product(1, 1)], total: 1, next: None });
    match process.cache.page(&query()).await {
        ProductLookup::Miss(lease) => process.cache.put_page(lease, &query(), &page).await,
        ProductLookup::Hit(page) => panic!("{page:?} is there already"),
    }
}

async fn has_page(cache: &dyn ProductCache) -> bool {
    matches!(cache.page(&query()).await, ProductLookup::Hit(_))
}

#[tokio::test]
async fn what_one_process_puts_another_finds() {
    let server = Server::start().await;
    let (one, other) = (Process::on(&server.url()).await, Process::on(&server.url()).await);
    one.put(1, 1).await;
    put_page(&one).await;
    assert_eq!(other.version(1).await, Some(1));
    assert!(has_page(&other.cache).await);
    assert_eq!(other.near_version(1).await, Some(1), "it keeps it nearby");
    assert!(has_page(other.near.as_ref()).await);
}

#[tokio::test]
async fn what_one_process_changes_the_others_drop() {
    let server = Server::start().await;
    let (one, other) = (Process::on(&server.url()).await, Process::on(&server.url()).await);
    for id in 1..=2 {
        one.put(id, 1).await;
        assert_eq!(other.version(id).await, Some(1));
    }
    put_page(&one).await;
    assert!(has_page(&other.cache).await);

    one.invalidate(1).await;
    assert_eq!(one.version(1).await, None, "the process itself drops it at once");
    assert!(!has_page(&one.cache).await);
    until("the other drops it", async || other.near_version(1).await.is_none()).await;
    assert_eq!(other.version(1).await, None);
    assert!(!has_page(&other.cache).await);
    assert_eq!(other.near_version(2).await, Some(1), "another product stays");
}

#[tokio::test]
async fn what_one_process_forgets_altogether_the_others_drop() {
    let server = Server::start().await;
    let (one, other) = (Process::on(&server.url()).await, Process::on(&server.url()).await);
    for id in 1..=3 {
        one.put(id, 1).await;
        assert_eq!(other.version(id).await, Some(1));
    }
    one.cache.invalidate_all().await;
    for id in 1..=3 {
        assert_eq!(one.version(id).await, None);
        until("the other drops it", async || other.version(id).await.is_none()).await;
    }
}

#[tokio::test]
async fn more_products_than_can_be_named_are_forgotten_with_all_others() {
    let server = Server::start().await;
    let process = Process::on(&server.url()).await;
    process.put(-1, 1).await;
    let many: Vec<_> = (0..2_000).map(ProductId::new).collect();
    process.cache.invalidate(&many).await;
    assert_eq!(process.version(-1).await, None);
}

#[tokio::test]
async fn many_products_are_forgotten_in_one_step() {
    let server = Server::start().await;
    let process = Process::on(&server.url()).await;
    process.put(-1, 1).await;
    process.put(999, 1).await;
    let many: Vec<_> = (0..1_000).map(ProductId::new).collect();
    process.cache.invalidate(&many).await;
    assert_eq!(process.version(999).await, None);
    assert_eq!(process.version(-1).await, Some(1), "one that was not named stays");
}

#[tokio::test]
async fn a_slow_reader_of_another_process_cannot_put_an_old_value_back() {
    let server = Server::start().await;
    let (one, other) = (Process::on(&server.url()).await, Process::on(&server.url()).await);
    let early = other.lease(1).await;
    one.invalidate(1).await;
    other.cache.put_product(early, &product(1, 1)).await;
    assert_eq!(one.version(1).await, None);
    assert_eq!(other.version(1).await, None);
    assert_eq!(other.near_version(1).await, None, "nor nearby");
}

#[tokio::test]
async fn a_slow_reader_does_not_take_the_place_of_a_fresh_page() {
    let server = Server::start().await;
    let process = Process::on(&server.url()).await;
    let ProductLookup::Miss(early) = process.cache.page(&query()).await else {
        panic!("there should be nothing");
    };
    process.cache.invalidate(&[]).await;
    put_page(&process).await;
    let old = Arc::new(Page { items: vec![], total: 0, next: None });
    process.cache.put_page(early, &query(), &old).await;
    process.near.invalidate_all().await;
    assert!(has_page(&process.cache).await);
}

#[tokio::test]
async fn readers_of_one_gap_share_a_lease_and_the_first_one_fills_it() {
    let server = Server::start().await;
    let (one, other) = (Process::on(&server.url()).await, Process::on(&server.url()).await);
    let (first, second) = (one.lease(1).await, other.lease(1).await);
    assert_eq!(first.stamp(), second.stamp());
    one.cache.put_product(first, &product(1, 1)).await;
    other.cache.put_product(second, &product(1, 2)).await;
    assert_eq!(other.version(1).await, Some(1));
}

#[tokio::test]
async fn a_new_process_starts_with_nothing_from_before() {
    let server = Server::start().await;
    let before = Process::on(&server.url()).await;
    before.put(1, 1).await;
    put_page(&before).await;
    let after = Process::on(&server.url()).await;
    assert_eq!(after.version(1).await, None);
    assert!(!has_page(&after.cache).await);
    assert_eq!(before.version(1).await, None, "nor has the old one, whose word was taken from it");
}

#[tokio::test]
async fn nothing_is_kept_for_longer_than_was_said() {
    let server = Server::start().await;
    let process = Process::on(&server.url()).await;
    process.lease(1).await;
    process.put(2, 1).await;
    put_page(&process).await;
    let keys: Vec<String> = server.ask(&["KEYS", "*"]).await;
    let mut lifetimes: HashMap<&str, i64> = HashMap::new();
    for key in &keys {
        assert!(key.starts_with("{oms}:"), "{key}");
        let kind = key.split(':').nth(2).unwrap_or("other");
        let kind = if key.ends_with(":product:1") { "lease" } else { kind };
        lifetimes.insert(kind, server.ask(&["PTTL", key]).await);
    }
    for (kind, most) in [("lease", 10_000), ("product", 240_000), ("page", 240_000)] {
        let lifetime = lifetimes[kind];
        assert!((1..=most).contains(&lifetime), "{kind}: {lifetime}");
    }
}

/// Asks for a page, fills the gap, and asks again.
async fn put_page_of(process: &Process, query: &ProductQuery, page: &Arc<Page<Arc<Product>>>) {
    let ProductLookup::Miss(lease) = process.cache.page(query).await else {
        panic!("there should be nothing");
    };
    process.cache.put_page(lease, query, page).await;
    assert_eq!(process.cache.page(query).await, ProductLookup::Hit(Arc::clone(page)));
}

#[tokio::test]
async fn pages_that_few_ask_for_are_kept_nearby_and_nowhere_else() {
    let server = Server::start().await;
    let (one, other) = (Process::on(&server.url()).await, Process::on(&server.url()).await);
    let of = |search: &str, page| ProductQuery { search: SearchTerm::parse(search).unwrap(), page };
    let number = |at| PageRequest::number(PageNumber::new(at).unwrap(), PageLimit::DEFAULT);
    let queries = [
        of("", PageRequest::after(Cursor::after(7), PageLimit::DEFAULT)),
        of("", number(101)),
        of(&"x".repeat(101), number(1)),
    ];
    let page = Arc::new(Page { items: vec![product(1, 1)], total: 1, next: None });
    for query in &queries {
        one.until_trusted().await;
        put_page_of(&one, query, &page).await;
    }
    let in_redis: Vec<String> = server.ask(&["KEYS", "*:page:*"]).await;
    assert!(in_redis.is_empty(), "{in_redis:?}");
    other.invalidate(1).await;
    for query in &queries {
        until("it is dropped", async || {
            matches!(one.cache.page(query).await, ProductLookup::Miss(_))
        })
        .await;
    }
}

#[tokio::test]
async fn a_large_page_is_kept_nearby_and_nowhere_else() {
    let server = Server::start().await;
    let process = Process::on(&server.url()).await;
    let long = Description::parse("\u{1}".repeat(Description::MAX_CHARS)).unwrap();
    let large = Arc::new(Product { description: Some(long), ..product(1, 1).as_ref().clone() });
    let page = Arc::new(Page { items: vec![large; 100], total: 100, next: None });
    put_page_of(&process, &query(), &page).await;
    let in_redis: Vec<String> = server.ask(&["KEYS", "*:page:*"]).await;
    assert!(in_redis.is_empty(), "{in_redis:?}");
}

#[tokio::test]
async fn a_value_of_another_format_is_as_good_as_none() {
    let server = Server::start().await;
    let process = Process::on(&server.url()).await;
    process.put(1, 1).await;
    let key = "{oms}:cache:product:1";
    let value: String = server.ask(&["GET", key]).await;
    let other = value.replacen(":2:{", ":1:{", 1);
    assert_ne!(other, value, "the format stands before the value");
    let () = server.ask(&["SET", key, &other]).await;
    process.near.invalidate_all().await;
    process.put(1, 2).await;
}

#[tokio::test]
async fn a_value_that_cannot_be_read_is_not_served() {
    let server = Server::start().await;
    let process = Process::on(&server.url()).await;
    for (from, to) in [("\"price\":1000", "\"price\":0"), ("\"id\":1", "\"id\":2"), ("}", "")] {
        process.put(1, 1).await;
        let key = "{oms}:cache:product:1";
        let value: String = server.ask(&["GET", key]).await;
        assert!(value.contains(from), "{value}");
        let () = server.ask(&["SET", key, &value.replacen(from, to, 1)]).await;
        process.near.invalidate_all().await;
        assert_eq!(process.version(1).await, None, "{to}");
        process.invalidate(1).await;
    }
}

#[tokio::test]
async fn what_was_evicted_is_only_missing() {
    let server = Server::start().await;
    let process = Process::on(&server.url()).await;
    let keys = ["cache:products", "cache:pages", "cache:product:1", "cache:server"];
    for evicted in keys {
        process.put(1, 1).await;
        let lease = process.lease(2).await;
        let _count: i64 = server.ask(&["DEL", &format!("{{oms}}:{evicted}")]).await;
        process.near.invalidate_all().await;
        if evicted == "cache:products" || evicted == "cache:product:1" {
            assert_eq!(process.version(1).await, None, "{evicted}");
        }
        process.cache.put_product(lease, &product(2, 1)).await;
        process.invalidate(1).await;
        process.invalidate(2).await;
        process.put(2, 2).await;
        process.invalidate(2).await;
    }
}

/// A store of one number, read and changed through the caches of two processes: what a reader gets must
/// never be older than what its own process had acknowledged before it asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_read_is_older_than_the_last_change_that_its_process_acknowledged_before_it() {
    const CHANGES: i64 = 400;
    let server = Server::start().await;
    let processes = [Process::on(&server.url()).await, Process::on(&server.url()).await];
    let processes = Arc::new(processes);
    let committed = Arc::new(AtomicI64::new(1));
    let acknowledged = Arc::new([AtomicI64::new(1), AtomicI64::new(1)]);
    let hits = race(6, |racer| {
        let processes = Arc::clone(&processes);
        let (committed, acknowledged) = (Arc::clone(&committed), Arc::clone(&acknowledged));
        async move {
            let (process, acknowledged) = (&processes[racer % 2], &acknowledged[racer % 2]);
            let mut hits = 0;
            for _ in 0..CHANGES {
                if racer < 2 {
                    let version = committed.fetch_add(1, Ordering::SeqCst) + 1;
                    process.invalidate(1).await;
                    acknowledged.fetch_max(version, Ordering::SeqCst);
                }
                for _ in 0..3 {
                    let floor = acknowledged.load(Ordering::SeqCst);
                    let read = match process.cache.product(ProductId::new(1)).await {
                        ProductLookup::Hit(product) => {
                            hits += 1;
                            product
                        }
                        ProductLookup::Miss(lease) => {
                            let read = product(1, committed.load(Ordering::SeqCst));
                            tokio::task::yield_now().await;
                            process.cache.put_product(lease, &read).await;
                            read
                        }
                    };
                    assert!(read.version.get() >= floor, "{} < {floor}", read.version);
                }
            }
            hits
        }
    })
    .await;
    assert!(hits.iter().sum::<u64>() > 0, "the cache was of use");
}
