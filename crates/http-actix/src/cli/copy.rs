//! `oms copy`: copies a whole shop from one database to another.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::{
    archive::{ArchiveSnapshot, ArchiveTable, CompareError, ImportError, compare},
    with_causes,
};

use super::{audit, error::CommandError, output, progress::ArchiveProgress};
use crate::{
    composition::{self, Backend, CompositionError, DatabaseAccess},
    config::StoreConfig,
};

/// How many rows of each database are in memory while the two are compared.
const COMPARE_CHUNK: u32 = 1_000;

const LONG_ABOUT: &str = "\
Copy a whole shop from one database to another: accounts with their passwords, sessions, products, \
orders with their histories and idempotency keys, undelivered events. All rows keep their numbers.

Stop the servers first. The target must be empty; it is migrated, and created if it is SQLite. It \
gets everything or nothing. Afterwards the command compares both databases row by row and audits \
the copy. Then start the servers with DATABASE_URL set to the target and with the same SECRET_KEY: \
all sessions stay valid.";

/// Copy a whole shop from one database to another
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_ABOUT)]
#[command(
    after_help = "Example:\n  oms copy --from sqlite://data/oms.db --to postgres://oms@db.example.com/oms"
)]
pub(super) struct Arguments {
    // Not parsed by clap, whose errors would quote an invalid URL, password included.
    /// The database to copy from
    #[arg(long, value_name = "URL")]
    from: String,
    /// The database to copy to
    #[arg(long, value_name = "URL")]
    to: String,
}

/// A database that an argument names.
struct DatabaseArgument {
    argument: &'static str,
    config: StoreConfig,
}

impl DatabaseArgument {
    fn parse(argument: &'static str, url: &str) -> Result<Self, CommandError> {
        match StoreConfig::parse(url) {
            Ok(config) => Ok(Self { argument, config }),
            Err(problem) => Err(CommandError::Usage(format!("{argument}: {problem}"))),
        }
    }

    async fn open(&self, access: DatabaseAccess) -> Result<Arc<dyn Backend>, CommandError> {
        composition::open(&self.config, access).await.map_err(|error| self.error(error))
    }

    /// Adds to an error which of the two databases it is about.
    fn error(&self, error: CompositionError) -> CommandError {
        match error {
            CompositionError::Setting { problem, .. } => {
                CommandError::Usage(format!("{}: {problem}", self.argument))
            }
            error => CommandError::Database { error, store: self.config.describe() },
        }
    }

    fn describe(&self) -> String {
        self.config.describe()
    }

    /// Whether both URLs name the same database. Two names of one server are not recognized.
    fn is_same(&self, other: &Self) -> bool {
        match (&self.config, &other.config) {
            (StoreConfig::Sqlite { path: one }, StoreConfig::Sqlite { path: other }) => {
                canonical(one) == canonical(other)
            }
            (StoreConfig::Postgres(one), StoreConfig::Postgres(other)) => {
                one.url.redacted() == other.url.redacted()
            }
            _ => false,
        }
    }
}

/// The path without links and dots. A path without a file is made absolute.
fn canonical(path: &Path) -> PathBuf {
    path.canonicalize()
        .or_else(|_missing| std::path::absolute(path))
        .unwrap_or_else(|_| path.into())
}

pub(super) async fn run(arguments: &Arguments) -> Result<(), CommandError> {
    let from = DatabaseArgument::parse("--from", &arguments.from)?;
    let to = DatabaseArgument::parse("--to", &arguments.to)?;
    if from.is_same(&to) {
        return Err(CommandError::Usage("--from and --to name the same database".to_owned()));
    }
    let source = from.open(DatabaseAccess::Read).await?;
    let copied = copy_from(source.as_ref(), &from, &to).await;
    source.close().await;
    copied
}

async fn copy_from(
    source: &dyn Backend,
    from: &DatabaseArgument,
    to: &DatabaseArgument,
) -> Result<(), CommandError> {
    // A program that serves the target would show what it cached of the empty database.
    let _claim = composition::claim(&to.config).map_err(|error| to.error(error))?;
    for name in composition::migrate(&to.config, &composition::log_progress())
        .await
        .map_err(|error| to.error(error))?
    {
        tracing::debug!(migration = name, "applied a migration to the target");
    }
    let target = to.open(DatabaseAccess::Full).await?;
    let copied = copy(source, target.as_ref(), to).await;
    target.close().await;
    for (table, rows) in copied? {
        output::print(format_args!("{rows} {}", table.as_str()));
    }
    output::print_status(format_args!(
        "copied from {} to {}; both have the same rows, and the audit found no violations",
        from.describe(),
        to.describe()
    ));
    Ok(())
}

