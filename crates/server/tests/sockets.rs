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
    let directory = tempfile::tempdir().unwrap();
    let location = catalogue::Location::Sqlite(directory.path().join("catalogue.db"));
    let catalogue = catalogue::Catalogue::open(&location, catalogue::Access::ReadWrite).unwrap();
    accept(&catalogue, records());
    let settings = server::Settings { connections_max, ..Default::default() };
    let site = server::Site { catalogue, search: Arc::new(Panics), settings, today };
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
