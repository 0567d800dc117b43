//! From a host to the addresses that may be asked. What is checked here is what is connected to: the client is handed
//! these addresses and never looks a name up by itself, so a name that changes between the check and the connection
//! gains nothing.

use super::error::{Error, Step};
use super::network::{Reach, not_public, unmapped};
use super::url::{Protocol, Url};
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// More addresses of one host than this are not tried; the client has room for sixteen.
const ADDRESSES_MAX: usize = 16;

/// The name service.
pub trait Names: std::fmt::Debug + Send + Sync + 'static {
    /// All addresses of a host.
    ///
    /// # Errors
    /// If the service does not answer or knows none.
    fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The system's name service.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNames;

impl Names for SystemNames {
    fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok((host, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
    }
}

/// A host that may be asked although it is not public, or on another port than 80 and 443.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    host: String,
    port: Option<u16>,
}

/// A text that is no `host` or `host:port`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a host: write \"host\" or \"host:port\", e.g. \"mirror.example.org:8080\" or \"[fd00::1]:80\""
)]
pub struct NotAHost(pub String);

impl std::str::FromStr for Allowed {
    type Err = NotAHost;

    fn from_str(text: &str) -> Result<Allowed, NotAHost> {
        let refuse = || NotAHost(text.chars().take(200).collect());
        // IPv6 addresses may come without brackets where there is no port.
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            return Ok(Allowed { host: format!("[{address}]"), port: None });
        }
        let url = Url::parse(&format!("http://{text}/")).map_err(|_| refuse())?;
        if url.uri().path() != "/" || url.uri().query().is_some() {
            return Err(refuse());
        }
        let has_port = !text.ends_with(']') && text.rsplit_once(':').is_some();
        Ok(Allowed { host: url.host().to_owned(), port: has_port.then_some(url.port()) })
    }
}

impl Allowed {
    fn covers(&self, host: &str, port: u16, protocol: Protocol) -> bool {
        self.host == host && self.port.map_or(port == protocol.port(), |listed| listed == port)
    }
}

/// The check, as the client's resolver.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub(super) names: Arc<dyn Names>,
    pub(super) allowed: Arc<[Allowed]>,
    pub(super) patience: Duration,
}

impl Checked {
    fn is_listed(&self, url: &Url) -> bool {
        self.allowed.iter().any(|allowed| allowed.covers(url.host(), url.port(), url.protocol()))
    }

    /// What can be said before the name is looked up.
    pub(super) fn allow(&self, url: &Url) -> Result<(), Error> {
        if ![80, 443].contains(&url.port()) && !self.is_listed(url) {
            return Err(Error::Port { url: url.to_string(), host: url.host().to_owned(), port: url.port() });
        }
        Ok(())
    }

    /// The addresses of a page's host that may be asked.
    fn addresses(&self, url: &Url) -> Result<Vec<SocketAddr>, Error> {
        self.allow(url)?;
        let listed = self.is_listed(url);
        let literal = literal(url.host());
        let found = match literal {
            Some(address) => vec![address],
            None => self.look_up(url)?,
        };
        let mut refused = None;
        let mut addresses = Vec::new();
        for address in found {
            match not_public(address) {
                Some(network) if !may_reach(network.reach, listed, literal.is_some()) => {
                    refused.get_or_insert((address, network));
                }
                _ => addresses.push(SocketAddr::new(unmapped_if_mapped(address), url.port())),
            }
        }
        addresses.dedup();
        addresses.truncate(ADDRESSES_MAX);
        if !addresses.is_empty() {
            return Ok(addresses);
        }
        Err(match refused {
            Some((address, network)) => Error::NotPublic {
                url: url.to_string(),
                host: url.host().to_owned(),
                port: url.port(),
                address,
                network,
            },
            None => Error::NoAddress { host: url.host().to_owned(), reason: "none is known".to_owned() },
        })
    }

    /// Asks on a thread of its own: the system's name service cannot be interrupted. A thread that hangs ends when
    /// the system gives up.
    fn look_up(&self, url: &Url) -> Result<Vec<IpAddr>, Error> {
        let no_address = |reason: String| Error::NoAddress { host: url.host().to_owned(), reason };
        let (send, receive) = mpsc::sync_channel(1);
        let (names, host) = (Arc::clone(&self.names), url.host().to_owned());
        std::thread::Builder::new()
            .name("names".to_owned())
            .spawn(move || send.send(names.addresses(&host)))
            .map_err(|error| no_address(error.to_string()))?;
        match receive.recv_timeout(self.patience) {
            Ok(answer) => answer.map_err(|error| no_address(error.to_string())),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                Err(Error::Slow { url: url.to_string(), step: Step::Name, limit: self.patience })
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                Err(no_address("the name service failed".to_owned()))
            }
        }
    }
}

fn may_reach(reach: Reach, listed: bool, literal: bool) -> bool {
    match reach {
        Reach::Listed => listed,
        Reach::ListedItself => listed && literal,
        Reach::Never => false,
    }
}

/// The address that a host is written as. Other spellings (`127.1`, `0x7f000001`) are read by the name service and
/// checked as what it makes of them.
fn literal(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(inner) => inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => host.parse().ok(),
    }
}

/// `::ffff:127.0.0.1` is asked as `127.0.0.1`; tunnels (NAT64, 6to4) are asked as they are.
fn unmapped_if_mapped(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) if six.to_ipv4_mapped().is_some() => unmapped(address),
        _ => address,
    }
}

impl Resolver for Checked {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let other = |error: Error| ureq::Error::Other(Box::new(error));
        let url = Url::parse(&uri.to_string()).map_err(|error| other(error.into()))?;
        let mut checked = self.empty();
        for address in self.addresses(&url).map_err(other)? {
            checked.push(address);
        }
        Ok(checked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_are_allowed_are_written_with_or_without_a_port() {
        let allowed = |text: &str| text.parse::<Allowed>();
        assert_eq!(allowed("Mirror.example.org:8080").unwrap().port, Some(8080));
        assert_eq!(allowed("mirror.example.org").unwrap().port, None);
        assert_eq!(allowed("::1").unwrap().host, "[::1]");
        assert_eq!(allowed("[::1]:9").unwrap().port, Some(9));
        for text in ["", "http://a", "a/b", "a:b", "a b", "u@a", ":80"] {
            assert!(allowed(text).is_err(), "{text}");
        }
    }
}
