//! The yardstick for cached reads: a bare Actix server that answers one path with bytes it has in memory.

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
    clients::Caller,
    failure::Failure,
    process::{Running, command},
    subject::listening,
};

/// What Actix adds by itself, to its own answers as to the subject's.
const ADDED_BY_ACTIX: [&str; 3] = ["content-length", "date", "connection"];

/// How the hidden command is told what to answer.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The file with the answer
    #[arg(long)]
    response: std::path::PathBuf,
}

/// An answer of the subject's, to be given again.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sample {
    path: String,
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Sample {
    /// What the server answers to one GET, which must succeed.
    pub(crate) async fn take(base: &str, path: &str) -> Result<Self, Failure> {
        let answer = Caller::anonymous(base).request(Method::GET, path).send().await?;
        let answer = answer.error_for_status()?;
        let headers = answer
            .headers()
            .iter()
            .filter(|(name, _value)| !ADDED_BY_ACTIX.contains(&name.as_str()));
        let headers = headers.map(|(name, value)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let headers = headers.collect();
        let path = path.split('?').next().unwrap_or(path).to_owned();
        Ok(Self { path, status: answer.status().as_u16(), headers, body: answer.text().await? })
    }
}

/// A bare server that runs.
#[derive(Debug)]
pub(crate) struct Bare {
    running: Running,
    base: String,
}

impl Bare {
    /// Starts this very program as a bare server. It ends when this is dropped.
    pub(crate) async fn start(sample: &Sample, dir: &Path, name: &str) -> Result<Self, Failure> {
        let file = dir.join(format!("{name}.response.json"));
        let json = serde_json::to_vec(sample)
            .map_err(|error| Failure::Unexpected(format!("no JSON: {error}")))?;
        fs::write(&file, json).map_err(Failure::io(file.display().to_string()))?;
        let program = std::env::current_exe().map_err(Failure::io("this program"))?;
        let mut server = command(&program);
        server.arg("bare").arg("--response").arg(&file);
        let mut running = Running::start(server, &dir.join(format!("{name}.bare.log")))?;
        let base = running.says(listening).await?;
        Ok(Self { running, base })
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) async fn stop(self) -> Result<(), Failure> {
        self.running.stop("TERM").await
    }
}

/// What is given again and again, from memory that is never freed.
#[derive(Debug)]
struct Answer {
    path: String,
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

impl Answer {
    fn read(file: &Path) -> Result<Self, Failure> {
        let text = fs::read(file).map_err(Failure::io(file.display().to_string()))?;
        let unreadable = |why: &dyn ToString| Failure::Unexpected(why.to_string());
        let sample: Sample = serde_json::from_slice(&text).map_err(|why| unreadable(&why))?;
        let headers = sample.headers.iter().map(|(name, value)| {
            let name = name.parse::<HeaderName>().map_err(|why| unreadable(&why))?;
            Ok((name, value.parse::<HeaderValue>().map_err(|why| unreadable(&why))?))
        });
        Ok(Self {
            path: sample.path,
            status: StatusCode::from_u16(sample.status).map_err(|why| unreadable(&why))?,
            headers: headers.collect::<Result<_, Failure>>()?,
            body: Bytes::from(sample.body),
        })
    }

    fn give(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.clone()));
        }
        response.body(self.body.clone())
    }
}

/// Serves the answer in this file on a free port, with as many workers as Actix chooses, until it is told to end.
pub(crate) fn serve(options: &Options) -> Result<ExitCode, Failure> {
    let answer: &'static Answer = Box::leak(Box::new(Answer::read(&options.response)?));
    System::new().block_on(async move {
        let server = HttpServer::new(move || {
            App::new().route(&answer.path, web::get().to(move || async move { answer.give() }))
        });
        let server = server.bind(("127.0.0.1", 0)).map_err(Failure::io("a port"))?;
        for address in server.addrs() {
            println!("listening on http://{address}");
        }
        server.run().await.map_err(Failure::io("the bare server"))?;
        Ok(ExitCode::SUCCESS)
    })
}
