//! The types that the query builder assumes for the columns of a table, which tests of adapters
//! compare with the database.

use diesel::{
    Column,
    sql_types::{Nullable, SqlType, is_nullable::NotNull},
};

/// A column of a table.
#[derive(Debug, PartialEq, Eq)]
pub struct ColumnType {
    /// The column's name.
    pub name: String,
    /// The database's name of the column's type.
    pub kind: String,
    /// Whether the column may be NULL.
    pub nullable: bool,
}

/// The name of a type of the query builder on a database. `D` is a marker of the database.
pub trait TypeName<D> {
    /// The name.
    const NAME: &'static str;
    /// Whether values may be NULL.
    const NULLABLE: bool = false;
}

impl<D, T: TypeName<D> + SqlType<IsNull = NotNull>> TypeName<D> for Nullable<T> {
    const NAME: &'static str = T::NAME;
    const NULLABLE: bool = true;
}

/// A tuple of columns of a table.
pub trait ColumnTypes<D> {
    /// The types that the query builder assumes for the columns, in their order.
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
