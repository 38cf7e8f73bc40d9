//! How the migrations of a database compare with those of the program.

use std::collections::BTreeSet;

use diesel::{backend::Backend, migration::MigrationSource};
use domain::health::DependencyStatus;

/// Why this program cannot use a database's schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The schema is older than this program.
    #[error("the database lacks migrations: {}", pending.join(", "))]
    Behind {
        /// The names of the missing migrations.
        pending: Vec<String>,
    },
    /// Columns that the program computes are not all rewritten since their rules changed.
    #[error("the database was migrated, but not completely: {} have to be rewritten", columns.join(", "))]
    NotRewritten {
        /// The tables and columns.
        columns: Vec<String>,
    },
    /// The schema was made before the first release.
    #[error(
        "the database was made before the first release, by migrations that this program no longer has ({}): \
         it can only be replaced by a new, empty one",
        versions.join(", ")
    )]
    BeforeRelease {
        /// The versions of the migrations that this program does not know.
        versions: Vec<String>,
    },
    /// The database has tables, and none of this program's migrations.
    #[error(
        "the database belongs to another program: it has the tables {}, but no migration of this program",
        listed(tables)
    )]
    Foreign {
        /// The names of the tables that are in the way.
        tables: Vec<String>,
    },
    /// The schema is newer than this program, or belongs to another program.
    #[error("the database has migrations that this program does not know: {}", versions.join(", "))]
    Unknown {
        /// The versions of the migrations that this program does not know.
        versions: Vec<String>,
    },
}

/// The most names of tables that an error lists.
const MAX_LISTED: usize = 5;

/// The names, in one line.
fn listed(tables: &[String]) -> String {
    let mut listed: Vec<String> =
        tables.iter().take(MAX_LISTED).map(|name| one_line(name)).collect();
    if tables.len() > MAX_LISTED {
        listed.push("…".to_owned());
    }
    listed.join(", ")
}

/// A name that another program chose, without line breaks.
fn one_line(name: &str) -> String {
    name.replace(char::is_control, " ")
}

/// Checks that no column of a database has to be rewritten: these are what is left.
///
/// # Errors
/// [`SchemaError::NotRewritten`] if there are any.
pub fn check_rewritten(columns: Vec<String>) -> Result<(), SchemaError> {
    if columns.is_empty() { Ok(()) } else { Err(SchemaError::NotRewritten { columns }) }
}

/// The migrations of the program, by version.
#[derive(Debug)]
pub struct KnownMigrations(Vec<Migration>);

#[derive(Debug)]
struct Migration {
    version: String,
    name: String,
}

impl KnownMigrations {
    /// The migrations of a source.
    pub fn of<DB: Backend>(source: &impl MigrationSource<DB>) -> Self {
        let migrations = source.migrations().unwrap_or_default();
        let known = migrations.iter().map(|migration| {
            let name = migration.name();
            Migration { version: name.version().to_string(), name: name.to_string() }
        });
        Self(known.collect())
    }

    /// The names of the migrations with these versions. An unknown version is its own name.
    pub fn names<V: ToString>(&self, versions: &[V]) -> Vec<String> {
        let name = |version: &V| {
            let version = version.to_string();
            let known = self.0.iter().find(|migration| migration.version == version);
            known.map_or(version, |migration| migration.name.clone())
        };
        versions.iter().map(name).collect()
    }

    /// Compares them with the versions that were applied to a database. If there are none, `tables`
    /// are those that only another program can have made.
    pub fn compare(
        &self,
        applied: impl IntoIterator<Item = String>,
        tables: Vec<String>,
    ) -> SchemaState {
        let applied: BTreeSet<String> = applied.into_iter().collect();
        let known: BTreeSet<String> =
            self.0.iter().map(|migration| migration.version.clone()).collect();
        let pending: Vec<String> = known.difference(&applied).cloned().collect();
        SchemaState {
            newest: self.0.last().map(|migration| migration.name.clone()).unwrap_or_default(),
            pending: self.names(&pending),
            unknown: applied.difference(&known).cloned().collect(),
            foreign: if applied.is_empty() { tables } else { Vec::new() },
            before_release: !applied.is_empty() && applied.first() < known.first(),
        }
    }
}

