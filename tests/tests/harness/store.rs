//! A store of a test's own: fresh at first, and gone with the test.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::backend::Backend;

/// A place for a server's data. Servers can follow one another on it, or run on it together.
#[derive(Debug)]
pub(crate) struct Store {
    scratch: TempDir,
    backend: Backend,
}

impl Store {
    /// A place where nothing is yet: not even the data directory.
    pub(crate) fn fresh() -> Self {
        let scratch = TempDir::with_prefix("oms-test-").expect("a temporary directory");
        Self { scratch, backend: Backend::chosen() }
    }

    /// The data directory, which the first start makes.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.scratch.path().join("data")
    }

    /// An empty directory beside it, where programs run, so that no `.env` file of anybody's is read.
    pub(crate) fn working_dir(&self) -> &Path {
        self.scratch.path()
    }

    /// The variables that point a program at this store.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        self.backend.variables(&self.data_dir())
    }
}
