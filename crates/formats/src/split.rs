//! Cutting an input into records, and putting the two steps together.

mod json;

use crate::container::{self, Input, Members, Opened};
use crate::item::{BadRecord, Context, FormatError, Item, Notes, Piece, Place, Unit, Volume};
use crate::{Format, acl, arxiv, bibtex, conference, finish, huggingface, kept, limit, sample};
use paper::{Record, Source};
use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a cutter finds next in a file.
pub(crate) enum Step {
    /// A record's bytes and the line on which they begin.
    Unit { bytes: Vec<u8>, line: u64, context: Context },
    /// A volume.
    Volume(Volume),
    /// Bytes that cannot be cut; the next step goes on behind them.
    Problem { line: u64, reason: String, raw: Vec<u8> },
    /// Nothing more.
    End,
}

/// One way of cutting per kind of file.
enum Cutter {
    Json(json::Cutter),
    Acl(acl::Cutter),
    Bibtex(bibtex::Cutter),
}

/// A file that is being cut.
struct File {
    name: Arc<str>,
    format: Format,
    input: Input,
    cutter: Cutter,
    records: u64,
}

/// Cuts an input into [`Piece`]s: the first step of two, see [`split`].
pub struct Splitter {
    name: Arc<str>,
    forced: Option<Format>,
    bytes_read: Arc<AtomicU64>,
    archives: Vec<(String, Members)>,
    file: Option<File>,
    waiting: VecDeque<Piece>,
    /// Files of an archive that were of a known format.
    known_files: u64,
    within_archive: bool,
}

/// Opens an input (a file, a compressed file, an archive) and finds out its format, for cutting it into units.
///
/// `name` is how people know the input; it appears in places and, where the content leaves it open, helps to find the
/// format. With a `format`, nothing is guessed.
///
/// # Errors
/// [`FormatError::Unknown`] and [`FormatError::Unsupported`] if the input is nothing that can be read;
/// [`FormatError::Input`] if it cannot be read at all. A damaged input of a known form is no error: it gives problems.
pub fn split(
    input: Box<dyn Read + Send>,
    name: &str,
    format: Option<Format>,
) -> Result<Splitter, FormatError> {
    let bytes_read = Arc::new(AtomicU64::new(0));
    let opened = container::open_input(input, name, Arc::clone(&bytes_read))?;
    let mut splitter = Splitter {
        name: Arc::from(name),
        forced: format,
        bytes_read,
        archives: Vec::new(),
        file: None,
        waiting: VecDeque::new(),
        known_files: 0,
        within_archive: false,
    };
    match opened {
        Opened::Archive(members) => {
            splitter.within_archive = true;
            splitter.archives.push((name.to_owned(), members));
        }
        Opened::File(input) => splitter.start(name, input)?,
    }
    Ok(splitter)
}

