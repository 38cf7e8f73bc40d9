//! How many connections are open, in all and from one client's network.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use domain::rate_limit::client_network;

use super::ConnectionLimits;
use crate::metrics::connections::{CloseReason, ConnectionMetrics};

/// The open connections of a listener, over all its threads.
pub(crate) struct Connections {
    pub(super) limits: ConnectionLimits,
    pub(super) metrics: ConnectionMetrics,
    open: AtomicUsize,
    /// How many are open from each network; only those that are counted.
    by_network: Mutex<HashMap<IpAddr, usize>>,
}

/// One open connection. It is counted until this is dropped.
pub(super) struct Admission {
    connections: Arc<Connections>,
    network: Option<IpAddr>,
}

impl Connections {
    pub(crate) fn new(limits: ConnectionLimits, metrics: ConnectionMetrics) -> Arc<Self> {
        let by_network = Mutex::default();
        Arc::new(Self { limits, metrics, open: AtomicUsize::new(0), by_network })
    }

    /// Counts a new connection from this address.
    ///
    /// # Errors
    /// The limit that the connection would exceed. It is not counted then.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr) -> Result<Admission, CloseReason> {
        if self.open.fetch_add(1, Ordering::Relaxed) >= self.limits.max {
            self.open.fetch_sub(1, Ordering::Relaxed);
            return Err(CloseReason::MaxConnections);
        }
        // From here on, dropping the admission takes the connection out of the count.
        self.metrics.opened();
        let mut admission = Admission { connections: Arc::clone(self), network: None };
        if let Some(max) = self.limits.max_per_address
            && !self.is_exempt(peer.to_canonical())
        {
            let network = client_network(peer);
            let mut by_network = self.by_network();
            let open = by_network.entry(network).or_default();
            if *open >= max {
                return Err(CloseReason::MaxConnectionsPerAddress);
            }
            *open = open.saturating_add(1);
            admission.network = Some(network);
        }
        Ok(admission)
    }

    /// Whether any number of connections may come from this address.
    fn is_exempt(&self, peer: IpAddr) -> bool {
        peer.is_loopback() || self.limits.proxies.iter().any(|network| network.contains(&peer))
    }

    fn by_network(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.by_network.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.connections.metrics.closed();
        self.connections.open.fetch_sub(1, Ordering::Relaxed);
        if let Some(network) = self.network {
            let mut by_network = self.connections.by_network();
            if let Some(open) = by_network.get_mut(&network) {
                *open = open.saturating_sub(1);
                if *open == 0 {
                    by_network.remove(&network);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn connections(max: usize, max_per_address: Option<usize>) -> Arc<Connections> {
        let limits = ConnectionLimits {
            head_timeout: Duration::from_secs(1),
            send_timeout: Duration::from_secs(1),
            max,
            max_per_address,
            proxies: vec!["192.0.2.0/24".parse().unwrap()],
        };
        Connections::new(limits, ConnectionMetrics::unexposed())
    }

    fn refusal(connections: &Arc<Connections>, peer: &str) -> Option<CloseReason> {
        connections.admit(peer.parse().unwrap()).err()
    }

    #[test]
    fn a_closed_connection_makes_room_for_another() {
        let connections = connections(2, None);
        let _first = connections.admit([203, 0, 113, 1].into()).ok().unwrap();
        let second = connections.admit([203, 0, 113, 1].into()).ok().unwrap();
        assert_eq!(refusal(&connections, "203.0.113.2"), Some(CloseReason::MaxConnections));
        drop(second);
        assert_eq!(refusal(&connections, "203.0.113.2"), None);
    }

    #[test]
    fn an_address_is_an_ipv4_address_or_64_bits_of_an_ipv6_address() {
        let connections = connections(100, Some(1));
        let held: Vec<_> = ["203.0.113.1", "2001:db8::1"]
            .map(|peer| connections.admit(peer.parse().unwrap()).ok().unwrap())
            .into();
        let refused = Some(CloseReason::MaxConnectionsPerAddress);
        for peer in ["203.0.113.1", "::ffff:203.0.113.1", "2001:db8::1", "2001:db8::ffff"] {
            assert_eq!(refusal(&connections, peer), refused, "{peer}");
        }
        for peer in ["203.0.113.2", "2001:db8:0:1::1"] {
            assert_eq!(refusal(&connections, peer), None, "{peer}");
        }
        drop(held);
        assert_eq!(refusal(&connections, "2001:db8::ffff"), None);
        assert!(connections.by_network().is_empty());
    }

    #[test]
    fn proxies_and_the_machine_itself_may_open_any_number() {
        let connections = connections(100, Some(1));
        for peer in ["192.0.2.7", "::ffff:192.0.2.7", "127.0.0.1", "::1"] {
            let peer = peer.parse().unwrap();
            let held: Vec<_> = (0..3).map(|_| connections.admit(peer)).collect();
            assert!(held.iter().all(Result::is_ok), "{peer}");
        }
    }
}
