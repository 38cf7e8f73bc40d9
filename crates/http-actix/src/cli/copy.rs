//! `oms copy`: a whole shop from one database to another.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::{
    archive::{ArchiveSnapshot, ArchiveTable, CompareError, ImportError, compare},
    with_causes,
};

use super::{audit, error::CommandError, output, progress::Rows};
use crate::{
    composition::{self, Backend, CompositionError},
    config::StoreConfig,
};

/// How many rows of each database are in memory while they are compared.
const CHUNK: u32 = 1_000;

const LONG_ABOUT: &str = "\
Copy a whole shop from one database to another: accounts with their passwords, sessions, products, orders with their \
histories and idempotency keys, messages that wait to be delivered; all with the numbers they have.

Stop the servers first. The target is migrated, and made if it is SQLite; it must be empty. It gets everything or \
nothing. Afterwards both are compared row by row, and the books of the copy are checked. Then start the servers with \
DATABASE_URL set to the target and the SECRET_KEY they had, and nobody has to log in again.";

/// Copy a whole shop from one database to another
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_ABOUT)]
#[command(
    after_help = "Example:\n  oms copy --from sqlite://data/oms.db --to postgres://oms@db.example.com/oms"
)]
pub(super) struct Arguments {
    // Read here and not by the parser, which would quote what it cannot read, passwords included.
    /// Where the shop is
    #[arg(long, value_name = "URL")]
    from: String,
    /// Where it is to be
    #[arg(long, value_name = "URL")]
    to: String,
}

struct Place {
    argument: &'static str,
    config: StoreConfig,
}

impl Place {
    fn parse(argument: &'static str, url: &str) -> Result<Self, CommandError> {
        match StoreConfig::parse(url) {
            Ok(config) => Ok(Self { argument, config }),
            Err(problem) => Err(CommandError::Usage(format!("{argument}: {problem}"))),
        }
    }

    async fn open(&self) -> Result<Arc<dyn Backend>, CommandError> {
        composition::open(&self.config).await.map_err(|error| self.not_composed(error))
    }

    /// Says of which of the two a failure is.
    fn not_composed(&self, error: CompositionError) -> CommandError {
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

    /// Whether they are the same, as far as their URLs tell.
    fn is(&self, other: &Self) -> bool {
        match (&self.config, &other.config) {
            (StoreConfig::Sqlite { path: one }, StoreConfig::Sqlite { path: other }) => {
                canonical(one) == canonical(other)
            }
            (StoreConfig::Postgres(one), StoreConfig::Postgres(other)) => {
                one.url.place() == other.url.place()
            }
            _ => false,
        }
    }
}

/// The file behind links and dots. One that is not there is nowhere else.
fn canonical(path: &Path) -> PathBuf {
    path.canonicalize()
        .or_else(|_missing| std::path::absolute(path))
        .unwrap_or_else(|_| path.into())
}

pub(super) async fn run(arguments: &Arguments) -> Result<(), CommandError> {
    let from = Place::parse("--from", &arguments.from)?;
    let to = Place::parse("--to", &arguments.to)?;
    if from.is(&to) {
        return Err(CommandError::Usage("--from and --to are the same database".to_owned()));
    }
    let source = from.open().await?;
    let copied = copy_from(source.as_ref(), &from, &to).await;
    source.close().await;
    copied
}

async fn copy_from(source: &dyn Backend, from: &Place, to: &Place) -> Result<(), CommandError> {
    for name in composition::migrate(&to.config).await.map_err(|error| to.not_composed(error))? {
        tracing::debug!(migration = name, "applied a migration to the target");
    }
    let target = to.open().await?;
    let copied = copy(source, target.as_ref(), to).await;
    target.close().await;
    for (table, rows) in copied? {
        output::print(format_args!("{rows} {}", table.as_str()));
    }
    output::tell(format_args!(
        "copied from {} to {}: they are the same, row by row, and the books are right",
        from.describe(),
        to.describe()
    ));
    Ok(())
}

/// Returns how many rows of each kind were copied.
async fn copy(
    source: &dyn Backend,
    target: &dyn Backend,
    to: &Place,
) -> Result<Vec<(ArchiveTable, u64)>, CommandError> {
    let mut snapshot = source.snapshot().await?;
    let mut rows = Rows::new("copying");
    let imported = target.import(snapshot.as_mut(), &mut rows).await;
    imported.map_err(|error| not_imported(&error, to))?;
    drop(snapshot);

    let copied = std::mem::take(&mut rows.tables);
    drop(rows);
    let mut now = source.snapshot().await?;
    refuse_if_changed(now.as_mut(), &copied).await?;
    let mut copy = target.snapshot().await?;
    let mut comparing = Rows::new("comparing");
    let compared = compare(now.as_mut(), copy.as_mut(), CHUNK, &mut comparing).await;
    compared.map_err(|error| not_the_same(&error))?;
    drop((now, copy, comparing));

    match audit::check(target).await? {
        0 => Ok(copied),
        violations => Err(CommandError::Refused(format!(
            "the copy is the same, row by row, but its books are not right, nor are those of the source: \
             {violations} violations"
        ))),
    }
}

/// Finds out whether anything was added since.
async fn refuse_if_changed(
    now: &mut dyn ArchiveSnapshot,
    copied: &[(ArchiveTable, u64)],
) -> Result<(), CommandError> {
    for (table, rows) in copied {
        if now.count(*table).await? != *rows {
            return Err(changed(&format!("the {} are not as many", table.as_str())));
        }
    }
    Ok(())
}

fn changed(how: &str) -> CommandError {
    CommandError::Refused(format!(
        "the copy is not what the source is now ({how}): stop the servers first, and copy again into an empty \
         database"
    ))
}

fn not_imported(error: &ImportError, to: &Place) -> CommandError {
    match error {
        ImportError::NotEmpty(_) => CommandError::Refused(format!("{error} ({})", to.describe())),
        ImportError::Source(_) | ImportError::Target(_) => {
            CommandError::Refused(format!("nothing was copied: {}", with_causes(error)))
        }
    }
}

fn not_the_same(error: &CompareError) -> CommandError {
    match error {
        CompareError::Different { .. } => changed(&error.to_string()),
        CompareError::Store(error) => CommandError::Store(error.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str) -> Place {
        Place::parse("--to", url).unwrap()
    }

    #[test]
    fn one_database_under_two_names_is_one() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("oms.db");
        std::fs::write(&file, "").unwrap();
        let file = file.display();
        let roundabout = format!("sqlite://{}/./oms.db", directory.path().display());
        assert!(place(&format!("sqlite://{file}")).is(&place(&roundabout)));
        assert!(place("sqlite://a.db").is(&place("sqlite://./a.db")));
        assert!(!place("sqlite://a.db").is(&place("sqlite://b.db")));
        assert!(
            place("postgres://ann:one@db/shop").is(&place("postgresql+psycopg2://bob:two@db/shop"))
        );
        assert!(!place("postgres://ann@db/shop").is(&place("postgres://ann@db/other")));
        assert!(!place("postgres://ann@db/shop").is(&place("sqlite://db/shop")));
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_not_quoted() {
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
