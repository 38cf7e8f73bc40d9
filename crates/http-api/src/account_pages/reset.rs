//! `/account/reset`: asks for a mail with a link, and sets the new password with the token of that
//! link.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use domain::account::{
    AddressConfirmation, EmailAddress, NewPassword, PasswordPolicy, service::AccountTokenError,
};
use http_request::{ClientAddress, QueryString, RawBody, Services, TraceContext};
use maud::{Markup, html};

use super::{
    layout::{ERROR, FIELD, HINT, Page, SAME_PATH},
    page_problem::PageProblem,
    same_origin::refuse_cross_origin,
    token::token_of,
};
use crate::account_requests;

/// `GET /account/reset`: without a token the form that asks for an address, with one the form for
/// the new password. Neither looks at an account.
pub(super) async fn show(query: QueryString, services: Data<Services>) -> HttpResponse {
    match token_of(&query) {
        Some(token) => password_page(&token, None).respond(),
        None if sends_no_mail(&services) => no_mail_page().respond(),
        None => address_page("", None).respond(),
    }
}

/// Whether the shop has no mail server, so that no link can be sent.
fn sends_no_mail(services: &Services) -> bool {
    services.accounts.confirmation() == AddressConfirmation::Unavailable
}

/// `POST /account/reset`: with a token sets the password, otherwise sends a mail to the address.
pub(super) async fn submit(
    request: HttpRequest,
    client: ClientAddress,
    trace: TraceContext,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, PageProblem> {
    refuse_cross_origin(&request)?;
    let mut form = body.form()?;
    match form.remove("token") {
        Some(token) => set_password(&token, form, trace, &services).await,
        None if sends_no_mail(&services) => Ok(no_mail_page().respond()),
        None => send_mail(client, form, trace, &services).await,
    }
}

async fn set_password(
    token: &str,
    mut form: BTreeMap<String, String>,
    trace: TraceContext,
    services: &Services,
) -> Result<HttpResponse, PageProblem> {
    let password = form.remove("password").unwrap_or_default();
    let password = match NewPassword::parse(password, PasswordPolicy::V1) {
        Ok(password) => password,
        Err(error) => return Ok(password_page(token, Some(&error.to_string())).respond()),
    };
    match services.accounts.reset_password(token, password, trace.0).await {
        Ok(_account) => Ok(changed_page().respond()),
        Err(AccountTokenError::Invalid) => Ok(invalid_token_page().respond()),
        Err(error) => Err(error.into()),
    }
}

async fn send_mail(
    client: ClientAddress,
    mut form: BTreeMap<String, String>,
    trace: TraceContext,
    services: &Services,
) -> Result<HttpResponse, PageProblem> {
    let raw = form.remove("email").unwrap_or_default();
    let email = match EmailAddress::parse(&raw) {
        Ok(email) => email,
        Err(error) => return Ok(address_page(&raw, Some(&error.to_string())).respond()),
    };
    account_requests::request_password_reset(services, client, email, trace).await?;
    Ok(mail_requested_page().respond())
}

fn no_mail_page() -> Page {
    let content = html! {
        p { "This shop sends no mails. Ask its staff for a new password." }
    };
    Page::new("Reset your password", content)
}

/// The form that asks for the address of the account.
fn address_page(email: &str, error: Option<&str>) -> Page {
    let content = html! {
        p { "Enter the email address of your account. We send you a link with which you can set a new password." }
        (address_form(email, error))
    };
    Page::new("Reset your password", content).with_status(status_of(error))
}

fn address_form(email: &str, error: Option<&str>) -> Markup {
    html! {
        form method="post" action=(SAME_PATH) {
            label for=(FIELD) { "Email address" }
            (error_text("The address", error))
            input #(FIELD) type="email" name="email" value=(email) autocomplete="username"
                autocapitalize="none" spellcheck="false" required
                aria-invalid=[error.map(|_| "true")] aria-describedby={ (HINT) " " (ERROR) };
            p.hint #(HINT) { "The mail arrives within a few minutes." }
            button type="submit" { "Send the link" }
        }
    }
}

/// The same whether or not an account has the address.
fn mail_requested_page() -> Page {
    let content = html! {
        p role="status" {
            "If there is an account with this address, a mail with a link is on its way. The link works once, for 30 minutes."
        }
        p { "No mail after a few minutes? Look into the folder for unwanted mail, and check the address." }
        section {
            form method="get" action=(SAME_PATH) {
                label for=(FIELD) { "Does the mail contain a code instead of a link?" }
                input #(FIELD) type="text" name="token" autocomplete="off" autocapitalize="none"
                    spellcheck="false" required aria-describedby=(HINT);
                p.hint #(HINT) { "Copy the whole code into this field." }
                button type="submit" { "Continue" }
            }
        }
    };
    Page::new("Look into your mail", content).with_status(StatusCode::ACCEPTED)
}

/// The form for the new password.
fn password_page(token: &str, error: Option<&str>) -> Page {
    let min_chars = PasswordPolicy::V1.min_chars;
    let content = html! {
        form method="post" action=(SAME_PATH) {
            input type="hidden" name="token" value=(token);
            label for=(FIELD) { "New password" }
            (error_text("The password", error))
            // No `maxlength`: browsers cut what is pasted without a word.
            input #(FIELD) type="password" name="password" autocomplete="new-password"
                minlength=(min_chars) required
                aria-invalid=[error.map(|_| "true")] aria-describedby={ (HINT) " " (ERROR) };
            p.hint #(HINT) { "At least " (min_chars) " characters. A few words are easy to remember." }
            button type="submit" { "Set the password" }
        }
    };
    Page::new("Choose a new password", content).with_status(status_of(error))
}

fn changed_page() -> Page {
    let content = html! {
        p role="status" { "Your new password is set. Every session of your account has ended: log in with the new password." }
    };
    Page::new("Your password is changed", content)
}

fn invalid_token_page() -> Page {
    let content = html! {
        p role="alert" {
            "A link works once, for 30 minutes, and only until the password or the address of the account changes."
        }
        p { "Enter your email address for another one." }
        (address_form("", None))
    };
    Page::new("This link does not work any more", content)
        .with_status(StatusCode::UNPROCESSABLE_ENTITY)
}

/// The error beside a field. The element is always there, since the field refers to it.
fn error_text(subject: &str, error: Option<&str>) -> Markup {
    html! {
        @match error {
            Some(error) => p.error #(ERROR) role="alert" { (subject) " " (error) "." },
            None => span #(ERROR) {},
        }
    }
}

fn status_of(error: Option<&str>) -> StatusCode {
    if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}
