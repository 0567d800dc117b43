//! The body of an answer: unpacked while it is read, counted before and after.

use super::error::{Error, Form, Step};
use std::io::{self, BufRead, BufReader, Read};
use std::time::{Duration, Instant};

/// How slow a body may come, measured over its whole length once [`RATE_GRACE`] has passed. A page of 8 MB at this rate
/// takes half an hour, so the limit on the whole ends it first; what this ends early is a server that only drips.
pub const RATE_MIN: u64 = 256;

/// How long a body may come slowly.
pub const RATE_GRACE: Duration = Duration::from_secs(30);

/// The largest window that a zstd body may ask for: 8 MiB, which RFC 8878 §3.1.1.1.2 lets every reader refuse beyond.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// The body of an answer. Reading gives errors whose inner error is a [`Error`]; [`Error::from_read`] takes it out.
pub struct Body {
    url: String,
    reader: Box<dyn Read + Send>,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("url", &self.url).finish_non_exhaustive()
    }
}

/// How a body is packed, by its `Content-Encoding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Gzip,
    Zstd,
}

impl Packing {
    /// What is asked for.
    pub(super) const ACCEPTED: &str = "gzip, zstd";

    pub(super) fn from_header(value: &str) -> Option<Packing> {
        match value.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Some(Packing::None),
            "gzip" | "x-gzip" => Some(Packing::Gzip),
            "zstd" => Some(Packing::Zstd),
            _ => None,
        }
    }
}

/// What a body may cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct BodyLimits {
    pub(super) sent_bytes_max: u64,
    pub(super) unpacked_bytes_max: u64,
    pub(super) whole: Duration,
    pub(super) rate_grace: Duration,
}

impl Body {
    pub(super) fn new(
        url: &str,
        packing: Packing,
        limits: BodyLimits,
        reader: impl Read + Send + 'static,
    ) -> Result<Body, Error> {
        let sent = BufReader::new(Sent {
            url: url.to_owned(),
            limits,
            read: 0,
            started: Instant::now(),
            inner: reader,
        });
        let unpacked: Box<dyn Read + Send> = match packing {
            Packing::None => Box::new(sent),
            Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(sent)),
            Packing::Zstd => {
                let unreadable =
                    |error: io::Error| Error::Unreadable { url: url.to_owned(), reason: error.to_string() };
                let mut decoder = zstd::stream::read::Decoder::with_buffer(sent).map_err(unreadable)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(unreadable)?;
                Box::new(decoder)
            }
        };
        let reader =
            Unpacked { url: url.to_owned(), limit: limits.unpacked_bytes_max, read: 0, inner: unpacked };
        Ok(Body { url: url.to_owned(), reader: Box::new(reader) })
    }

    /// The whole body.
    ///
    /// # Errors
    /// If it breaks off, is too large or too slow, or cannot be unpacked.
    pub fn bytes(mut self) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        match self.reader.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(Error::from_read(error, &self.url)),
        }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

/// What comes over the wire, counted and timed.
struct Sent<R> {
    url: String,
    limits: BodyLimits,
    read: u64,
    started: Instant,
    inner: R,
}

impl<R: Read> Read for Sent<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self
            .inner
            .read(buffer)
            .map_err(|error| io::Error::other(told(error, &self.url, self.limits.whole)))?;
        self.read += count as u64;
        if self.read > self.limits.sent_bytes_max {
            let limit = self.limits.sent_bytes_max;
            return Err(io::Error::other(Error::TooLarge { url: self.url.clone(), limit, form: Form::Sent }));
        }
        let elapsed = self.started.elapsed();
        if count > 0 && elapsed > self.limits.rate_grace && self.read < RATE_MIN * elapsed.as_secs().max(1) {
            return Err(io::Error::other(Error::Trickle {
                url: self.url.clone(),
                bytes_per_second: RATE_MIN,
            }));
        }
        Ok(count)
    }
}

/// What comes out of it, counted.
struct Unpacked {
    url: String,
    limit: u64,
    read: u64,
    inner: Box<dyn Read + Send>,
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read += count as u64;
        if self.read > self.limit {
            let (url, limit) = (self.url.clone(), self.limit);
            return Err(io::Error::other(Error::TooLarge { url, limit, form: Form::Unpacked }));
        }
        Ok(count)
    }
}

/// The client's error of reading, told as one of this room.
fn told(error: io::Error, url: &str, whole: Duration) -> Error {
    let url = url.to_owned();
    let kind = error.kind();
    match error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
        Some(ureq::Error::Timeout(_)) => Error::Slow { url, step: Step::Whole, limit: whole },
        Some(ureq::Error::Io(inner)) if is_broken(inner.kind()) => Error::Cut { url },
        Some(other) => Error::Unreadable { url, reason: other.to_string() },
        None if is_broken(kind) => Error::Cut { url },
        None if matches!(kind, io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => {
            Error::Slow { url, step: Step::Whole, limit: whole }
        }
        None => Error::Unreadable { url, reason: error.to_string() },
    }
}

pub(super) fn is_broken(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
    )
}

/// Reads a body that nobody wants to its end, if it is short, so that the connection can be used again.
pub(super) fn drain(reader: impl Read) {
    /// A redirect's or an error's page; a longer one costs a new connection instead.
    const DRAINED_BYTES_MAX: u64 = 64 * 1024;
    let mut reader = BufReader::new(reader.take(DRAINED_BYTES_MAX));
    while let Ok(buffer) = reader.fill_buf() {
        let count = buffer.len();
        if count == 0 {
            break;
        }
        reader.consume(count);
    }
}
