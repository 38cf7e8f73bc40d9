//! The client's IP address, which rate limits count by.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use actix_web::{HttpRequest, web::Data};
use domain::rate_limit::RateLimitSubject;
use ipnet::IpNet;

/// The networks of the proxies in front of this server, whose `X-Forwarded-For` is trusted.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(pub Vec<IpNet>);

impl TrustedProxies {
    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// The client's IP address; behind trusted proxies, the one that they report.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// The client, as the subject of a rate limit.
    pub const fn subject(self) -> RateLimitSubject {
        RateLimitSubject::Client(self.0)
    }

    pub(crate) fn of(request: &HttpRequest) -> Self {
        // A request without a socket has no peer: all such requests count as one client.
        let peer = request
            .peer_addr()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
        let trusted = request.app_data::<Data<TrustedProxies>>();
        let forwarded = request.headers().get_all("x-forwarded-for");
        let hops = forwarded.filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(','));
        Self(trusted.map_or(peer, |trusted| resolve_client(peer, hops, trusted)))
    }
}

/// Walks from the peer back through the trusted proxies, to the first address that is not trusted.
/// Addresses that the client itself wrote into the header are further left and are never reached.
fn resolve_client<'a>(
    peer: IpAddr,
    hops: impl Iterator<Item = &'a str>,
    trusted: &TrustedProxies,
) -> IpAddr {
    let mut client = peer;
    for hop in hops.collect::<Vec<_>>().into_iter().rev() {
        if !trusted.trusts(client) {
            break;
        }
        let Some(address) = parse_hop(hop.trim()) else { break };
        client = address.to_canonical();
    }
    client
}

/// Parses the address of one hop. Some proxies append the client's port.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    hop.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, hops: &[&str], trusted: &[&str]) -> String {
        let trusted = TrustedProxies(trusted.iter().map(|net| net.parse().unwrap()).collect());
        resolve_client(peer.parse().unwrap(), hops.iter().copied(), &trusted).to_string()
    }

    #[test]
    fn without_a_trusted_proxy_the_peer_is_the_client() {
        assert_eq!(client("203.0.113.9", &["198.51.100.1"], &[]), "203.0.113.9");
    }

    #[test]
    fn behind_a_trusted_proxy_the_client_is_the_forwarded_address() {
        assert_eq!(client("10.0.0.1", &["198.51.100.1"], &["10.0.0.0/8"]), "198.51.100.1");
    }

    #[test]
    fn an_address_forged_by_the_client_is_ignored() {
        let hops = ["1.2.3.4", "198.51.100.1"];
        assert_eq!(client("10.0.0.1", &hops, &["10.0.0.0/8"]), "198.51.100.1");
    }

    #[test]
    fn the_port_of_a_forwarded_address_is_ignored() {
        assert_eq!(client("10.0.0.1", &["198.51.100.1:5678"], &["10.0.0.0/8"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["[2001:db8::1]:5678"], &["10.0.0.0/8"]), "2001:db8::1");
    }

    #[test]
    fn a_malformed_hop_leaves_the_last_trusted_address() {
        assert_eq!(client("10.0.0.1", &["garbage"], &["10.0.0.0/8"]), "10.0.0.1");
    }
}
