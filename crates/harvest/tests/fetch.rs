//! The one door outwards, over real sockets on loopback. Promise H4: no request to a private address.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use harvest::fetch::{Answer, Door, Error, Form, Names, Request, RetryAfter, Settings, Step, Url};
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A server that hands each connection, with the head of its request, to a function.
fn serve(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, answer) = (stream.unwrap(), Arc::clone(&answer));
            std::thread::spawn(move || {
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                    head.push(byte[0]);
                }
                answer(&String::from_utf8_lossy(&head), &mut stream);
            });
        }
    });
    address
}

/// A server that always sends the same bytes and closes.
fn serve_bytes(bytes: impl Into<Vec<u8>>) -> SocketAddr {
    let bytes = bytes.into();
    serve(move |_, stream| {
        let _ = stream.write_all(&bytes);
    })
}

/// An answer with a body of that packing.
fn packed(packing: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-encoding: {packing}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend(body);
    bytes
}

fn redirect(status: u16, location: &str) -> String {
    format!(
        "HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    )
}

/// A name service with one answer for every name, which counts how often it is asked.
#[derive(Debug, Default)]
struct Fixed {
    addresses: Vec<IpAddr>,
    asked: AtomicUsize,
}

impl Names for Fixed {
    fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match self.addresses.as_slice() {
            [] => Err(io::Error::other("no such name")),
            addresses => Ok(addresses.to_vec()),
        }
    }
}

fn names(addresses: &[&str]) -> Arc<Fixed> {
    let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
    Arc::new(Fixed { addresses, asked: AtomicUsize::new(0) })
}

fn door_for(allowed: &[String], names: Arc<dyn Names>) -> Door {
    let allowed = allowed.iter().map(|host| host.parse().unwrap()).collect();
    Door::with_names(Settings { contact: "owner@example.org".parse().unwrap(), allowed }, names)
}

/// A door that may ask a server of a test.
fn door(address: SocketAddr) -> Door {
    door_for(&[address.to_string()], names(&["127.0.0.1"]))
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn get(address: SocketAddr) -> Result<Answer, Error> {
    door(address).fetch(&Request::new(url(&format!("http://{address}/"))))
}

fn body_of(address: SocketAddr) -> Result<Vec<u8>, Error> {
    get(address)?.body.bytes()
}

/// Every way of writing an address that must not be asked, and the network that it lies in.
const FORBIDDEN: [(&str, &str); 40] = [
    ("0.0.0.0", "0.0.0.0/8"),
    ("0.1.2.3", "0.0.0.0/8"),
    ("10.0.0.1", "10.0.0.0/8"),
    ("100.64.0.1", "100.64.0.0/10"),
    ("127.0.0.1", "127.0.0.0/8"),
    ("127.255.255.254", "127.0.0.0/8"),
    ("169.254.169.254", "169.254.0.0/16"),
    ("172.16.0.1", "172.16.0.0/12"),
    ("172.31.255.255", "172.16.0.0/12"),
    ("192.0.0.1", "192.0.0.0/24"),
    ("192.0.2.1", "192.0.2.0/24"),
    ("192.168.1.1", "192.168.0.0/16"),
    ("198.18.0.1", "198.18.0.0/15"),
    ("198.51.100.1", "198.51.100.0/24"),
    ("203.0.113.1", "203.0.113.0/24"),
    ("224.0.0.1", "224.0.0.0/4"),
    ("240.0.0.1", "240.0.0.0/4"),
    ("255.255.255.255", "240.0.0.0/4"),
    ("::", "::"),
    ("::1", "::1"),
    ("::127.0.0.1", "127.0.0.0/8"),
    ("::ffff:127.0.0.1", "127.0.0.0/8"),
    ("::ffff:10.0.0.1", "10.0.0.0/8"),
    ("::ffff:a9fe:a9fe", "169.254.0.0/16"),
    ("::ffff:0:192.168.0.1", "192.168.0.0/16"),
    ("64:ff9b::10.0.0.1", "10.0.0.0/8"),
    ("64:ff9b:1::1", "64:ff9b:1::/48"),
    ("2002:7f00:1::", "127.0.0.0/8"),
    ("2002:c0a8:1::1", "192.168.0.0/16"),
    ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001::/23"),
    ("2001:db8::1", "2001:db8::/32"),
    ("100::1", "100::/64"),
    ("fc00::1", "fc00::/7"),
    ("fd00:ec2::254", "fc00::/7"),
    ("fe80::1", "fe80::/10"),
    ("febf::1", "fe80::/10"),
    ("fec0::1", "fec0::/10"),
    ("ff02::1", "ff00::/8"),
    ("4000::1", "outside 2000::/3"),
    ("3fff::1", "3fff::/20"),
];

fn check_refused(refusal: &Error, block: &str, of: &str) {
    assert!(matches!(refusal, Error::NotPublic { .. }), "{of}: {refusal}");
    assert!(refusal.is_unsent(), "{of}");
    let text = refusal.to_string();
    assert!(text.contains(block) && text.contains("only public addresses are fetched"), "{of}: {text}");
}

#[test]
fn h4_a_name_that_leads_to_a_forbidden_address_is_refused() {
    for (address, block) in FORBIDDEN {
        for scheme in ["http", "https"] {
            let refusal = door_for(&[], names(&[address]))
                .fetch(&Request::new(url(&format!("{scheme}://papers.example/feed"))))
                .unwrap_err();
            check_refused(&refusal, block, address);
        }
    }
}

#[test]
fn h4_an_address_written_in_the_url_is_refused() {
    for (address, block) in FORBIDDEN {
        let host = if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
        let names = names(&[]);
        let refusal =
            door_for(&[], names.clone()).fetch(&Request::new(url(&format!("http://{host}/")))).unwrap_err();
        check_refused(&refusal, block, address);
        assert_eq!(names.asked.load(Ordering::SeqCst), 0, "{address} needs no name service");
    }
}

#[test]
fn h4_odd_spellings_of_an_address_are_read_as_the_system_reads_them_and_refused() {
    let settings = Settings { contact: "owner@example.org".parse().unwrap(), allowed: Vec::new() };
    let door = Door::new(settings);
    for host in ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "localhost", "LOCALHOST."] {
        let refusal = door.fetch(&Request::new(url(&format!("http://{host}/")))).unwrap_err();
        assert!(refusal.is_unsent(), "{host}: {refusal}");
        assert!(matches!(refusal, Error::NotPublic { .. } | Error::NoAddress { .. }), "{host}: {refusal}");
    }
}

