//! A small and a large shop for lists, side by side on a server of their own. Filling the large one takes minutes, so
//! both are kept from run to run, for as long as what they are made by stays the same.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

use crate::{
    bench::{Bench, say},
    database,
    failure::Failure,
    postgres::{self, Postgres},
    process::{command, run},
    subject::Settings,
};

/// How many orders, and products, the small shop has. Enough for a page 1,000 of ten.
pub(crate) const SMALL: u32 = 10_100;
pub(crate) const SHOPS: [&str; 2] = ["small", "large"];

/// What is written while a shop is made can be made again: its server waits for no disk.
const WHILE_MAKING: [&str; 7] = [
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum=off",
    "maintenance_work_mem=1GB",
];

/// Starts the server with both shops, which are made if no earlier run has left them.
pub(crate) async fn start(bench: &mut Bench) -> Result<Postgres, Failure> {
    let data = kept(bench)?;
    if !data.exists() {
        make(bench, &data).await?;
    }
    Postgres::start(&bench.tools, &data, &bench.tools.run.join("shops.log")).await
}

/// Where the shops are kept: by their size, and by all that decides on what is in them.
fn kept(bench: &Bench) -> Result<PathBuf, Failure> {
    let mut hasher = DefaultHasher::new();
    for dir in [&bench.tools.migrations, &bench.tools.shop] {
        for file in files_below(dir)? {
            file.strip_prefix(dir).unwrap_or(&file).hash(&mut hasher);
            fs::read(&file).map_err(Failure::io(file.display().to_string()))?.hash(&mut hasher);
        }
    }
    let version = bench.tools.postgres_bin.display().to_string();
    (version, SMALL).hash(&mut hasher);
    let name = format!("{}{:016x}", prefix(bench), hasher.finish());
    Ok(bench.tools.home.join("shops").join(name))
}

/// What the directories of shops of this size begin with.
fn prefix(bench: &Bench) -> String {
    format!("{}-{}-", bench.options.orders, bench.options.products)
}

/// The SQL files in a directory and in those below it, in order.
fn files_below(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let told = || dir.display().to_string();
    let mut entries = Vec::new();
    for entry in fs::read_dir(dir).map_err(Failure::io(told()))? {
        entries.push(entry.map_err(Failure::io(told()))?.path());
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

/// Makes both shops in the directory of this run, and moves them when they are complete.
async fn make(bench: &mut Bench, kept: &Path) -> Result<(), Failure> {
    let (orders, products) = (bench.options.orders, bench.options.products);
    remove_outdated(bench, kept)?;
    let tools = bench.tools.clone();
    let data = tools.run.join("shops");
    Postgres::create(&tools, &data).await?;
    let log = tools.run.join("making-shops.log");
    let server = Postgres::start_with(&tools, &data, &log, &WHILE_MAKING).await?;
    let hash = password_hash(bench, &server).await?;
    for (shop, orders, products) in [("small", SMALL, SMALL), ("large", orders, products)] {
        say(&format!("making a shop with {orders} orders and {products} products, to be kept"));
        migrated(bench, &server, shop).await?;
        let mut psql = command(&server.program("psql"));
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1"]);
        psql.arg("-v").arg(format!("orders={orders}"));
        psql.arg("-v").arg(format!("products={products}"));
        psql.arg("-v").arg(format!("password_hash={hash}"));
        psql.arg("-f").arg(tools.shop.join("fill.sql")).arg(server.url(shop));
        run(psql).await?;
        database::settle(&server, shop).await?;
    }
    server.stop().await?;
    postgres::sync(&tools, &data).await?;
    fs::rename(&data, kept).map_err(Failure::io(kept.display().to_string()))
}

/// Removes shops of the same size that other files have made: they take room, and nobody will want them again.
fn remove_outdated(bench: &Bench, kept: &Path) -> Result<(), Failure> {
    let shops = bench.tools.home.join("shops");
    let told = || shops.display().to_string();
    fs::create_dir_all(&shops).map_err(Failure::io(told()))?;
    for entry in fs::read_dir(&shops).map_err(Failure::io(told()))? {
        let dir = entry.map_err(Failure::io(told()))?.path();
        let is_of_this_size =
            dir.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix(bench)));
        if is_of_this_size && dir != kept {
            fs::remove_dir_all(&dir).map_err(Failure::io(dir.display().to_string()))?;
        }
    }
    Ok(())
}

/// The hash of everybody's password, as cheap as it gets: logging in is not what is measured.
async fn password_hash(bench: &mut Bench, server: &Postgres) -> Result<String, Failure> {
    const DATABASE: &str = "first_admin";
    let settings = migrated(bench, server, DATABASE).await?;
    settings.run(&["admin", "create", "--email", crate::subject::ADMIN_EMAIL]).await?;
    let client = database::connect(server, DATABASE).await?;
    let hash = client.query_one("SELECT password_hash FROM users", &[]).await?.try_get(0)?;
    database::drop_database(server, DATABASE).await?;
    Ok(hash)
}

/// Makes an empty database with the schema.
async fn migrated(
    bench: &mut Bench,
    server: &Postgres,
    database: &str,
) -> Result<Settings, Failure> {
    database::create(server, database).await?;
    let settings = settings(bench, server, database).await?.with("BCRYPT_COST", "4");
    settings.run(&["migrate"]).await?;
    Ok(settings)
}

/// How `oms` is run on one of the shops, with the run's Redis.
pub(crate) async fn settings(
    bench: &mut Bench,
    server: &Postgres,
    shop: &str,
) -> Result<Settings, Failure> {
    Ok(bench.settings(shop).await?.with("DATABASE_URL", &server.url(shop)))
}
