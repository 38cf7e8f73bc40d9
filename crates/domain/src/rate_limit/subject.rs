//! Whose attempts are counted.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use crate::UserId;

/// Whose attempts are counted. Subjects of different kinds never share a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateLimitSubject {
    /// The client with this IP address; all addresses of one [`client_network`] are one client.
    Client(IpAddr),
    /// The account that acts.
    Account(UserId),
    /// The address that was typed to log in, whether or not there is such an account.
    Login(SubjectHash),
    /// The mailbox that a mail goes to.
    Mailbox(SubjectHash),
}

impl RateLimitSubject {
    /// The subject that attempts are counted under: of a client, its network.
    #[must_use]
    pub fn counted(self) -> Self {
        match self {
            Self::Client(address) => Self::Client(client_network(address)),
            other => other,
        }
    }
}

/// The keyed hash of an email address, which counters may hold in place of the address.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SubjectHash([u8; 32]);

impl SubjectHash {
    /// Wraps a hash, which must be keyed: the addresses of a shop can be guessed from plain ones.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for SubjectHash {
    /// Writes 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SubjectHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubjectHash({self})")
    }
}

/// The network whose addresses are one client: an IPv4 address alone (also one that is mapped to
/// IPv6), or the first 64 bits of an IPv6 address, because providers give at least that to a
/// subscriber.
pub fn client_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// The bytes of a client's network, to be hashed: 4 of an IPv4 address, 16 of an IPv6 network.
pub fn client_network_bytes(address: IpAddr) -> Vec<u8> {
    match client_network(address) {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_network_is_an_ipv4_address_or_64_bits_of_an_ipv6_address() {
        for (address, network) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::"),
            ("::1", "::"),
        ] {
            let network: IpAddr = network.parse().unwrap();
            assert_eq!(client_network(address.parse().unwrap()), network, "{address}");
        }
    }

    #[test]
    fn a_subject_hash_is_written_in_64_digits() {
        assert_eq!(SubjectHash::from_bytes([0x0f; 32]).to_string(), "0f".repeat(32));
    }
}
