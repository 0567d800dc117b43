//! The accept loop, over real sockets on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and may print what it measured"
)]

mod common;

use common::{Panics, accept, records, today};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

struct Served {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    _directory: tempfile::TempDir,
}

fn serve(connections_max: usize) -> Served {
    serve_with(server::Settings { connections_max, ..Default::default() })
}

fn serve_with(settings: server::Settings) -> Served {
    let directory = tempfile::tempdir().unwrap();
    let location = catalogue::Location::Sqlite(directory.path().join("catalogue.db"));
    let catalogue = catalogue::Catalogue::open(&location, catalogue::Access::ReadWrite).unwrap();
    accept(&catalogue, records());
    let site = server::Site { catalogue, search: Arc::new(Panics), settings, standings: None, today };
    let (told, address) = std::sync::mpsc::channel();
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            told.send(listener.local_addr().unwrap()).unwrap();
            server::serve(listener, site, async {
                let _ = stopped.await;
            })
            .await
            .unwrap();
        });
    });
    let address = address.recv_timeout(Duration::from_secs(10)).unwrap();
    Served { address, stop: Some(stop), thread: Some(thread), _directory: directory }
}

impl Served {
    fn open(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    fn get(&self, target: &str) -> String {
        let mut stream = self.open();
        write!(stream, "GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.thread.take().unwrap().join().unwrap();
    }
}

#[test]
fn pages_come_over_a_socket_and_the_server_stops_cleanly() {
    let served = serve(16);
    let page = served.get("/");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(page.contains("content-security-policy: default-src 'none'"));
    assert!(served.get("/metrics").starts_with("HTTP/1.1 200"), "loopback may read metrics");
    let idle = served.open();
    served.stop();
    drop(idle);
}

#[test]
fn half_a_header_is_closed_after_its_time() {
    let served = serve(16);
    let mut slow = served.open();
    slow.write_all(b"GET / HTTP/1.1\r\nhost: loc").unwrap();
    let mut silent = served.open();
    let began = Instant::now();
    let mut rest = Vec::new();
    slow.read_to_end(&mut rest).unwrap();
    silent.read_to_end(&mut rest).unwrap();
    assert!(
        began.elapsed() >= Duration::from_secs(5) && began.elapsed() < Duration::from_secs(18),
        "{:?}",
        began.elapsed()
    );
    assert!(served.get("/healthz").starts_with("HTTP/1.1 200"));
    served.stop();
}

#[test]
fn beyond_the_limit_a_client_is_told_to_come_back() {
    let served = serve(2);
    let mut kept = [served.open(), served.open()];
    for stream in &mut kept {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
    }
    let mut turned_away = served.open();
    let mut answer = String::new();
    turned_away.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after") && answer.contains("nosniff"),
        "{answer}"
    );
    drop(kept);
    served.stop();
}

/// Longer than a busy machine needs for anything here, and shorter than the system's own patience with such clients.
const PATIENCE: Duration = Duration::from_secs(25);
/// Requests in a row, whose answers are more than the buffers of two sockets hold.
const FLOOD: usize = 4_000;

/// Connections that are open besides the one that asks.
fn others_open(served: &Served) -> usize {
    let metrics = served.get("/metrics");
    let line = metrics.lines().find_map(|line| line.strip_prefix("broadsheet_connections "));
    line.unwrap().parse::<usize>().unwrap() - 1
}

/// Sends requests until the server takes no more: it waits for its answers to be read.
fn flood(stream: &mut TcpStream) {
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    for _ in 0..FLOOD {
        if stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").is_err() {
            return;
        }
    }
}

#[test]
fn a_client_that_stops_reading_loses_its_connection() {
    let served =
        serve_with(server::Settings { stall_time_max: Duration::from_secs(1), ..Default::default() });
    let mut deaf: Vec<TcpStream> = (0..4).map(|_| served.open()).collect();
    deaf.iter_mut().for_each(flood);
    let began = Instant::now();
    while others_open(&served) > 0 {
        assert!(began.elapsed() < PATIENCE, "clients that read nothing are kept");
        std::thread::yield_now();
    }
    // Until here they were open on this side.
    drop(deaf);
    served.stop();
}

#[test]
fn a_client_that_reads_in_drops_loses_its_connection_and_one_that_reads_on_keeps_it() {
    let limit = Duration::from_secs(2);
    let served = serve_with(server::Settings { stall_time_max: limit, ..Default::default() });
    let mut dripping = served.open();
    flood(&mut dripping);
    let mut steady = served.open();
    let reader = {
        let mut stream = steady.try_clone().unwrap();
        std::thread::spawn(move || {
            let (mut buffer, mut bytes) = (vec![0; 1 << 16], 0);
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                bytes += count;
            }
            bytes
        })
    };
    let began = Instant::now();
    while others_open(&served) > 1 || began.elapsed() < limit {
        // The metrics come at the pace at which the server answers; so do the drops and the steady requests.
        let _ = dripping.read(&mut [0]);
        steady.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        assert!(began.elapsed() < PATIENCE, "a client that reads in drops is kept");
    }
    assert_eq!(others_open(&served), 1, "the steady client is kept");
    steady.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(reader.join().unwrap() > 0);
    served.stop();
}
