//! What a long migration is doing, for operators.

use std::{fmt, sync::Arc};

/// What a migration is doing now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MigrationProgress {
    /// Another process migrates the database, and this one waits for it.
    Waiting,
    /// An index is built beside the programs that use the table.
    BuildingIndex {
        /// The version of the migration.
        migration: String,
        /// The server's name of the phase, such as `building index: scanning table`; empty at the
        /// beginning.
        phase: String,
        /// How much of the phase is done, in tenths, if that is known.
        tenths: Option<u8>,
    },
    /// An invalid index, which an interrupted build left, is removed first.
    RemovingIndex {
        /// The name of the index.
        index: String,
    },
    /// A column that the program computes is rewritten.
    Rewriting {
        /// The table and the column.
        column: String,
        /// The number of rows so far.
        rows: u64,
    },
}

impl fmt::Display for MigrationProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting => f.write_str("waiting: another process migrates the database"),
            Self::BuildingIndex { migration, phase, tenths } => {
                write!(
                    f,
                    "migration {migration}: building an index beside the programs that write"
                )?;
                if !phase.is_empty() {
                    write!(f, "; {phase}")?;
                }
                tenths.map_or(Ok(()), |tenths| write!(f, ", {} %", u32::from(tenths) * 10))
            }
            Self::RemovingIndex { index } => {
                write!(f, "removing the invalid index {index}, which an interrupted build left")
            }
            Self::Rewriting { column, rows } => write!(f, "rewriting {column}: {rows} rows"),
        }
    }
}

/// Is called with each step of a migration, on any thread.
pub type MigrationObserver = Arc<dyn Fn(MigrationProgress) + Send + Sync>;