impl Splitter {
    /// How many bytes of the input (before unpacking) have been taken so far; stays valid when the splitter is moved
    /// to another thread.
    pub fn bytes_read(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes_read)
    }

    /// Finds the format of a file and makes ready to cut it.
    fn start(&mut self, name: &str, mut input: Input) -> Result<(), FormatError> {
        let head = input.peek(limit::HEAD_BYTES);
        let place = Place { file: Arc::from(name), line: 1, record: 0 };
        if head.iter().all(u8::is_ascii_whitespace) && head.len() < limit::HEAD_BYTES {
            let reason = match input.failure() {
                Some(error) if !container::is_damage(&error) => {
                    return Err(FormatError::Input { name: name.to_owned(), source: error });
                }
                Some(error) => format!("damaged from its beginning: {error}"),
                None => "the file is empty".to_owned(),
            };
            self.waiting.push_back(Piece::Item(Item::Problem { place, reason, raw: Vec::new() }));
            return Ok(());
        }
        let Some(format) = self.forced.or_else(|| crate::sniff(head, name)) else {
            return match input.failure() {
                Some(error) if container::is_damage(&error) => {
                    let raw = cut(input.peek(limit::HEAD_BYTES));
                    let reason = format!("damaged near its beginning: {error}");
                    self.waiting.push_back(Piece::Item(Item::Problem { place, reason, raw }));
                    Ok(())
                }
                _ => Err(FormatError::Unknown { name: name.to_owned() }),
            };
        };
        let cutter = match format {
            Format::AclXml => Cutter::Acl(acl::Cutter::new()),
            Format::Bibtex => Cutter::Bibtex(bibtex::Cutter::new()),
            _ => Cutter::Json(json::Cutter::new(head)),
        };
        self.known_files += 1;
        self.file = Some(File { name: Arc::from(name), format, input, cutter, records: 0 });
        Ok(())
    }

    /// Opens the next file of the innermost archive. False if there are no archives left.
    fn next_member(&mut self) -> Result<bool, FormatError> {
        let Some((archive, members)) = self.archives.last_mut() else { return Ok(false) };
        let archive = archive.clone();
        let layers = members.layers;
        let problem = |name: &str, reason: String| {
            let place = Place { file: Arc::from(name), line: 1, record: 0 };
            Piece::Item(Item::Problem { place, reason, raw: Vec::new() })
        };
        match members.next() {
            Ok(None) => {
                self.archives.pop();
                if self.archives.is_empty() && self.known_files == 0 && self.waiting.is_empty() {
                    let reason = "the archive holds no file of a known format".to_owned();
                    self.waiting.push_back(problem(&archive, reason));
                }
            }
            Ok(Some((member, bytes))) => {
                let name = format!("{archive}/{}", member.trim_start_matches("./"));
                match container::open(bytes, &name, &self.bytes_read, layers) {
                    Ok(Opened::Archive(members)) => self.archives.push((name, members)),
                    Ok(Opened::File(input)) => match self.start(&name, input) {
                        Ok(()) => {}
                        Err(error @ FormatError::Input { .. }) => return Err(error),
                        Err(error) => {
                            // Archives hold all sorts of files; only those that look like data are missed.
                            if looks_like_data(&member) {
                                self.waiting.push_back(problem(&name, error.to_string()));
                            }
                        }
                    },
                    Err(FormatError::Input { name, source }) if !container::is_damage(&source) => {
                        return Err(FormatError::Input { name, source });
                    }
                    Err(error) => self.waiting.push_back(problem(&name, error.to_string())),
                }
            }
            Err(error) if container::is_damage(&error) => {
                self.waiting.push_back(problem(&archive, format!("damaged: {error}")));
                self.archives.pop();
            }
            Err(source) => {
                self.archives.clear();
                return Err(FormatError::Input { name: archive, source });
            }
        }
        Ok(true)
    }
}

fn looks_like_data(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let known = [".json", ".jsonl", ".ndjson", ".xml", ".bib", ".gz", ".zst", ".tar"];
    !file.starts_with('.') && known.iter().any(|ending| file.ends_with(ending))
}

impl Iterator for Splitter {
    type Item = Result<Piece, FormatError>;

    fn next(&mut self) -> Option<Result<Piece, FormatError>> {
        loop {
            if let Some(piece) = self.waiting.pop_front() {
                return Some(Ok(piece));
            }
            let Some(file) = &mut self.file else {
                match self.next_member() {
                    Ok(true) => continue,
                    Ok(false) => return None,
                    Err(error) => return Some(Err(error)),
                }
            };
            let step = match &mut file.cutter {
                Cutter::Json(cutter) => cutter.next(&mut file.input),
                Cutter::Acl(cutter) => cutter.next(&mut file.input),
                Cutter::Bibtex(cutter) => cutter.next(&mut file.input),
            };
            let mut place = |line| {
                file.records += 1;
                Place { file: Arc::clone(&file.name), line, record: file.records }
            };
            match step {
                Ok(Step::Unit { bytes, line, context }) => {
                    let place = place(line);
                    return Some(Ok(Piece::Unit(Unit { format: file.format, bytes, place, context })));
                }
                Ok(Step::Volume(volume)) => return Some(Ok(Piece::Item(Item::Volume(volume)))),
                Ok(Step::Problem { line, reason, raw }) => {
                    let place = place(line);
                    return Some(Ok(Piece::Item(Item::Problem { place, reason, raw: cut(&raw) })));
                }
                Ok(Step::End) => self.file = None,
                Err(source) if !container::is_damage(&source) => {
                    let name = self.name.to_string();
                    self.file = None;
                    self.archives.clear();
                    return Some(Err(FormatError::Input { name, source }));
                }
                Err(error) => {
                    let line = match &file.cutter {
                        Cutter::Json(cutter) => cutter.line(),
                        Cutter::Acl(cutter) => cutter.line(),
                        Cutter::Bibtex(cutter) => cutter.line(),
                    };
                    let reason = format!("the file is damaged from here on: {error}");
                    let place = place(line);
                    self.file = None;
                    return Some(Ok(Piece::Item(Item::Problem { place, reason, raw: Vec::new() })));
                }
            }
        }
    }
}

/// What a problem keeps of bytes.
pub(crate) fn cut(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len().min(limit::PROBLEM_BYTES_MAX)].to_vec()
}

