//! Somebody who calls the server: nobody in particular, a customer, an admin.
#![expect(
    clippy::needless_pass_by_value,
    reason = "a body is written in place with json!, and nobody keeps it"
)]

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use reqwest::{
    Method,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use serde_json::{Value, json};

use super::{DEADLINE, contract::Contract, reply::Reply};

pub(crate) const PASSWORD: &str = "correct-horse-battery";

/// An HTTP client that asks no proxy, to be set up further.
pub(super) fn http_client() -> reqwest::ClientBuilder {
    // Built together with the program, this library knows TLS, and refuses to be used unless somebody has chosen
    // whose cryptography that is. Where somebody has already, that stays.
    let _chosen_before = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}

/// A caller.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    session: Option<Session>,
}

/// A caller's session.
#[derive(Debug, Clone)]
struct Session {
    id: i64,
    email: String,
    access: String,
    refresh: String,
}

impl Client {
    /// Somebody who sends no credentials to the server at `base`.
    pub(crate) fn anonymous(base: &str) -> Self {
        let http = http_client()
            .timeout(DEADLINE)
            // Every path must be answered where it is asked.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("an HTTP client");
        Self { http, base: base.to_owned(), session: None }
    }

    /// Registers `<name>@example.com` and signs them in.
    pub(crate) async fn registered(&self, name: &str) -> Self {
        let email = format!("{name}@example.com");
        let body = json!({"name": name, "email": email, "password": PASSWORD});
        self.post("/api/v1/users/register", body).await.created_at("/api/v1/users/");
        self.signed_in(&email).await
    }

    /// Signs in with [`PASSWORD`]: a new session.
    pub(crate) async fn signed_in(&self, email: &str) -> Self {
        let body = json!({"username": email, "password": PASSWORD});
        let reply = self.post("/api/v1/users/login", body).await;
        let tokens = reply.ok();
        let text = |member: &str| tokens[member].as_str().expect(member).to_owned();
        let (access, refresh) = (text("access_token"), text("refresh_token"));
        let mut signed_in = self.with_token(&access);
        let id = signed_in.get("/api/v1/users/me").await.id();
        signed_in.session = Some(Session { id, email: email.to_owned(), access, refresh });
        signed_in
    }

    /// The same caller with another access token.
    pub(crate) fn with_token(&self, access: &str) -> Self {
        let session = Session {
            id: 0,
            email: String::new(),
            access: access.to_owned(),
            refresh: String::new(),
        };
        Self { session: Some(session), ..self.clone() }
    }

    /// The same caller with the same session, at another server.
    pub(crate) fn at(&self, base: &str) -> Self {
        Self { session: self.session.clone(), ..Self::anonymous(base) }
    }

    fn session(&self) -> &Session {
        self.session.as_ref().expect("somebody who is signed in")
    }

    pub(crate) fn id(&self) -> i64 {
        self.session().id
    }

    pub(crate) fn email(&self) -> &str {
        &self.session().email
    }

    pub(crate) fn access_token(&self) -> &str {
        &self.session().access
    }

    /// The session's refresh token, as of the login.
    pub(crate) fn refresh_token(&self) -> &str {
        &self.session().refresh
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> Call {
        let told = format!("{method} {path}");
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        if let Some(session) = &self.session {
            request = request.header(AUTHORIZATION, format!("Bearer {}", session.access));
        }
        Call { request, method, told }
    }

    fn json(&self, method: Method, path: &str, body: &Value) -> Call {
        let call = self.request(method, path);
        let told = format!("{} {body}", call.told);
        Call { request: call.request.json(body), told, ..call }
    }

    /// A request with a body of that type, or of no declared type.
    pub(crate) fn text(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: impl Into<reqwest::Body>,
    ) -> Call {
        let mut call = self.request(method, path);
        if let Some(content_type) = content_type {
            call = call.header(CONTENT_TYPE.as_str(), content_type);
        }
        Call { request: call.request.body(body), ..call }
    }

    pub(crate) fn get(&self, path: &str) -> Call {
        self.request(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> Call {
        self.json(Method::POST, path, &body)
    }

    /// Sends something that takes the place of another.
    pub(crate) fn put(&self, path: &str, body: Value) -> Call {
        self.json(Method::PUT, path, &body)
    }

    /// Sends something to be done, without saying more.
    pub(crate) fn put_empty(&self, path: &str) -> Call {
        self.request(Method::PUT, path)
    }

    pub(crate) fn patch(&self, path: &str, body: Value) -> Call {
        self.json(Method::PATCH, path, &body)
    }

    pub(crate) fn delete(&self, path: &str) -> Call {
        self.request(Method::DELETE, path)
    }
}

/// A request that waits to be sent: by awaiting it.
#[derive(Debug)]
pub(crate) struct Call {
    request: reqwest::RequestBuilder,
    method: Method,
    told: String,
}

impl Call {
    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self {
            request: self.request.header(name, value),
            told: format!("{} [{name}: {value}]", self.told),
            ..self
        }
    }

    pub(crate) fn query(self, parameters: &[(&str, &str)]) -> Self {
        Self {
            request: self.request.query(parameters),
            told: format!("{} {parameters:?}", self.told),
            ..self
        }
    }

    pub(crate) fn form(self, members: &[(&str, &str)]) -> Self {
        Self { request: self.request.form(members), ..self }
    }

    /// Sends it; fails if no answer comes. An answer that comes is one that the API's document describes.
    pub(crate) async fn attempt(self) -> reqwest::Result<Reply> {
        let response = self.request.send().await?;
        let path = response.url().path().to_owned();
        let reply = Reply::read(response, self.told).await?;
        Contract::of_program().judge(&self.method, &path, &reply);
        Ok(reply)
    }
}

impl IntoFuture for Call {
    type Output = Reply;
    type IntoFuture = Pin<Box<dyn Future<Output = Reply> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let told = self.told.clone();
        Box::pin(async move {
            match self.attempt().await {
                Ok(reply) => reply,
                Err(error) => panic!("{told}: no answer: {error:?}"),
            }
        })
    }
}
