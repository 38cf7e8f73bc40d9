//! The operations of the document, for what changes all of them.

use utoipa::openapi::{OpenApi, path::Operation};

/// All operations, to be changed.
pub(super) fn operations_mut(document: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    document.paths.paths.values_mut().flat_map(|path| {
        let operations =
            [&mut path.get, &mut path.post, &mut path.put, &mut path.patch, &mut path.delete];
        operations.into_iter().flatten()
    })
}
