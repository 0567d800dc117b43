//! A small client: sends exactly the bytes it was told to, and gives back what came.

use socket2::{Domain, Socket, Type};
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

/// How long a test waits for bytes; only a server that hangs is ever so slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// E.g. 200.
    pub status: u16,
    /// Names in lower case, in the order of arrival.
    pub headers: Vec<(String, String)>,
    /// Without chunk sizes; compressed if it came compressed.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of that name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Asks for a page.
///
/// # Errors
/// If the server cannot be reached, or what it sends is no HTTP.
pub fn get(address: SocketAddr, target: &str) -> io::Result<Answer> {
    get_with(address, target, &[])
}

/// Asks for a page with further headers.
///
/// # Errors
/// As [`get`].
pub fn get_with(address: SocketAddr, target: &str, headers: &[(&str, &str)]) -> io::Result<Answer> {
    let mut request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    let mut connection = Connection::open(address)?;
    connection.send(request.as_bytes())?;
    connection.answer()
}

/// An open connection, for requests that come in pieces or one after the other.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// If nobody listens.
    pub fn open(address: SocketAddr) -> io::Result<Connection> {
        Connection::on(TcpStream::connect_timeout(&address, PATIENCE)?)
    }

    /// Connects from an address of this machine, e.g. another one of loopback.
    ///
    /// # Errors
    /// If nobody listens, or the address is not this machine's.
    pub fn open_from(from: IpAddr, to: SocketAddr) -> io::Result<Connection> {
        let socket = Socket::new(Domain::for_address(to), Type::STREAM, None)?;
        socket.bind(&SocketAddr::new(from, 0).into())?;
        socket.connect_timeout(&to.into(), PATIENCE)?;
        Connection::on(socket.into())
    }

    fn on(stream: TcpStream) -> io::Result<Connection> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, received: Vec::new() })
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// If the server closed the connection.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Reads one answer to a GET.
    ///
    /// # Errors
    /// If the connection ends or stays silent before the answer is whole.
    pub fn answer(&mut self) -> io::Result<Answer> {
        let mut answer = self.answer_without_body()?;
        if answer.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            answer.body = self.chunks()?;
        } else if let Some(length) = answer.header("content-length") {
            let length: usize = length.parse().map_err(|_| wrong(format!("length {length}")))?;
            answer.body = self.take(length)?;
        } else if answer.status != 204 && answer.status != 304 {
            while self.more().is_ok() {}
            answer.body = std::mem::take(&mut self.received);
        }
        Ok(answer)
    }

    /// Reads one answer to a HEAD: its headers may tell of a body that does not come.
    ///
    /// # Errors
    /// As [`Connection::answer`].
    pub fn answer_without_body(&mut self) -> io::Result<Answer> {
        let head_end = loop {
            if let Some(at) = find(&self.received, b"\r\n\r\n") {
                break at;
            }
            self.more()?;
        };
        let head: Vec<u8> = self.received.drain(..head_end + 4).collect();
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| wrong(format!("no status in {head:?}")))?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_string()))
            .collect();
        Ok(Answer { status, headers, body: Vec::new() })
    }

    /// Whether nothing was received that was not yet read as an answer.
    pub fn is_empty(&self) -> bool {
        self.received.is_empty()
    }

    /// Waits until the server closes the connection, at most so long; `false` if it did not.
    ///
    /// # Errors
    /// If the socket cannot be read for another reason.
    pub fn closed_within(&mut self, limit: Duration) -> io::Result<bool> {
        self.stream.set_read_timeout(Some(limit))?;
        let mut buffer = [0; 4096];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Ok(true),
                Ok(_) => {}
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    return Ok(false);
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(true),
                Err(error) => return Err(error),
            }
        }
    }

    fn more(&mut self) -> io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                self.received.extend_from_slice(&buffer[..count]);
                Ok(())
            }
        }
    }

    fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.received.len() < length {
            self.more()?;
        }
        Ok(self.received.drain(..length).collect())
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                if let Some(at) = find(&self.received, b"\r\n") {
                    break at;
                }
                self.more()?;
            };
            let line: Vec<u8> = self.received.drain(..end + 2).collect();
            let line = String::from_utf8_lossy(&line).into_owned();
            let digits = line.trim().split(';').next().unwrap_or_default();
            let size =
                usize::from_str_radix(digits, 16).map_err(|_| wrong(format!("chunk size {line:?}")))?;
            body.extend(self.take(size)?);
            self.take(2)?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn wrong(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers one connection with fixed bytes.
    fn answering(bytes: &'static [u8]) -> SocketAddr {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            stream.write_all(bytes).unwrap();
        });
        address
    }

    #[test]
    fn a_body_of_known_length_is_read() {
        let answer =
            get(answering(b"HTTP/1.1 404 Not Found\r\nX-A: b\r\ncontent-length: 2\r\n\r\nhi"), "/").unwrap();
        assert_eq!((answer.status, answer.header("x-a"), answer.text().as_str()), (404, Some("b"), "hi"));
    }

    #[test]
    fn chunks_are_put_together() {
        let answer = get(
            answering(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1;x=y\r\n!\r\n0\r\n\r\n",
            ),
            "/",
        )
        .unwrap();
        assert_eq!(answer.text(), "hi!");
    }

    #[test]
    fn a_body_that_ends_early_is_an_error() {
        assert!(get(answering(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi"), "/").is_err());
    }
}