/// Understands one unit: a pure function, for any thread. Gives the record, or a problem; a record of which something
/// had to be left out comes with a problem beside it.
pub fn parse_unit(unit: Unit) -> Vec<Item> {
    let Unit { format, bytes, place, context } = unit;
    let mut notes = Notes::default();
    let parsed = parse(format, &bytes, &context, &mut notes)
        .and_then(|record| finish::check(&record).map(|()| Box::new(record)));
    let raw = match &context {
        Context::Alone => bytes,
        Context::Volume(head) => acl::alone(head, &bytes),
        Context::Strings(strings) => bibtex::alone(strings, &bytes),
    };
    match parsed {
        Ok(record) => {
            let notes: Vec<Item> = notes
                .0
                .into_iter()
                .map(|note| Item::Problem { place: place.clone(), reason: note, raw: cut(&raw) })
                .collect();
            let mut items = Vec::with_capacity(1 + notes.len());
            items.push(Item::Record { record, raw, place });
            items.extend(notes);
            items
        }
        Err(reason) => vec![Item::Problem { place, reason: reason.to_string(), raw: cut(&raw) }],
    }
}

fn parse(format: Format, bytes: &[u8], context: &Context, notes: &mut Notes) -> Result<Record, BadRecord> {
    match (format, context) {
        (Format::ArxivJson, _) => arxiv::parse(bytes, notes),
        (Format::HuggingFaceJson, _) => huggingface::parse(bytes, notes),
        (Format::Conference, _) => conference::parse(bytes, notes),
        (Format::Sample, _) => sample::parse(bytes, notes),
        (Format::AclXml, Context::Volume(head)) => acl::parse(head, bytes, notes),
        (Format::Bibtex, Context::Strings(strings)) => bibtex::parse(strings, bytes, notes),
        (Format::AclXml | Format::Bibtex, _) => Err(BadRecord::Other("cut out without its surroundings")),
    }
}

/// Reads an input item by item: [`split`] and [`parse_unit`] in one.
pub struct Reader {
    splitter: Splitter,
    items: std::vec::IntoIter<Item>,
}

/// Opens an input for reading; arguments and errors as for [`split`].
///
/// # Errors
/// See [`split`].
pub fn read(input: Box<dyn Read + Send>, name: &str, format: Option<Format>) -> Result<Reader, FormatError> {
    Ok(Reader { splitter: split(input, name, format)?, items: Vec::new().into_iter() })
}

impl Reader {
    /// How many bytes of the input (before unpacking) have been taken so far.
    pub fn bytes_read(&self) -> u64 {
        self.splitter.bytes_read.load(Ordering::Relaxed)
    }
}

impl Iterator for Reader {
    type Item = Result<Item, FormatError>;

    fn next(&mut self) -> Option<Result<Item, FormatError>> {
        loop {
            if let Some(item) = self.items.next() {
                return Some(Ok(item));
            }
            match self.splitter.next()? {
                Ok(Piece::Item(item)) => return Some(Ok(item)),
                Ok(Piece::Unit(unit)) => self.items = parse_unit(unit).into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Understands a record again from the bytes that were kept of it (`raw` of [`Item::Record`]).
///
/// # Errors
/// The reason, in words for people, if the bytes hold no record, or if records of this source are not kept.
pub fn parse_again(source: Source, raw: &[u8]) -> Result<Record, String> {
    let mut notes = Notes::default();
    let alone = match (kept::parse(source, raw, &mut notes), Format::of(source)) {
        (Some(record), _) => Some(record),
        (None, None) => return Err(format!("records of the source {} are not kept", source.name())),
        // Their records need what stood around them, and are cut again.
        (None, Some(Format::AclXml | Format::Bibtex)) => None,
        (None, Some(format)) => Some(parse(format, raw, &Context::Alone, &mut notes)),
    };
    if let Some(record) = alone {
        let record = record.map_err(|error| error.to_string())?;
        finish::check(&record).map_err(|error| error.to_string())?;
        return Ok(record);
    }
    let input: Box<dyn Read + Send> = Box::new(io::Cursor::new(raw.to_vec()));
    let reader = read(input, "record", Format::of(source)).map_err(|error| error.to_string())?;
    let mut reason = None;
    for item in reader {
        match item {
            Ok(Item::Record { record, .. }) => return Ok(*record),
            Ok(Item::Problem { reason: why, .. }) => reason = reason.or(Some(why)),
            Ok(Item::Volume(_)) => {}
            Err(error) => reason = reason.or(Some(error.to_string())),
        }
    }
    Err(reason.unwrap_or_else(|| "no record".to_owned()))
}
