//! Paged lists of v1.

use std::{borrow::Cow, marker::PhantomData};

use domain::{Page, PageNumber, PageRequest, PageStart};
use http_request::{CursorScope, encode_cursor};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ArrayBuilder, Ref, RefOr, Schema},
};

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct PageView<T> {
    /// The entries of this page.
    data: Vec<T>,
    /// The number of entries of the whole list. It is current, unless a search or several filters
    /// match more than 2,000 entries: then it may be up to 30 seconds old.
    #[schema(example = 42)]
    total: u64,
    /// The number of this page, from 1. With `cursor` it is always 1.
    #[schema(example = 1)]
    page: i64,
    /// The maximum number of entries per page.
    #[schema(example = 10)]
    limit: u32,
    /// The number of pages.
    #[schema(example = 5)]
    total_pages: u64,
    /// The start of the next page, to be sent as `cursor` with the same filters and `sort`. `null` on
    /// the last page.
    #[schema(required, example = "AAAAAAAAACq3kF1c")]
    next_cursor: Option<String>,
}

impl<T> PageView<T> {
    /// Presents a page of a list, with a view of each entry.
    pub(crate) fn new<'d, D>(
        page: &'d Page<D>,
        request: PageRequest,
        scope: CursorScope<'_>,
    ) -> Self
    where
        T: From<&'d D>,
    {
        let number = match request.start {
            PageStart::Number(number) => number,
            PageStart::After(_) => PageNumber::FIRST,
        };
        Self {
            data: page.items.iter().map(T::from).collect(),
            total: page.total,
            page: number.get(),
            limit: request.limit.get(),
            total_pages: page.total.div_ceil(u64::from(request.limit.get())),
            next_cursor: page.next.map(|cursor| encode_cursor(cursor, scope)),
        }
    }
}

/// The schema of a [`PageView`], in which the entries are a reference. The derived schema describes
/// them in place, of which generators make a second type.
pub(crate) struct PageSchema<T>(PhantomData<T>);

impl<T: ToSchema> PartialSchema for PageSchema<T> {
    fn schema() -> RefOr<Schema> {
        let mut schema = PageView::<T>::schema();
        if let RefOr::T(Schema::Object(page)) = &mut schema {
            let entries = ArrayBuilder::new()
                .items(Ref::from_schema_name(T::name()))
                .description(Some("The entries of this page."));
            page.properties.insert("data".to_owned(), entries.into());
        }
        schema
    }
}

impl<T: ToSchema> ToSchema for PageSchema<T> {
    fn name() -> Cow<'static, str> {
        format!("{}Page", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}