#[test]
fn h4_a_redirect_to_a_forbidden_address_is_refused() {
    for (address, block) in FORBIDDEN {
        let host = if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
        for status in [301, 302, 303, 307, 308] {
            let server = serve_bytes(redirect(status, &format!("http://{host}/latest/meta-data")));
            check_refused(&get(server).unwrap_err(), block, address);
        }
    }
}

#[test]
fn h4_a_name_is_looked_up_once_and_the_connection_goes_to_what_was_checked() {
    /// The first answer is the server of the test, every later one is nobody: a door that looked the name up again
    /// would not find the server.
    #[derive(Debug)]
    struct Rebinding(AtomicUsize);
    impl Names for Rebinding {
        fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            match self.0.fetch_add(1, Ordering::SeqCst) {
                0 => Ok(vec!["127.0.0.1".parse().unwrap()]),
                _ => Ok(vec!["127.0.0.2".parse().unwrap()]),
            }
        }
    }
    let server = serve_bytes("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi");
    let names = Arc::new(Rebinding(AtomicUsize::new(0)));
    let door = door_for(&[format!("papers.example:{}", server.port())], names.clone());
    let answer =
        door.fetch(&Request::new(url(&format!("http://papers.example:{}/", server.port())))).unwrap();
    assert_eq!(answer.body.bytes().unwrap(), b"hi");
    assert_eq!(names.0.load(Ordering::SeqCst), 1);
}

#[test]
fn h4_of_several_addresses_only_the_public_ones_are_asked() {
    // Listed, this machine may be asked, but no name ever leads to the link's own network or to nobody.
    let server = serve_bytes("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi");
    let host = format!("papers.example:{}", server.port());
    let door = door_for(std::slice::from_ref(&host), names(&["169.254.169.254", "0.0.0.0", "127.0.0.1"]));
    assert_eq!(
        door.fetch(&Request::new(url(&format!("http://{host}/")))).unwrap().body.bytes().unwrap(),
        b"hi"
    );
    let door = door_for(std::slice::from_ref(&host), names(&["169.254.169.254", "0.0.0.0"]));
    let refusal = door.fetch(&Request::new(url(&format!("http://{host}/")))).unwrap_err();
    check_refused(&refusal, "169.254.0.0/16", "a listed name");
}

