//! The faults, and the nemesis that deals them out and heals them.

use std::{
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use rand::{RngExt as _, rngs::StdRng, seq::SliceRandom as _};

use super::{
    ledger::{Ledger, Subject},
    shop::{Shop, StoreKind},
};
use crate::harness::{FaultProxy, ProxyMode};

/// The longest time that a fault waits for requests to end, as all of them may hang.
const FAULT_TIMEOUT: Duration = Duration::from_millis(1_500);
/// How long servers may take until they are ready after all faults have ended.
const READY_TIMEOUT: Duration = Duration::from_mins(2);
/// A file size that lets the server write hardly anything, in bytes.
const FULL_DISK: std::ops::Range<u64> = 0..200_000;

/// A fault. Numbers are those of replicas, modulo how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    KillServer(usize),
    PauseServer(usize),
    KillWorker,
    PauseWorker,
    KillRedis,
    PauseRedis,
    KillPostgres,
    StopPostgres,
    PausePostgres,
    /// Connections to Redis.
    Redis(Trouble),
    /// Connections of clients to a server.
    Clients(usize, Trouble),
    /// Connections of a server to PostgreSQL.
    Database(usize, Trouble),
    /// Writes of the server to its database fail, as on a full disk.
    FullDisk,
}

/// What happens to connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    Cut,
    Delay,
    BlackHole,
    /// Commits reach the database when the fault ends.
    HoldCommits,
    /// Commits are not answered.
    LoseCommitAnswers,
    /// Connections end before a commit arrives.
    LoseCommits,
}

/// Deals out all faults of a store in random order before any comes again, as from a deck of cards.
#[derive(Debug)]
pub(super) struct Nemesis {
    rng: StdRng,
    deck: Vec<Fault>,
    ledger: Arc<Ledger>,
    redis: ServerState,
    postgres: ServerState,
    paused_servers: Vec<usize>,
    worker_paused: bool,
}

/// The state of a server process that the nemesis has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ServerState {
    Running,
    Paused,
    Ended,
}

impl Nemesis {
    pub(super) fn new(rng: StdRng, ledger: Arc<Ledger>) -> Self {
        Self {
            rng,
            deck: Vec::new(),
            ledger,
            redis: ServerState::Running,
            postgres: ServerState::Running,
            paused_servers: Vec::new(),
            worker_paused: false,
        }
    }

    /// Draws the faults of a round: one, two or three.
    pub(super) fn draw(&mut self, kind: StoreKind) -> Vec<Fault> {
        let count = self.rng.random_range(1..=3);
        (0..count).map(|_| self.draw_one(kind)).collect()
    }

    fn draw_one(&mut self, kind: StoreKind) -> Fault {
        if self.deck.is_empty() {
            self.deck = all_faults(kind);
            self.deck.shuffle(&mut self.rng);
        }
        self.deck.pop().expect("a fault")
    }

    /// Injects faults one after the other, each after some requests, and keeps them up for some.
    pub(super) async fn inject(&mut self, shop: &mut Shop, faults: &[Fault]) {
        self.wait_for_requests(20..120).await;
        for fault in faults {
            self.ledger.log(Subject::Shop, format!("fault: {fault:?}"));
            self.begin(shop, *fault).await;
            self.wait_for_requests(10..150).await;
        }
    }

