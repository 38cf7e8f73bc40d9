//! The command line, and the environment in which `with-programs` starts this program.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use tokio::signal::unix::{SignalKind, signal};

use crate::{
    bench::{Bench, print_progress},
    error::BenchError,
    report,
    row::RowResult,
    scenarios, table,
};

/// Measures the release build of oms against baselines on this machine.
#[derive(Debug, clap::Parser)]
#[command(name = "bench", args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// The commands with which this program starts itself.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Serves one response from memory: a baseline
    #[command(hide = true)]
    Bare(crate::bare_server::Options),
}

/// The options of a measurement.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// Names or prefixes of names of scenarios; all if absent; `list` lists them
    scenario: Vec<String>,
    /// List the scenarios and measure nothing
    #[arg(long)]
    list: bool,
    /// The number of rounds; each measures the server and the baseline
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,
    /// The duration of each measurement, in seconds
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) seconds: u32,
    /// The duration of the warm-up before each measurement, in seconds
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) warm_up: u32,
    /// The number of orders in the large shop of the list scenarios
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u32).range(10_100..))]
    pub(crate) orders: u32,
    /// The number of products in that shop
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(10_100..))]
    pub(crate) products: u32,
    /// The file for the report [default: target/bench/report.json]
    #[arg(long)]
    json: Option<PathBuf>,
    /// Fail if a row misses its target
    #[arg(long)]
    strict: bool,
}

/// The paths of the programs and files that a run uses.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    pub(crate) oms: PathBuf,
    /// The directory of initdb, postgres and pgbench.
    pub(crate) postgres_bin: PathBuf,
    /// The user that runs these programs; absent if it is the current user.
    pub(crate) postgres_user: Option<String>,
    /// The command prefix that runs a command as this user.
    pub(crate) as_postgres: String,
    pub(crate) redis: PathBuf,
    pub(crate) wrk: PathBuf,
    pub(crate) oha: PathBuf,
    pub(crate) load_dir: PathBuf,
    /// Scripts for pgbench, and queries.
    pub(crate) sql_dir: PathBuf,
    /// SQL that fills a shop of any size.
    pub(crate) shop_dir: PathBuf,
    /// The migrations. A cached shop that other migrations have created is outdated.
    pub(crate) migrations_dir: PathBuf,
    /// The directory for data that later runs reuse.
    pub(crate) home_dir: PathBuf,
    /// A directory that is removed when the run has ended.
    pub(crate) run_dir: PathBuf,
}

impl Environment {
    /// Reads the variables that `with-programs` sets. `oms` is beside this program, unless
    /// `OMS_BIN` names another.
    fn read() -> Result<Self, BenchError> {
        let variable = |name: &str| {
            std::env::var(name).map_err(|_absent| {
                BenchError::Unexpected(format!("{name} is not set: run `make bench`"))
            })
        };
        let program = std::env::current_exe().map_err(BenchError::io("this program"))?;
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
            load_dir: sources.join("load"),
            sql_dir: sources.join("sql"),
            shop_dir: sources.join("shop"),
            migrations_dir: sources.join("../../migrations/postgres"),
            home_dir: variable("OMS_BENCH_HOME")?.into(),
            run_dir: variable("TMPDIR")?.into(),
        })
    }
}

/// Measures the selected scenarios and prints the table.
///
/// # Errors
/// If something could not be measured. A missed target only affects the exit code, with `--strict`.
pub(crate) fn measure(options: &Options) -> Result<ExitCode, BenchError> {
    if options.list || options.scenario.iter().any(|name| name == "list") {
        print!("{}", scenarios::list());
        return Ok(ExitCode::SUCCESS);
    }
    let selection = scenarios::select(&options.scenario)?;
    let environment = Environment::read()?;
    let json = options.json.clone().unwrap_or_else(|| environment.home_dir.join("report.json"));
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().map_err(BenchError::io("a runtime"))?;
    let mut rows = Vec::new();
    let outcome = runtime.block_on(async {
        let mut bench = Bench::new(options.clone(), environment.clone());
        // Dropping `bench` ends the servers in every case. The rows measured so far are printed.
        let failed = tokio::select! {
            failed = scenarios::run(&mut bench, &selection, &mut rows) => failed,
            () = wait_for_termination() => return Err(BenchError::Interrupted),
        };
        bench.stop().await?;
        report::write(&json, &environment, &rows).await?;
        Ok(failed)
    });
    println!("{}", table::table(&rows));
    let failed = outcome?;
    let missed = rows.iter().filter(|row| row.result() == RowResult::Missed).count();
    print_progress(&format!(
        "{missed} of {} rows miss their target; {}",
        rows.len(),
        json.display()
    ));
    if failed > 0 {
        print_progress("not everything could be measured: see above");
    }
    let succeeded = failed == 0 && !(options.strict && missed > 0);
    Ok(if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns at Ctrl-C or SIGTERM.
async fn wait_for_termination() {
    let term = signal(SignalKind::terminate());
    let mut term = match term {
        Ok(term) => term,
        // Without a handler the signal ends the process.
        Err(_error) => return std::future::pending().await,
    };
    tokio::select! {
        // An error means that Ctrl-C cannot be received.
        received = tokio::signal::ctrl_c() => if received.is_err() { std::future::pending().await },
        _signal = term.recv() => {}
    }
}
