//! The baseline for cached reads: a bare Actix server that serves one path from memory.

use std::{fs, path::Path, process::ExitCode};

use actix_web::{
    App, HttpResponse, HttpServer,
    http::{
        StatusCode,
        header::{HeaderName, HeaderValue},
    },
    rt::System,
    web::{self, Bytes},
};
use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::{
    client::ApiClient,
    error::BenchError,
    process::{Process, command},
    server::listening,
};

/// The headers that Actix adds itself.
const ADDED_BY_ACTIX: [&str; 3] = ["content-length", "date", "connection"];

/// The options of the hidden command `bare`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The file with the response
    #[arg(long)]
    response: std::path::PathBuf,
}

/// A response of the server under test, which the bare server repeats.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RecordedResponse {
    path: String,
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl RecordedResponse {
    /// Records the response to one GET, which must succeed.
    pub(crate) async fn record(base_url: &str, path: &str) -> Result<Self, BenchError> {
        let response = ApiClient::anonymous(base_url).request(Method::GET, path).send().await?;
        let response = response.error_for_status()?;
        let headers = response
            .headers()
            .iter()
            .filter(|(name, _value)| !ADDED_BY_ACTIX.contains(&name.as_str()));
        let headers = headers.map(|(name, value)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let headers = headers.collect();
        let path = path.split('?').next().unwrap_or(path).to_owned();
        Ok(Self { path, status: response.status().as_u16(), headers, body: response.text().await? })
    }
}

/// A running bare server.
#[derive(Debug)]
pub(crate) struct BareServer {
    process: Process,
    base_url: String,
}

impl BareServer {
    /// Starts this program as a bare server. The process ends when the value is dropped.
    pub(crate) async fn start(
        recorded: &RecordedResponse,
        dir: &Path,
        name: &str,
    ) -> Result<Self, BenchError> {
        let file = dir.join(format!("{name}.response.json"));
        let json = serde_json::to_vec(recorded)
            .map_err(|error| BenchError::Unexpected(format!("cannot serialize: {error}")))?;
        fs::write(&file, json).map_err(BenchError::io(file.display().to_string()))?;
        let program = std::env::current_exe().map_err(BenchError::io("this program"))?;
        let mut server = command(&program);
        server.arg("bare").arg("--response").arg(&file);
        let mut process = Process::start(server, &dir.join(format!("{name}.bare.log")))?;
        let base_url = process.wait_for_output(listening).await?;
        Ok(Self { process, base_url })
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(crate) async fn stop(self) -> Result<(), BenchError> {
        self.process.stop("TERM").await
    }
}

/// The response, in memory that is never freed.
#[derive(Debug)]
struct StaticResponse {
    path: String,
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

impl StaticResponse {
    fn read(file: &Path) -> Result<Self, BenchError> {
        let text = fs::read(file).map_err(BenchError::io(file.display().to_string()))?;
        let invalid = |error: &dyn ToString| BenchError::Unexpected(error.to_string());
        let recorded: RecordedResponse =
            serde_json::from_slice(&text).map_err(|error| invalid(&error))?;
        let headers = recorded.headers.iter().map(|(name, value)| {
            let name = name.parse::<HeaderName>().map_err(|error| invalid(&error))?;
            Ok((name, value.parse::<HeaderValue>().map_err(|error| invalid(&error))?))
        });
        Ok(Self {
            path: recorded.path,
            status: StatusCode::from_u16(recorded.status).map_err(|error| invalid(&error))?,
            headers: headers.collect::<Result<_, BenchError>>()?,
            body: Bytes::from(recorded.body),
        })
    }

    fn to_http_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.clone()));
        }
        response.body(self.body.clone())
    }
}

/// Serves the response in this file on a free port, with Actix' default number of workers, until a
/// signal ends it.
pub(crate) fn serve(options: &Options) -> Result<ExitCode, BenchError> {
    let response: &'static StaticResponse =
        Box::leak(Box::new(StaticResponse::read(&options.response)?));
    System::new().block_on(async move {
        let server = HttpServer::new(move || {
            App::new().route(
                &response.path,
                web::get().to(move || async move { response.to_http_response() }),
            )
        });
        let server = server.bind(("127.0.0.1", 0)).map_err(BenchError::io("a port"))?;
        for address in server.addrs() {
            println!("listening on http://{address}");
        }
        server.run().await.map_err(BenchError::io("the bare server"))?;
        Ok(ExitCode::SUCCESS)
    })
}
