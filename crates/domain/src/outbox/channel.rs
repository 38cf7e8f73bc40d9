//! The channels on which events are delivered.

use std::{fmt, str::FromStr};

/// A way in which events are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// A log line.
    Log,
    /// A mail to the customer.
    Mail,
    /// An entry in the Redis stream that other services read.
    Stream,
}

impl Channel {
    /// All channels.
    pub const ALL: [Self; 3] = [Self::Log, Self::Mail, Self::Stream];

    /// The name of the channel, as stores write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Mail => "mail",
            Self::Stream => "stream",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Log => 1,
            Self::Mail => 1 << 1,
            Self::Stream => 1 << 2,
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of channels. Written as their names separated by spaces, in the order of [`Channel::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Channels(u8);

impl Channels {
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// The set with this channel added.
    #[must_use]
    pub const fn with(self, channel: Channel) -> Self {
        Self(self.0 | channel.bit())
    }

    /// Whether the set contains this channel.
    pub const fn contains(self, channel: Channel) -> bool {
        self.0 & channel.bit() != 0
    }
}

impl fmt::Display for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        for channel in Channel::ALL {
            if self.contains(channel) {
                write!(f, "{gap}{channel}")?;
                gap = " ";
            }
        }
        Ok(())
    }
}

/// The text contains a word that is not the name of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a set of channels")]
pub struct UnknownChannel;

impl FromStr for Channels {
    type Err = UnknownChannel;

    /// Parses the format that [`Display`](fmt::Display) writes.
    fn from_str(raw: &str) -> Result<Self, UnknownChannel> {
        raw.split_whitespace().try_fold(Self::NONE, |set, word| {
            let channel = Channel::ALL.into_iter().find(|channel| channel.as_str() == word);
            channel.map(|channel| set.with(channel)).ok_or(UnknownChannel)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_reads_back_as_it_was_written() {
        let sets = [
            (Channels::NONE, ""),
            (Channels::NONE.with(Channel::Mail), "mail"),
            (Channels::NONE.with(Channel::Stream).with(Channel::Log), "log stream"),
            (Channel::ALL.into_iter().fold(Channels::NONE, Channels::with), "log mail stream"),
        ];
        for (set, words) in sets {
            assert_eq!(set.to_string(), words);
            assert_eq!(words.parse(), Ok(set));
        }
        assert_eq!("log pigeon".parse::<Channels>(), Err(UnknownChannel));
    }

    #[test]
    fn a_set_contains_the_channels_that_were_added() {
        let set = Channels::NONE.with(Channel::Mail);
        assert!(set.contains(Channel::Mail));
        assert!(!set.contains(Channel::Log) && !set.contains(Channel::Stream));
        assert_eq!(set.with(Channel::Mail), set);
    }
}
