//! Servers that refuse, are silent, or close the connection at each stage of a mail. What that
//! means for the mail, and for those after it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::mail::{MailError, Mailer as _};
use infra_smtp::{SmtpMailer, SmtpSettings, SmtpTimeouts};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::mailers::{full_text, mail, settings};

/// A limit that is exceeded, and one that is not, also on a busy machine.
const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_mins(1);
/// A delay that a server needs.
const SLOW: Duration = Duration::from_millis(900);

/// What a server does at a stage.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Reply(&'static str),
    /// It replies, but not at once.
    Slowly(&'static str),
    /// It never replies.
    Silent,
    /// It closes the connection.
    Close,
}

/// What a server does.
#[derive(Debug, Clone, Copy)]
struct Script {
    greeting: Step,
    mail: Step,
    rcpt: Step,
    data: Step,
    dot: Step,
}

const WILLING: Script = Script {
    greeting: Step::Reply("220 mail.example.com"),
    mail: Step::Reply("250 OK"),
    rcpt: Step::Reply("250 OK"),
    data: Step::Reply("354 go ahead"),
    dot: Step::Reply("250 OK"),
};

/// A server that follows a script.
struct Server {
    url: String,
    /// How many contents it got.
    contents: Arc<AtomicUsize>,
}

impl Server {
    async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let contents = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&contents);
        tokio::spawn(async move {
            while let Ok((stream, _from)) = listener.accept().await {
                tokio::spawn(serve(stream, script, Arc::clone(&counter)));
            }
        });
        Self { url, contents }
    }
}

/// Replies as the step says. Returns `None` if the connection is to be closed.
async fn take(step: Step, stream: &mut BufReader<TcpStream>) -> Option<()> {
    let reply = match step {
        Step::Reply(reply) => reply,
        Step::Slowly(reply) => {
            tokio::time::sleep(SLOW).await;
            reply
        }
        Step::Silent => {
            // Until the client closes the connection.
            let _read = tokio::io::copy(stream, &mut tokio::io::sink()).await;
            return None;
        }
        Step::Close => return None,
    };
    stream.write_all(format!("{reply}\r\n").as_bytes()).await.ok()
}

async fn serve(stream: TcpStream, script: Script, contents: Arc<AtomicUsize>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    take(script.greeting, &mut stream).await?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let verb = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let step = match verb.as_str() {
            "MAIL" => script.mail,
            "RCPT" => script.rcpt,
            "DATA" => script.data,
            _ => Step::Reply("250 OK"),
        };
        take(step, &mut stream).await?;
        if verb == "DATA" && step == WILLING.data {
            let mut content = String::new();
            while !content.ends_with("\r\n.\r\n") {
                if stream.read_line(&mut content).await.ok()? == 0 {
                    return None;
                }
            }
            contents.fetch_add(1, Ordering::SeqCst);
            take(script.dot, &mut stream).await?;
        }
    }
}

fn timeouts(command: Duration, reply: Duration) -> SmtpTimeouts {
    SmtpTimeouts { command, data: command, content: Duration::ZERO, reply }
}

async fn send(script: Script, timeouts: SmtpTimeouts) -> (Result<(), MailError>, Server) {
    let server = Server::start(script).await;
    let mailer = SmtpMailer::new(&SmtpSettings { timeouts, ..settings(&server.url) }).unwrap();
    (mailer.send(&mail("ada@example.com")).await, server)
}

/// The name of the error's variant.
async fn meaning(script: Script, timeouts: SmtpTimeouts) -> &'static str {
    let error = send(script, timeouts).await.0.unwrap_err();
    full_text(&error);
    match error {
        MailError::ServerUnavailable(_) => "unavailable",
        MailError::Deferred(_) => "deferred",
        MailError::Refused(_) => "refused",
        MailError::Unanswered(_) => "unanswered",
    }
}