/// Returns how many rows of each table were copied.
async fn copy(
    source: &dyn Backend,
    target: &dyn Backend,
    to: &DatabaseArgument,
) -> Result<Vec<(ArchiveTable, u64)>, CommandError> {
    let mut snapshot = source.snapshot().await?;
    let mut copying = ArchiveProgress::new("copying");
    let imported = target.import(snapshot.as_mut(), &mut copying).await;
    imported.map_err(|error| import_failed(&error, to))?;
    drop(snapshot);

    let copied = std::mem::take(&mut copying.tables);
    drop(copying);
    let mut source_now = source.snapshot().await?;
    refuse_if_changed(source_now.as_mut(), &copied).await?;
    let mut copy = target.snapshot().await?;
    let mut comparing = ArchiveProgress::new("comparing");
    let compared = compare(source_now.as_mut(), copy.as_mut(), COMPARE_CHUNK, &mut comparing).await;
    compared.map_err(|error| comparison_failed(&error))?;
    drop((source_now, copy, comparing));

    match audit::check(target).await? {
        0 => Ok(copied),
        violations => Err(CommandError::Refused(format!(
            "the copy has the same rows as the source, but the audit found {violations} \
             violations; the source has them as well"
        ))),
    }
}

/// Checks that the source has as many rows as were copied.
async fn refuse_if_changed(
    source_now: &mut dyn ArchiveSnapshot,
    copied: &[(ArchiveTable, u64)],
) -> Result<(), CommandError> {
    for (table, rows) in copied {
        if source_now.count(*table).await? != *rows {
            return Err(source_changed(&format!("the number of {} differs", table.as_str())));
        }
    }
    Ok(())
}

fn source_changed(difference: &str) -> CommandError {
    CommandError::Refused(format!(
        "the source changed during the copy ({difference}); stop the servers, and copy again into \
         an empty database"
    ))
}

fn import_failed(error: &ImportError, to: &DatabaseArgument) -> CommandError {
    match error {
        ImportError::NotEmpty(_) => CommandError::Refused(format!("{error} ({})", to.describe())),
        ImportError::Source(_) | ImportError::Target(_) => {
            CommandError::Refused(format!("nothing was copied: {}", with_causes(error)))
        }
    }
}

fn comparison_failed(error: &CompareError) -> CommandError {
    match error {
        CompareError::Different { .. } => source_changed(&error.to_string()),
        CompareError::Store(error) => CommandError::Store(error.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(url: &str) -> DatabaseArgument {
        DatabaseArgument::parse("--to", url).unwrap()
    }

    #[test]
    fn different_urls_of_one_database_are_recognized_as_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("oms.db");
        std::fs::write(&file, "").unwrap();
        let file = file.display();
        let with_dot = format!("sqlite://{}/./oms.db", directory.path().display());
        let is_same = |one: &str, other: &str| database(one).is_same(&database(other));
        assert!(is_same(&format!("sqlite://{file}"), &with_dot));
        assert!(is_same("sqlite://a.db", "sqlite://./a.db"));
        assert!(!is_same("sqlite://a.db", "sqlite://b.db"));
        assert!(is_same("postgres://ann:one@db/shop", "postgresql+psycopg2://bob:two@db/shop"));
        assert!(!is_same("postgres://ann@db/shop", "postgres://ann@db/other"));
        assert!(!is_same("postgres://ann@db/shop", "sqlite://db/shop"));
    }

    #[tokio::test]
    async fn an_invalid_url_is_refused_and_not_quoted() {
        for (from, to) in [
            ("hunter2", "sqlite://a.db"),
            ("sqlite://a.db", "mysql://ann:hunter2@db/shop"),
            ("postgres://ann:hunter2@db:many/shop", "sqlite://a.db"),
            ("postgres://ann:hunter2@db/shop", "postgres://ann:hunter2@db/shop"),
        ] {
            let arguments = Arguments { from: from.to_owned(), to: to.to_owned() };
            let error = run(&arguments).await.unwrap_err();
            assert!(matches!(error, CommandError::Usage(_)), "{error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }
}
