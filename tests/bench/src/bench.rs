//! A run: its options, and the servers that its scenarios share, which the first scenario that
//! needs them starts.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    cli::{Environment, Options},
    database,
    error::BenchError,
    load::{Load, pgbench::Pgbench, wrk::Wrk},
    postgres::Postgres,
    redis::Redis,
    server::Settings,
    shop::Shop,
};

/// The template of the databases of all rounds.
pub(crate) const TEMPLATE: &str = "shop";
/// The number of orders of each customer in the template.
pub(crate) const ORDERS_PER_CUSTOMER: u32 = 50;

/// A run.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) options: Options,
    pub(crate) environment: Environment,
    servers: Option<Servers>,
    shop: Option<Shop>,
}

/// PostgreSQL and Redis, which the server under test and the baselines use.
#[derive(Debug)]
pub(crate) struct Servers {
    pub(crate) postgres: Postgres,
    pub(crate) redis: Redis,
}

/// Prints a progress message to standard error.
pub(crate) fn print_progress(what: &str) {
    eprintln!("bench: {what}");
}

impl Bench {
    pub(crate) fn new(options: Options, environment: Environment) -> Self {
        Self { options, environment, servers: None, shop: None }
    }

    /// A directory of this run, created if it does not exist.
    pub(crate) fn dir(&self, name: &str) -> Result<PathBuf, BenchError> {
        let dir = self.environment.run_dir.join(name);
        fs::create_dir_all(&dir).map_err(BenchError::io(dir.display().to_string()))?;
        Ok(dir)
    }

    /// PostgreSQL and Redis, started by the first call.
    pub(crate) async fn servers(&mut self) -> Result<&Servers, BenchError> {
        if self.servers.is_none() {
            print_progress("starting PostgreSQL and Redis");
            let (data, redis) = (self.environment.run_dir.join("postgres"), self.dir("redis")?);
            Postgres::create(&self.environment, &data).await?;
            let log = self.environment.run_dir.join("postgres.log");
            let postgres = Postgres::start(&self.environment, &data, &log).await?;
            let redis = Redis::start(&self.environment.redis, &redis).await?;
            self.servers = Some(Servers { postgres, redis });
        }
        self.started_servers()
    }

    fn started_servers(&self) -> Result<&Servers, BenchError> {
        let absent = || BenchError::Unexpected("the servers do not run".to_owned());
        self.servers.as_ref().ok_or_else(absent)
    }

    /// The settings of `oms` on a database of the run's PostgreSQL, with its Redis.
    pub(crate) async fn settings(&mut self, database: &str) -> Result<Settings, BenchError> {
        let dir = self.dir("oms")?;
        let oms = self.environment.oms.clone();
        let servers = self.servers().await?;
        Ok(Settings::new(&oms, &dir)
            .with("DATABASE_URL", &servers.postgres.url(database))
            .with("REDIS_URL", &servers.redis.url())
            // A copy of a database is another shop, so it gets another Redis prefix.
            .with("REDIS_PREFIX", database))
    }

    /// The file with the customers' tokens. The first call fills the shop in the template database.
    pub(crate) async fn tokens(&mut self) -> Result<PathBuf, BenchError> {
        let file = self.environment.run_dir.join("tokens");
        if self.shop.is_none() {
            print_progress("filling the shop");
            database::create(&self.servers().await?.postgres, TEMPLATE).await?;
            // Cheap hashes, since these scenarios do not measure logins.
            let settings = self.settings(TEMPLATE).await?.with("BCRYPT_COST", "4");
            let server = settings.start().await?;
            let shop = Shop::fill(server.base_url(), ORDERS_PER_CUSTOMER).await?;
            self.wait_for_deliveries().await?;
            server.stop().await?;
            database::vacuum(&self.started_servers()?.postgres, TEMPLATE).await?;
            shop.write_tokens(&file)?;
            self.shop = Some(shop);
        }
        Ok(file)
    }

    pub(crate) fn shop(&self) -> Result<&Shop, BenchError> {
        let empty = || BenchError::Unexpected("the shop is not filled".to_owned());
        self.shop.as_ref().ok_or_else(empty)
    }

    /// Waits until every subscription is at the end of the journal and no event is parked, so that
    /// no copy starts with deliveries to make.
    async fn wait_for_deliveries(&self) -> Result<(), BenchError> {
        let file = self.environment.sql_dir.join("undelivered.sql");
        let pending =
            fs::read_to_string(&file).map_err(BenchError::io(file.display().to_string()))?;
        for _attempt in 0..600 {
            if database::number(&self.started_servers()?.postgres, TEMPLATE, &pending).await? == 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(BenchError::Unexpected("the events of the journal are not delivered".to_owned()))
    }

    pub(crate) fn get(&self, base_url: &str, path: &str) -> Wrk {
        Wrk::get(&self.environment.wrk, &self.environment.load_dir, format!("{base_url}{path}"))
    }

    /// A load that pgbench sends with this script.
    pub(crate) async fn pgbench(
        &mut self,
        database: &str,
        script: &str,
    ) -> Result<Pgbench, BenchError> {
        let script = self.environment.sql_dir.join(script);
        Ok(Pgbench::new(&self.servers().await?.postgres, database, Path::new(&script)))
    }

    pub(crate) async fn measure(&self, load: &Wrk) -> Result<Load, BenchError> {
        load.run(self.options.warm_up).await?;
        load.run(self.options.seconds).await
    }

    /// The numbers of the rounds. Each is printed as it begins.
    pub(crate) fn rounds(&self, name: &str) -> impl Iterator<Item = u32> + use<> {
        let (rounds, name) = (self.options.rounds, name.to_owned());
        (1..=rounds)
            .inspect(move |round| print_progress(&format!("{name}: round {round} of {rounds}")))
    }

    pub(crate) async fn stop(&mut self) -> Result<(), BenchError> {
        if let Some(Servers { postgres, redis }) = self.servers.take() {
            redis.stop().await?;
            postgres.stop().await?;
        }
        Ok(())
    }
}
