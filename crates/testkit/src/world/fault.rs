//! What can go wrong, on command.

use super::serve::Reply;

/// A way into arXiv.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// OAI-PMH.
    Oai,
    /// Listings and catch-up pages.
    List,
    /// RSS and Atom.
    Feed,
    /// The API.
    Api,
}

/// A fault of one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 503, with what `Retry-After` says.
    Unavailable(Option<String>),
    /// 429, as arXiv sends it: without `Retry-After`.
    TooMany,
    /// 403.
    Forbidden,
    /// 500.
    Broken,
    /// The connection ends after so many bytes of the body.
    Cut(usize),
    /// The body ends after so many bytes, and the answer claims to be whole.
    Truncated(usize),
    /// The body comes a few bytes at a time until the client gives up.
    Slow,
    /// Nothing comes until the client gives up.
    Silent,
    /// A page for people with status 200.
    WebPage,
    /// OAI-PMH: the page before this one again, with its token.
    Repeated,
    /// OAI-PMH: no records, and the token to go on.
    Empty,
    /// OAI-PMH: half of the records, and the token to go on.
    Short,
    /// OAI-PMH: the token that was asked for leads to itself.
    TokenLoop,
    /// OAI-PMH: the token is refused as expired.
    ExpiredToken,
    /// OAI-PMH: the token is refused as not understood.
    BadToken,
    /// OAI-PMH: while this page is read, a record that it told of changes, so that the next page begins one too late.
    Moved,
    /// OAI-PMH: a record of the page is told as deleted.
    Deleted,
    /// OAI-PMH: the answer's clock is a day behind.
    ClockBehind,
    /// Listings, feeds: the day before, with today's time of making.
    Stale,
    /// Listings, feeds: nothing, as on a day without announcements.
    Quiet,
    /// Listings: an item's markup is not as usual, so that fewer can be read than are counted.
    Odd,
}

impl Fault {
    /// Every kind of fault that the door can have, once each.
    pub fn all(door: Door) -> Vec<Fault> {
        let mut faults = vec![
            Fault::Unavailable(None),
            Fault::Unavailable(Some("30".to_owned())),
            Fault::TooMany,
            Fault::Broken,
            Fault::Cut(0),
            Fault::Cut(700),
            Fault::Truncated(700),
            Fault::WebPage,
        ];
        faults.extend(match door {
            Door::Oai => vec![
                Fault::Repeated,
                Fault::Empty,
                Fault::Short,
                Fault::TokenLoop,
                Fault::ExpiredToken,
                Fault::BadToken,
                Fault::Moved,
            ],
            Door::List => vec![Fault::Stale, Fault::Quiet, Fault::Odd],
            Door::Feed => vec![Fault::Stale, Fault::Quiet],
            Door::Api => Vec::new(),
        });
        faults
    }

    /// What the fault makes of an answer, if it is one of any door.
    pub(super) fn apply(&self, reply: Reply) -> Reply {
        let status =
            |status: u16, body: &str| Reply::new(status, "text/plain; charset=utf-8", body.to_owned());
        match self {
            Fault::Unavailable(after) => {
                let mut reply = status(503, "Service Unavailable");
                reply.headers.extend(after.iter().map(|after| ("Retry-After", after.clone())));
                reply
            }
            Fault::TooMany => status(429, "Rate exceeded."),
            Fault::Forbidden => status(403, "Forbidden"),
            Fault::Broken => status(500, "Internal Server Error"),
            Fault::Cut(after) => Reply { cut: Some(*after), ..reply },
            Fault::Truncated(after) => {
                let mut reply = reply;
                let mut at = (*after).min(reply.body.len());
                while !reply.body.is_char_boundary(at) {
                    at -= 1;
                }
                reply.body.truncate(at);
                reply
            }
            Fault::Slow => Reply { slow: true, ..reply },
            Fault::Silent => Reply { silent: true, ..reply },
            Fault::WebPage => Reply::new(
                200,
                "text/html; charset=utf-8",
                "<!DOCTYPE html><html><head><title>Just a moment</title></head><body>Are you human?</body></html>".to_owned(),
            ),
            _ => reply,
        }
    }
}
