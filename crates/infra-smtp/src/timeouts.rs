//! How long a mail server may take at each stage.

use std::time::Duration;

/// How long a mail server may take at each stage of a mail. The defaults are those of RFC 5321,
/// section 4.5.3.2, where it has one: a server that is slow but works gets each mail once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmtpTimeouts {
    /// How long connecting to one of the server's addresses may take before the next is tried. Part
    /// of [`Self::greeting`].
    pub connect: Duration,
    /// How long a new connection may take until the server has greeted and replied to `EHLO`, with
    /// the handshake of implicit TLS.
    pub greeting: Duration,
    /// How long `STARTTLS` with its handshake may take, and `AUTH`.
    pub negotiation: Duration,
    /// How long the reply to `MAIL` may take.
    pub mail: Duration,
    /// How long the reply to `RCPT` may take.
    pub rcpt: Duration,
    /// How long the reply to `DATA` may take.
    pub data: Duration,
    /// How long the server may take to receive a block of the content.
    pub block: Duration,
    /// How long the reply to the end of the content, the final dot, may take. If it does not
    /// arrive, the server may have accepted the mail.
    pub reply: Duration,
}

impl SmtpTimeouts {
    /// The default of [`Self::connect`].
    pub const DEFAULT_CONNECT: Duration = Duration::from_secs(5);
    /// The default of [`Self::data`].
    const DATA: Duration = Duration::from_mins(2);
    /// The default of [`Self::block`].
    const BLOCK: Duration = Duration::from_mins(3);
    /// The default limit of all commands that have no other one.
    pub const DEFAULT_COMMAND: Duration = Duration::from_mins(5);
    /// The default of [`Self::reply`].
    pub const DEFAULT_REPLY: Duration = Duration::from_mins(10);

    /// The limits with `command` for everything before the end of the content, except for stages
    /// that have a shorter default, and `reply` for the reply to it. Connecting to an address has its
    /// default limit.
    pub fn new(command: Duration, reply: Duration) -> Self {
        Self {
            connect: Self::DEFAULT_CONNECT,
            greeting: command,
            negotiation: command,
            mail: command,
            rcpt: command,
            data: command.min(Self::DATA),
            block: command.min(Self::BLOCK),
            reply,
        }
    }
}

impl Default for SmtpTimeouts {
    fn default() -> Self {
        Self::new(Self::DEFAULT_COMMAND, Self::DEFAULT_REPLY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_defaults_are_those_of_rfc_5321() {
        let timeouts = SmtpTimeouts::default();
        assert_eq!((timeouts.greeting, timeouts.mail), (seconds(300), seconds(300)));
        assert_eq!((timeouts.connect, timeouts.negotiation), (seconds(5), seconds(300)));
        assert_eq!((timeouts.rcpt, timeouts.data), (seconds(300), seconds(120)));
        assert_eq!((timeouts.block, timeouts.reply), (seconds(180), seconds(600)));
    }

    #[test]
    fn the_limit_of_commands_shortens_the_shorter_limits_and_does_not_extend_them() {
        for (command, data, block) in [(7, 7, 7), (150, 120, 150), (900, 120, 180)] {
            let timeouts = SmtpTimeouts::new(seconds(command), seconds(1));
            assert_eq!((timeouts.greeting, timeouts.rcpt), (seconds(command), seconds(command)));
            assert_eq!((timeouts.data, timeouts.block), (seconds(data), seconds(block)));
            assert_eq!(timeouts.reply, seconds(1));
        }
    }
}
