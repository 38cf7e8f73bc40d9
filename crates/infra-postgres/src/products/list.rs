//! Pages of products.

use std::sync::Arc;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    Page, PageStart, SearchTerm, StoreError,
    product::{Product, port::ProductQuery},
};
use futures::{FutureExt as _, future::BoxFuture};

use super::ProductRow;
use crate::{
    connection::Connection,
    counts,
    database::Work,
    error::{Abort, Failure},
    like,
    schema::products,
};

/// Reads a page of the live products, newest first. To be read as of one moment.
///
/// Without a search the total is a count that is kept; with one, it counts what the index of names finds.
pub(super) struct ReadPage<'a>(pub(super) &'a ProductQuery);

impl Work for ReadPage<'_> {
    type Output = Page<Arc<Product>>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Self::Output, Abort<StoreError>> {
        let ProductQuery { search, page } = self.0;
        let mut select = products::table
            .filter(products::deleted_at.is_null())
            .select(ProductRow::as_select())
            .order_by(products::id.desc())
            .limit(i64::from(page.limit.get()) + 1)
            .into_boxed();
        select = match page.start {
            PageStart::Number(_) => select.offset(page.offset()),
            PageStart::After(cursor) => select.filter(products::id.lt(cursor.id())),
        };
        if let Some(term) = search {
            select = select.filter(products::name_folded.like(like::containing(term.folded())));
        }
        let (rows, total) = futures::join!(select.load(&mut conn), total(conn, search.as_ref()));
        let items = rows?
            .into_iter()
            .map(|row: ProductRow| row.into_product().map(Arc::new))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Page::from_surplus(items, page.limit, total?, |product| product.id.get()))
    }
}

fn total<'a>(
    mut conn: &'a Connection,
    search: Option<&SearchTerm>,
) -> BoxFuture<'a, Result<u64, Failure>> {
    let Some(term) = search else { return counts::products().read(conn) };
    let found = products::table
        .filter(products::deleted_at.is_null())
        .filter(products::name_folded.like(like::containing(term.folded())))
        .count()
        .get_result(&mut conn);
    async move { counts::count("products", &"search", found.await?) }.boxed()
}