#[test]
fn h4_proxies_of_the_environment_are_not_used() {
    // A process has one environment, so the question is asked in another process.
    if let Ok(address) = std::env::var("HARVEST_TEST_SERVER") {
        assert_eq!(body_of(address.parse().unwrap()).unwrap(), b"direct");
        return;
    }
    let server = serve_bytes("HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\ndirect");
    let proxied = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&proxied);
    let proxy = serve(move |_, _| {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "h4_proxies_of_the_environment_are_not_used"]);
    child.env("HARVEST_TEST_SERVER", server.to_string()).env_remove("NO_PROXY").env_remove("no_proxy");
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        child.env(name, format!("http://{proxy}"));
    }
    assert!(child.output().unwrap().status.success());
    assert_eq!(proxied.load(Ordering::SeqCst), 0);
}

#[test]
fn h4_other_ports_are_refused_unless_listed() {
    let door = door_for(&["mirror.example:8080".to_owned()], names(&["10.0.0.1"]));
    for port in [22, 25, 81, 5432, 6379, 8081] {
        let refusal = door.fetch(&Request::new(url(&format!("http://mirror.example:{port}/")))).unwrap_err();
        assert!(matches!(refusal, Error::Port { .. }), "{port}: {refusal}");
        assert!(refusal.to_string().contains(&format!("list \"mirror.example:{port}\"")), "{refusal}");
    }
    // Listed for one port, the name is not allowed on another.
    let refusal = door.fetch(&Request::new(url("http://mirror.example/"))).unwrap_err();
    check_refused(&refusal, "10.0.0.0/8", "port 80");
}

#[test]
fn a_refusal_says_what_to_list_and_does_not_show_keys() {
    let refusal = door_for(&[], names(&["192.168.1.7"]))
        .fetch(&Request::new(url("http://nas.example/feed?api_key=secret")))
        .unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "http://nas.example/feed leads to 192.168.1.7 in 192.168.0.0/16 (a private network), and only public addresses \
         are fetched; if it is meant, list \"nas.example:80\" as allowed"
    );
}

#[test]
fn redirects_are_followed_five_times() {
    let server = serve(|head, stream| {
        let left: u32 = head[5..].split(' ').next().and_then(|path| path.parse().ok()).unwrap_or(0);
        let answer = match left {
            0 => "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nend".to_owned(),
            _ => redirect(302, &format!("{}", left - 1)),
        };
        let _ = stream.write_all(answer.as_bytes());
    });
    let ask = |count: u32| door(server).fetch(&Request::new(url(&format!("http://{server}/{count}"))));
    let answer = ask(5).unwrap();
    assert_eq!((answer.status, answer.url.whole()), (200, format!("http://{server}/0")));
    assert_eq!(answer.moved, None, "a passing redirect is not remembered");
    assert!(matches!(ask(6), Err(Error::Redirects { limit: 5, .. })));
}

#[test]
fn a_move_for_good_is_told() {
    let server = serve(|head, stream| {
        let answer = match head.split(' ').nth(1) {
            Some("/oai2") => redirect(301, "/oai"),
            _ => "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned(),
        };
        let _ = stream.write_all(answer.as_bytes());
    });
    let answer = door(server).fetch(&Request::new(url(&format!("http://{server}/oai2")))).unwrap();
    assert_eq!(answer.moved.unwrap().whole(), format!("http://{server}/oai"));
}

#[test]
fn a_redirect_to_nowhere_is_refused() {
    for location in
        ["file:///etc/passwd", "gopher://example.org/", "https://user:key@example.org/", "http://"]
    {
        let refusal = get(serve_bytes(redirect(302, location))).unwrap_err();
        assert!(matches!(refusal, Error::Redirect { .. }), "{location}: {refusal}");
    }
    let silent = serve_bytes("HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n");
    assert!(matches!(get(silent), Err(Error::Redirect { .. })));
}

#[test]
fn keys_are_not_sent_to_another_host() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    let other = serve(move |head, stream| {
        seen.lock().unwrap().push(head.to_ascii_lowercase());
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    });
    let (seen, location) = (Arc::clone(&heads), redirect(307, &format!("http://{other}/")));
    let first = serve(move |head, stream| {
        seen.lock().unwrap().push(head.to_ascii_lowercase());
        let _ = stream.write_all(location.as_bytes());
    });
    let door = door_for(&[first.to_string(), other.to_string()], names(&[]));
    let mut request = Request::new(url(&format!("http://{first}/")));
    request.keys.push(("x-api-key".to_owned(), "secret".to_owned()));
    door.fetch(&request).unwrap();
    let heads = heads.lock().unwrap();
    assert!(heads[0].contains("x-api-key: secret"), "{}", heads[0]);
    assert!(!heads[1].contains("secret"), "{}", heads[1]);
}

