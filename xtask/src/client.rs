//! A small HTTP/1.1 client that keeps its connection: enough to load a server on loopback.

use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// One kept connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
}

impl Client {
    /// Connects to `127.0.0.1:port` or the like.
    pub(crate) fn connect(address: &str) -> Result<Client> {
        let stream = TcpStream::connect(address).with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Client { stream: BufReader::with_capacity(64 << 10, stream), body: Vec::new() })
    }

    /// Gets a path; returns the status and the length of the body on the wire.
    pub(crate) fn get(&mut self, path: &str) -> Result<(u16, usize)> {
        self.ask(path, "Accept-Encoding: br, gzip\r\n")
    }

    /// Gets a path without compression, so that [`Client::body`] can be read.
    pub(crate) fn get_plain(&mut self, path: &str) -> Result<(u16, usize)> {
        self.ask(path, "")
    }

    fn ask(&mut self, path: &str, headers: &str) -> Result<(u16, usize)> {
        write!(self.stream.get_mut(), "GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status: u16 =
            line.split_whitespace().nth(1).and_then(|code| code.parse().ok()).context("no status line")?;
        let mut length = None;
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                bail!("the server closed the connection within a header");
            }
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().ok();
            }
        }
        let length: usize = length.context("an answer without Content-Length")?;
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body)?;
        Ok((status, length))
    }

    /// The body of the last answer.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }
}