    /// Waits until a number of further requests has ended, or for a random time.
    async fn wait_for_requests(&mut self, count: std::ops::Range<usize>) {
        let target = self.ledger.finished() + self.rng.random_range(count);
        let timeout = self.rng.random_range(FAULT_TIMEOUT / 10..FAULT_TIMEOUT);
        let done = async {
            while self.ledger.finished() < target {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        // The fault also ends if too few requests do.
        let _ = tokio::time::timeout(timeout, done).await;
    }

    async fn begin(&mut self, shop: &mut Shop, fault: Fault) {
        let replicas = shop.replicas.len();
        match fault {
            Fault::KillServer(number) => {
                let number = number % replicas;
                self.paused_servers.retain(|paused| *paused != number);
                if let Some(server) = shop.replicas[number].server.take() {
                    server.kill().await;
                }
            }
            Fault::PauseServer(number) => {
                let number = number % replicas;
                if let Some(server) = &shop.replicas[number].server {
                    server.signal("STOP");
                    self.paused_servers.push(number);
                }
            }
            Fault::KillWorker => {
                self.worker_paused = false;
                if let Some(mut worker) = shop.worker.take() {
                    worker.signal("KILL");
                    worker.wait_for_exit().await;
                }
            }
            Fault::PauseWorker => {
                if let Some(worker) = &shop.worker {
                    worker.signal("STOP");
                    self.worker_paused = true;
                }
            }
            Fault::KillRedis if self.redis != ServerState::Ended => {
                shop.redis.kill();
                self.redis = ServerState::Ended;
            }
            Fault::PauseRedis if self.redis == ServerState::Running => {
                shop.redis.hang().await;
                self.redis = ServerState::Paused;
            }
            Fault::KillPostgres | Fault::StopPostgres if self.postgres == ServerState::Running => {
                let postgres = shop.postgres.as_mut().expect("PostgreSQL");
                if fault == Fault::KillPostgres {
                    postgres.kill();
                } else {
                    postgres.stop_at_once();
                }
                self.postgres = ServerState::Ended;
            }
            Fault::PausePostgres if self.postgres == ServerState::Running => {
                shop.postgres.as_ref().expect("PostgreSQL").hang();
                self.postgres = ServerState::Paused;
            }
            Fault::KillRedis
            | Fault::PauseRedis
            | Fault::KillPostgres
            | Fault::StopPostgres
            | Fault::PausePostgres => {}
            Fault::Redis(trouble) => self.disturb(&shop.redis_proxy, trouble),
            Fault::Clients(number, trouble) => {
                self.disturb(&shop.replicas[number % replicas].clients, trouble);
            }
            Fault::Database(number, trouble) => {
                let proxy = shop.replicas[number % replicas].database.as_ref();
                self.disturb(proxy.expect("PostgreSQL"), trouble);
            }
            Fault::FullDisk => {
                self.ledger.set_tolerates_errors(true);
                let limit = self.rng.random_range(FULL_DISK);
                limit_file_size(shop, &limit.to_string());
            }
        }
    }

    fn disturb(&mut self, proxy: &FaultProxy, trouble: Trouble) {
        match trouble {
            Trouble::Cut => proxy.cut(),
            Trouble::Delay => {
                let delay = Duration::from_millis(self.rng.random_range(5..200));
                proxy.set_mode(ProxyMode::Delay(delay));
            }
            Trouble::BlackHole => proxy.set_mode(ProxyMode::BlackHole),
            Trouble::HoldCommits => proxy.set_mode(ProxyMode::HoldCommits),
            Trouble::LoseCommitAnswers => proxy.set_mode(ProxyMode::LoseCommitAnswers),
            Trouble::LoseCommits => proxy.set_mode(ProxyMode::LoseCommits),
        }
    }

    /// Ends all faults and returns when every server is ready.
    pub(super) async fn heal(&mut self, shop: &mut Shop) {
        self.ledger.log(Subject::Shop, "heal".to_owned());
        // Half of the time, what the network swallowed arrives late; otherwise it is lost.
        if self.rng.random_bool(0.5) {
            shop.proxies().for_each(FaultProxy::cut);
        }
        shop.forward();
        match std::mem::replace(&mut self.redis, ServerState::Running) {
            ServerState::Running => {}
            ServerState::Paused => shop.redis.resume(),
            ServerState::Ended => shop.redis.start_again().await,
        }
        if let Some(postgres) = &mut shop.postgres {
            match std::mem::replace(&mut self.postgres, ServerState::Running) {
                ServerState::Running => {}
                ServerState::Paused => postgres.resume(),
                ServerState::Ended => postgres.start_again().await,
            }
        }
        for number in self.paused_servers.drain(..) {
            if let Some(server) = &shop.replicas[number].server {
                server.signal("CONT");
            }
        }
        if std::mem::take(&mut self.worker_paused)
            && let Some(worker) = &shop.worker
        {
            worker.signal("CONT");
        }
        if shop.kind == StoreKind::Sqlite {
            limit_file_size(shop, "unlimited");
        }
        for program in shop.crashed() {
            self.ledger.report(Subject::Shop, format!("{program} ended by itself"));
        }
        self.ledger.log(Subject::Shop, "start what was killed".to_owned());
        shop.start_killed();
        let deadline = Instant::now() + READY_TIMEOUT;
        while let Some(reason) = shop.unreadiness().await {
            self.ledger.log(Subject::Shop, format!("not ready: {reason}"));
            if Instant::now() > deadline {
                self.ledger.report(Subject::Shop, "a server is not ready after the faults");
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.ledger.log(Subject::Shop, "all servers are ready".to_owned());
    }
}

/// Sets the soft limit of the sizes of files that the server writes, in bytes.
fn limit_file_size(shop: &Shop, limit: &str) {
    for server in shop.replicas.iter().filter_map(|replica| replica.server.as_ref()) {
        let arguments = [format!("--pid={}", server.process_id()), format!("--fsize={limit}:")];
        let status = Command::new("prlimit").args(arguments).status();
        assert!(status.expect("prlimit, of util-linux").success(), "the limit is set");
    }
}

fn all_faults(kind: StoreKind) -> Vec<Fault> {
    use Trouble::{BlackHole, Cut, Delay, HoldCommits, LoseCommitAnswers, LoseCommits};
    let network = [Cut, Delay, BlackHole];
    let mut faults = vec![Fault::KillServer(0), Fault::PauseServer(0)];
    faults.extend([Fault::KillRedis, Fault::PauseRedis]);
    faults.extend(network.map(Fault::Redis));
    faults.extend(network.map(|trouble| Fault::Clients(0, trouble)));
    match kind {
        StoreKind::Sqlite => {
            faults.extend([Fault::KillServer(0), Fault::FullDisk, Fault::FullDisk]);
        }
        StoreKind::Postgres => {
            faults.extend([Fault::KillServer(1), Fault::PauseServer(1)]);
            faults.extend([Fault::KillWorker, Fault::PauseWorker]);
            faults.extend([Fault::KillPostgres, Fault::StopPostgres, Fault::PausePostgres]);
            for number in 0..2 {
                let all = [Cut, Delay, BlackHole, HoldCommits, LoseCommitAnswers, LoseCommits];
                faults.extend(all.map(|trouble| Fault::Database(number, trouble)));
            }
        }
    }
    faults
}