#[test]
fn a_key_with_a_line_break_is_not_sent() {
    let server = serve_bytes("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let mut request = Request::new(url(&format!("http://{server}/")));
    request.keys.push(("x-api-key".to_owned(), "secret\r\nhost: other".to_owned()));
    let refusal = door(server).fetch(&request).unwrap_err();
    assert!(matches!(refusal, Error::Header { .. }) && !refusal.to_string().contains("secret"), "{refusal}");
}

#[test]
fn who_asks_is_told_honestly() {
    let heads = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&heads);
    let server = serve(move |head, stream| {
        *seen.lock().unwrap() = head.to_owned();
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    });
    get(server).unwrap();
    let head = heads.lock().unwrap().to_ascii_lowercase();
    let agent = format!("user-agent: broadsheet/{} (+owner@example.org)\r\n", env!("CARGO_PKG_VERSION"));
    assert!(head.contains(&agent), "{head}");
    assert!(head.contains("accept-encoding: gzip, zstd\r\n"), "{head}");
}

#[test]
fn a_contact_is_required_to_be_one() {
    for contact in ["", "me", "@example.org", "a b@example.org", "x@y.z)\r\nhost: a", "ftp://example.org"] {
        assert!(contact.parse::<harvest::fetch::Contact>().is_err(), "{contact}");
    }
    assert!("https://example.org/about".parse::<harvest::fetch::Contact>().is_ok());
}

#[test]
fn an_unchanged_page_is_not_sent_again() {
    let server = serve(|head, stream| {
        let head = head.to_ascii_lowercase();
        let known = head.contains("if-none-match: \"abc\"")
            && head.contains("if-modified-since: mon, 23 nov 2026 10:00:00 gmt");
        let answer: &[u8] = if known {
            b"HTTP/1.1 304 Not Modified\r\netag: \"abc\"\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n"
        } else {
            b"HTTP/1.1 200 OK\r\netag: \"abc\"\r\nlast-modified: Mon, 23 Nov 2026 10:00:00 GMT\r\ncontent-length: 3\r\nconnection: close\r\n\r\nnew"
        };
        let _ = stream.write_all(answer);
    });
    let first = get(server).unwrap();
    let mut request = Request::new(url(&format!("http://{server}/")));
    (request.etag, request.last_modified) = (first.etag, first.last_modified);
    let second = door(server).fetch(&request).unwrap();
    assert_eq!((second.status, second.body.bytes().unwrap().len()), (304, 0));
}

#[test]
fn what_the_answer_tells_is_read() {
    let server = serve_bytes(
        "HTTP/1.1 503 Slow Down\r\ncontent-type: Text/XML; charset=\"UTF-8\"\r\nretry-after: 300\r\n\
         date: Mon, 23 Nov 2026 10:00:00 GMT\r\ncache-control: public, max-age=60\r\ncontent-length: 0\r\n\r\n",
    );
    let answer = get(server).unwrap();
    assert_eq!(answer.status, 503);
    assert_eq!((answer.content_type.as_str(), answer.charset.as_deref()), ("text/xml", Some("utf-8")));
    assert_eq!(answer.retry_after, Some(RetryAfter::Wait(Duration::from_secs(300))));
    assert_eq!(answer.date.unwrap().to_string(), "2026-11-23T10:00:00Z");
    assert_eq!(answer.max_age, Some(60));
}

#[test]
fn packed_bodies_are_unpacked() {
    let text = "records ".repeat(10_000);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    assert_eq!(body_of(serve_bytes(packed("gzip", &gzip.finish().unwrap()))).unwrap(), text.as_bytes());
    let zstd = zstd::encode_all(text.as_bytes(), 3).unwrap();
    assert_eq!(body_of(serve_bytes(packed("zstd", &zstd))).unwrap(), text.as_bytes());
    assert_eq!(body_of(serve_bytes(packed("identity", b"plain"))).unwrap(), b"plain");
}

