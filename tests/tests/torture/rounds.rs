//! The loop over rounds, and the report of a failure.

use std::{
    env, fs,
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use rand::{SeedableRng as _, rngs::StdRng};

use super::{
    checks::Checker,
    faults::Nemesis,
    ledger::{Ledger, Subject},
    shop::{Shop, StoreKind},
    workload::Workload,
};
use crate::harness::{Postgres, Server};

/// The number of rounds if `OMS_TORTURE_ROUNDS` is not set.
const ROUNDS: u32 = 2;
/// The seed if `OMS_TORTURE_SEED` is not set.
const SEED: u64 = 1;
/// How many requests are acknowledged after the faults of a round.
const MORE_LOAD: usize = 50;
/// How long that may take.
const SERVING_TIMEOUT: Duration = Duration::from_mins(2);
/// How many violations a report shows with their histories.
const MAX_SHOWN: usize = 5;

/// How many of the last lines of a server a report shows.
const SHOWN_LINES: usize = 30;

/// A number that an environment variable may set.
fn setting<N: std::str::FromStr>(name: &str, default: N) -> N {
    match env::var(name) {
        Err(_) => default,
        Ok(text) if text.is_empty() => default,
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}: not a number: {text:?}")),
    }
}

/// Runs all rounds on a new shop. Panics after the first round with a violation.
pub(super) async fn run(kind: StoreKind) {
    // The shop has ended before the panic, so its programs do not print all that they logged.
    if let Err(report) = run_rounds(kind).await {
        panic!("{report}");
    }
}

/// Runs all rounds on a new shop. Returns the report of the first round with a violation.
async fn run_rounds(kind: StoreKind) -> Result<(), String> {
    if env::var("OMS_TORTURE_STORE").is_ok_and(|only| !only.is_empty() && only != kind.name()) {
        return Ok(());
    }
    let (rounds, seed) = (setting("OMS_TORTURE_ROUNDS", ROUNDS), setting("OMS_TORTURE_SEED", SEED));
    println!("torture on {}: OMS_TORTURE_SEED={seed} OMS_TORTURE_ROUNDS={rounds}", kind.name());
    let ledger = Arc::new(Ledger::new());
    let mut shop = Shop::start(kind).await;
    let mut workload = Workload::new(&shop, seed, &ledger).await;
    let mut nemesis = Nemesis::new(StdRng::seed_from_u64(seed), Arc::clone(&ledger));
    let mut checker = Checker::new(StdRng::seed_from_u64(seed));
    for round in 1..=rounds {
        let started = Instant::now();
        let (acknowledged, finished) = (ledger.acknowledged(), ledger.finished());
        ledger.log(Subject::Shop, format!("round {round}"));
        let faults = nemesis.draw(kind);
        let clients = workload.start();
        nemesis.inject(&mut shop, &faults).await;
        let injected = started.elapsed();
        nemesis.heal(&mut shop).await;
        let healed = started.elapsed();
        if !is_serving(&ledger).await {
            ledger.report(Subject::Shop, "requests are not served after the faults");
        }
        workload.stop(clients, &ledger).await;
        ledger.set_tolerates_errors(false);
        let stopped = started.elapsed();
        workload.check_logins().await;
        checker.check(&shop, &ledger).await;
        println!(
            "{} round {round:3} of {rounds}: {:4} of {:4} requests acknowledged, \
             {:4.1} s of faults, {:4.1} s to heal, {:4.1} s of load, {:4.1} s to check; {faults:?}",
            kind.name(),
            ledger.acknowledged() - acknowledged,
            ledger.finished() - finished,
            injected.as_secs_f64(),
            healed.saturating_sub(injected).as_secs_f64(),
            stopped.saturating_sub(healed).as_secs_f64(),
            started.elapsed().saturating_sub(stopped).as_secs_f64(),
        );
        if !ledger.violations().is_empty() {
            return Err(keep_and_describe(&shop, &ledger, seed, round));
        }
    }
    Ok(())
}

/// Waits until further requests are acknowledged.
async fn is_serving(ledger: &Ledger) -> bool {
    let (deadline, target) = (Instant::now() + SERVING_TIMEOUT, ledger.acknowledged() + MORE_LOAD);
    while ledger.acknowledged() < target {
        if Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    true
}

/// Keeps the data and the history, and returns what is needed to find the bug.
fn keep_and_describe(shop: &Shop, ledger: &Ledger, seed: u64, round: u32) -> String {
    let name = shop.kind.name();
    let directory = env::var("OMS_TORTURE_KEEP").unwrap_or_else(|_| "target/torture".to_owned());
    // Tests run in the directory of their package.
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(directory);
    let directory = directory.join(format!("{name}-{seed}-{round}"));
    fs::create_dir_all(&directory).expect("a directory for the data");
    let mut kept = vec![shop.store.working_dir(), shop.redis.folder()];
    kept.extend(shop.postgres.as_ref().map(Postgres::directory));
    let _ = Command::new("cp").arg("-R").args(kept).arg(&directory).status();
    let report = describe(shop, ledger, seed, round);
    let whole = format!("{report}\nwhole history:\n{}", ledger.whole_history());
    fs::write(directory.join("history.txt"), whole).expect("the history");
    format!(
        "{report}\nthe data and the whole history are in {}\n\
         again: make torture STORE={name} SEED={seed} ROUNDS={round}",
        directory.display()
    )
}

/// Describes the first violations with the history of what each is about, the faults of the run,
/// and what the servers logged last.
fn describe(shop: &Shop, ledger: &Ledger, seed: u64, round: u32) -> String {
    let violations = ledger.violations();
    let mut lines = vec![format!("{} violations in round {round}, seed {seed}:", violations.len())];
    for violation in violations.iter().take(MAX_SHOWN) {
        lines.push(format!("\n{}: {}", violation.subject, violation.text));
        if violation.subject != Subject::Shop {
            lines.push(ledger.history(violation.subject));
        }
    }
    lines.push("\nfaults:".to_owned());
    let is_of_faults =
        |line: &&str| ["fault:", "heal", "ready", "round"].iter().any(|word| line.contains(word));
    let faults = ledger.history(Subject::Shop);
    lines.extend(faults.lines().filter(is_of_faults).map(str::to_owned));
    for replica in &shop.replicas {
        let printed = replica.server.as_ref().map(Server::printed).unwrap_or_default();
        let printed: Vec<&str> = printed.lines().collect();
        lines.push("\nlast lines of a server:".to_owned());
        let last = &printed[printed.len().saturating_sub(SHOWN_LINES)..];
        lines.extend(last.iter().map(|line| format!("  {line}")));
    }
    lines.join("\n")
}
