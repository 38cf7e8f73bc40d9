//! Sockets that hold an address before the server is ready to answer there.

use std::{
    io,
    net::{SocketAddr, TcpListener, ToSocketAddrs as _},
};

use socket2::{Domain, Socket, Type};

/// How many connections may wait to be accepted, if the operating system allows so many.
const BACKLOG: i32 = 4096;

/// How many bytes of responses the operating system keeps for a client; Linux doubles the number.
/// By default it would keep up to 4 MiB for a client that does not read.
const SEND_BUFFER_BYTES: usize = 128 * 1024;

/// The addresses of a host and a port, taken. Until [`Self::listen`] clients are refused, as at a
/// port that no program uses: a connection that waited for a long migration would look like a
/// server that is up.
pub(crate) struct BoundSockets {
    /// One for each address that can be bound, at least one.
    sockets: Vec<Socket>,
}

impl BoundSockets {
    /// Takes all addresses of this host that can be bound. Port 0 takes any free port.
    ///
    /// # Errors
    /// [`io::Error`] if the host has no address, or none that can be bound.
    pub(crate) fn bind(host: &str, port: u16) -> io::Result<Self> {
        let mut sockets = Vec::new();
        let mut failure = no_address(host);
        for address in (host, port).to_socket_addrs()? {
            match bind(address) {
                Ok(socket) => sockets.push(socket),
                Err(error) => failure = error,
            }
        }
        if sockets.is_empty() { Err(failure) } else { Ok(Self { sockets }) }
    }

    /// From now on clients can connect.
    ///
    /// # Errors
    /// [`io::Error`] if another program, which bound the address at the same time, listened first.
    pub(super) fn listen(self) -> io::Result<Vec<TcpListener>> {
        let listen = |socket: Socket| {
            socket.listen(BACKLOG)?;
            Ok(socket.into())
        };
        self.sockets.into_iter().map(listen).collect()
    }
}

/// Binds a socket. The connections that it accepts inherit its options.
fn bind(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn no_address(host: &str) -> io::Error {
    io::Error::new(io::ErrorKind::AddrNotAvailable, format!("{host} has no address"))
}
