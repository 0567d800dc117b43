//! A server under load, at its end, and with clients that misbehave.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};
use testkit::generate;
use testkit::http::Connection;
use testkit::server::{Instance, Server, until};

const PROGRAM: &str = env!("CARGO_BIN_EXE_broadsheet");
/// Longer than a server waits for the head of a request, with room for a busy machine.
const HEAD_LIMIT: Duration = Duration::from_secs(40);

#[test]
fn a_stop_under_load_cuts_no_answer_and_ends_with_0() {
    let instance = Instance::new(PROGRAM);
    let server = instance.serve();
    let address = server.address();
    let (answered, cut, stopping) = (AtomicU32::new(0), AtomicU32::new(0), AtomicBool::new(false));
    let status = std::thread::scope(|scope| {
        for client in 0..6 {
            let (answered, cut, stopping) = (&answered, &cut, &stopping);
            scope.spawn(move || {
                for number in 0.. {
                    let Ok(mut connection) = Connection::open(address) else { return };
                    // Every query differs, so that none is answered from memory.
                    let request = format!("GET /search?q=model+{client}x{number} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
                    if connection.send(request.as_bytes()).is_err() {
                        return;
                    }
                    match connection.answer() {
                        Ok(answer) if answer.status == 200 || answer.status == 503 => {
                            answered.fetch_add(1, Ordering::Relaxed);
                        }
                        // A connection that waited in the kernel and was never accepted ends without a byte.
                        Err(_) if stopping.load(Ordering::Relaxed) && connection.is_empty() => return,
                        other => {
                            eprintln!("client {client}: {other:?}");
                            cut.fetch_add(1, Ordering::Relaxed);
                            return;
                        }
                    }
                }
            });
        }
        until("some answers", || answered.load(Ordering::Relaxed) > 30 || cut.load(Ordering::Relaxed) > 0);
        stopping.store(true, Ordering::Relaxed);
        server.stop()
    });
    assert_eq!(cut.load(Ordering::Relaxed), 0);
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_client_that_never_finishes_its_head_is_closed() {
    let instance = Instance::new(PROGRAM);
    let server = instance.serve();
    let mut silent = Connection::open(server.address()).unwrap();
    let mut half = Connection::open(server.address()).unwrap();
    half.send(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
    let began = Instant::now();
    assert!(half.closed_within(HEAD_LIMIT).unwrap(), "half a head is kept open");
    assert!(
        silent.closed_within(HEAD_LIMIT.saturating_sub(began.elapsed()).max(Duration::from_secs(1))).unwrap(),
        "silence is kept open"
    );
    assert_eq!(server.get("/healthz").status, 200);
}

/// Slow clients at once: more than half of the connections that there are.
const SLOW_CLIENTS: usize = 500;
/// What 99 of 100 readers wait at most meanwhile, with room for a debug build on a busy machine.
const PAGE_TIME_MAX: Duration = Duration::from_millis(250);

#[test]
fn five_hundred_slow_clients_do_not_slow_a_page_down() {
    let instance = Instance::new(PROGRAM);
    let server = instance.serve();
    server.get("/");
    let mut slow: Vec<Connection> =
        (0..SLOW_CLIENTS).map(|_| Connection::open(server.address()).unwrap()).collect();
    for (number, client) in slow.iter_mut().enumerate() {
        match number % 3 {
            0 => {}
            1 => client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").unwrap(),
            _ => client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(20).as_bytes()).unwrap(),
        }
    }
    let mut times: Vec<Duration> = (0..300)
        .map(|_| {
            let began = Instant::now();
            assert_eq!(server.get("/").status, 200);
            began.elapsed()
        })
        .collect();
    times.sort();
    assert!(times[297] < PAGE_TIME_MAX, "p99 {:?}, median {:?}", times[297], times[150]);
    // All of them lose their places in the end, whatever they do.
    until("the end of the slow clients", || {
        server.get("/metrics").text().contains("broadsheet_connections 1\n")
    });
    drop(slow);
}

#[test]
fn browsers_are_told_to_stay_with_https_only_if_the_owner_says_so() {
    let instance = Instance::new(PROGRAM);
    let mut command = instance.command(["serve", "--listen", "127.0.0.1:0"]);
    command.env("BROADSHEET_SERVER_HTTPS_ONLY", "true");
    let server = Server::start(command, &instance.directory().join("https.log"));
    assert_eq!(server.get("/").header("strict-transport-security"), Some("max-age=31536000"));
    drop(server);
    assert_eq!(instance.serve().get("/").header("strict-transport-security"), None);
}

#[test]
fn a_slow_client_does_not_keep_a_stopped_server() {
    let instance = Instance::new(PROGRAM);
    let server = instance.serve();
    let mut half = Connection::open(server.address()).unwrap();
    half.send(b"GET / HTTP/1.1\r\nHost: x\r\n").unwrap();
    assert_eq!(server.stop().code(), Some(0));
}

#[test]
fn absurd_requests_are_refused_in_plain_words() {
    let instance = Instance::new(PROGRAM);
    let server = instance.serve();
    let long = "x".repeat(10_000);
    for target in [
        "/search?q=%28%28%28".to_string(),
        "/search?q=%22%28%28%28".to_string(),
        format!("/search?q={long}"),
        format!("/search?q={}", "a%20OR%20".repeat(1_000)),
        format!("/topic/{long}"),
        "/search?q=%00%ff%fe".to_string(),
        "/0000-00-00".to_string(),
        "/9999-12-31".to_string(),
        "/week/2026-W99".to_string(),
        "/month/0000-13".to_string(),
        "/list/../..".to_string(),
        "/papers/%2e%2e/%2e%2e/etc/passwd".to_string(),
        "/author/%00".to_string(),
        "/?page=99999999999999999999".to_string(),
    ] {
        let began = Instant::now();
        let answer = server.get(&target);
        let shown: String = target.chars().take(60).collect();
        assert!(
            [200, 301, 303, 307, 308, 400, 404, 414, 431].contains(&answer.status),
            "{shown}: {}",
            answer.status
        );
        assert!(began.elapsed() < Duration::from_secs(15), "{shown} took {:?}", began.elapsed());
    }
    let mut raw = Connection::open(server.address()).unwrap();
    raw.send(b"\x16\x03\x01\x02\x00\x01\x00garbage\r\n\r\n").unwrap();
    assert!(raw.closed_within(HEAD_LIMIT).unwrap());
    let mut heavy = Connection::open(server.address()).unwrap();
    // The server may close before everything is sent.
    let _ = heavy.send(format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "y".repeat(1 << 20)).as_bytes());
    assert!(heavy.closed_within(HEAD_LIMIT).unwrap());
    assert_eq!(server.get("/healthz").status, 200);
}

/// The status of a page that is asked for under a name.
fn status_under(server: &Server, name: &str, target: &str) -> u16 {
    let mut connection = Connection::open(server.address()).unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n");
    connection.send(request.as_bytes()).unwrap();
    connection.answer().unwrap().status
}

#[test]
fn without_configuration_the_server_answers_to_loopback_and_to_no_other_name() {
    let instance = Instance::new(PROGRAM);
    let server = instance.serve();
    for (name, status) in [
        ("localhost", 200),
        ("localhost:7878", 200),
        ("127.0.0.1:1", 200),
        ("[::1]", 200),
        ("papers.example.org", 421),
        ("evil.example:7878", 421),
        ("192.0.2.1", 421),
    ] {
        assert_eq!(status_under(&server, name, "/about"), status, "{name}");
        assert_eq!(status_under(&server, name, "/healthz"), 200, "{name}");
    }
}

#[test]
fn the_name_of_the_site_and_configured_names_are_answered_to() {
    let instance = Instance::new(PROGRAM);
    let mut command = instance.command(["serve", "--listen", "127.0.0.1:0"]);
    command
        .env("BROADSHEET_SITE_URL", "https://papers.example.org")
        .env("BROADSHEET_SERVER_HOSTS", "mybox, mybox.lan");
    let server = Server::start(command, &instance.directory().join("serve.log"));
    for (name, status) in [
        ("papers.example.org", 200),
        ("mybox:7878", 200),
        ("mybox.lan", 200),
        ("localhost", 200),
        ("192.0.2.1", 421),
        ("example.org", 421),
        ("evil.example", 421),
    ] {
        assert_eq!(status_under(&server, name, "/about"), status, "{name}");
    }
}

#[test]
fn a_volume_that_was_imported_has_a_page_with_its_papers() {
    let instance = Instance::new(PROGRAM);
    let works = generate::works(3, 45);
    let file = instance.write("volume.xml", generate::acl_xml(&works));
    instance.run(["import".as_ref(), "--no-index".as_ref(), file.as_os_str()]).success();
    let server = instance.serve();
    let page = server.get("/volume/2024.made-long");
    assert_eq!(page.status, 200);
    let page = page.text();
    assert!(page.contains("<h1>Proceedings of the Made Conference (Volume 1: Long Papers)</h1>"), "{page}");
    let numbers: Vec<u32> =
        works.iter().filter(|work| work.day.starts_with("2024")).filter_map(|work| work.anthology).collect();
    assert!(!numbers.is_empty());
    for number in &numbers {
        assert!(page.contains(&format!("href=\"/papers/acl:2024.made-long.{number}\"")), "{number}: {page}");
    }
    assert_eq!(page.matches("<article>").count(), numbers.len());
}

#[test]
fn metrics_count_what_was_asked() {
    let instance = Instance::new(PROGRAM);
    let server = instance.serve();
    server.get("/");
    let metrics = server.get("/metrics");
    assert_eq!(metrics.status, 200);
    assert!(metrics.text().contains("# TYPE"), "{}", metrics.text());
}
