//! The world's server: HTTP/1.1 on loopback, one thread a connection.

use super::fault::{Door, Fault};
use super::state::World;
use super::{api, feed, list, oai};
use crate::generate::Dice;
use jiff::Timestamp;
use std::collections::{HashMap, VecDeque};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How the last page of a resumed list says that it is the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenForm {
    /// With an empty element, as the newer server does.
    Empty,
    /// With none, as the older one does.
    None,
}

/// How the server behaves where arXiv's own behaviour differs from place to place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manners {
    /// Records on a page.
    pub page_records: usize,
    /// Identifiers on a page.
    pub page_identifiers: usize,
    /// How the last page ends.
    pub token_form: TokenForm,
    /// Whether a token is refused after the midnight (UTC) that it names.
    pub tokens_end: bool,
    /// Whether answers of OAI-PMH are kept by the caches before arXiv: errors until midnight UTC, lists for an hour, lists
    /// of the past for four days.
    pub caches: bool,
}

impl Default for Manners {
    fn default() -> Manners {
        Manners {
            page_records: 2500,
            page_identifiers: 20_000,
            token_form: TokenForm::Empty,
            tokens_end: true,
            caches: true,
        }
    }
}

/// A request that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The world's clock when it came.
    pub at: Timestamp,
    /// The path and query.
    pub target: String,
    /// The `User-Agent`.
    pub agent: String,
    /// The status that was answered.
    pub status: u16,
    /// The fault that was played.
    pub fault: Option<Fault>,
}

/// What will be sent.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) kind: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
    pub(super) cut: Option<usize>,
    pub(super) slow: bool,
    pub(super) silent: bool,
}

impl Reply {
    pub(super) fn new(status: u16, kind: &'static str, body: String) -> Reply {
        Reply { status, kind, headers: Vec::new(), body, cut: None, slow: false, silent: false }
    }
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) world: World,
    pub(super) now: Timestamp,
    pub(super) manners: Manners,
    /// What the tokens ask that were given out, and when they end.
    pub(super) issued: HashMap<String, Timestamp>,
    /// Categories whose listing and feed stay behind, and until when.
    pub(super) stale: Vec<(String, Timestamp)>,
    faults: Vec<(Door, VecDeque<Option<Fault>>)>,
    random: Option<(Dice, usize)>,
    outages: Vec<(Timestamp, Timestamp)>,
    cached: HashMap<String, (Timestamp, String)>,
    last_page: Option<String>,
    seen: Vec<Seen>,
    busy: usize,
    most_busy: usize,
}

