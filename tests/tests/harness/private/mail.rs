//! A mail server of a test's own: real SMTP, spoken by aiosmtpd.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use serde::Deserialize;

use crate::harness::{backend::provided, eventually};

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/harness/private/smtp_server.py");

/// A mail as it came.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Mail {
    /// What the envelope says it comes from.
    pub(crate) sender: String,
    /// To whom the envelope says it goes.
    pub(crate) recipients: Vec<String>,
    /// Its headers, by their names in lower case.
    pub(crate) headers: HashMap<String, String>,
    /// What it says.
    pub(crate) text: String,
}

/// What happens at the server, as it tells it.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    Listening { port: u16 },
    Obeyed { order: String },
    Received(Mail),
    Hanging(Mail),
    Refused {},
}

/// A mail server on a port of its own.
#[derive(Debug)]
pub(crate) struct MailServer {
    child: Child,
    events: Arc<Mutex<Vec<Event>>>,
}

impl MailServer {
    /// Starts one that takes every mail.
    pub(crate) async fn start() -> Self {
        let mut child = Command::new(provided("OMS_TEST_SMTP_PYTHON"))
            .arg(PROGRAM)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the mail server starts");
        let events: Arc<Mutex<Vec<Event>>> = Arc::default();
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let told = Arc::clone(&events);
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).expect("an event");
                told.lock().unwrap().push(event);
            }
        });
        let server = Self { child, events };
        eventually("the mail server listens", async || server.port().is_some()).await;
        server
    }

    fn port(&self) -> Option<u16> {
        self.each(|event| match event {
            Event::Listening { port } => Some(*port),
            _ => None,
        })
        .pop()
    }

    fn each<T>(&self, wanted: impl FnMut(&Event) -> Option<T>) -> Vec<T> {
        self.events.lock().unwrap().iter().filter_map(wanted).collect()
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port().expect("a port"))
    }

    /// Takes every mail from now on.
    pub(crate) async fn accept(&mut self) {
        self.order("accept".to_owned()).await;
    }

    /// Refuses every mail from now on with this code.
    pub(crate) async fn refuse(&mut self, code: u16) {
        self.order(format!("refuse {code}")).await;
    }

    /// Refuses every mail to this recipient with this code, whatever else it does.
    pub(crate) async fn refuse_to(&mut self, recipient: &str, code: u16) {
        self.order(format!("refuse-to {recipient} {code}")).await;
    }

    /// From now on hears every mail to its end and never answers.
    pub(crate) async fn hang(&mut self) {
        self.order("hang".to_owned()).await;
    }

    async fn order(&mut self, order: String) {
        let obeyed = |server: &Self| {
            let obeyed = server.each(|event| match event {
                Event::Obeyed { order } => Some(order.clone()),
                _ => None,
            });
            obeyed.len()
        };
        let before = obeyed(self);
        let stdin = self.child.stdin.as_mut().expect("its input");
        stdin.write_all(format!("{order}\n").as_bytes()).expect("it listens");
        eventually("the mail server obeys", async || obeyed(self) > before).await;
    }

    /// The mails it has taken, in their order.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.each(|event| match event {
            Event::Received(mail) => Some(mail.clone()),
            _ => None,
        })
    }

    /// The mails that wait for an answer and will not get one.
    pub(crate) fn hanging(&self) -> Vec<Mail> {
        self.each(|event| match event {
            Event::Hanging(mail) => Some(mail.clone()),
            _ => None,
        })
    }

    /// How many mails it has refused.
    pub(crate) fn refusals(&self) -> usize {
        self.each(|event| matches!(event, Event::Refused {}).then_some(())).len()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        // It may have ended already; either way it is reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
