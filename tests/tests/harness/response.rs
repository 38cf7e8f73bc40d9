//! An HTTP response, and assertions that hold for every response or problem.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// Words that would reveal the implementation. None of them may be in a problem.
const FORBIDDEN_WORDS: [&str; 12] = [
    "select ",
    "insert into",
    "sqlite",
    "postgres",
    "redis",
    "diesel",
    "constraint",
    "panicked",
    "backtrace",
    ".rs:",
    "$2b$",
    "secret",
];

/// A response, read to its end.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body as text.
    pub(crate) text: String,
    /// The body as JSON; null if it is not JSON.
    pub(crate) json: Value,
    request: String,
}

impl Response {
    /// Reads a response to its end. Every response must have an `X-Request-Id`.
    pub(super) async fn read(
        received: reqwest::Response,
        request: String,
    ) -> reqwest::Result<Self> {
        let status = received.status().as_u16();
        let headers = received.headers().clone();
        let text = received.text().await?;
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        let response = Self { status, headers, text, json, request };
        assert!(response.header("x-request-id").is_some_and(|id| !id.is_empty()), "{response}");
        Ok(response)
    }

    /// A header's value; `None` if it is absent or not ASCII.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The `ETag` header.
    #[track_caller]
    pub(crate) fn etag(&self) -> &str {
        self.header("etag").unwrap_or_else(|| panic!("no ETag: {self}"))
    }

    /// Asserts this status. Returns the body.
    #[track_caller]
    pub(crate) fn assert_status(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{self}");
        &self.json
    }

    /// Asserts 200 with JSON. Returns the body.
    #[track_caller]
    pub(crate) fn assert_ok(&self) -> &Value {
        self.assert_status(200);
        assert_eq!(self.header("content-type"), Some("application/json"), "{self}");
        &self.json
    }

    /// The member `id` of a successful response.
    #[track_caller]
    pub(crate) fn id(&self) -> i64 {
        assert!((200..300).contains(&self.status), "{self}");
        self.json["id"].as_i64().unwrap_or_else(|| panic!("no id: {self}"))
    }

    /// Asserts 201 with a `Location` of `collection` and the new id, which may be below a public URL.
    /// Returns the id.
    #[track_caller]
    pub(crate) fn created_at(&self, collection: &str) -> i64 {
        self.assert_status(201);
        let id = self.id();
        let location = self.header("location").unwrap_or_default();
        let base = location.strip_suffix(&format!("{collection}{id}"));
        assert!(base.is_some_and(|base| base.is_empty() || base.starts_with("http")), "{self}");
        id
    }

    /// Asserts a problem (RFC 9457) of this status, code and detail. Returns the body.
    #[track_caller]
    pub(crate) fn assert_problem(&self, status: u16, code: &str, detail: &str) -> &Value {
        let body = self.assert_problem_code(status, code);
        assert_eq!(body["detail"], detail, "{self}");
        body
    }

    /// Asserts 401 for a missing token.
    #[track_caller]
    pub(crate) fn assert_not_authenticated(&self) {
        self.assert_problem(401, "not_authenticated", "Not authenticated");
    }

    /// Asserts 401 for a bad token, in v1's wording.
    #[track_caller]
    pub(crate) fn assert_invalid_token(&self) {
        self.assert_problem(401, "invalid_token", "Could not validate credentials");
    }

    /// Asserts 401 for a failed login.
    #[track_caller]
    pub(crate) fn assert_invalid_credentials(&self) {
        self.assert_problem(401, "invalid_credentials", "Invalid credentials");
    }

    /// Asserts 403 for a caller who is no admin.
    #[track_caller]
    pub(crate) fn assert_admin_required(&self) {
        self.assert_problem(403, "admin_required", "Admin access required");
    }

    /// Asserts 404 for an unknown account.
    #[track_caller]
    pub(crate) fn assert_user_not_found(&self) {
        self.assert_problem(404, "user_not_found", "User not found");
    }

    /// Asserts 409 for an address of another account.
    #[track_caller]
    pub(crate) fn assert_email_taken(&self) {
        self.assert_problem(409, "email_taken", "Email already registered");
    }

    /// Asserts a problem (RFC 9457) of this status and code, with any detail. Returns the body.
    #[track_caller]
    pub(crate) fn assert_problem_code(&self, status: u16, code: &str) -> &Value {
        self.assert_status(status);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self}");
        let body = &self.json;
        assert_eq!(body["status"], status, "{self}");
        assert_eq!(body["code"], code, "{self}");
        for member in ["type", "title", "detail"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {self}");
        }
        if status == 401 {
            let challenge = self.header("www-authenticate").unwrap_or_default();
            assert!(challenge.starts_with("Bearer"), "{self}");
        }
        if status == 429 || status == 503 {
            let seconds = self.header("retry-after").and_then(|value| value.parse::<u32>().ok());
            assert!(seconds.is_some_and(|seconds| seconds > 0), "no Retry-After: {self}");
        }
        let lower = self.text.to_lowercase();
        for word in FORBIDDEN_WORDS {
            assert!(!lower.contains(word), "{word:?} reveals the implementation: {self}");
        }
        body
    }

    /// Asserts 422 with an error for exactly these members of the body. The detail names them as
    /// well.
    #[track_caller]
    pub(crate) fn assert_invalid_fields(&self, pointers: &[&str]) -> &Value {
        self.assert_errors_name("pointer", pointers)
    }

    /// Asserts 422 with an error for exactly these parameters of the path or the query.
    #[track_caller]
    pub(crate) fn assert_invalid_parameters(&self, names: &[&str]) -> &Value {
        self.assert_errors_name("parameter", names)
    }

    #[track_caller]
    fn assert_errors_name(&self, kind: &str, expected: &[&str]) -> &Value {
        let body = self.assert_problem_code(422, "invalid_input");
        let errors = body["errors"].as_array().unwrap_or_else(|| panic!("no errors: {self}"));
        let mut named: Vec<_> = errors.iter().filter_map(|error| error[kind].as_str()).collect();
        named.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(named, expected, "{self}");
        assert_eq!(named.len(), errors.len(), "{self}");
        let detail = body["detail"].as_str().unwrap_or_default();
        for error in errors {
            let reason = error["detail"].as_str().unwrap_or_default();
            assert!(!reason.is_empty(), "{self}");
            let field = error[kind].as_str().and_then(|path| path.rsplit('/').next());
            assert!(detail.contains(field.unwrap_or_default()), "{self}");
        }
        body
    }

    /// The detail of the error for one member of the body.
    #[track_caller]
    pub(crate) fn error_detail(&self, pointer: &str) -> &str {
        let errors = self.json["errors"].as_array().unwrap_or_else(|| panic!("{self}"));
        let entry = errors.iter().find(|error| error["pointer"] == pointer);
        entry.and_then(|entry| entry["detail"].as_str()).unwrap_or_else(|| panic!("{self}"))
    }
}

impl std::fmt::Display for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { request, status, headers, text, .. } = self;
        let body: String = text.chars().take(2_000).collect();
        write!(f, "{request} → {status} {headers:?}\n{body}")
    }
}
