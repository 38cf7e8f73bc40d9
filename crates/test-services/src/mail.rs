//! A mail server for one test: real SMTP, by aiosmtpd.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{eventually, provided};

/// The configuration of a mail server.
#[derive(Debug, Clone, Serialize)]
pub struct MailSettings {
    /// Whether clients must authenticate as `shop@example.com`, with the password `pässword`.
    pub require_auth: bool,
    /// Whether it supports SMTPUTF8: addresses beyond ASCII.
    pub utf8: bool,
    /// `never`, `offered` or `always`.
    pub tls: &'static str,
    /// The certificate file. Required with TLS.
    pub certificate: Option<PathBuf>,
    /// The private key file. Required with TLS.
    pub key: Option<PathBuf>,
    /// How many mails it takes on one connection; 421 in reply to a further one. `None` means any
    /// number.
    pub mails_per_connection: Option<u32>,
}

impl Default for MailSettings {
    fn default() -> Self {
        Self {
            require_auth: false,
            utf8: true,
            tls: "never",
            certificate: None,
            key: None,
            mails_per_connection: None,
        }
    }
}

/// A stage of a connection to a mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpStage {
    /// Before the greeting.
    Greeting,
    /// In reply to `MAIL`.
    Mail,
    /// In reply to `RCPT`.
    Rcpt,
    /// In reply to `DATA`.
    Data,
    /// In reply to the end of the content, the final dot.
    End,
}

/// What a mail server does at a stage, instead of what its mode says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpAction {
    /// Waits, and then continues.
    Delay(Duration),
    /// Sends this reply.
    Reply(&'static str),
    /// Closes the connection.
    Close,
    /// Never replies.
    Hang,
}

/// A received mail.
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
    /// Names, in lower case, and values.
    pub headers: Vec<(String, String)>,
    pub encrypted: bool,
}

impl Mail {
    /// The value of a header that must occur exactly once.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let mut values = self.headers.iter().filter(|(header, _)| header == name);
        let (_, value) = values.next().unwrap_or_else(|| panic!("no {name}: {self:?}"));
        assert!(values.next().is_none(), "{name} twice: {self:?}");
        value
    }
}

/// A notice of the server on its standard output.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum ServerNotice {
    Listening { port: u16 },
    Connected,
    Closed,
    Mail(Mail),
    Hanging(Mail),
    Refused,
    CommandDone,
}

/// A mail server on its own port.
#[derive(Debug)]
pub struct MailServer {
    child: Child,
    notices: Arc<Mutex<Vec<ServerNotice>>>,
    read: usize,
}

impl MailServer {
    /// Starts a server that accepts every mail.
    pub async fn start() -> Self {
        Self::start_with(&MailSettings::default()).await
    }

