//! A small and a large shop for the list scenarios, on a separate PostgreSQL server. Filling the
//! large one takes long, so both are cached between runs, for as long as the files that create them
//! stay the same.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

use crate::{
    bench::{Bench, print_progress},
    database,
    error::BenchError,
    postgres::{self, Postgres},
    process::{command, run},
    server::Settings,
};

/// The number of orders, and of products, in the small shop: enough for page 1,000 of ten rows
/// each.
pub(crate) const SMALL_SHOP_ROWS: u32 = 10_100;
pub(crate) const SHOPS: [&str; 2] = ["small", "large"];

/// Settings while shops are filled: without durability, since a failed fill is repeated.
const FILL_SETTINGS: [&str; 7] = [
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum=off",
    "maintenance_work_mem=1GB",
];

/// Starts the server with both shops, and fills them first if no earlier run has.
pub(crate) async fn start(bench: &mut Bench) -> Result<Postgres, BenchError> {
    let data = cache_dir(bench)?;
    if !data.exists() {
        fill(bench, &data).await?;
    }
    Postgres::start(&bench.environment, &data, &bench.environment.run_dir.join("shops.log")).await
}

/// The directory of the shops, whose name depends on their size and on a hash of the files that
/// create them.
fn cache_dir(bench: &Bench) -> Result<PathBuf, BenchError> {
    let mut hasher = DefaultHasher::new();
    for dir in [&bench.environment.migrations_dir, &bench.environment.shop_dir] {
        for file in files_below(dir)? {
            file.strip_prefix(dir).unwrap_or(&file).hash(&mut hasher);
            fs::read(&file).map_err(BenchError::io(file.display().to_string()))?.hash(&mut hasher);
        }
    }
    let version = bench.environment.postgres_bin.display().to_string();
    (version, SMALL_SHOP_ROWS).hash(&mut hasher);
    let name = format!("{}{:016x}", prefix(bench), hasher.finish());
    Ok(bench.environment.home_dir.join("shops").join(name))
}

/// The prefix of the directories of shops of this size.
fn prefix(bench: &Bench) -> String {
    format!("{}-{}-", bench.options.orders, bench.options.products)
}

/// The SQL files in a directory and in those below it, in order.
fn files_below(dir: &Path) -> Result<Vec<PathBuf>, BenchError> {
    let path = || dir.display().to_string();
    let mut entries = Vec::new();
    for entry in fs::read_dir(dir).map_err(BenchError::io(path()))? {
        entries.push(entry.map_err(BenchError::io(path()))?.path());
    }
    entries.sort();
    let mut files = Vec::new();
    for entry in entries {
        if entry.is_dir() {
            files.extend(files_below(&entry)?);
        } else if entry.extension().is_some_and(|extension| extension == "sql") {
            files.push(entry);
        }
    }
    Ok(files)
}

/// Fills both shops in the directory of this run, and moves them when they are complete.
async fn fill(bench: &mut Bench, cache_dir: &Path) -> Result<(), BenchError> {
    let (orders, products) = (bench.options.orders, bench.options.products);
    remove_outdated(bench, cache_dir)?;
    let environment = bench.environment.clone();
    let data = environment.run_dir.join("shops");
    Postgres::create(&environment, &data).await?;
    let log = environment.run_dir.join("filling-shops.log");
    let server = Postgres::start_with(&environment, &data, &log, &FILL_SETTINGS).await?;
    let hash = password_hash(bench, &server).await?;
    for (shop, orders, products) in
        [("small", SMALL_SHOP_ROWS, SMALL_SHOP_ROWS), ("large", orders, products)]
    {
        print_progress(&format!(
            "filling a shop with {orders} orders and {products} products, which is cached"
        ));
        create_migrated(bench, &server, shop).await?;
        let mut psql = command(&server.program("psql"));
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1"]);
        psql.arg("-v").arg(format!("orders={orders}"));
        psql.arg("-v").arg(format!("products={products}"));
        psql.arg("-v").arg(format!("password_hash={hash}"));
        psql.arg("-f").arg(environment.shop_dir.join("fill.sql")).arg(server.url(shop));
        run(psql).await?;
        database::vacuum(&server, shop).await?;
    }
    server.stop().await?;
    postgres::sync(&environment, &data).await?;
    fs::rename(&data, cache_dir).map_err(BenchError::io(cache_dir.display().to_string()))
}

/// Removes shops of the same size that other files have created: they take space and are not used
/// again.
fn remove_outdated(bench: &Bench, cache_dir: &Path) -> Result<(), BenchError> {
    let shops = bench.environment.home_dir.join("shops");
    let path = || shops.display().to_string();
    fs::create_dir_all(&shops).map_err(BenchError::io(path()))?;
    for entry in fs::read_dir(&shops).map_err(BenchError::io(path()))? {
        let dir = entry.map_err(BenchError::io(path()))?.path();
        let is_of_this_size =
            dir.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix(bench)));
        if is_of_this_size && dir != cache_dir {
            fs::remove_dir_all(&dir).map_err(BenchError::io(dir.display().to_string()))?;
        }
    }
    Ok(())
}

/// The hash of the password of all accounts, with the lowest cost, since logins are not measured.
async fn password_hash(bench: &mut Bench, server: &Postgres) -> Result<String, BenchError> {
    const DATABASE: &str = "first_admin";
    let settings = create_migrated(bench, server, DATABASE).await?;
    settings.run(&["admin", "create", "--email", crate::server::ADMIN_EMAIL]).await?;
    let client = database::connect(server, DATABASE).await?;
    let hash = client.query_one("SELECT password_hash FROM users", &[]).await?.try_get(0)?;
    database::drop_database(server, DATABASE).await?;
    Ok(hash)
}

/// Creates an empty database with the schema.
async fn create_migrated(
    bench: &mut Bench,
    server: &Postgres,
    database: &str,
) -> Result<Settings, BenchError> {
    database::create(server, database).await?;
    let settings = settings(bench, server, database).await?.with("BCRYPT_COST", "4");
    settings.run(&["migrate"]).await?;
    Ok(settings)
}

/// The settings of `oms` on one of the shops, with the run's Redis.
pub(crate) async fn settings(
    bench: &mut Bench,
    server: &Postgres,
    shop: &str,
) -> Result<Settings, BenchError> {
    Ok(bench.settings(shop).await?.with("DATABASE_URL", &server.url(shop)))
}
