//! From which address a request comes: what the rate limits count by.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use actix_web::{HttpRequest, web::Data};
use ipnet::IpNet;

/// The proxies in front of this server, whose `X-Forwarded-For` is believed.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(pub Vec<IpNet>);

impl TrustedProxies {
    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// The client's address.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        // Without a peer there is no socket: all such requests count as one client.
        let peer = request
            .peer_addr()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
        let trusted = request.app_data::<Data<TrustedProxies>>();
        let forwarded = request.headers().get_all("x-forwarded-for");
        let hops = forwarded.filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(','));
        Self(trusted.map_or(peer, |trusted| client_behind(peer, hops, trusted)))
    }
}

/// Walks back from the peer through the proxies that are trusted, to the first address that is not. What a
/// client itself writes into the header stands further left and is never reached.
fn client_behind<'a>(
    peer: IpAddr,
    hops: impl Iterator<Item = &'a str>,
    trusted: &TrustedProxies,
) -> IpAddr {
    let mut client = peer;
    for hop in hops.collect::<Vec<_>>().into_iter().rev() {
        if !trusted.trusts(client) {
            break;
        }
        let Some(address) = address_of(hop.trim()) else { break };
        client = address.to_canonical();
    }
    client
}

/// The address of one hop. Some proxies write the client's port behind it.
fn address_of(hop: &str) -> Option<IpAddr> {
    hop.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, hops: &[&str], trusted: &[&str]) -> String {
        let trusted = TrustedProxies(trusted.iter().map(|net| net.parse().unwrap()).collect());
        client_behind(peer.parse().unwrap(), hops.iter().copied(), &trusted).to_string()
    }

    #[test]
    fn without_a_trusted_proxy_the_peer_is_the_client_whatever_it_says() {
        assert_eq!(client("203.0.113.9", &["198.51.100.1"], &[]), "203.0.113.9");
    }

    #[test]
    fn behind_a_trusted_proxy_the_client_is_who_the_proxy_saw() {
        assert_eq!(client("10.0.0.1", &["198.51.100.1"], &["10.0.0.0/8"]), "198.51.100.1");
    }

    #[test]
    fn an_address_that_the_client_made_up_is_not_believed() {
        let hops = ["1.2.3.4", "198.51.100.1"];
        assert_eq!(client("10.0.0.1", &hops, &["10.0.0.0/8"]), "198.51.100.1");
    }

    #[test]
    fn a_port_behind_an_address_does_not_count() {
        assert_eq!(client("10.0.0.1", &["198.51.100.1:5678"], &["10.0.0.0/8"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["[2001:db8::1]:5678"], &["10.0.0.0/8"]), "2001:db8::1");
    }

    #[test]
    fn garbage_in_the_header_leaves_the_last_address_that_was_sure() {
        assert_eq!(client("10.0.0.1", &["garbage"], &["10.0.0.0/8"]), "10.0.0.1");
    }
}
