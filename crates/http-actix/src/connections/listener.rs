//! The server behind the listening sockets.

use std::{
    fmt,
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_http::{HttpService, Protocol, Request, Response, error::DispatchError};
use actix_server::{Server, ServerBuilder};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, fn_factory, fn_service,
    map_config,
};
use actix_web::{body::MessageBody, dev::AppConfig, rt::net::TcpStream};
use tokio::time::{MissedTickBehavior, interval};

use super::{
    BoundSockets, Connections, KEEP_ALIVE, response_body::MAX_UNSENT_BYTES,
    stream::ConnectionStream,
};
use crate::metrics::connections::CloseReason;

/// How often a connection is checked for a stage that takes too long.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// How long actix-http reads and discards a body of known length that was left unread, so that the
/// client gets the response; and how long it waits for a client to take the end of the connection.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// What a server needs to know beside its application.
pub(crate) struct ListenerOptions {
    /// How many threads serve requests.
    pub(crate) workers: usize,
    /// How long requests in flight may take when the server stops.
    pub(crate) shutdown_timeout: Duration,
}

/// A server that listens but does not answer yet.
pub(crate) struct Listener {
    pub(crate) server: Server,
    pub(crate) address: SocketAddr,
}

impl Listener {
    /// Listens on these sockets.
    ///
    /// `app` makes the application of each thread; its outermost middleware must be
    /// [`track_request`](super::track_request).
    ///
    /// # Errors
    /// [`io::Error`] if another program listened at an address first.
    pub(crate) fn start<F, I, S, B>(
        sockets: BoundSockets,
        options: &ListenerOptions,
        connections: &Arc<Connections>,
        app: F,
    ) -> io::Result<Self>
    where
        F: Fn() -> I + Send + Clone + 'static,
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig> + 'static,
        S::Error: Into<actix_web::Error> + 'static,
        S::InitError: fmt::Debug,
        S::Response: Into<Response<B>> + 'static,
        <S::Service as Service<Request>>::Future: 'static,
        S::Service: 'static,
        B: MessageBody + 'static,
    {
        let mut builder = ServerBuilder::new()
            .workers(options.workers)
            // They are counted over all threads, in `Connections`.
            .max_concurrent_connections(usize::MAX)
            .shutdown_timeout(options.shutdown_timeout.as_secs())
            .disable_signals();
        let sockets = sockets.listen()?;
        let address = sockets.first().map(TcpListener::local_addr);
        let address = address.ok_or(io::ErrorKind::AddrNotAvailable)??;
        for socket in sockets {
            let local = socket.local_addr()?;
            let connections = Arc::clone(connections);
            let app = app.clone();
            let shutdown = builder.graceful_shutdown_signal();
            builder = builder.listen(format!("http-{local}"), socket, move || {
                let shutdown = shutdown.clone();
                let app = app().into_factory().map_err(|error| error.into().error_response());
                let http = HttpService::build()
                    .graceful_shutdown_signal(move || {
                        let shutdown = shutdown.clone();
                        async move { shutdown.notified().await }
                    })
                    .keep_alive(KEEP_ALIVE)
                    .client_request_timeout(connections.limits.head_timeout)
                    .client_disconnect_timeout(DISCONNECT_TIMEOUT)
                    .h1_write_buffer_size(MAX_UNSENT_BYTES)
                    .local_addr(local)
                    .on_connect_ext(|stream: &ConnectionStream, data| {
                        data.insert(Rc::clone(stream.state()));
                    })
                    .finish(map_config(app, |()| AppConfig::default()));
                let connections = Arc::clone(&connections);
                fn_factory(move || {
                    let http = http.new_service(());
                    let connections = Arc::clone(&connections);
                    async move {
                        let http = Rc::new(http.await?);
                        Ok::<_, ()>(fn_service(move |socket: TcpStream| {
                            let http = Rc::clone(&http);
                            serve(Arc::clone(&connections), socket, move |stream, peer| {
                                http.call((stream, Protocol::Http1, peer))
                            })
                        }))
                    }
                })
            })?;
        }
        Ok(Self { server: builder.run(), address })
    }
}

/// Serves a new connection to its end, closes it when a stage takes too long, and at once if there
/// are too many. `http` makes its dispatcher.
async fn serve<H: Future<Output = Result<(), DispatchError>>>(
    connections: Arc<Connections>,
    socket: TcpStream,
    http: impl FnOnce(ConnectionStream, Option<SocketAddr>) -> H,
) -> Result<(), DispatchError> {
    let peer = socket.peer_addr().ok();
    let address = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let _admission = match connections.admit(address) {
        Ok(admission) => admission,
        Err(reason) => {
            connections.metrics.closed_because(reason);
            return Ok(());
        }
    };
    let stream = ConnectionStream::new(socket);
    let state = Rc::clone(stream.state());
    // Boxed, because a future that is moved into another one would take its size twice.
    let mut http = Box::pin(http(stream, peer));
    let mut check = interval(CHECK_INTERVAL);
    check.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            served = &mut http => {
                if state.first_head_was_overdue(&connections.limits) {
                    connections.metrics.closed_because(CloseReason::HeadTimeout);
                }
                return served;
            }
            _tick = check.tick() => {
                if let Some(reason) = state.overdue(Instant::now(), &connections.limits) {
                    connections.metrics.closed_because(reason);
                    return Ok(());
                }
            }
        }
    }
}
