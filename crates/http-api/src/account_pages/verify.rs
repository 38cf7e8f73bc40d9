//! `/account/verify`: confirms an address with the token of a mail.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use domain::account::service::AccountTokenError;
use http_request::{QueryString, RawBody, Services, TraceContext};
use maud::html;

use super::{
    layout::{FIELD, HINT, Page, SAME_PATH},
    page_problem::PageProblem,
    same_origin::refuse_cross_origin,
    token::token_of,
};

/// `GET /account/verify`: a button, or without a token a field for one. It looks at no account.
pub(super) async fn show(query: QueryString) -> HttpResponse {
    match token_of(&query) {
        Some(token) => button_page(&token).respond(),
        None => token_page().respond(),
    }
}

/// `POST /account/verify`: confirms the address.
pub(super) async fn submit(
    request: HttpRequest,
    trace: TraceContext,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, PageProblem> {
    refuse_cross_origin(&request)?;
    let token = body.form()?.remove("token").unwrap_or_default();
    // The form knows no session: if another address takes force, all sessions end.
    match services.accounts.confirm_address(&token, None, trace.0).await {
        Ok(_account) => Ok(confirmed_page().respond()),
        Err(AccountTokenError::Invalid) => Ok(invalid_token_page().respond()),
        Err(error) => Err(error.into()),
    }
}

fn button_page(token: &str) -> Page {
    let content = html! {
        p { "Confirm that the mail reached you, so that the shop may write to your address." }
        form method="post" action=(SAME_PATH) {
            input type="hidden" name="token" value=(token);
            button type="submit" { "Confirm the address" }
        }
    };
    Page::new("Confirm your email address", content)
}

fn token_page() -> Page {
    let content = html! {
        p { "Open the link in the mail that you received. If the mail contains a code instead of a link, enter it here." }
        form method="post" action=(SAME_PATH) {
            label for=(FIELD) { "Code" }
            input #(FIELD) type="text" name="token" autocomplete="off" autocapitalize="none"
                spellcheck="false" required aria-describedby=(HINT);
            p.hint #(HINT) { "Copy the whole code into this field." }
            button type="submit" { "Confirm the address" }
        }
    };
    Page::new("Confirm your email address", content)
}

fn confirmed_page() -> Page {
    let content = html! {
        p role="status" { "Thank you. The shop writes to this address from now on." }
    };
    Page::new("Your email address is confirmed", content)
}

fn invalid_token_page() -> Page {
    let content = html! {
        p role="alert" {
            "A link works once, for three days, and only until the address of the account changes."
        }
        p {
            "If you confirmed the address before, there is nothing left to do. Otherwise log in to the shop and ask for another mail."
        }
    };
    Page::new("This link does not work any more", content)
        .with_status(StatusCode::UNPROCESSABLE_ENTITY)
}
