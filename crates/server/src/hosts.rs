//! The names that the server answers to.
//!
//! A page of another site can let its own name point to this machine ("DNS rebinding") and then read the answers as if
//! they were its own site's: a reader's browser would hand a server of loopback or of the house to any page on the
//! web. Such a request carries the other site's name, so only names that are known are answered. An address needs no
//! name and cannot be taken over like one.

use crate::answer::{Media, Page};
use crate::caching::Policy;
use crate::encoding::Coding;
use axum::body::Body;
use http::{Method, Request, Response, StatusCode, header};
use std::net::{IpAddr, SocketAddr};

/// Probes come by whatever name a supervisor knows, and say nothing that is worth a name.
const FOR_ANYBODY: [&str; 2] = ["/healthz", "/readyz"];

/// The names that a server answers to.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Option<Known>);

#[derive(Clone, Debug)]
struct Known {
    listening: IpAddr,
    /// In lower case, without port.
    names: Vec<String>,
}

impl Hosts {
    /// Answers to every name: for a front without a socket of its own, whose owner has checked the name.
    pub fn any() -> Hosts {
        Hosts(None)
    }

    /// What always holds for a server at this address: the names and addresses of loopback and the address itself. One
    /// that can be reached from elsewhere also answers to any address: it cannot know by which it is reached.
    pub fn listening_at(address: SocketAddr) -> Hosts {
        Hosts(Some(Known { listening: address.ip().to_canonical(), names: Vec::new() }))
    }

    /// Answers to this name too, given with or without a port; `*` is every name.
    #[must_use]
    pub fn and(self, name: &str) -> Hosts {
        let Hosts(Some(mut known)) = self else { return self };
        if name == "*" {
            return Hosts::any();
        }
        known.names.push(plain(name));
        Hosts(Some(known))
    }

    fn know(&self, host: &str) -> bool {
        let Some(known) = &self.0 else { return true };
        let name = plain(host);
        if let Ok(address) = name.parse::<IpAddr>() {
            let address = address.to_canonical();
            return address.is_loopback() || address == known.listening || !known.listening.is_loopback();
        }
        name == "localhost" || name.ends_with(".localhost") || known.names.contains(&name)
    }

    /// The answer to a request for another host; `None` if the request is for this one.
    pub(crate) fn refuse(&self, request: &Request<Body>) -> Option<Response<Body>> {
        self.0.as_ref()?;
        if FOR_ANYBODY.contains(&request.uri().path()) {
            return None;
        }
        // Both places are looked at: a request that names two hosts is for neither. One without any is no browser's.
        let named =
            request.headers().get_all(header::HOST).iter().map(|host| host.to_str().unwrap_or_default());
        let stranger =
            named.chain(request.uri().authority().map(|name| name.as_str())).find(|host| !self.know(host))?;
        let stranger: String = stranger.chars().take(SHOWN_MAX).collect();
        let sentence = format!(
            "This server does not answer for the name {stranger:?}. If it is yours and should, add the name to \
             server.hosts (or set site.url) in its configuration; see \"Names\" in docs/OPERATIONS.md.\n"
        );
        let page = Page::new(Media::Text, Policy::Never, sentence);
        let mut response = page.response(Coding::Identity, None);
        *response.status_mut() = StatusCode::MISDIRECTED_REQUEST;
        if request.method() == Method::HEAD {
            *response.body_mut() = Body::empty();
        }
        Some(response)
    }
}

/// Longer than any name can be in DNS.
const SHOWN_MAX: usize = 255;

/// A host as names are compared: in lower case, without port, brackets and the root's dot.
fn plain(host: &str) -> String {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => match host.rsplit_once(':') {
            Some((name, port)) if !name.contains(':') && port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        },
    };
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Hosts {
        Hosts::listening_at(address.parse().unwrap())
    }

    #[test]
    fn loopback_is_known_under_every_name_that_it_has() {
        for hosts in [at("127.0.0.1:7878"), at("[::1]:7878"), at("0.0.0.0:80"), at("192.0.2.1:80")] {
            for name in [
                "localhost",
                "LOCALHOST:7878",
                "localhost.",
                "papers.localhost:1",
                "127.0.0.1",
                "127.0.0.1:7878",
                "127.9.9.9:7878",
                "[::1]",
                "[::1]:7878",
                "[::ffff:127.0.0.1]:7878",
            ] {
                assert!(hosts.know(name), "{name}");
            }
        }
    }

    #[test]
    fn a_server_of_loopback_answers_to_no_other_name_or_address() {
        for name in [
            "evil.example",
            "evil.example:7878",
            "localhost.evil.example",
            "notlocalhost",
            "127.0.0.1.evil.example",
            "192.0.2.7",
            "0.0.0.0:7878",
            "[2001:db8::1]:7878",
            "",
            ":7878",
            "[",
            "[::1",
            "localhost:x",
        ] {
            assert!(!at("127.0.0.1:7878").know(name), "{name}");
        }
    }

    #[test]
    fn a_server_that_is_reached_from_elsewhere_answers_to_any_address_but_to_no_name() {
        for listening in ["0.0.0.0:80", "[::]:80", "192.0.2.1:80"] {
            for address in ["192.0.2.7", "192.0.2.1:80", "[2001:db8::1]:80"] {
                assert!(at(listening).know(address), "{listening} {address}");
            }
            assert!(!at(listening).know("evil.example:80"));
        }
    }

    #[test]
    fn configured_names_are_known_however_they_are_written() {
        let hosts = at("127.0.0.1:7878").and("Papers.Example.org:8443").and("other.example");
        assert!(
            ["papers.example.org", "papers.example.org.:80", "OTHER.example"]
                .iter()
                .all(|name| hosts.know(name))
        );
        assert!(!hosts.know("example.org") && !hosts.know("x.papers.example.org"));
        assert!(hosts.and("*").know("whatever.example"));
    }
}