#[test]
fn a_bomb_is_refused_before_it_fills_memory() {
    let zeros = vec![0; 8 << 20];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&zeros).unwrap();
    let zstd = zstd::encode_all(zeros.as_slice(), 3).unwrap();
    for (packing, bomb) in [("gzip", gzip.finish().unwrap()), ("zstd", zstd)] {
        assert!(bomb.len() < 20_000, "{packing} packs it to {}", bomb.len());
        let server = serve_bytes(packed(packing, &bomb));
        let mut request = Request::new(url(&format!("http://{server}/")));
        request.limits.unpacked_bytes_max = 1 << 20;
        let refusal = door(server).fetch(&request).unwrap().body.bytes().unwrap_err();
        assert!(matches!(refusal, Error::TooLarge { form: Form::Unpacked, .. }), "{packing}: {refusal}");
    }
}

#[test]
fn a_zstd_body_that_asks_for_much_memory_is_refused() {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    encoder.window_log(27).unwrap();
    encoder.write_all(&vec![7; 1 << 16]).unwrap();
    let body = encoder.finish().unwrap();
    let refusal = body_of(serve_bytes(packed("zstd", &body))).unwrap_err();
    assert!(matches!(refusal, Error::Unreadable { .. }), "{refusal}");
}

#[test]
fn packing_that_was_not_asked_for_is_refused() {
    for packing in ["br", "deflate", "gzip, gzip", "exe"] {
        let refusal = get(serve_bytes(packed(packing, b"x"))).unwrap_err();
        assert!(refusal.to_string().contains("gzip or zstd"), "{packing}: {refusal}");
    }
    let broken = body_of(serve_bytes(packed("gzip", b"this is no gzip at all"))).unwrap_err();
    assert!(matches!(broken, Error::Unreadable { .. }), "{broken}");
}

#[test]
fn a_body_over_the_limit_is_refused_whether_or_not_it_says_so() {
    let fetch = |head: &str, length: usize| {
        let mut bytes = format!("HTTP/1.1 200 OK\r\n{head}connection: close\r\n\r\n").into_bytes();
        bytes.extend(vec![b'x'; length]);
        let server = serve_bytes(bytes);
        let mut request = Request::new(url(&format!("http://{server}/")));
        request.limits.sent_bytes_max = 1000;
        door(server).fetch(&request).and_then(|answer| answer.body.bytes())
    };
    assert_eq!(fetch("content-length: 1000\r\n", 1000).unwrap().len(), 1000);
    for head in ["content-length: 1001\r\n", ""] {
        let refusal = fetch(head, 1001).unwrap_err();
        assert!(
            matches!(refusal, Error::TooLarge { form: Form::Sent, limit: 1000, .. }),
            "{head}: {refusal}"
        );
    }
}