#[tokio::test]
async fn a_slow_server_gets_a_mail_once() {
    for script in [
        Script { greeting: Step::Slowly("220 mail.example.com"), ..WILLING },
        Script { rcpt: Step::Slowly("250 OK"), ..WILLING },
        Script { dot: Step::Slowly("250 OK"), ..WILLING },
    ] {
        let (sent, server) = send(script, timeouts(LONG, LONG)).await;
        assert!(sent.is_ok(), "{script:?}: {sent:?}");
        assert_eq!(server.contents.load(Ordering::SeqCst), 1, "{script:?}");
    }
}

#[tokio::test]
async fn each_stage_has_its_own_limit() {
    // The limit of the commands is over long before the reply after the content comes.
    let script = Script { dot: Step::Slowly("250 OK"), ..WILLING };
    let (sent, server) = send(script, timeouts(SLOW * 3, LONG)).await;
    assert!(sent.is_ok(), "{sent:?}");
    assert_eq!(server.contents.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_goes_wrong_before_the_recipient_is_trouble_of_the_server() {
    let long = timeouts(LONG, LONG);
    for script in [
        Script { greeting: Step::Reply("554 no mails today"), ..WILLING },
        Script { greeting: Step::Close, ..WILLING },
        Script { mail: Step::Reply("450 4.7.1 too many mails"), ..WILLING },
        Script { mail: Step::Reply("550 5.7.1 who are you"), ..WILLING },
        Script { mail: Step::Reply("421 4.3.2 closing"), ..WILLING },
        Script { mail: Step::Close, ..WILLING },
    ] {
        assert_eq!(meaning(script, long).await, "unavailable", "{script:?}");
    }
    for script in
        [Script { greeting: Step::Silent, ..WILLING }, Script { mail: Step::Silent, ..WILLING }]
    {
        assert_eq!(meaning(script, timeouts(SHORT, LONG)).await, "unavailable", "{script:?}");
    }
}

#[tokio::test]
async fn a_server_that_closes_the_dialogue_is_in_trouble_at_every_stage() {
    let closing = Step::Reply("421 4.3.2 closing");
    for script in [
        Script { rcpt: closing, ..WILLING },
        Script { data: closing, ..WILLING },
        Script { dot: closing, ..WILLING },
        Script { rcpt: Step::Close, ..WILLING },
        Script { data: Step::Close, ..WILLING },
    ] {
        assert_eq!(meaning(script, timeouts(LONG, LONG)).await, "unavailable", "{script:?}");
    }
}

#[tokio::test]
async fn a_mail_that_is_refused_for_now_is_deferred() {
    let busy = Step::Reply("450 4.2.1 mailbox busy");
    for script in [
        Script { rcpt: busy, ..WILLING },
        Script { data: busy, ..WILLING },
        Script { dot: busy, ..WILLING },
    ] {
        assert_eq!(meaning(script, timeouts(LONG, LONG)).await, "deferred", "{script:?}");
    }
    for script in
        [Script { rcpt: Step::Silent, ..WILLING }, Script { data: Step::Silent, ..WILLING }]
    {
        assert_eq!(meaning(script, timeouts(SHORT, LONG)).await, "deferred", "{script:?}");
    }
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_refused() {
    for script in [
        Script { rcpt: Step::Reply("550 5.7.1 not from you"), ..WILLING },
        Script { rcpt: Step::Reply("550 5.1.1 no such user"), ..WILLING },
        Script { rcpt: Step::Reply("552 5.2.2 mailbox full"), ..WILLING },
        Script { data: Step::Reply("554 5.5.1 no valid recipients"), ..WILLING },
        Script { dot: Step::Reply("554 5.7.1 spam"), ..WILLING },
    ] {
        assert_eq!(meaning(script, timeouts(LONG, LONG)).await, "refused", "{script:?}");
    }
}

#[tokio::test]
async fn silence_after_the_content_leaves_open_whether_the_mail_was_taken() {
    let script = Script { dot: Step::Close, ..WILLING };
    assert_eq!(meaning(script, timeouts(LONG, LONG)).await, "unanswered");
    let script = Script { dot: Step::Silent, ..WILLING };
    assert_eq!(meaning(script, timeouts(LONG, SHORT)).await, "unanswered");
}
