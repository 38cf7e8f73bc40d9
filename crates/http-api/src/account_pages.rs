//! `/account/reset` and `/account/verify`: the pages that mails link to. Plain HTML forms without
//! scripts: `GET` changes nothing, so that programs which follow the links of a mail do no harm; a
//! button sends a `POST`.
//!
//! The token is the only authority. A form that another site sends is refused nevertheless, and no
//! page can be framed, cached or passed on as a referrer.

mod layout;
mod page_problem;
mod reset;
mod same_origin;
mod token;
mod verify;

pub use self::page_problem::problem_of;
use crate::routing::Operation;

/// The pages, which the OpenAPI document does not list.
pub(crate) fn operations() -> impl IntoIterator<Item = Operation> {
    const RESET: &str = "/account/reset";
    const VERIFY: &str = "/account/verify";
    [
        Operation::get(RESET.to_owned(), reset::show),
        Operation::post(RESET.to_owned(), reset::submit),
        Operation::get(VERIFY.to_owned(), verify::show),
        Operation::post(VERIFY.to_owned(), verify::submit),
    ]
}
