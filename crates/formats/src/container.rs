//! From bytes to files: compressions and archives, found by their magic bytes, within limits.

use crate::item::FormatError;
use crate::limit;
use std::io::{self, BufRead, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

type Bytes = Box<dyn Read + Send>;

const BUFFER_BYTES: usize = 128 * 1024;

/// A failure of the input itself, as against damage of what it holds.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct InputFailed(io::Error);

/// True for damage of the content (a truncated archive); false if the disk or pipe failed.
pub(crate) fn is_damage(error: &io::Error) -> bool {
    !error.get_ref().is_some_and(|inner| inner.is::<InputFailed>())
}

/// Counts what is taken from the input and marks its failures.
struct Counting {
    inner: Bytes,
    count: Arc<AtomicU64>,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Ok(size) => {
                self.count.fetch_add(size as u64, Ordering::Relaxed);
                Ok(size)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(io::Error::new(error.kind(), InputFailed(error))),
        }
    }
}

/// Refuses to go on when little became too much.
struct Guard {
    inner: Bytes,
    given: u64,
    taken: Arc<AtomicU64>,
}

impl Read for Guard {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.inner.read(buffer)?;
        self.given += size as u64;
        let allowed = self
            .taken
            .load(Ordering::Relaxed)
            .saturating_mul(limit::EXPANSION_MAX)
            .saturating_add(limit::EXPANSION_FREE_BYTES)
            .min(limit::EXPANDED_BYTES_MAX);
        if self.given > allowed {
            return Err(io::Error::other(format!(
                "the compressed content grows beyond {} times its size; it is not read further",
                limit::EXPANSION_MAX
            )));
        }
        Ok(size)
    }
}

/// A buffered reader with look-ahead. What was read before a failure is given out before the failure is told; after
/// a failure there is nothing more.
pub(crate) struct Input {
    inner: Bytes,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    failed: Option<io::Error>,
    over: bool,
}

impl Input {
    pub(crate) fn new(inner: Bytes) -> Input {
        Input { inner, buffer: vec![0; BUFFER_BYTES], start: 0, end: 0, failed: None, over: false }
    }

    fn fill(&mut self) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        while !self.over && self.end < self.buffer.len() {
            match self.inner.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.over = true,
                Ok(size) => {
                    self.end += size;
                    break;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = Some(error);
                    self.over = true;
                }
            }
        }
    }

    /// Up to `size` bytes (at most the buffer's), fewer only where the input ends or fails.
    pub(crate) fn peek(&mut self, size: usize) -> &[u8] {
        let size = size.min(self.buffer.len());
        while self.end - self.start < size && !self.over {
            self.fill();
        }
        &self.buffer[self.start..self.end.min(self.start + size)]
    }

    /// The failure that ended the input, if one did within what has been looked at.
    pub(crate) fn failure(&mut self) -> Option<io::Error> {
        self.failed.take()
    }

    /// The failure that ended the input, if everything before it has been taken.
    fn take_failure(&mut self) -> Option<io::Error> {
        if self.start == self.end { self.failed.take() } else { None }
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.fill();
            if let Some(error) = self.take_failure() {
                return Err(error);
            }
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, size: usize) {
        self.start = self.end.min(self.start + size);
    }
}

impl Read for Input {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let size = available.len().min(target.len());
        target[..size].copy_from_slice(&available[..size]);
        self.consume(size);
        Ok(size)
    }
}

/// What an input turned out to be.
pub(crate) enum Opened {
    /// One file.
    File(Input),
    /// An archive of files.
    Archive(Members),
}

/// Counts and opens the outermost layer.
pub(crate) fn open_input(bytes: Bytes, name: &str, count: Arc<AtomicU64>) -> Result<Opened, FormatError> {
    open(Box::new(Counting { inner: bytes, count: Arc::clone(&count) }), name, &count, 0)
}

/// Takes compressions off until a file or an archive appears.
pub(crate) fn open(
    bytes: Bytes,
    name: &str,
    count: &Arc<AtomicU64>,
    layers: usize,
) -> Result<Opened, FormatError> {
    let mut input = Input::new(bytes);
    let mut layers = layers;
    loop {
        let head = input.peek(512);
        let unsupported =
            |what, advice| Err(FormatError::Unsupported { name: name.to_owned(), what, advice });
        let packed = head.starts_with(&[0x1f, 0x8b]) || is_zstd(head) || is_tar(head);
        if packed && layers >= limit::LAYERS_MAX {
            return unsupported("an archive within too many others", "unpack it first");
        }
        layers += 1;
        if head.starts_with(&[0x1f, 0x8b]) {
            input = guarded(Box::new(flate2::bufread::MultiGzDecoder::new(input)), count);
        } else if is_zstd(head) {
            let decoder = zstd::stream::read::Decoder::with_buffer(input).and_then(|mut decoder| {
                decoder.window_log_max(limit::ZSTD_WINDOW_LOG_MAX)?;
                Ok(decoder)
            });
            let decoder = decoder.map_err(|source| FormatError::Input { name: name.to_owned(), source })?;
            input = guarded(Box::new(decoder), count);
        } else if is_tar(head) {
            return Ok(Opened::Archive(Members::new(input, layers)));
        } else if head.starts_with(b"BZh") {
            return unsupported("bzip2", "unpack it first (bunzip2)");
        } else if head.starts_with(&[0xfd, b'7', b'z', b'X', b'Z', 0]) {
            return unsupported("xz", "unpack it first (unxz)");
        } else if head.starts_with(b"PK\x03\x04") {
            return unsupported("a ZIP archive", "unpack it first (unzip) and import the folder");
        } else if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
            return unsupported("UTF-16 text", "convert it to UTF-8 first");
        } else if head.starts_with(b"%PDF-") {
            return unsupported("a PDF", "import metadata, not full texts");
        } else {
            if head.starts_with(&[0xef, 0xbb, 0xbf]) {
                input.consume(3);
            }
            return Ok(Opened::File(input));
        }
    }
}