/// The server. It ends with this value.
#[derive(Debug)]
pub struct FakeArxiv {
    address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

fn locked(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeArxiv {
    /// Serves a world whose clock shows `now`.
    ///
    /// # Panics
    /// If there is no free port on loopback.
    pub fn start(world: World, now: Timestamp) -> FakeArxiv {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port on loopback");
        let address = listener.local_addr().expect("a bound socket has an address");
        let inner = Arc::new(Mutex::new(Inner {
            world,
            now,
            manners: Manners::default(),
            issued: HashMap::new(),
            stale: Vec::new(),
            faults: Vec::new(),
            random: None,
            outages: Vec::new(),
            cached: HashMap::new(),
            last_page: None,
            seen: Vec::new(),
            busy: 0,
            most_busy: 0,
        }));
        let stopped = Arc::new(AtomicBool::new(false));
        let (shared, flag) = (Arc::clone(&inner), Arc::clone(&stopped));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if flag.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (shared, flag) = (Arc::clone(&shared), Arc::clone(&flag));
                // A connection that breaks is the client's to notice.
                std::thread::spawn(move || drop(converse(stream, &shared, &flag)));
            }
        });
        FakeArxiv { address, inner, stopped, thread: Some(thread) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT` and the path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The world's clock.
    pub fn now(&self) -> Timestamp {
        locked(&self.inner).now
    }

    /// Moves the world's clock.
    pub fn set_now(&self, now: Timestamp) {
        locked(&self.inner).now = now;
    }

    /// Lets that much time pass in the world.
    pub fn advance(&self, time: Duration) {
        let mut inner = locked(&self.inner);
        let time = jiff::SignedDuration::try_from(time).unwrap_or(jiff::SignedDuration::MAX);
        inner.now = inner.now.saturating_add(time).unwrap_or(Timestamp::MAX);
    }

    /// Behaves like this from now on.
    pub fn set_manners(&self, manners: Manners) {
        locked(&self.inner).manners = manners;
    }

    /// Looks at the world, or changes it.
    pub fn with_world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut locked(&self.inner).world)
    }

    /// Plays a fault with the next request at that door, after the faults that were ordered before.
    pub fn fail_next(&self, door: Door, fault: Fault) {
        self.fail_after(door, 0, fault);
    }

    /// Plays a fault after so many good answers at that door, counted from the last fault that was ordered before.
    pub fn fail_after(&self, door: Door, good: usize, fault: Fault) {
        let mut inner = locked(&self.inner);
        let place = match inner.faults.iter().position(|(known, _)| *known == door) {
            Some(place) => place,
            None => {
                inner.faults.push((door, VecDeque::new()));
                inner.faults.len() - 1
            }
        };
        let queue = &mut inner.faults[place].1;
        queue.extend(std::iter::repeat_n(None, good));
        queue.push_back(Some(fault));
    }

    /// Plays a fault of any kind with one of so many requests, chosen by the seed; 0 ends it.
    pub fn fail_randomly(&self, seed: u64, one_of: usize) {
        locked(&self.inner).random = (one_of > 0).then(|| (Dice::new(seed), one_of));
    }

    /// Answers 503 at every door from `first` until before `last`.
    pub fn go_down(&self, first: Timestamp, last: Timestamp) {
        locked(&self.inner).outages.push((first, last));
    }

    /// Shows yesterday's batch of a category in its listing and feed until then.
    pub fn stay_behind(&self, category: &str, until: Timestamp) {
        locked(&self.inner).stale.push((category.to_owned(), until));
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        locked(&self.inner).seen.clone()
    }

    /// The most requests that were under way at once.
    pub fn most_at_once(&self) -> usize {
        locked(&self.inner).most_busy
    }
}

impl Drop for FakeArxiv {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // The listener waits for a connection; this is the last one.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

struct Asked {
    method: String,
    target: String,
    agent: String,
    if_none_match: Option<String>,
    body: String,
    close: bool,
}

/// More is no request of a test.
const BODY_BYTES_MAX: u64 = 1 << 20;

fn read_request(reader: &mut BufReader<TcpStream>) -> io::Result<Option<Asked>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut parts = line.split_whitespace();
    let (method, target) =
        (parts.next().unwrap_or_default().to_owned(), parts.next().unwrap_or_default().to_owned());
    let mut asked = Asked {
        method,
        target,
        agent: String::new(),
        if_none_match: None,
        body: String::new(),
        close: false,
    };
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "user-agent" => asked.agent = value.to_owned(),
            "if-none-match" => asked.if_none_match = Some(value.to_owned()),
            "content-length" => length = value.parse().unwrap_or(0),
            "connection" => asked.close = value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    reader.take(length.min(BODY_BYTES_MAX)).read_to_string(&mut asked.body)?;
    Ok(Some(asked))
}

fn converse(stream: TcpStream, inner: &Mutex<Inner>, stopped: &AtomicBool) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut out = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    while let Some(asked) = read_request(&mut reader)? {
        if stopped.load(Ordering::SeqCst) {
            return Ok(());
        }
        let reply = {
            let mut inner = locked(inner);
            inner.busy += 1;
            inner.most_busy = inner.most_busy.max(inner.busy);
            inner.answer(&asked)
        };
        // It ends for the gate's purposes when the answer has been handed over, whole or not.
        locked(inner).busy -= 1;
        if !send(&mut out, &asked, &reply)? || asked.close {
            return Ok(());
        }
    }
    Ok(())
}

/// `false` if the connection must end.
fn send(out: &mut TcpStream, asked: &Asked, reply: &Reply) -> io::Result<bool> {
    if reply.silent {
        drop(out.read(&mut [0; 16]));
        return Ok(false);
    }
    let mut head =
        format!("HTTP/1.1 {} {}\r\n", reply.status, if reply.status < 400 { "OK" } else { "Error" });
    if !reply.kind.is_empty() {
        head.push_str(&format!("Content-Type: {}\r\n", reply.kind));
    }
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if reply.status != 304 {
        head.push_str(&format!("Content-Length: {}\r\n", reply.body.len()));
    }
    head.push_str("\r\n");
    out.write_all(head.as_bytes())?;
    let body = reply.body.as_bytes();
    if asked.method == "HEAD" || reply.status == 304 {
        return Ok(true);
    }
    if let Some(cut) = reply.cut {
        out.write_all(&body[..cut.min(body.len())])?;
        // No farewell: the client sees a reset in the middle of the body.
        socket2::SockRef::from(&*out).set_linger(Some(Duration::ZERO))?;
        return Ok(false);
    }
    if reply.slow {
        for piece in body.chunks(16) {
            out.write_all(piece)?;
            std::thread::park_timeout(Duration::from_millis(20));
        }
        return Ok(true);
    }
    out.write_all(body)?;
    Ok(true)
}

impl Inner {
    fn answer(&mut self, asked: &Asked) -> Reply {
        let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
        let door = match path.trim_start_matches('/').split('/').next() {
            Some("oai" | "oai2") => Some(Door::Oai),
            Some("list" | "catchup") => Some(Door::List),
            Some("rss" | "atom") => Some(Door::Feed),
            Some("api") => Some(Door::Api),
            _ => None,
        };
        let fault = door.and_then(|door| self.next_fault(door));
        let down = self.outages.iter().any(|(first, last)| (*first..*last).contains(&self.now));
        let reply = match door {
            None => Reply::new(404, "text/plain", "Not Found".to_owned()),
            Some(_) if down => Reply::new(503, "text/plain", "first byte timeout".to_owned()),
            Some(Door::Oai) if path == "/oai2" => {
                let mut reply = Reply::new(301, "text/plain", String::new());
                let query = if query.is_empty() { String::new() } else { format!("?{query}") };
                reply.headers.push(("Location", format!("/oai{query}")));
                reply
            }
            Some(Door::Oai) => {
                let query = if asked.method == "POST" { asked.body.as_str() } else { query };
                self.oai(query, asked.method == "GET", fault.as_ref())
            }
            Some(Door::List) => list::answer(self, path, query, fault.as_ref()),
            Some(Door::Feed) => feed::answer(self, path, asked.if_none_match.as_deref(), fault.as_ref()),
            Some(Door::Api) => api::answer(self, query),
        };
        let mut reply = match &fault {
            Some(fault) => fault.apply(reply),
            None => reply,
        };
        reply.headers.push(("Date", super::time::http_date(self.now)));
        self.seen.push(Seen {
            at: self.now,
            target: asked.target.clone(),
            agent: asked.agent.clone(),
            status: reply.status,
            fault,
        });
        reply
    }

    fn oai(&mut self, query: &str, cacheable: bool, fault: Option<&Fault>) -> Reply {
        let cacheable = cacheable && self.manners.caches;
        if let (true, None, Some((until, body))) = (cacheable, fault, self.cached.get(query))
            && *until > self.now
        {
            return oai::reply(body.clone());
        }
        if let (Some(Fault::Repeated), Some(body)) = (fault, &self.last_page) {
            return oai::reply(body.clone());
        }
        let answered = oai::answer(self, query, fault);
        if fault.is_none() {
            self.last_page = Some(answered.body.clone());
            if cacheable {
                self.cached.insert(query.to_owned(), (answered.kept_until, answered.body.clone()));
            }
        }
        oai::reply(answered.body)
    }

    fn next_fault(&mut self, door: Door) -> Option<Fault> {
        if let Some((_, queue)) =
            self.faults.iter_mut().find(|(known, queue)| *known == door && !queue.is_empty())
        {
            return queue.pop_front().flatten();
        }
        let (dice, one_of) = self.random.as_mut()?;
        let mut faults = Fault::all(door);
        (dice.below(*one_of) == 0).then(|| faults.swap_remove(dice.below(faults.len())))
    }
}