    /// Starts a server with these settings.
    pub async fn start_with(settings: &MailSettings) -> Self {
        let mut child = Command::new(provided("OMS_TEST_SMTP_PYTHON"))
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/mail_server.py"))
            .arg(serde_json::to_string(settings).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the mail server starts");
        let notices: Arc<Mutex<Vec<ServerNotice>>> = Arc::default();
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let received = Arc::clone(&notices);
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let notice = serde_json::from_str(&line).expect("a notice");
                received.lock().unwrap().push(notice);
            }
        });
        let server = Self { child, notices, read: 0 };
        eventually("the mail server listens", async || server.listening_port().is_some()).await;
        server
    }

    fn listening_port(&self) -> Option<u16> {
        match self.notices.lock().unwrap().first() {
            Some(ServerNotice::Listening { port }) => Some(*port),
            _ => None,
        }
    }

    fn collect<T>(&self, wanted: impl FnMut(&ServerNotice) -> Option<T>) -> Vec<T> {
        self.notices.lock().unwrap().iter().filter_map(wanted).collect()
    }

    fn count(&self, wanted: impl Fn(&ServerNotice) -> bool) -> usize {
        self.collect(|notice| wanted(notice).then_some(())).len()
    }

    /// The port that the server listens on.
    pub fn port(&self) -> u16 {
        self.listening_port().expect("a port")
    }

    /// The URL of the server.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port())
    }

    /// Accepts every mail from now on.
    pub async fn accept(&mut self) {
        self.command("accept").await;
    }

    /// Refuses every mail from now on with this code.
    pub async fn refuse(&mut self, code: u16) {
        self.command(&format!("refuse {code}")).await;
    }

    /// Refuses every mail to this recipient with this code, in every mode.
    pub async fn refuse_to(&mut self, recipient: &str, code: u16) {
        self.command(&format!("refuse-to {recipient} {code}")).await;
    }

    /// Refuses mails to this recipient no longer.
    pub async fn accept_to(&mut self, recipient: &str) {
        self.command(&format!("accept-to {recipient}")).await;
    }

    /// Receives every mail from now on and never answers.
    pub async fn hang(&mut self) {
        self.command("hang").await;
    }

    /// Accepts mails until it has accepted so many since its start, and then never answers.
    pub async fn hang_after(&mut self, accepted: usize) {
        self.command(&format!("hang-after {accepted}")).await;
    }

    /// Does this at each such stage from now on.
    pub async fn at(&mut self, stage: SmtpStage, action: SmtpAction) {
        let stage = match stage {
            SmtpStage::Greeting => "greeting",
            SmtpStage::Mail => "mail",
            SmtpStage::Rcpt => "rcpt",
            SmtpStage::Data => "data",
            SmtpStage::End => "end",
        };
        let action = match action {
            SmtpAction::Delay(delay) => format!("delay {}", delay.as_secs_f64()),
            SmtpAction::Reply(reply) => format!("reply {reply}"),
            SmtpAction::Close => "close".to_owned(),
            SmtpAction::Hang => "hang".to_owned(),
        };
        self.command(&format!("at {stage} {action}")).await;
    }

    async fn command(&mut self, command: &str) {
        let done =
            |server: &Self| server.count(|notice| matches!(notice, ServerNotice::CommandDone));
        let before = done(self);
        let stdin = self.child.stdin.as_mut().expect("its input");
        writeln!(stdin, "{command}").expect("it reads its input");
        eventually("the mail server has executed the command", async || done(self) > before).await;
    }

    /// The accepted mails, in the order of their arrival.
    pub fn mails(&self) -> Vec<Mail> {
        self.collect(|notice| match notice {
            ServerNotice::Mail(mail) => Some(mail.clone()),
            _ => None,
        })
    }

    /// The next mail that it accepts.
    pub async fn next_mail(&mut self) -> Mail {
        eventually("a mail arrives", async || self.mails().len() > self.read).await;
        self.read += 1;
        self.mails().swap_remove(self.read - 1)
    }

    /// The mails that the server has received and never answers.
    pub fn hanging(&self) -> Vec<Mail> {
        self.collect(|notice| match notice {
            ServerNotice::Hanging(mail) => Some(mail.clone()),
            _ => None,
        })
    }

    /// All mails that have arrived, accepted or not answered, in the order of their arrival.
    pub fn received(&self) -> Vec<Mail> {
        self.collect(|notice| match notice {
            ServerNotice::Mail(mail) | ServerNotice::Hanging(mail) => Some(mail.clone()),
            _ => None,
        })
    }

    /// The number of mails that have arrived, accepted or not answered.
    pub fn arrivals(&self) -> usize {
        self.count(|notice| matches!(notice, ServerNotice::Mail(_) | ServerNotice::Hanging(_)))
    }

    /// The number of mails refused by [`refuse`](Self::refuse) and [`refuse_to`](Self::refuse_to).
    pub fn refusals(&self) -> usize {
        self.count(|notice| matches!(notice, ServerNotice::Refused))
    }

    /// The number of connections so far.
    pub fn connections(&self) -> usize {
        self.count(|notice| matches!(notice, ServerNotice::Connected))
    }

    /// Returns when every connection is closed.
    pub async fn until_disconnected(&self) {
        let closed = || self.count(|notice| matches!(notice, ServerNotice::Closed));
        eventually("every connection is closed", async || closed() == self.connections()).await;
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        // The process may have ended already. It is reaped in either case.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
