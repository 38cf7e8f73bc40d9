//! The cache: two processes on one Redis, slow readers, TTLs, foreign and evicted entries.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    Cursor, Description, Page, PageLimit, PageNumber, PageRequest, ProductId, SearchTerm,
    StoreError,
    product::{
        Product, ProductCache, TouchedProducts,
        port::{ProductQuery, ProductReads},
    },
};
use infra_redis::{KeyPrefix, RedisProductCache};
use port_contracts::{
    cached_products::ProductStoreStub,
    product_cache::{FailingProductReads, ProductReadsStub},
    race,
};
use test_services::eventually;

use crate::{
    fixture::{CachedPage, Process, generous_timeouts, page, product},
    server::Server,
};

fn query() -> ProductQuery {
    let page = PageRequest::number(PageNumber::FIRST, PageLimit::DEFAULT);
    ProductQuery { search: None, page }
}

async fn read_page(process: &Process, query: &ProductQuery) {
    process.cache.page(query, &ProductReadsStub::of_page(&page())).await.unwrap();
}

async fn has_page(process: &Process) -> bool {
    process.cache.page(&query(), &FailingProductReads).await.is_ok()
}

#[tokio::test]
async fn an_entry_of_one_process_is_served_by_another() {
    let server = Server::start().await;
    let (one, other) =
        (Process::connect(&server.url()).await, Process::connect(&server.url()).await);
    one.put(1, 1).await;
    read_page(&one, &query()).await;
    assert_eq!(other.version(1).await, Some(1));
    assert!(has_page(&other).await);
}

#[tokio::test]
async fn an_invalidation_takes_effect_in_all_processes() {
    let server = Server::start().await;
    let (one, other) =
        (Process::connect(&server.url()).await, Process::connect(&server.url()).await);
    one.put(1, 1).await;
    one.put(2, 1).await;
    read_page(&one, &query()).await;
    one.invalidate(1).await;
    for process in [&one, &other] {
        assert_eq!(process.version(1).await, None);
        assert!(!has_page(process).await);
        assert_eq!(process.version(2).await, Some(1), "the other product stays");
    }
    one.cache.invalidate(&TouchedProducts::All).await;
    assert_eq!(other.version(2).await, None);
}

#[tokio::test]
async fn the_near_cache_of_another_process_expires_within_half_a_second() {
    let server = Server::start().await;
    let one = Process::connect(&server.url()).await;
    let (options, near) =
        (generous_timeouts(&KeyPrefix::default()), RedisProductCache::NEAR_TIME_TO_LIVE);
    assert!(near <= Duration::from_millis(500));
    let other = Process::with_near_cache(&server.url(), options, near).await;
    one.put(1, 1).await;
    assert_eq!(other.version(1).await, Some(1));
    one.invalidate(1).await;
    eventually("the other drops it", async || other.version(1).await.is_none()).await;
    one.put(1, 2).await;
    assert_eq!(other.version(1).await, Some(2));
}

#[tokio::test]
async fn many_products_are_invalidated_at_once() {
    let (_server, process) = Process::with_own_server().await;
    process.put(999, 1).await;
    process.put(1_023, 1).await;
    let many = (0..1_000).map(ProductId::new).collect();
    process.cache.invalidate(&TouchedProducts::Listed(many)).await;
    assert_eq!(process.version(999).await, None);
    assert_eq!(process.version(1_023).await, Some(1), "the other products stay");
    let more = (0..5_000).map(ProductId::new).collect();
    process.cache.invalidate(&TouchedProducts::Listed(more)).await;
    assert_eq!(process.version(1_023).await, None);
}

#[tokio::test]
async fn a_slow_reader_of_another_process_cannot_put_an_old_value_back() {
    let server = Server::start().await;
    let (one, other) =
        (Process::connect(&server.url()).await, Process::connect(&server.url()).await);
    for new_value_is_stored_first in [false, true] {
        let slow = other.start_slow_read(1, 1).await;
        one.invalidate(1).await;
        if new_value_is_stored_first {
            one.put(1, 2).await;
        }
        slow.finish().await;
        let expected = new_value_is_stored_first.then_some(2);
        assert_eq!(one.version(1).await, expected);
        assert_eq!(other.version(1).await, expected);
        one.invalidate(1).await;
    }
}

