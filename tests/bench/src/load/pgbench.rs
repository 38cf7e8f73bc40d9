//! pgbench: 16 clients that send the same prepared statements to PostgreSQL, each the next one
//! after the result of the last.

use std::path::{Path, PathBuf};

use super::Load;
use crate::{
    error::BenchError,
    postgres::Postgres,
    process::{command, run},
};

/// A load that pgbench sends to a database.
#[derive(Debug, Clone)]
pub(crate) struct Pgbench {
    program: PathBuf,
    port: u16,
    database: String,
    script: PathBuf,
    variables: Vec<(String, u32)>,
    /// Settings of PostgreSQL, as on its command line.
    options: Vec<String>,
}

impl Pgbench {
    /// Runs this script on this database of the server.
    pub(crate) fn new(postgres: &Postgres, database: &str, script: &Path) -> Self {
        Self {
            program: postgres.program("pgbench"),
            port: postgres.port(),
            database: database.to_owned(),
            script: script.to_owned(),
            variables: Vec::new(),
            options: Vec::new(),
        }
    }

    /// Sets a setting of PostgreSQL for all statements.
    pub(crate) fn with_setting(mut self, setting: &str) -> Self {
        self.options.push(format!("-c {setting}"));
        self
    }

    /// Sets a variable of the script.
    pub(crate) fn with(mut self, name: &str, value: u32) -> Self {
        self.variables.push((name.to_owned(), value));
        self
    }

    pub(crate) async fn run(&self, seconds: u32) -> Result<Load, BenchError> {
        let mut pgbench = command(&self.program);
        pgbench.args(["-n", "-M", "prepared", "-c", "16", "-j", "2", "-T", &seconds.to_string()]);
        for (name, value) in &self.variables {
            pgbench.arg("-D").arg(format!("{name}={value}"));
        }
        pgbench.arg("-f").arg(&self.script).args(["-h", "127.0.0.1", "-U", "postgres"]);
        pgbench.arg("-p").arg(self.port.to_string()).arg(&self.database);
        pgbench.env("PGOPTIONS", self.options.join(" "));
        parse(&run(pgbench).await?)
    }
}

fn parse(output: &str) -> Result<Load, BenchError> {
    let found = |label: &str| {
        let line = output.lines().find_map(|line| line.strip_prefix(label))?;
        line.split_whitespace().next()
    };
    let load = || {
        Some(Load {
            requests: found("number of transactions actually processed: ")?.parse().ok()?,
            rate: found("tps = ")?.parse().ok()?,
            p50: None,
            p99: None,
            // Before version 15 pgbench had no such line: it stopped at the first failure.
            errors: found("number of failed transactions: ").unwrap_or("0").parse().ok()?,
        })
    };
    load().ok_or_else(|| BenchError::Unexpected(format!("unexpected output of pgbench: {output}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "pgbench (15.18 (Debian 15.18-0+deb12u1))
transaction type: sql/order.sql
scaling factor: 1
query mode: prepared
number of clients: 16
number of threads: 2
maximum number of tries: 1
duration: 4 s
number of transactions actually processed: 23808
number of failed transactions: 2 (0.008%)
latency average = 2.688 ms
initial connection time = 21.190 ms
tps = 5952.380952 (without initial connection time)
";

    #[test]
    fn the_rate_and_the_failures_are_parsed() {
        let load = parse(OUTPUT).unwrap();
        assert_eq!((load.requests, load.errors), (23_808, 2));
        assert!((load.rate - 5_952.380_952).abs() < 1e-9, "{load:?}");
    }

    #[test]
    fn older_versions_print_no_failures() {
        let output: Vec<&str> = OUTPUT.lines().filter(|line| !line.contains("failed")).collect();
        assert_eq!(parse(&output.join("\n")).unwrap().errors, 0);
    }

    #[test]
    fn an_output_without_a_rate_is_an_error() {
        parse("pgbench: error: connection failed\n").unwrap_err();
    }
}
