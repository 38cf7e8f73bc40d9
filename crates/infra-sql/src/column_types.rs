//! What the query builder takes the columns of a table for, so that adapters can compare it with their database.

use diesel::{
    Column,
    sql_types::{Nullable, SqlType, is_nullable::NotNull},
};

/// A column of a table.
#[derive(Debug, PartialEq, Eq)]
pub struct ColumnType {
    /// Its name.
    pub name: String,
    /// The database's word for its type.
    pub kind: String,
    /// Whether it may be NULL.
    pub nullable: bool,
}

/// What a database, for which `D` stands, calls a type of the query builder.
pub trait TypeName<D> {
    /// The word.
    const NAME: &'static str;
    /// Whether a value may be NULL.
    const NULLABLE: bool = false;
}

impl<D, T: TypeName<D> + SqlType<IsNull = NotNull>> TypeName<D> for Nullable<T> {
    const NAME: &'static str = T::NAME;
    const NULLABLE: bool = true;
}

/// The columns of a table: a tuple of any of them.
pub trait ColumnTypes<D> {
    /// What the query builder takes them for, in their order.
    fn column_types() -> Vec<ColumnType>;
}

fn column_type<D, C: Column<SqlType: TypeName<D>>>() -> ColumnType {
    ColumnType {
        name: C::NAME.to_owned(),
        kind: C::SqlType::NAME.to_owned(),
        nullable: C::SqlType::NULLABLE,
    }
}

macro_rules! tuples {
    ($first:ident $($column:ident)*) => {
        impl<Db, $first: Column<SqlType: TypeName<Db>>, $($column: Column<SqlType: TypeName<Db>>),*>
            ColumnTypes<Db> for ($first, $($column,)*)
        {
            fn column_types() -> Vec<ColumnType> {
                vec![column_type::<Db, $first>() $(, column_type::<Db, $column>())*]
            }
        }
        tuples!($($column)*);
    };
    () => {};
}

tuples!(A B C D E F G H I J K L M N O);