#[tokio::test]
async fn suspended_products_are_neither_served_nor_stored_by_any_process() {
    let server = Server::start().await;
    let (one, other) =
        (Process::connect(&server.url()).await, Process::connect(&server.url()).await);
    one.put(1, 1).await;
    one.put(2, 1).await;
    read_page(&one, &query()).await;
    let slow = other.start_slow_read(3, 1).await;
    let touched = TouchedProducts::Listed([1, 3].map(ProductId::new).to_vec());
    let store = Arc::new(ProductStoreStub::with_open_transaction());
    one.cache.suspend(&touched, store.clone()).await;
    slow.finish().await;
    for process in [&one, &other] {
        process.read(1, 1).await;
        read_page(process, &query()).await;
        assert_eq!(process.version(1).await, None);
        assert_eq!(process.version(3).await, None);
        assert!(!has_page(process).await);
        assert_eq!(process.version(2).await, Some(1), "the other product stays");
    }
    // The block, which would expire, is renewed until the transaction has ended.
    let blocked = "{oms}:cache:blocked:1";
    let _there: i64 = server.query(&["DEL", blocked]).await;
    eventually("it is blocked again", async || {
        server.query::<i64>(&["EXISTS", blocked]).await == 1
    })
    .await;
    let generation = ["GET", "{oms}:cache:generation:1"];
    let before: String = server.query(&generation).await;
    store.end_transactions();
    eventually("it is invalidated", async || server.query::<String>(&generation).await != before)
        .await;
    let lasts: i64 = server.query(&["PTTL", blocked]).await;
    assert!((1..=30_000).contains(&lasts), "{lasts}");
    // Deletes the blocks, as if they had expired.
    for key in [blocked, "{oms}:cache:blocked:3", "{oms}:cache:blocked:pages"] {
        let _there: i64 = server.query(&["DEL", key]).await;
    }
    other.put(1, 2).await;
    assert_eq!(one.version(1).await, Some(2));
}

#[tokio::test]
async fn a_new_process_invalidates_all_earlier_entries() {
    let server = Server::start().await;
    let before = Process::connect(&server.url()).await;
    before.put(1, 1).await;
    read_page(&before, &query()).await;
    let slow = before.start_slow_read(2, 1).await;
    let after = Process::connect(&server.url()).await;
    slow.finish().await;
    for process in [&before, &after] {
        assert_eq!(process.version(1).await, None);
        assert_eq!(process.version(2).await, None);
        assert!(!has_page(process).await);
    }
}

#[tokio::test]
async fn no_entry_is_stored_for_longer_than_four_minutes() {
    let (server, process) = Process::with_own_server().await;
    process.put(2, 1).await;
    read_page(&process, &query()).await;
    let keys: Vec<String> = server.query(&["KEYS", "*"]).await;
    let mut ttls: HashMap<&str, i64> = HashMap::new();
    for key in &keys {
        assert!(key.starts_with("{oms}:"), "{key}");
        let kind = key.split(':').nth(2).unwrap_or("other");
        ttls.insert(kind, server.query(&["PTTL", key]).await);
    }
    for kind in ["product", "page"] {
        let ttl = ttls[kind];
        assert!((1..=240_000).contains(&ttl), "{kind}: {ttl}");
    }
}

#[tokio::test]
async fn rarely_requested_pages_are_stored_in_the_near_cache_only() {
    let server = Server::start().await;
    let (options, near) = (generous_timeouts(&KeyPrefix::default()), Duration::from_mins(5));
    let process = Process::with_near_cache(&server.url(), options, near).await;
    let of = |search: &str, page| ProductQuery { search: SearchTerm::parse(search).unwrap(), page };
    let number = |at| PageRequest::number(PageNumber::new(at).unwrap(), PageLimit::DEFAULT);
    let queries = [
        of("", PageRequest::after(Cursor::after(7), PageLimit::DEFAULT)),
        of("", number(101)),
        of(&"x".repeat(101), number(1)),
    ];
    for query in &queries {
        read_page(&process, query).await;
        process.cache.page(query, &FailingProductReads).await.expect("it is in the near cache");
    }
    let in_redis: Vec<String> = server.query(&["KEYS", "*:page:*"]).await;
    assert!(in_redis.is_empty(), "{in_redis:?}");
}

