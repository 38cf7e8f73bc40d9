//! SQLite's own functions that statements use.

use diesel::{
    define_sql_function,
    sql_types::{Integer, Text},
};

define_sql_function! {
    /// The position of `needle` in `haystack`, from 1; 0 if there is none. Unlike LIKE it has no
    /// wildcards.
    fn instr(haystack: Text, needle: Text) -> Integer;
}

define_sql_function! {
    /// The text from this position on. The first character has position 1.
    fn substr(whole: Text, from: Integer) -> Text;
}
