//! SQLite's own functions that statements use.

use diesel::{
    define_sql_function,
    sql_types::{Integer, Text},
};

define_sql_function! {
    /// Where `needle` is found in `haystack`, from 1; 0 if it is not. Unlike LIKE it knows no wildcards.
    fn instr(haystack: Text, needle: Text) -> Integer;
}

define_sql_function! {
    /// The text from there on, the first character being 1.
    fn substr(whole: Text, from: Integer) -> Text;
}