#[tokio::test]
async fn a_large_page_is_stored_in_the_near_cache_only() {
    let server = Server::start().await;
    let (options, near) = (generous_timeouts(&KeyPrefix::default()), Duration::from_mins(5));
    let process = Process::with_near_cache(&server.url(), options, near).await;
    let long = Description::restore("\u{1}".repeat(Description::MAX_CHARS)).unwrap();
    let large = Arc::new(Product { description: Some(long), ..product(1, 1).as_ref().clone() });
    let large = Arc::new(Page { items: vec![large; 100], total: 100, next: None });
    process.cache.page(&query(), &ProductReadsStub::of_page(&large)).await.unwrap();
    assert!(has_page(&process).await);
    let in_redis: Vec<String> = server.query(&["KEYS", "*:page:*"]).await;
    assert!(in_redis.is_empty(), "{in_redis:?}");
}

#[tokio::test]
async fn an_entry_of_another_format_is_ignored() {
    let (server, process) = Process::with_own_server().await;
    process.put(1, 1).await;
    let key = "{oms}:cache:product:1";
    let value: String = server.query(&["GET", key]).await;
    let (header, json) = value.split_once('{').unwrap();
    let (numbers, _format) = header.trim_end_matches(':').rsplit_once(':').unwrap();
    let () = server.query(&["SET", key, &format!("{numbers}:0:{{{json}")]).await;
    assert_eq!(process.version(1).await, None);
    process.put(1, 2).await;
}

#[tokio::test]
async fn an_entry_that_cannot_be_decoded_is_replaced() {
    let (server, process) = Process::with_own_server().await;
    for (from, to) in [("\"price\":1000", "\"price\":0"), ("\"id\":1", "\"id\":2"), ("}", "")] {
        process.put(1, 1).await;
        let key = "{oms}:cache:product:1";
        let value: String = server.query(&["GET", key]).await;
        assert!(value.contains(from), "{value}");
        let () = server.query(&["SET", key, &value.replacen(from, to, 1)]).await;
        assert_eq!(process.version(1).await, None, "{to}");
    }
}

#[tokio::test]
async fn evicted_keys_revive_no_invalidated_entry() {
    let (server, process) = Process::with_own_server().await;
    for evicted in ["cache:namespace", "cache:generation:1", "cache:product:1"] {
        process.put(1, 1).await;
        let slow = process.start_slow_read(1 + 1_024, 1).await;
        process.invalidate(1).await;
        let _count: i64 = server.query(&["DEL", &format!("{{oms}}:{evicted}")]).await;
        assert_eq!(process.version(1).await, None, "{evicted}");
        slow.finish().await;
        assert_eq!(process.version(1 + 1_024).await, None, "{evicted}");
        process.put(1, 2).await;
        process.invalidate(1).await;
    }
}

/// A store whose products all have the counter's value as their version.
struct VersionCounter(AtomicI64);

#[async_trait]
impl ProductReads for VersionCounter {
    async fn find(&self, id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        let read = product(id.get(), self.0.load(Ordering::SeqCst));
        tokio::task::yield_now().await;
        Ok(Some(read))
    }

    async fn list(&self, query: &ProductQuery) -> Result<CachedPage, StoreError> {
        ProductReadsStub::of_page(&page()).list(query).await
    }
}

/// The store is read and changed through the caches of two processes. A reader must never get an
/// older version than its own process had acknowledged before the read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_read_is_older_than_the_last_change_that_its_process_acknowledged() {
    const CHANGES: i64 = 400;
    let server = Server::start().await;
    let near = Duration::from_mins(5);
    let (url, options) = (server.url(), || generous_timeouts(&KeyPrefix::default()));
    let start = || Process::with_near_cache(&url, options(), near);
    let processes = Arc::new([start().await, start().await]);
    let source = Arc::new(VersionCounter(AtomicI64::new(1)));
    let acknowledged = Arc::new([AtomicI64::new(1), AtomicI64::new(1)]);
    race(6, |racer| {
        let (processes, source) = (Arc::clone(&processes), Arc::clone(&source));
        let acknowledged = Arc::clone(&acknowledged);
        async move {
            let (process, acknowledged) = (&processes[racer % 2], &acknowledged[racer % 2]);
            for _ in 0..CHANGES {
                if racer < 2 {
                    let version = source.0.fetch_add(1, Ordering::SeqCst) + 1;
                    process.invalidate(1).await;
                    acknowledged.fetch_max(version, Ordering::SeqCst);
                }
                for _ in 0..3 {
                    let floor = acknowledged.load(Ordering::SeqCst);
                    let read = process.cache.product(ProductId::new(1), source.as_ref()).await;
                    let read = read.unwrap().unwrap();
                    assert!(read.version.get() >= floor, "{} < {floor}", read.version);
                }
            }
        }
    })
    .await;
}