/// How a database's schema compares with the program's.
#[derive(Debug, PartialEq, Eq)]
pub struct SchemaState {
    /// The name of the program's last migration.
    newest: String,
    /// The names of the migrations that the database lacks.
    pending: Vec<String>,
    /// The versions of the database's migrations that the program does not know.
    unknown: Vec<String>,
    /// The tables of another program, in a database without any migration of this one.
    foreign: Vec<String>,
    /// Whether the schema was made before the first release, whose migrations were replaced.
    before_release: bool,
}

impl SchemaState {
    /// Whether the program may migrate the database: it knows all migrations that were applied.
    ///
    /// # Errors
    /// [`SchemaError::Foreign`], [`SchemaError::BeforeRelease`] or [`SchemaError::Unknown`].
    pub fn check_known(&self) -> Result<(), SchemaError> {
        if !self.foreign.is_empty() {
            return Err(SchemaError::Foreign { tables: self.foreign.clone() });
        }
        let versions = || self.unknown.clone();
        if self.before_release {
            return Err(SchemaError::BeforeRelease { versions: versions() });
        }
        if !self.unknown.is_empty() {
            return Err(SchemaError::Unknown { versions: versions() });
        }
        Ok(())
    }

    /// Whether the program can use the database: their schemas are the same.
    ///
    /// # Errors
    /// [`SchemaError`].
    pub fn check_current(self) -> Result<(), SchemaError> {
        self.check_known()?;
        if self.pending.is_empty() {
            return Ok(());
        }
        Err(SchemaError::Behind { pending: self.pending })
    }

    /// The schema's part of the database's health.
    pub fn condition(&self) -> DependencyStatus {
        DependencyStatus::of_schema(&self.newest, &self.pending, &self.unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> KnownMigrations {
        let migration = |version: &str| Migration {
            version: version.to_owned(),
            name: format!("{version}_name"),
        };
        KnownMigrations(["20", "30"].map(migration).into())
    }

    fn state(applied: &[&str]) -> SchemaState {
        known().compare(applied.iter().map(ToString::to_string), Vec::new())
    }

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_schema_with_every_migration_is_current() {
        assert_eq!(state(&["20", "30"]).check_current(), Ok(()));
    }

    #[test]
    fn a_schema_that_lacks_migrations_is_behind_and_may_be_migrated() {
        for (applied, pending) in [(&[][..], &["20_name", "30_name"][..]), (&["20"], &["30_name"])]
        {
            assert_eq!(state(applied).check_known(), Ok(()));
            let pending = strings(pending);
            assert_eq!(state(applied).check_current(), Err(SchemaError::Behind { pending }));
        }
    }

    #[test]
    fn a_schema_with_unknown_migrations_is_unknown_even_if_it_lacks_some() {
        for applied in [&["20", "30", "40"][..], &["20", "40"]] {
            let unknown = SchemaError::Unknown { versions: strings(&["40"]) };
            assert_eq!(state(applied).check_known(), Err(unknown.clone()));
            assert_eq!(state(applied).check_current(), Err(unknown));
        }
    }

    #[test]
    fn a_schema_with_a_version_before_the_first_is_from_before_the_release() {
        let before = SchemaError::BeforeRelease { versions: strings(&["10"]) };
        assert_eq!(state(&["10", "20"]).check_known(), Err(before.clone()));
        assert_eq!(state(&["10"]).check_current(), Err(before));
    }

    #[test]
    fn tables_without_any_migration_belong_to_another_program() {
        let compare = |applied: &[&str]| {
            known().compare(strings(applied), strings(&["notes", "a\nb", "c", "d", "e", "f"]))
        };
        let error = compare(&[]).check_known().unwrap_err();
        assert_eq!(compare(&[]).check_current(), Err(error.clone()));
        let text = error.to_string();
        assert!(text.contains("the tables notes, a b, c, d, e, …, but"), "{text}");
        assert_eq!(compare(&["20"]).check_known(), Ok(()), "its own database may have others");
    }

    #[test]
    fn an_unknown_version_is_its_own_name() {
        assert_eq!(known().names(&["30", "99"]), strings(&["30_name", "99"]));
    }
}
