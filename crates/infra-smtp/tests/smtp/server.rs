//! A mail server in a process of its own, and mails to send to it.

use std::{
    env,
    error::Error,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use domain::{
    MessageId, PersonName,
    account::EmailAddress,
    mail::{Mail, MailError},
};
use infra_smtp::{SmtpMailer, SmtpSettings};
use serde::{Deserialize, Serialize};

/// How long a test waits for the server to say something.
const PATIENCE: Duration = Duration::from_mins(1);

/// How a server is to behave.
#[derive(Serialize)]
pub(crate) struct Behaviour<'a> {
    /// Whether it wants `shop@example.com` to sign in, with `pässword`.
    pub(crate) sign_in: bool,
    /// Whether it knows addresses beyond ASCII.
    pub(crate) utf8: bool,
    /// `never`, `offered` or `always`.
    pub(crate) tls: &'a str,
    /// The file of its certificate.
    pub(crate) certificate: Option<&'a Path>,
    /// The file of its key.
    pub(crate) key: Option<&'a Path>,
}

impl Default for Behaviour<'_> {
    fn default() -> Self {
        Self { sign_in: false, utf8: true, tls: "never", certificate: None, key: None }
    }
}

/// What a server says.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    Listening { port: u16 },
    Connected,
    Closed,
    Mail(Box<Received>),
}

/// A mail as it arrived.
#[derive(Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) envelope_from: String,
    pub(crate) envelope_to: Vec<String>,
    pub(crate) from_name: String,
    pub(crate) from_address: String,
    pub(crate) to_name: String,
    pub(crate) to_address: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) message_id: String,
    pub(crate) auto_submitted: String,
    pub(crate) dated: bool,
    pub(crate) headers: Vec<String>,
    pub(crate) encrypted: bool,
}

/// A running mail server, which ends with the test.
pub(crate) struct Server {
    child: Child,
    events: Receiver<Event>,
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
    connected: usize,
    closed: usize,
}

impl Server {
    /// Starts one that takes mails.
    pub(crate) fn start() -> Self {
        Self::that(&Behaviour::default())
    }

    /// Starts one that behaves so.
    pub(crate) fn that(behaviour: &Behaviour<'_>) -> Self {
        let python = env::var("OMS_TEST_SMTP_PYTHON").expect(
            "these tests need a Python that has aiosmtpd: set OMS_TEST_SMTP_PYTHON, or run \
             `tests/with-services <command>`, which makes one",
        );
        let mut child = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smtp/server.py"))
            .arg(serde_json::to_string(behaviour).unwrap())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the mail server starts");
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, events) = mpsc::channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).expect("an event of the mail server");
                // Nobody listens any more once the test is over.
                let _ = sender.send(event);
            }
        });
        let port = match events.recv_timeout(PATIENCE) {
            Ok(Event::Listening { port }) => port,
            other => panic!("the mail server does not listen: {other:?}"),
        };
        Self { child, events, port, connected: 0, closed: 0 }
    }

    /// The next mail that arrives.
    pub(crate) fn mail(&mut self) -> Received {
        loop {
            if let Some(mail) = self.hear() {
                return mail;
            }
        }
    }

    /// How many connections there were when the last mail had arrived.
    pub(crate) fn connections(&self) -> usize {
        self.connected
    }

    /// Waits until every connection is closed again.
    pub(crate) fn is_left(&mut self) {
        while self.closed < self.connected {
            assert!(self.hear().is_none(), "no mail is under way");
        }
    }

    fn hear(&mut self) -> Option<Received> {
        match self.events.recv_timeout(PATIENCE).expect("the mail server says something") {
            Event::Listening { .. } => {}
            Event::Connected => self.connected += 1,
            Event::Closed => self.closed += 1,
            Event::Mail(mail) => return Some(*mail),
        }
        None
    }

    /// A mailer that hands mails in here.
    pub(crate) fn mailer(&self) -> SmtpMailer {
        mailer(&format!("smtp://127.0.0.1:{}", self.port))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A mailer that hands mails in there, in the name of `Käthe's Shop <shop@example.com>`.
pub(crate) fn mailer(url: &str) -> SmtpMailer {
    SmtpMailer::new(&settings(url)).unwrap()
}

/// The settings of such a mailer.
pub(crate) fn settings(url: &str) -> SmtpSettings {
    SmtpSettings {
        url: url.to_owned(),
        from: "Käthe's Shop <shop@example.com>".to_owned(),
        timeout: Duration::from_secs(30),
    }
}

/// A mail to that address.
pub(crate) fn mail(to: &str) -> Mail {
    Mail {
        message: MessageId::new(17),
        to: EmailAddress::parse(to).unwrap(),
        name: PersonName::parse("Ada Lovelace").unwrap(),
        subject: "Your order 3 was placed".to_owned(),
        text: "Dear Ada Lovelace,\n".to_owned(),
    }
}

/// All that an error says, to people and to developers: none of it may name the address or the person.
pub(crate) fn everything_said(error: &MailError) -> String {
    let mut said = format!("{error:?} {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    for secret in ["Ada", "Lovelace", "example.com>", "@", "ssword"] {
        assert!(!said.contains(secret), "{secret} is in: {said}");
    }
    said
}
