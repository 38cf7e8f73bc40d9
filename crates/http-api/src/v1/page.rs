//! The `{page}` lists of v1.

use domain::{Page, PageNumber, PageRequest, PageStart};
use http_request::encode_cursor;
use serde::Serialize;

/// A page of a list.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Page)]
pub(crate) struct PageView<T> {
    /// The entries.
    data: Vec<T>,
    /// How many entries the whole list has: exactly, as of now; or, where a search or several filters match more than
    /// 2,000, as of a moment of the last half minute.
    #[schema(example = 42)]
    total: u64,
    /// Which page this is, from 1. After a cursor: 1.
    #[schema(example = 1)]
    page: i64,
    /// How many entries a page has at the most.
    #[schema(example = 10)]
    limit: u32,
    /// How many pages there are.
    #[schema(example = 5)]
    total_pages: u64,
    /// Where the next page starts: send it as `cursor`. `null` on the last page.
    #[schema(required, example = "AAAAAAAAACo")]
    next_cursor: Option<String>,
}

impl<T> PageView<T> {
    /// Presents a page, each entry as its view.
    pub(crate) fn new<'d, D>(page: &'d Page<D>, asked: PageRequest) -> Self
    where
        T: From<&'d D>,
    {
        let number = match asked.start {
            PageStart::Number(number) => number,
            PageStart::After(_) => PageNumber::FIRST,
        };
        Self {
            data: page.items.iter().map(T::from).collect(),
            total: page.total,
            page: number.get(),
            limit: asked.limit.get(),
            total_pages: page.total.div_ceil(u64::from(asked.limit.get())),
            next_cursor: page.next.map(encode_cursor),
        }
    }
}
