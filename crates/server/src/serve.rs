//! Sockets: the accept loop, its limits, and the clean stop.
//!
//! hyper's HTTP/1 builder is used as it is, because the usual helpers set no timer (a half-sent header would hold a
//! connection for ever) and guess the protocol's version without a limit of time. Browsers never speak HTTP/2 without
//! TLS, which belongs to a proxy in front.

use crate::connection::Stream;
use crate::front::Front;
use crate::{Site, headers};
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

/// Connections at once, unless the owner says otherwise: each costs a descriptor and some 10 kB, and the usual limit of
/// descriptors is 1,024, of which files need some.
pub(crate) const CONNECTIONS_MAX: usize = 900;
/// Connections of one address: a browser opens six, an office behind one address has some people. Loopback is exempt,
/// because a reverse proxy stands there with everybody's connections.
const CONNECTIONS_OF_ADDRESS_MAX: usize = 64;
/// How long a client may take to send a request's head; also ends idle connections.
const HEADER_TIME_MAX: Duration = Duration::from_secs(10);
/// Browsers send about twenty.
const HEADERS_MAX: usize = 64;
/// Room for the longest head that is read.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// How long requests that were accepted may go on after the stop.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(20);
/// How long the system keeps sending bytes that a client does not confirm, or keeps them for a client that takes none:
/// its own patience is a quarter of an hour, also for a connection that was closed with bytes left to send.
#[cfg(target_os = "linux")]
const UNCONFIRMED_TIME_MAX: Duration = Duration::from_secs(30);
/// After an error of `accept` (no descriptors left): long enough for some to come free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The address of the client, as the socket knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Serves a site on a listener until `shutdown` ends; then accepts nothing more, lets requests in flight finish and
/// returns.
///
/// # Errors
/// Only if the listener itself is unusable.
pub async fn serve(listener: TcpListener, site: Site, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    listener.local_addr()?;
    let places = Places::new(site.settings.connections_max);
    let front = Front::new(site);
    let (stop, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => match places.take(peer.ip()) {
                    Some(place) => {
                        front.house.metrics.connections.inc();
                        connections.spawn(connection(stream, peer, front.clone(), place, stopped.clone()));
                    }
                    None => {
                        front.house.metrics.turned_away.inc();
                        turn_away(&stream);
                    }
                },
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    // Nobody listens any more if no connection is open: nothing to tell then.
    let _ = stop.send(true);
    let drained =
        tokio::time::timeout(DRAIN_TIME_MAX, async { while connections.join_next().await.is_some() {} });
    if drained.await.is_err() {
        tracing::warn!(open = connections.len(), "connections were still busy at the stop and are closed");
    }
    Ok(())
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    front: Front,
    place: Place,
    mut stopped: watch::Receiver<bool>,
) {
    let _place = place;
    if let Err(error) = prepare(&stream) {
        // Its client has gone already.
        tracing::debug!(%error, "a connection ended at once");
    }
    let house = Arc::clone(&front.house);
    let stall_time_max = house.settings().stall_time_max;
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut front = front.clone();
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer));
            Ok::<_, Infallible>(front.answer(request).await)
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME_MAX)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(Stream::new(stream, stall_time_max)), service);
    let mut served = std::pin::pin!(served);
    let result = tokio::select! {
        result = served.as_mut() => result,
        // Also ends if the sender is gone: then the loop above has ended too.
        _ = stopped.changed() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = result {
        // Clients go away in the middle all the time.
        tracing::debug!(%error, "a connection ended early");
    }
    house.metrics.connections.dec();
}

/// Sets what the system does for a connection by itself.
fn prepare(stream: &TcpStream) -> io::Result<()> {
    // Answers are written whole: waiting for more only delays them.
    stream.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(stream).set_tcp_user_timeout(Some(UNCONFIRMED_TIME_MAX))?;
    Ok(())
}

/// Tells a client beyond the limit to come back, if its socket takes the words at once.
fn turn_away(stream: &TcpStream) {
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-type: text/plain\r\ncontent-length: 0\r\n\
         content-security-policy: {}\r\nx-content-type-options: nosniff\r\nreferrer-policy: same-origin\r\n\
         cross-origin-opener-policy: same-origin\r\ncache-control: no-store\r\nconnection: close\r\n\r\n",
        headers::PAGE_CSP
    );
    let _ = stream.try_write(answer.as_bytes());
}

/// The places for connections: so many in all, so many for an address.
#[derive(Clone)]
struct Places {
    all: Arc<Semaphore>,
    of_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A place; dropping it gives it back.
struct Place {
    places: Places,
    address: IpAddr,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    fn new(all: usize) -> Places {
        Places { all: Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS))), of_address: Arc::default() }
    }

    fn take(&self, address: IpAddr) -> Option<Place> {
        let address = network(address);
        let permit = Arc::clone(&self.all).try_acquire_owned().ok()?;
        if !address.is_loopback() {
            let mut counts = self.of_address.lock().unwrap_or_else(PoisonError::into_inner);
            let count = counts.entry(address).or_insert(0);
            if *count >= CONNECTIONS_OF_ADDRESS_MAX {
                return None;
            }
            *count += 1;
        }
        Some(Place { places: self.clone(), address, _permit: permit })
    }
}

/// What counts as one address: an IPv4 address however it is written, an IPv6 network of 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            let bits = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(bits.into())
        }
        other => other,
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.address.is_loopback() {
            return;
        }
        let mut counts = self.places.of_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_places_and_gets_them_back() {
        let places = Places::new(CONNECTIONS_MAX);
        let address: IpAddr = "203.0.113.7".parse().unwrap();
        let taken: Vec<Place> = std::iter::from_fn(|| places.take(address)).collect();
        assert_eq!(taken.len(), CONNECTIONS_OF_ADDRESS_MAX);
        assert!(places.take("203.0.113.8".parse().unwrap()).is_some());
        drop(taken);
        assert!(places.of_address.lock().unwrap().is_empty());
        assert!(places.take(address).is_some());
    }

    #[test]
    fn mapped_addresses_and_networks_count_as_one() {
        let same = |one: &str, other: &str| network(one.parse().unwrap()) == network(other.parse().unwrap());
        assert!(same("::ffff:203.0.113.7", "203.0.113.7"));
        assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
        assert!(!same("2001:db8:1:2::1", "2001:db8:1:3::1"));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_system_gives_up_on_a_client_that_confirms_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        prepare(&stream).unwrap();
        assert_eq!(socket2::SockRef::from(&stream).tcp_user_timeout().unwrap(), Some(UNCONFIRMED_TIME_MAX));
        assert!(stream.nodelay().unwrap());
    }

    #[test]
    fn all_addresses_together_have_so_many_places() {
        let places = Places::new(CONNECTIONS_MAX);
        let taken: Vec<Place> = std::iter::from_fn(|| places.take(IpAddr::from([127, 0, 0, 1]))).collect();
        assert_eq!(taken.len(), CONNECTIONS_MAX);
    }
}
