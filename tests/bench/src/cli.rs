//! The command line, and the environment in which `with-programs` starts this program.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use tokio::signal::unix::{SignalKind, signal};

use crate::{
    bench::{Bench, say},
    failure::Failure,
    report,
    row::Verdict,
    scenarios, table,
};

/// Measures the release build of oms against yardsticks on this machine.
#[derive(Debug, clap::Parser)]
#[command(name = "bench", args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// What this program is to itself.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Serves one answer from memory: a yardstick
    #[command(hide = true)]
    Bare(crate::bare::Options),
}

/// How to measure.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// Which scenarios: names, or what names begin with; all if absent, and `list` names them
    scenario: Vec<String>,
    /// Name the scenarios, and measure nothing
    #[arg(long)]
    list: bool,
    /// How often subject and yardstick take turns
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,
    /// How long each is measured in a round, in seconds
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) seconds: u32,
    /// How long each is under the same load before it is measured, in seconds
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) warm_up: u32,
    /// How many orders the large shop has, of those that lists are measured in
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u32).range(10_100..))]
    pub(crate) orders: u32,
    /// How many products it has
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(10_100..))]
    pub(crate) products: u32,
    /// Where the report goes [default: target/bench/report.json]
    #[arg(long)]
    json: Option<PathBuf>,
    /// Fail if a row is not as wanted
    #[arg(long)]
    strict: bool,
}

/// Where the programs are that are measured, and that measure.
#[derive(Debug, Clone)]
pub(crate) struct Tools {
    pub(crate) oms: PathBuf,
    /// The directory of initdb, postgres and pgbench.
    pub(crate) postgres_bin: PathBuf,
    /// The user who runs them, if not we do.
    pub(crate) postgres_user: Option<String>,
    /// The words to put before a command so that this user runs it.
    pub(crate) as_postgres: String,
    pub(crate) redis: PathBuf,
    pub(crate) wrk: PathBuf,
    pub(crate) oha: PathBuf,
    pub(crate) load: PathBuf,
    /// Scripts for pgbench and queries of this program's.
    pub(crate) sql: PathBuf,
    /// What fills a shop of any size.
    pub(crate) shop: PathBuf,
    /// The migrations, which decide on what a shop of an earlier run is worth.
    pub(crate) migrations: PathBuf,
    pub(crate) home: PathBuf,
    /// What goes when this run has ended.
    pub(crate) run: PathBuf,
}

impl Tools {
    /// Finds them as `with-programs` names them; `oms` is beside this program, unless `OMS_BIN` names another.
    fn from_environment() -> Result<Self, Failure> {
        let variable = |name: &str| {
            std::env::var(name).map_err(|_absent| {
                Failure::Unexpected(format!("{name} is not set: run `make bench`"))
            })
        };
        let program = std::env::current_exe().map_err(Failure::io("this program"))?;
        let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
        Ok(Self {
            oms: std::env::var_os("OMS_BIN")
                .map_or_else(|| program.with_file_name("oms"), PathBuf::from),
            postgres_bin: variable("OMS_TEST_POSTGRES_BIN")?.into(),
            postgres_user: std::env::var("OMS_TEST_POSTGRES_USER").ok(),
            as_postgres: variable("OMS_BENCH_AS_POSTGRES")?,
            redis: variable("OMS_TEST_REDIS_SERVER")?.into(),
            wrk: variable("OMS_BENCH_WRK")?.into(),
            oha: variable("OMS_BENCH_OHA")?.into(),
            load: sources.join("load"),
            sql: sources.join("sql"),
            shop: sources.join("shop"),
            migrations: sources.join("../../migrations/postgres"),
            home: variable("OMS_BENCH_HOME")?.into(),
            run: variable("TMPDIR")?.into(),
        })
    }
}

/// Measures what was asked for, and prints the table.
///
/// # Errors
/// If something could not be measured. A ratio that is missed is no error, unless `--strict` makes it one.
pub(crate) fn measure(options: &Options) -> Result<ExitCode, Failure> {
    if options.list || options.scenario.iter().any(|name| name == "list") {
        print!("{}", scenarios::listed());
        return Ok(ExitCode::SUCCESS);
    }
    let wanted = scenarios::chosen(&options.scenario)?;
    let tools = Tools::from_environment()?;
    let json = options.json.clone().unwrap_or_else(|| tools.home.join("report.json"));
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().map_err(Failure::io("a runtime"))?;
    let mut rows = Vec::new();
    let ended = runtime.block_on(async {
        let mut bench = Bench::new(options.clone(), tools.clone());
        // Whatever ends this, the servers end with `bench`, and what was measured up to then is shown.
        let failed = tokio::select! {
            failed = scenarios::run(&mut bench, &wanted, &mut rows) => failed,
            () = told_to_end() => return Err(Failure::Interrupted),
        };
        bench.end().await?;
        report::write(&json, &tools, &rows).await?;
        Ok(failed)
    });
    println!("{}", table::table(&rows));
    let failed = ended?;
    let missed = rows.iter().filter(|row| row.verdict() == Verdict::Missed).count();
    say(&format!("{missed} of {} rows are not as wanted; {}", rows.len(), json.display()));
    if failed > 0 {
        say("not everything could be measured: see above");
    }
    let good = failed == 0 && !(options.strict && missed > 0);
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns when somebody presses Ctrl-C, or tells this process to end.
async fn told_to_end() {
    let term = signal(SignalKind::terminate());
    let mut term = match term {
        Ok(term) => term,
        // Then there is nothing to wait for.
        Err(_error) => return std::future::pending().await,
    };
    tokio::select! {
        // An error says that nobody can press it.
        pressed = tokio::signal::ctrl_c() => if pressed.is_err() { std::future::pending().await },
        _told = term.recv() => {}
    }
}
