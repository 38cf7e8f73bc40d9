//! One question over HTTP, on a plain connection: no more than it takes to ask a server on the same machine.

use std::{
    fmt,
    io::{self, Read as _, Write as _},
    net::{TcpStream, ToSocketAddrs as _},
    str::FromStr,
    time::{Duration, Instant},
};

/// The most bytes of an answer that are read.
const MOST: u64 = 64 * 1024;

/// A server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// An address or a host name, IPv6 addresses without brackets.
    pub(super) host: String,
    /// Its port.
    pub(super) port: u16,
}

/// A text that names no server.
#[derive(Debug, thiserror::Error)]
#[error(
    "must be http:// and an address or a name, with a port if it is not 80, such as http://10.0.0.7:8000"
)]
pub(super) struct NotATarget;

impl FromStr for Target {
    type Err = NotATarget;

    fn from_str(url: &str) -> Result<Self, NotATarget> {
        let place = url.strip_prefix("http://").ok_or(NotATarget)?.trim_end_matches('/');
        let (host, port) = match place.rsplit_once(':') {
            // The colon of an IPv6 address stands within its brackets.
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_no_number| NotATarget)?)
            }
            _ => (place, 80),
        };
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:%".contains(&byte);
        if bare.is_empty() || !bare.bytes().all(plain) {
            return Err(NotATarget);
        }
        Ok(Self { host: bare.to_owned(), port })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// What a server answered.
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) status: u16,
    /// The body.
    pub(super) body: Vec<u8>,
}

/// Asks for a path, and takes no longer than that for all of it.
pub(super) fn get(target: &Target, path: &str, within: Duration) -> io::Result<Answer> {
    let end = Instant::now() + within;
    let mut stream = connect(target, end)?;
    stream.set_write_timeout(Some(left(end)?))?;
    // Of this version, so that the answer comes in one piece and the connection closes behind it.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {target}\r\nAccept: application/json\r\n\r\n")?;
    let mut text = Vec::new();
    let mut reading = stream.take(MOST);
    let mut piece = [0; 4096];
    loop {
        reading.get_ref().set_read_timeout(Some(left(end)?))?;
        let read = reading.read(&mut piece)?;
        match piece.get(..read) {
            Some([]) | None => return answer(&text),
            Some(more) => text.extend_from_slice(more),
        }
    }
}

fn connect(target: &Target, end: Instant) -> io::Result<TcpStream> {
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name leads nowhere");
    for address in (target.host.as_str(), target.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, left(end)?) {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// How much time is left.
fn left(end: Instant) -> io::Result<Duration> {
    let left = end.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::Error::new(io::ErrorKind::TimedOut, "it took too long"));
    }
    Ok(left)
}

fn answer(text: &[u8]) -> io::Result<Answer> {
    let no_http = || io::Error::new(io::ErrorKind::InvalidData, "the answer is not HTTP");
    let end = text.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(no_http)?;
    let (head, body) = text.split_at(end);
    let head = std::str::from_utf8(head).map_err(|_binary| no_http())?;
    let status = head.split(' ').nth(1).filter(|_| head.starts_with("HTTP/1."));
    let status = status.and_then(|status| status.parse().ok()).ok_or_else(no_http)?;
    Ok(Answer { status, body: body.get(4..).unwrap_or_default().to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_by_its_url() {
        let place = |url: &str| url.parse::<Target>().map(|target| target.to_string()).ok();
        assert_eq!(place("http://10.0.0.7:8000").as_deref(), Some("10.0.0.7:8000"));
        assert_eq!(place("http://localhost/").as_deref(), Some("localhost:80"));
        assert_eq!(place("http://[::1]:9090").as_deref(), Some("[::1]:9090"));
        assert_eq!(place("http://[::1]").as_deref(), Some("[::1]:80"));
        for none in [
            "",
            "localhost:8000",
            "https://shop",
            "http://",
            "http://a:b",
            "http://a/b",
            "http://a b",
        ] {
            assert_eq!(place(none), None, "{none}");
        }
    }

    #[test]
    fn an_answer_is_taken_apart() {
        let answer = answer(b"HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\n{}").unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (503, b"{}".as_slice()));
    }

    #[test]
    fn what_is_no_http_is_told_from_it() {
        for none in
            [b"".as_slice(), b"220 mail ready\r\n\r\n", b"HTTP/1.1 ok\r\n\r\n", b"HTTP/1.1 200"]
        {
            assert!(answer(none).is_err());
        }
    }
}
