//! Spans around the calls of a database: what stands between a store's users, its cache among them, and the store.

use std::{future::Future, sync::Arc};

use domain::StoreError;
use tracing::Instrument as _;

use super::spans;

/// A store whose every call is a span of its own, within the span of whoever calls.
pub(crate) struct Traced<S: ?Sized> {
    pub(super) store: Arc<S>,
    database: &'static str,
}

impl<S: ?Sized> Traced<S> {
    /// Puts spans around a store on a database of that kind, by its name in OpenTelemetry.
    pub(crate) fn new(store: Arc<S>, database: &'static str) -> Self {
        Self { store, database }
    }

    /// A read, which fails only if the store does.
    pub(super) async fn read<T>(
        &self,
        name: &'static str,
        read: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.change(name, |_error| true, read).await
    }

    /// A change. `fails` tells the store's failures from what the rules refuse.
    pub(super) async fn change<T, E>(
        &self,
        name: &'static str,
        fails: fn(&E) -> bool,
        change: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let span = spans::store(self.database, name);
        let changed = change.instrument(span.clone()).await;
        if changed.as_ref().is_err_and(fails) {
            spans::failed(&span, "store");
        }
        changed
    }

    /// What is done together for many: a failure of the store is that of each of them.
    pub(super) async fn batch<T, E>(
        &self,
        name: &'static str,
        fails: fn(&E) -> bool,
        batch: impl Future<Output = Vec<Result<T, E>>>,
    ) -> Vec<Result<T, E>> {
        let span = spans::store(self.database, name);
        let placed = batch.instrument(span.clone()).await;
        if placed.iter().any(|placed| placed.as_ref().is_err_and(fails)) {
            spans::failed(&span, "store");
        }
        placed
    }
}
