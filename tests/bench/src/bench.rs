//! A run: what was asked for, and the servers that its scenarios share, started when the first of them needs them.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    cli::{Options, Tools},
    database,
    failure::Failure,
    load::{Load, pgbench::Pgbench, wrk::Wrk},
    postgres::Postgres,
    redis::Redis,
    shop::Shop,
    subject::Settings,
};

/// The database that every round's are copies of.
pub(crate) const TEMPLATE: &str = "shop";
/// How many orders each customer of it has.
pub(crate) const ORDERS_EACH: u32 = 50;

/// A run.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) options: Options,
    pub(crate) tools: Tools,
    servers: Option<Servers>,
    shop: Option<Shop>,
}

/// PostgreSQL and Redis, as subject and yardstick use them.
#[derive(Debug)]
pub(crate) struct Servers {
    pub(crate) postgres: Postgres,
    pub(crate) redis: Redis,
}

/// Tells whoever waits what is going on.
pub(crate) fn say(what: &str) {
    eprintln!("bench: {what}");
}

impl Bench {
    pub(crate) fn new(options: Options, tools: Tools) -> Self {
        Self { options, tools, servers: None, shop: None }
    }

    /// A directory of this run's, made if it is not there.
    pub(crate) fn dir(&self, name: &str) -> Result<PathBuf, Failure> {
        let dir = self.tools.run.join(name);
        fs::create_dir_all(&dir).map_err(Failure::io(dir.display().to_string()))?;
        Ok(dir)
    }

    /// PostgreSQL and Redis, started if they are not there.
    pub(crate) async fn servers(&mut self) -> Result<&Servers, Failure> {
        if self.servers.is_none() {
            say("starting PostgreSQL and Redis");
            let (data, redis) = (self.tools.run.join("postgres"), self.dir("redis")?);
            Postgres::create(&self.tools, &data).await?;
            let log = self.tools.run.join("postgres.log");
            let postgres = Postgres::start(&self.tools, &data, &log).await?;
            let redis = Redis::start(&self.tools.redis, &redis).await?;
            self.servers = Some(Servers { postgres, redis });
        }
        self.running()
    }

    fn running(&self) -> Result<&Servers, Failure> {
        let absent = || Failure::Unexpected("the servers do not run".to_owned());
        self.servers.as_ref().ok_or_else(absent)
    }

    /// How `oms` is run on a database of the run's server, with its Redis.
    pub(crate) async fn settings(&mut self, database: &str) -> Result<Settings, Failure> {
        let dir = self.dir("oms")?;
        let oms = self.tools.oms.clone();
        let servers = self.servers().await?;
        Ok(Settings::new(&oms, &dir)
            .with("DATABASE_URL", &servers.postgres.url(database))
            .with("REDIS_URL", &servers.redis.url())
            // A copy of a database is another shop, whatever Redis remembers of the last one.
            .with("REDIS_PREFIX", database))
    }

    /// The file with the customers' tokens. The first who asks has the shop filled, in the database that all are copies
    /// of.
    pub(crate) async fn tokens(&mut self) -> Result<PathBuf, Failure> {
        let file = self.tools.run.join("tokens");
        if self.shop.is_none() {
            say("filling the shop");
            database::create(&self.servers().await?.postgres, TEMPLATE).await?;
            // Cheap hashes: logging in is not what is measured in it.
            let settings = self.settings(TEMPLATE).await?.with("BCRYPT_COST", "4");
            let server = settings.start().await?;
            let shop = Shop::fill(server.base(), ORDERS_EACH).await?;
            self.wait_for_deliveries().await?;
            server.stop().await?;
            database::settle(&self.running()?.postgres, TEMPLATE).await?;
            shop.write_tokens(&file)?;
            self.shop = Some(shop);
        }
        Ok(file)
    }

    pub(crate) fn shop(&self) -> Result<&Shop, Failure> {
        let empty = || Failure::Unexpected("the shop is not filled".to_owned());
        self.shop.as_ref().ok_or_else(empty)
    }

    /// Waits until nothing waits in the outbox of the shop, so that no copy begins with work to do.
    async fn wait_for_deliveries(&self) -> Result<(), Failure> {
        let waiting = "SELECT count(*) FROM outbox WHERE delivered_at IS NULL";
        for _attempt in 0..600 {
            if database::number(&self.running()?.postgres, TEMPLATE, waiting).await? == 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(Failure::Unexpected("messages of the shop are not delivered".to_owned()))
    }

    pub(crate) fn get(&self, base: &str, path: &str) -> Wrk {
        Wrk::get(&self.tools.wrk, &self.tools.load, format!("{base}{path}"))
    }

    /// A script of the run's for pgbench.
    pub(crate) async fn pgbench(
        &mut self,
        database: &str,
        script: &str,
    ) -> Result<Pgbench, Failure> {
        let script = self.tools.sql.join(script);
        Ok(Pgbench::new(&self.servers().await?.postgres, database, Path::new(&script)))
    }

    pub(crate) async fn measure(&self, load: &Wrk) -> Result<Load, Failure> {
        load.run(self.options.warm_up).await?;
        load.run(self.options.seconds).await
    }

    /// The rounds, each announced as it begins.
    pub(crate) fn rounds(&self, name: &str) -> impl Iterator<Item = u32> + use<> {
        let (rounds, name) = (self.options.rounds, name.to_owned());
        (1..=rounds).inspect(move |round| say(&format!("{name}: round {round} of {rounds}")))
    }

    pub(crate) async fn end(&mut self) -> Result<(), Failure> {
        if let Some(Servers { postgres, redis }) = self.servers.take() {
            redis.stop().await?;
            postgres.stop().await?;
        }
        Ok(())
    }
}
