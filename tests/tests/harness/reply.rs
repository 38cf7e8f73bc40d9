//! What the server answered, and what every answer must keep to.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// Words that give away what is behind the server. None of them is in an answer of ours.
const LEAKS: [&str; 12] = [
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

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Its body, as it came.
    pub(crate) text: String,
    /// Its body as JSON; null if it is none.
    pub(crate) json: Value,
    told: String,
}

impl Reply {
    /// Reads an answer to its end. Every answer names its request.
    pub(super) async fn read(response: reqwest::Response, told: String) -> reqwest::Result<Self> {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await?;
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        let reply = Self { status, headers, text, json, told };
        assert!(reply.header("x-request-id").is_some_and(|id| !id.is_empty()), "{reply}");
        Ok(reply)
    }

    /// A header's value, if it is there and readable.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The entity tag of what was answered.
    #[track_caller]
    pub(crate) fn etag(&self) -> &str {
        self.header("etag").unwrap_or_else(|| panic!("no ETag: {self}"))
    }

    /// It has this status. Returns the body.
    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{self}");
        &self.json
    }

    /// It is 200 with JSON. Returns the body.
    #[track_caller]
    pub(crate) fn ok(&self) -> &Value {
        self.is(200);
        assert_eq!(self.header("content-type"), Some("application/json"), "{self}");
        &self.json
    }

    /// The `id` of what was answered, whatever the status of success.
    #[track_caller]
    pub(crate) fn id(&self) -> i64 {
        assert!((200..300).contains(&self.status), "{self}");
        self.json["id"].as_i64().unwrap_or_else(|| panic!("no id: {self}"))
    }

    /// It is 201, and its `Location` is `collection` and the new thing's id. Returns the id.
    #[track_caller]
    pub(crate) fn created_at(&self, collection: &str) -> i64 {
        self.is(201);
        let id = self.id();
        assert_eq!(self.header("location"), Some(format!("{collection}{id}").as_str()), "{self}");
        id
    }

    /// It is a problem (RFC 9457) of this status, code and wording. Returns the body.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, code: &str, detail: &str) -> &Value {
        let body = self.is_refused(status, code);
        assert_eq!(body["detail"], detail, "{self}");
        body
    }

    /// It wants to know first who is calling.
    #[track_caller]
    pub(crate) fn is_not_authenticated(&self) {
        self.is_problem(401, "not_authenticated", "Not authenticated");
    }

    /// It refuses the token, in v1's words.
    #[track_caller]
    pub(crate) fn is_invalid_token(&self) {
        self.is_problem(401, "invalid_token", "Could not validate credentials");
    }

    /// It lets nobody in.
    #[track_caller]
    pub(crate) fn is_invalid_credentials(&self) {
        self.is_problem(401, "invalid_credentials", "Invalid credentials");
    }

    /// It is for admins only.
    #[track_caller]
    pub(crate) fn is_for_admins(&self) {
        self.is_problem(403, "admin_required", "Admin access required");
    }

    /// It knows no such account.
    #[track_caller]
    pub(crate) fn is_no_user(&self) {
        self.is_problem(404, "user_not_found", "User not found");
    }

    /// The address is another account's.
    #[track_caller]
    pub(crate) fn is_email_taken(&self) {
        self.is_problem(409, "email_taken", "Email already registered");
    }

    /// It is a problem (RFC 9457) of this status and code, in whatever words. Returns the body.
    #[track_caller]
    pub(crate) fn is_refused(&self, status: u16, code: &str) -> &Value {
        self.is(status);
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
        for leak in LEAKS {
            assert!(!lower.contains(leak), "{leak:?} gives something away: {self}");
        }
        body
    }

    /// It refuses exactly these members of the body, each with a reason, and names them to people too.
    #[track_caller]
    pub(crate) fn is_invalid(&self, pointers: &[&str]) -> &Value {
        self.names_exactly("pointer", pointers)
    }

    /// It refuses exactly these parameters of the path or the query, each with a reason.
    #[track_caller]
    pub(crate) fn is_invalid_parameter(&self, names: &[&str]) -> &Value {
        self.names_exactly("parameter", names)
    }

    #[track_caller]
    fn names_exactly(&self, kind: &str, wanted: &[&str]) -> &Value {
        let body = self.is_refused(422, "invalid_input");
        let errors = body["errors"].as_array().unwrap_or_else(|| panic!("no errors: {self}"));
        let mut named: Vec<_> = errors.iter().filter_map(|error| error[kind].as_str()).collect();
        named.sort_unstable();
        let mut wanted = wanted.to_vec();
        wanted.sort_unstable();
        assert_eq!(named, wanted, "{self}");
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

    /// The reason that a refusal gives for one member of the body.
    #[track_caller]
    pub(crate) fn reason(&self, pointer: &str) -> &str {
        let errors = self.json["errors"].as_array().unwrap_or_else(|| panic!("{self}"));
        let entry = errors.iter().find(|error| error["pointer"] == pointer);
        entry.and_then(|entry| entry["detail"].as_str()).unwrap_or_else(|| panic!("{self}"))
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { told, status, headers, text, .. } = self;
        let body: String = text.chars().take(2_000).collect();
        write!(f, "{told} → {status} {headers:?}\n{body}")
    }
}
