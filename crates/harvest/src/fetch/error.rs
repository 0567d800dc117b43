//! Why a page was not fetched, in sentences that say what to do.

use super::network::Network;
use super::url::NotAUrl;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

/// Why a page was not fetched. Addresses are shown without what follows `?`, where keys may stand.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is no address.
    #[error(transparent)]
    NotAUrl(#[from] NotAUrl),
    /// The port is neither 80 nor 443.
    #[error(
        "{url} asks for port {port}: only 80 and 443 are fetched; if it is meant, list \"{host}:{port}\" as allowed"
    )]
    Port {
        /// The page.
        url: String,
        /// Its host.
        host: String,
        /// Its port.
        port: u16,
    },
    /// Every address of the host lies in a network that is not public.
    #[error(
        "{url} leads to {address} in {} ({}), and only public addresses are fetched{}",
        .network.block,
        .network.purpose,
        advice(.network, .host, *.port)
    )]
    NotPublic {
        /// The page.
        url: String,
        /// Its host.
        host: String,
        /// Its port.
        port: u16,
        /// The address.
        address: IpAddr,
        /// Where the address lies.
        network: Network,
    },
    /// The host has no address.
    #[error("{host} has no address ({reason}): check its spelling, and this machine's name service")]
    NoAddress {
        /// The host.
        host: String,
        /// What the name service said.
        reason: String,
    },
    /// Nobody answers there.
    #[error("{url} cannot be reached ({reason}): it is down, or a network between keeps it away")]
    Unreachable {
        /// The page.
        url: String,
        /// What the system said.
        reason: String,
    },
    /// The server cannot prove who it is, or speaks no TLS.
    #[error(
        "{url} has no trustworthy certificate ({reason}): nothing was asked; check the address and this machine's date"
    )]
    Untrusted {
        /// The page.
        url: String,
        /// What was wrong.
        reason: String,
    },
    /// A step took too long.
    #[error("{url} was given up: {step} took longer than {} s; it is tried again later", .limit.as_secs_f32())]
    Slow {
        /// The page.
        url: String,
        /// Which step.
        step: Step,
        /// Its limit.
        limit: Duration,
    },
    /// The body comes so slowly that it would never end.
    #[error("{url} was given up: fewer than {bytes_per_second} bytes a second came; it is tried again later")]
    Trickle {
        /// The page.
        url: String,
        /// The least rate.
        bytes_per_second: u64,
    },
    /// More redirects than are followed.
    #[error(
        "{url} redirects more than {limit} times: follow it in a browser and use the address where it ends"
    )]
    Redirects {
        /// The first page.
        url: String,
        /// How many are followed.
        limit: usize,
    },
    /// A redirect that is not followed.
    #[error("{url} redirects to what is not fetched: {reason}")]
    Redirect {
        /// The page that redirects.
        url: String,
        /// Why it is not followed.
        reason: String,
    },
    /// The body is larger than allowed.
    #[error("{url} is larger than {limit} bytes {form}: nothing of it was used")]
    TooLarge {
        /// The page.
        url: String,
        /// The limit in bytes.
        limit: u64,
        /// Which form of it.
        form: Form,
    },
    /// The head of the answer is larger than allowed.
    #[error(
        "{url} answers with headers of more than {limit} bytes: it is no server that is meant to be asked"
    )]
    LargeHeaders {
        /// The page.
        url: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The body ended before it was whole.
    #[error("{url} broke off in the middle: nothing of it was used; it is tried again later")]
    Cut {
        /// The page.
        url: String,
    },
    /// The answer is no HTTP, or its compression is broken.
    #[error("{url} answers with what cannot be read ({reason})")]
    Unreadable {
        /// The page.
        url: String,
        /// What was wrong.
        reason: String,
    },
    /// The answer is of another type than was asked for, such as a page for people instead of data.
    #[error("{url} answers with {found} instead of {wanted}: nothing of it was used")]
    WrongType {
        /// The page.
        url: String,
        /// The type that came.
        found: String,
        /// The types that can be used.
        wanted: String,
    },
    /// A header to be sent has characters that headers cannot have.
    #[error("the {name} header for {url} cannot be sent: check the key in the configuration for line breaks")]
    Header {
        /// The page.
        url: String,
        /// The header's name; its value may be a key.
        name: String,
    },
}

fn advice(network: &Network, host: &str, port: u16) -> String {
    match network.reach {
        super::network::Reach::Listed => format!("; if it is meant, list \"{host}:{port}\" as allowed"),
        super::network::Reach::ListedItself => {
            "; if it is meant, write the address itself in place of the name and list that as allowed"
                .to_owned()
        }
        super::network::Reach::Never => String::new(),
    }
}

/// A step of a fetch that has a limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Finding the host's addresses.
    Name,
    /// Connecting, TLS included.
    Connection,
    /// From the request to the end of the answer's head.
    Head,
    /// Everything, redirects and body included.
    Whole,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Step::Name => "finding its host",
            Step::Connection => "connecting",
            Step::Head => "its answer",
            Step::Whole => "the whole of it",
        })
    }
}

/// Which form of a body was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As it came.
    Sent,
    /// After decompression.
    Unpacked,
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Form::Sent => "as it comes",
            Form::Unpacked => "once unpacked",
        })
    }
}

impl Error {
    /// Whether nothing was sent to anyone: a refusal of our own, or no address to send it to.
    pub fn is_unsent(&self) -> bool {
        matches!(
            self,
            Error::NotAUrl(_)
                | Error::Port { .. }
                | Error::NotPublic { .. }
                | Error::NoAddress { .. }
                | Error::Header { .. }
                | Error::Slow { step: Step::Name, .. }
        )
    }

    /// Whether the same request may succeed later without anybody changing anything.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Error::NoAddress { .. }
                | Error::Unreachable { .. }
                | Error::Slow { .. }
                | Error::Trickle { .. }
                | Error::Cut { .. }
                | Error::Unreadable { .. }
                | Error::WrongType { .. }
        )
    }

    /// The error of this room inside an error of reading a body, or that error told as one of this room.
    pub fn from_read(error: io::Error, url: &str) -> Error {
        let kind = error.kind();
        let reason = error.to_string();
        match error.into_inner().map(|inner| inner.downcast::<Error>()) {
            Some(Ok(ours)) => *ours,
            _ if kind == io::ErrorKind::UnexpectedEof => Error::Cut { url: url.to_owned() },
            _ => Error::Unreadable { url: url.to_owned(), reason },
        }
    }
}
