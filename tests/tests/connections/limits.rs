//! How many connections may be open, in all and from one address.

use std::net::{IpAddr, UdpSocket};

use crate::{
    connections::closed,
    harness::{Connection, Server, ServerBuilder, eventually},
};

const REQUEST: &str = "GET /health HTTP/1.1\r\nHost: shop\r\n\r\n";

/// Opens a connection that is served.
async fn served(address: &str) -> Connection {
    let mut connection = Connection::open_at(address).await.expect("a connection");
    connection.send(REQUEST).await;
    connection.read_to("\"ok\"").await;
    connection
}

/// Whether a new connection is served.
async fn is_served(address: &str) -> bool {
    let Ok(mut connection) = Connection::open_at(address).await else { return false };
    connection.send(REQUEST).await;
    connection.read_all().await.contains("\"ok\"")
}

#[tokio::test]
async fn a_connection_beyond_the_maximum_is_closed_at_once() {
    let server = Server::configure().var("MAX_CONNECTIONS", 3).start();
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(served(server.address()).await);
    }
    for _ in 0..5 {
        let mut refused = Connection::open(&server).await.expect("a connection");
        assert_eq!(refused.read_to_end().await, "");
    }
    for connection in &mut open {
        connection.send(REQUEST).await;
        connection.read_to("\"ok\"").await;
    }
    drop(open);
    eventually("there is room again", async || is_served(server.address()).await).await;
    assert!(closed(&server.anonymous(), "max_connections").await >= 5.0);
}

/// An address of this machine that is not a loopback address. Nothing is sent to the documentation
/// network (RFC 5737) to find it.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("198.51.100.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|address| !address.is_loopback())
}

/// Starts a server on all addresses of this machine. Returns its address there, and the one on the
/// loopback interface.
fn start_everywhere(builder: ServerBuilder, own: IpAddr) -> (Server, String, String) {
    let server = builder.var("HOST", "0.0.0.0").start();
    let (_, port) = server.address().rsplit_once(':').expect("a port");
    let (here, loopback) = (format!("{own}:{port}"), format!("127.0.0.1:{port}"));
    (server, here, loopback)
}

#[tokio::test]
async fn an_address_may_open_only_so_many_connections_unless_it_is_a_proxy_or_the_machine_itself() {
    let Some(own) = own_address() else {
        eprintln!("skipped: this machine has no address but the loopback one");
        return;
    };
    let limited = || Server::configure().var("MAX_CONNECTIONS_PER_ADDRESS", 2);

    let (_server, here, loopback) = start_everywhere(limited(), own);
    let first = served(&here).await;
    let _second = served(&here).await;
    let mut third = Connection::open_at(&here).await.expect("a connection");
    assert_eq!(third.read_to_end().await, "");
    let _local = [served(&loopback).await, served(&loopback).await, served(&loopback).await];
    drop(first);
    eventually("there is room again", async || is_served(&here).await).await;

    let (_server, here, _) = start_everywhere(limited().var("TRUSTED_PROXIES", own), own);
    let _proxied = [served(&here).await, served(&here).await, served(&here).await];
}
