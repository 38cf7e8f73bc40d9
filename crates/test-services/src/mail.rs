//! A mail server of a test's own: real SMTP, spoken by aiosmtpd.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use serde::{Deserialize, Serialize};

use crate::{eventually, provided};

/// How a server is to behave.
#[derive(Debug, Clone, Serialize)]
pub struct MailSettings {
    /// Whether it wants `shop@example.com` to sign in, with `pässword`.
    pub sign_in: bool,
    /// Whether it knows addresses beyond ASCII.
    pub utf8: bool,
    /// `never`, `offered` or `always`.
    pub tls: &'static str,
    /// The file of its certificate.
    pub certificate: Option<PathBuf>,
    /// The file of its key.
    pub key: Option<PathBuf>,
}

impl Default for MailSettings {
    fn default() -> Self {
        Self { sign_in: false, utf8: true, tls: "never", certificate: None, key: None }
    }
}

/// A mail as it arrived.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the members are the parts of a mail")]
pub struct Mail {
    pub envelope_from: String,
    pub envelope_to: Vec<String>,
    pub from_name: String,
    pub from_address: String,
    pub to_name: String,
    pub to_address: String,
    pub text: String,
    /// By their names in lower case.
    pub headers: Vec<(String, String)>,
    pub encrypted: bool,
}

impl Mail {
    /// What a header says that is there once.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let mut values = self.headers.iter().filter(|(header, _)| header == name);
        let (_, value) = values.next().unwrap_or_else(|| panic!("no {name}: {self:?}"));
        assert!(values.next().is_none(), "{name} twice: {self:?}");
        value
    }
}

/// What happens at the server, as it tells it.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    Listening { port: u16 },
    Connected,
    Closed,
    Mail(Mail),
    Hanging(Mail),
    Refused,
    Obeyed,
}

/// A mail server on a port of its own.
#[derive(Debug)]
pub struct MailServer {
    child: Child,
    events: Arc<Mutex<Vec<Event>>>,
    read: usize,
}

impl MailServer {
    /// Starts one that takes every mail.
    pub async fn start() -> Self {
        Self::start_with(&MailSettings::default()).await
    }

    /// Starts one that behaves so.
    pub async fn start_with(settings: &MailSettings) -> Self {
        let mut child = Command::new(provided("OMS_TEST_SMTP_PYTHON"))
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/mail_server.py"))
            .arg(serde_json::to_string(settings).unwrap())
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
        let server = Self { child, events, read: 0 };
        eventually("the mail server listens", async || server.listens_at().is_some()).await;
        server
    }

    fn listens_at(&self) -> Option<u16> {
        match self.events.lock().unwrap().first() {
            Some(Event::Listening { port }) => Some(*port),
            _ => None,
        }
    }

    fn each<T>(&self, wanted: impl FnMut(&Event) -> Option<T>) -> Vec<T> {
        self.events.lock().unwrap().iter().filter_map(wanted).collect()
    }

    fn count(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.each(|event| wanted(event).then_some(())).len()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.listens_at().expect("a port")
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port())
    }

    /// Takes every mail from now on.
    pub async fn accept(&mut self) {
        self.order("accept").await;
    }

    /// Refuses every mail from now on with this code.
    pub async fn refuse(&mut self, code: u16) {
        self.order(&format!("refuse {code}")).await;
    }

    /// Refuses every mail to this recipient with this code, whatever else it does.
    pub async fn refuse_to(&mut self, recipient: &str, code: u16) {
        self.order(&format!("refuse-to {recipient} {code}")).await;
    }

    /// From now on hears every mail to its end and never answers.
    pub async fn hang(&mut self) {
        self.order("hang").await;
    }

    async fn order(&mut self, order: &str) {
        let obeyed = |server: &Self| server.count(|event| matches!(event, Event::Obeyed));
        let before = obeyed(self);
        let stdin = self.child.stdin.as_mut().expect("its input");
        writeln!(stdin, "{order}").expect("it listens");
        eventually("the mail server obeys", async || obeyed(self) > before).await;
    }

    /// The mails it has taken, in their order.
    pub fn mails(&self) -> Vec<Mail> {
        self.each(|event| match event {
            Event::Mail(mail) => Some(mail.clone()),
            _ => None,
        })
    }

    /// The next mail that it takes.
    pub async fn next_mail(&mut self) -> Mail {
        eventually("a mail arrives", async || self.mails().len() > self.read).await;
        self.read += 1;
        self.mails().swap_remove(self.read - 1)
    }

    /// The mails that wait for an answer and will not get one.
    pub fn hanging(&self) -> Vec<Mail> {
        self.each(|event| match event {
            Event::Hanging(mail) => Some(mail.clone()),
            _ => None,
        })
    }

    /// How many mails it has refused as it was ordered to.
    pub fn refusals(&self) -> usize {
        self.count(|event| matches!(event, Event::Refused))
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.count(|event| matches!(event, Event::Connected))
    }

    /// Returns when every connection is closed again.
    pub async fn until_left(&self) {
        let closed = || self.count(|event| matches!(event, Event::Closed));
        eventually("the server is left", async || closed() == self.connections()).await;
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        // It may have ended already; either way it is reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