#[test]
fn a_body_that_breaks_off_is_never_taken_for_whole() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all("records ".repeat(10_000).as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let mut cut_gzip = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n".to_vec();
    cut_gzip.extend(&gzip[..gzip.len() - 20]);
    let zstd = zstd::encode_all("records ".repeat(10_000).as_bytes(), 3).unwrap();
    let mut cut_zstd = b"HTTP/1.1 200 OK\r\ncontent-encoding: zstd\r\nconnection: close\r\n\r\n".to_vec();
    cut_zstd.extend(&zstd[..zstd.len() - 5]);
    for (what, bytes) in [
        ("length", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi".to_vec()),
        ("chunk", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhi".to_vec()),
        ("chunks", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n".to_vec()),
        ("gzip", cut_gzip),
        ("zstd", cut_zstd),
    ] {
        let error = body_of(serve_bytes(bytes)).unwrap_err();
        assert!(matches!(error, Error::Cut { .. }), "{what}: {error}");
        assert!(error.is_passing(), "{what}");
    }
}

#[test]
fn bytes_beyond_the_told_length_are_not_read() {
    assert_eq!(body_of(serve_bytes("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi there")).unwrap(), b"hi");
}

#[test]
fn an_answer_that_is_no_http_is_refused() {
    for bytes in ["", "SSH-2.0-OpenSSH_9\r\n", "<html>", "HTTP/1.1 abc\r\n\r\n"] {
        let error = get(serve_bytes(bytes)).map(|_| ()).unwrap_err();
        assert!(matches!(error, Error::Unreadable { .. } | Error::Cut { .. }), "{bytes:?}: {error}");
    }
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n";
    assert!(matches!(body_of(serve_bytes(chunked)), Err(Error::Unreadable { .. })));
}

#[test]
fn huge_headers_are_refused() {
    let head = format!("HTTP/1.1 200 OK\r\nx-a: {}\r\n\r\n", "a".repeat(200_000));
    assert!(matches!(get(serve_bytes(head)), Err(Error::LargeHeaders { .. })));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x-a: b\r\n".repeat(5_000));
    assert!(get(serve_bytes(many)).is_err());
}

/// Waits until the other side closes: what a server does that hangs.
fn hang(stream: &mut TcpStream) {
    let _ = stream.read(&mut [0; 16]);
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let server = serve(|_, stream| hang(stream));
    let mut request = Request::new(url(&format!("http://{server}/")));
    request.limits.head = Duration::from_millis(50);
    let error = door(server).fetch(&request).unwrap_err();
    assert!(matches!(error, Error::Slow { step: Step::Head, .. }), "{error}");
}

#[test]
fn a_body_that_stops_is_given_up() {
    let server = serve(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi");
        hang(stream);
    });
    let mut request = Request::new(url(&format!("http://{server}/")));
    request.limits.whole = Duration::from_millis(100);
    let error = door(server).fetch(&request).unwrap().body.bytes().unwrap_err();
    assert!(matches!(error, Error::Slow { step: Step::Whole, .. }), "{error}");
}

#[test]
fn a_body_that_only_drips_is_given_up() {
    let server = serve(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
        while stream.write_all(b"x").is_ok() {
            std::thread::yield_now();
            std::thread::park_timeout(Duration::from_millis(5));
        }
    });
    let mut request = Request::new(url(&format!("http://{server}/")));
    request.limits.rate_grace = Duration::from_millis(20);
    let error = door(server).fetch(&request).unwrap().body.bytes().unwrap_err();
    assert!(matches!(error, Error::Trickle { .. }), "{error}");
}

#[test]
fn a_name_service_that_fails_is_told() {
    #[derive(Debug)]
    struct Failing;
    impl Names for Failing {
        fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            Err(io::Error::other("server failure"))
        }
    }
    let error =
        door_for(&[], Arc::new(Failing)).fetch(&Request::new(url("https://export.arxiv.org/"))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "export.arxiv.org has no address (server failure): check its spelling, and this machine's name service"
    );
    assert!(error.is_unsent() && error.is_passing());
}

#[test]
fn nobody_listening_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = get(address).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }) && error.is_passing(), "{error}");
}

#[test]
fn a_server_without_tls_is_not_asked_over_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let first_byte = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut hello = [0; 1];
        stream.read_exact(&mut hello).unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").unwrap();
        hang(&mut stream);
        hello[0]
    });
    let error = door(address).fetch(&Request::new(url(&format!("https://{address}/")))).unwrap_err();
    assert!(matches!(error, Error::Untrusted { .. }), "{error}");
    assert_eq!(first_byte.join().unwrap(), 0x16, "only the greeting of TLS was sent");
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    // Self-signed, and of another name: `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes
    // -days 36500 -subj /CN=other.example -addext subjectAltName=DNS:other.example`, the key as PKCS #8.
    let certificate =
        rustls::pki_types::CertificateDer::from(&include_bytes!("data/other.example.cert.der")[..]);
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(&include_bytes!("data/other.example.key.der")[..]);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())
        .unwrap();
    let config = Arc::new(config);
    for name in ["127.0.0.1", "other.example", "export.arxiv.org"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = Arc::clone(&config);
        let asked = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut tls = rustls::ServerConnection::new(config).unwrap();
            let mut request = [0; 16];
            rustls::Stream::new(&mut tls, &mut stream).read(&mut request).unwrap_or(0)
        });
        let host = format!("{name}:{port}");
        let door = door_for(std::slice::from_ref(&host), names(&["127.0.0.1"]));
        let error = door.fetch(&Request::new(url(&format!("https://{host}/")))).unwrap_err();
        assert!(matches!(error, Error::Untrusted { .. }), "{name}: {error}");
        assert!(!error.is_passing(), "{name}: waiting does not help");
        assert_eq!(asked.join().unwrap(), 0, "{name}: nothing was asked");
    }
}

#[test]
fn a_page_for_people_is_not_taken_for_data() {
    let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: 6\r\n\r\n<html>";
    let error = get(serve_bytes(page)).unwrap().bytes_of(&["text/xml", "application/xml"]).unwrap_err();
    assert!(
        error.to_string().ends_with(
            "answers with text/html instead of text/xml or application/xml: nothing of it was used"
        )
    );
}
