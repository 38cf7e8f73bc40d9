//! Mails to accounts, from the request to the page that their link opens: confirming an address,
//! resetting a password, changing an address.

mod address_change;
mod limits;
mod pages;
mod passwords;
mod reset;
mod verification;

use reqwest::Method;

use crate::harness::{Client, MailServer, Response, Server};

/// The address of the shop in links.
const PUBLIC_URL: &str = "https://shop.example.com/oms";

/// A shop that sends mails, and its mail server.
async fn shop_with_mail() -> (Server, MailServer) {
    let mail = MailServer::start().await;
    let server = Server::configure().with_mail(&mail).var("PUBLIC_URL", PUBLIC_URL).start();
    (server, mail)
}

/// Sends the form of a page.
async fn submit(anyone: &Client, path: &str, members: &[(&str, &str)]) -> Response {
    anyone.request(Method::POST, path).form(members).await
}

/// The value of the hidden token of a form.
#[track_caller]
fn hidden_token(page: &Response) -> String {
    let (_, rest) = page.text.split_once(r#"name="token" value=""#).expect("a form with a token");
    rest.split('"').next().expect("a value").to_owned()
}

/// The heading of a page.
#[track_caller]
fn heading(page: &Response) -> &str {
    let (_, rest) = page.text.split_once("<h1>").unwrap_or_else(|| panic!("no page: {page}"));
    rest.split("</h1>").next().expect("a heading")
}