fn guarded(inner: Bytes, count: &Arc<AtomicU64>) -> Input {
    Input::new(Box::new(Guard { inner, given: 0, taken: Arc::clone(count) }))
}

fn is_zstd(head: &[u8]) -> bool {
    // A frame, or a frame of user data that may precede it.
    head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
        || (head.len() >= 4 && head[0] & 0xf0 == 0x50 && head[1..4] == [0x2a, 0x4d, 0x18])
}

fn is_tar(head: &[u8]) -> bool {
    head.len() == 512 && &head[257..262] == b"ustar" && checksum_holds(head)
}

/// The sum of a header's bytes, its own field counted as spaces.
fn checksum_holds(header: &[u8]) -> bool {
    let sum: u32 = header
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) })
        .sum();
    tar::Header::from_byte_slice(header).cksum().is_ok_and(|stated| stated == sum)
}

struct Archive {
    input: Input,
    /// Bytes of the current member that have not been read.
    left: u64,
    /// Bytes that fill its last block.
    padding: u64,
    /// A failure that happened while a member was read ends the archive as well.
    over: bool,
}

/// The files of a tar archive, one after another.
pub(crate) struct Members {
    archive: Arc<Mutex<Archive>>,
    /// How many layers it lies under.
    pub(crate) layers: usize,
}

/// A file of an archive; ends where the file ends.
struct Member(Arc<Mutex<Archive>>);

impl Read for Member {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut archive = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if archive.left == 0 || archive.over {
            return Ok(0);
        }
        let size = usize::try_from(archive.left).unwrap_or(usize::MAX).min(buffer.len());
        match archive.input.read(&mut buffer[..size]) {
            Ok(0) => {
                archive.over = true;
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive ends within a file"))
            }
            Ok(size) => {
                archive.left -= size as u64;
                Ok(size)
            }
            Err(error) => {
                archive.over = true;
                Err(error)
            }
        }
    }
}

impl Members {
    fn new(input: Input, layers: usize) -> Members {
        let archive = Archive { input, left: 0, padding: 0, over: false };
        Members { archive: Arc::new(Mutex::new(archive)), layers }
    }

    /// The next regular file: its name and its bytes. Whatever was not read of the one before is passed over.
    pub(crate) fn next(&mut self) -> io::Result<Option<(String, Bytes)>> {
        let mut archive = self.archive.lock().unwrap_or_else(PoisonError::into_inner);
        let mut long_name: Option<String> = None;
        loop {
            if archive.over {
                return Ok(None);
            }
            let rest = archive.left + archive.padding;
            archive.left = 0;
            archive.padding = 0;
            if let Err(error) = skip(&mut archive.input, rest) {
                archive.over = true;
                return Err(error);
            }
            let mut header = [0u8; 512];
            match read_header(&mut archive.input, &mut header) {
                Ok(true) => {}
                Ok(false) => {
                    archive.over = true;
                    return Ok(None);
                }
                Err(error) => {
                    archive.over = true;
                    return Err(error);
                }
            }
            let header = tar::Header::from_byte_slice(&header);
            let size = header.entry_size().unwrap_or(u64::MAX);
            if !checksum_holds(header.as_bytes()) || size > limit::EXPANDED_BYTES_MAX {
                archive.over = true;
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the archive is damaged here"));
            }
            archive.left = size;
            archive.padding = (512 - size % 512) % 512;
            let kind = header.entry_type();
            if kind.is_gnu_longname() || kind.is_pax_local_extensions() {
                if size > limit::MEMBER_NAME_BYTES_MAX {
                    continue;
                }
                let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
                archive.input.read_exact(&mut bytes)?;
                archive.left = 0;
                let name = if kind.is_gnu_longname() {
                    Some(String::from_utf8_lossy(&bytes).trim_end_matches('\0').to_owned())
                } else {
                    pax_path(&bytes)
                };
                long_name = name.or(long_name);
                continue;
            }
            if kind.is_file() || kind.is_contiguous() {
                let name =
                    long_name.unwrap_or_else(|| String::from_utf8_lossy(&header.path_bytes()).into_owned());
                drop(archive);
                return Ok(Some((name, Box::new(Member(Arc::clone(&self.archive))))));
            }
            long_name = None;
        }
    }
}

/// `LENGTH key=value\n`, repeated.
fn pax_path(bytes: &[u8]) -> Option<String> {
    let extensions = tar::PaxExtensions::new(bytes);
    extensions
        .flatten()
        .filter(|extension| extension.key_bytes() == b"path")
        .map(|extension| String::from_utf8_lossy(extension.value_bytes()).into_owned())
        .last()
}

fn skip(input: &mut Input, size: u64) -> io::Result<()> {
    let mut left = size;
    while left > 0 {
        let available = input.fill_buf()?.len();
        if available == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive ends within a file"));
        }
        let step = usize::try_from(left).unwrap_or(usize::MAX).min(available);
        input.consume(step);
        left -= step as u64;
    }
    Ok(())
}

/// False at the end of the archive (its zero blocks, or the end of the input).
fn read_header(input: &mut Input, header: &mut [u8; 512]) -> io::Result<bool> {
    let mut filled = 0;
    while filled < header.len() {
        match input.read(&mut header[filled..])? {
            0 if filled == 0 => return Ok(false),
            0 => {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive ends within a header"));
            }
            size => filled += size,
        }
    }
    Ok(header.iter().any(|byte| *byte != 0))
}
