//! A statement of the query builder as text and bound values.

use std::error::Error;

use diesel::{
    QueryResult,
    pg::{Pg, PgMetadataLookup, PgQueryBuilder, PgTypeMetadata},
    query_builder::{QueryBuilder as _, QueryFragment, bind_collector::RawBytesBindCollector},
    result::Error as DieselError,
};
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

pub(super) struct Query {
    /// The SQL text, with `$1` for the first bound value.
    pub(super) sql: String,
    pub(super) binds: Vec<Bind>,
    /// Whether the same text is executed again with other values, so that preparing it pays.
    pub(super) is_reused: bool,
}

impl Query {
    pub(super) fn build(fragment: &impl QueryFragment<Pg>) -> QueryResult<Self> {
        let mut text = PgQueryBuilder::default();
        fragment.to_sql(&mut text, &Pg)?;
        let mut collected = RawBytesBindCollector::<Pg>::new();
        fragment.collect_binds(&mut collected, &mut BuiltInTypes, &Pg)?;
        let binds = collected
            .metadata
            .into_iter()
            .zip(collected.binds)
            .map(|(metadata, value)| Bind::new(&metadata, value))
            .collect::<QueryResult<_>>()?;
        let is_reused = fragment.is_safe_to_cache_prepared(&Pg)?;
        Ok(Self { sql: text.finish(), binds, is_reused })
    }

    pub(super) fn types(&self) -> Vec<Type> {
        self.binds.iter().map(|bind| bind.type_.clone()).collect()
    }
}

/// The tables have only columns of built-in types, whose OIDs the query builder knows.
struct BuiltInTypes;

impl PgMetadataLookup for BuiltInTypes {
    fn lookup_type(&mut self, _name: &str, _schema: Option<&str>) -> PgTypeMetadata {
        // 0 is "unspecified": the server infers the type from the context.
        PgTypeMetadata::new(0, 0)
    }
}

/// A value in the protocol's binary form, or NULL.
#[derive(Debug)]
pub(super) struct Bind {
    type_: Type,
    value: Option<Vec<u8>>,
}

impl Bind {
    fn new(metadata: &PgTypeMetadata, value: Option<Vec<u8>>) -> QueryResult<Self> {
        let oid =
            metadata.oid().map_err(|error| DieselError::SerializationError(Box::new(error)))?;
        Ok(Self { type_: Type::from_oid(oid).unwrap_or(Type::UNKNOWN), value })
    }
}

impl ToSql for Bind {
    fn to_sql(
        &self,
        _type: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let Some(bytes) = &self.value else { return Ok(IsNull::Yes) };
        out.extend_from_slice(bytes);
        Ok(IsNull::No)
    }

    fn accepts(_type: &Type) -> bool {
        // The query builder has checked the type at compile time.
        true
    }

    to_sql_checked!();
}
