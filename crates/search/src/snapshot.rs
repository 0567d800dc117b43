//! One commit of one generation, ready to be searched.

use crate::Error;
use crate::generation::{Generation, Payload};
use crate::schema::{Fields, column, schema};
use crate::settings;
use crate::vectors::{Sample, Vectors};
use learn::scan::Bitset;
use std::collections::HashMap;
use std::sync::Arc;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::index::SegmentId;
use tantivy::{IndexReader, Searcher, SegmentReader};

/// No row, no document.
pub(crate) const NONE: u32 = u32::MAX;

/// What of a segment is read as a whole, because every search needs it: some 30 bytes a paper.
#[derive(Debug)]
pub(crate) struct Columns {
    /// The catalogue's row.
    papers: Vec<u32>,
    /// Length of the text, as tantivy rounds it.
    pub(crate) lengths: Vec<u8>,
    /// Length of the title, likewise.
    pub(crate) title_lengths: Vec<u8>,
    /// The year, 0 where unknown.
    pub(crate) years: Vec<u16>,
    /// Code and sources.
    pub(crate) flags: Vec<u16>,
    ties: Vec<u64>,
    /// Where each document's categories begin; one more than there are documents.
    category_starts: Vec<u32>,
    categories: Vec<u16>,
    category_names: Vec<String>,
}

/// A segment and the place of its documents among all.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) reader: SegmentReader,
    pub(crate) base: u32,
    pub(crate) columns: Arc<Columns>,
}

/// One commit of one generation. Documents of all segments are numbered through; rows are those of the vector files.
pub(crate) struct Snapshot {
    pub(crate) generation: Generation,
    pub(crate) payload: Payload,
    pub(crate) fields: Fields,
    pub(crate) searcher: Searcher,
    pub(crate) segments: Vec<Segment>,
    /// Numbers of documents, deleted ones included.
    pub(crate) documents: u32,
    /// Documents that are not deleted.
    pub(crate) papers: u32,
    /// `None` while nothing is deleted.
    pub(crate) alive: Option<Bitset>,
    /// Mean length of the texts, as tantivy rounds them.
    pub(crate) mean_length: f32,
    /// Mean length of the titles, of papers that have one.
    pub(crate) mean_title_length: f32,
    pub(crate) vectors: Vectors,
    /// The row of each document, [`NONE`] where its text gives no vector.
    pub(crate) row_of: Vec<u32>,
    /// The document of each row, [`NONE`] where it was superseded.
    pub(crate) document_of: Vec<u32>,
    /// Rows that are not superseded.
    pub(crate) living_rows: Bitset,
    /// Vectors that stand for all when mean and deviation are computed, in an order that is the same everywhere.
    pub(crate) sample: Sample,
    document_of_paper: HashMap<u32, u32>,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot")
            .field("generation", &self.generation.name)
            .field("payload", &self.payload)
            .finish()
    }
}

/// Columns of segments that were read before.
pub(crate) type Known = HashMap<SegmentId, Arc<Columns>>;

impl Snapshot {
    /// Reads the latest commit. `None` if there is none yet.
    pub(crate) fn load(
        generation: &Generation,
        index: &tantivy::Index,
        reader: &IndexReader,
        known: &Known,
    ) -> Result<Option<Snapshot>, Error> {
        // A commit may fall between reading its payload and its segments; then both are read again.
        const TRIES: u32 = 10;
        let mut last = generation.damaged("it changes faster than it can be read");
        for _ in 0..TRIES {
            let Some(payload) = generation.payload(index)? else { return Ok(None) };
            reader.reload().map_err(|error| generation.damaged(error.to_string()))?;
            let searcher = reader.searcher();
            if generation.payload(index)?.as_ref() != Some(&payload) || searcher.num_docs() != payload.papers
            {
                last = generation.damaged(format!(
                    "it holds {} papers, its commit says {}",
                    searcher.num_docs(),
                    payload.papers
                ));
                continue;
            }
            match Vectors::open(&generation.path, &payload.vectors) {
                Ok(vectors) => {
                    return Snapshot::build(generation, payload, searcher, vectors, known).map(Some);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn build(
        generation: &Generation,
        payload: Payload,
        searcher: Searcher,
        vectors: Vectors,
        known: &Known,
    ) -> Result<Snapshot, Error> {
        let fields = schema().1;
        let broken = |error: tantivy::TantivyError| generation.damaged(error.to_string());
        let mut segments = Vec::new();
        let mut base = 0;
        for reader in searcher.segment_readers() {
            let columns = match known.get(&reader.segment_id()) {
                Some(columns) => Arc::clone(columns),
                None => Arc::new(Columns::read(reader, &fields).map_err(broken)?),
            };
            segments.push(Segment { reader: reader.clone(), base, columns });
            base += reader.max_doc();
        }
        let documents = base;
        let mut alive = segments.iter().any(|segment| segment.reader.has_deletes()).then(Bitset::new);
        let mut document_of_paper = HashMap::with_capacity(payload.papers as usize);
        let length_of =
            |rounded: &[u8], at: u32| u64::from(FieldNormReader::id_to_fieldnorm(rounded[at as usize]));
        let (mut length, mut title_length, mut titles) = (0u64, 0u64, 0u64);
        for segment in &segments {
            for document in segment.reader.doc_ids_alive() {
                let columns = &segment.columns;
                document_of_paper.insert(columns.papers[document as usize], segment.base + document);
                length += length_of(&columns.lengths, document);
                let title = length_of(&columns.title_lengths, document);
                title_length += title;
                titles += u64::from(title > 0);
                if let Some(alive) = &mut alive {
                    alive.insert(segment.base + document);
                }
            }
        }
        if document_of_paper.len() as u64 != payload.papers {
            return Err(generation.damaged("it holds a paper twice"));
        }
        let papers = payload.papers as u32;
        let mean = |sum: u64, count: u64| if count > 0 { sum as f32 / count as f32 } else { 1.0 }.max(1.0);
        let mut made = Snapshot {
            generation: generation.clone(),
            mean_length: mean(length, payload.papers),
            mean_title_length: mean(title_length, titles),
            row_of: vec![NONE; documents as usize],
            document_of: vec![NONE; payload.vectors.rows as usize],
            living_rows: Bitset::new(),
            sample: Sample::default(),
            payload,
            fields,
            searcher,
            segments,
            documents,
            papers,
            alive,
            vectors,
            document_of_paper,
        };
        made.place_rows();
        Ok(made)
    }

    /// Joins rows and documents: the latest row of a paper counts.
    fn place_rows(&mut self) {
        for (row, paper) in self.vectors.papers().enumerate() {
            if let Some(&document) = self.document_of_paper.get(&paper) {
                let older = std::mem::replace(&mut self.row_of[document as usize], row as u32);
                if older != NONE {
                    self.document_of[older as usize] = NONE;
                }
                self.document_of[row] = document;
            }
        }
        let living = self.document_of.iter().enumerate().filter(|(_, document)| **document != NONE);
        let mut order: Vec<(u64, u32)> = Vec::new();
        for (row, &document) in living {
            self.living_rows.insert(row as u32);
            // The low bits are the hash of the address: a sample that does not depend on how the index came about.
            order.push((self.tie(document) << 20, row as u32));
        }
        if order.len() > settings::SPREAD_PAPERS {
            order.select_nth_unstable(settings::SPREAD_PAPERS);
            order.truncate(settings::SPREAD_PAPERS);
        }
        order.sort_unstable();
        self.sample = Sample::of(&self.vectors, order.into_iter().map(|(_, row)| row));
    }

    /// Which segment a document is in.
    pub(crate) fn segment_of(&self, document: u32) -> usize {
        self.segments.partition_point(|segment| segment.base <= document).saturating_sub(1)
    }

    /// The segment of a document, and its number there.
    pub(crate) fn place(&self, document: u32) -> (&Segment, usize) {
        let segment = &self.segments[self.segment_of(document)];
        (segment, (document - segment.base) as usize)
    }

    /// The catalogue's row of a document.
    pub(crate) fn paper(&self, document: u32) -> u32 {
        let (segment, at) = self.place(document);
        segment.columns.papers[at]
    }

    /// Orders documents of equal score, the smaller first.
    pub(crate) fn tie(&self, document: u32) -> u64 {
        let (segment, at) = self.place(document);
        segment.columns.ties[at]
    }

    /// The document of a paper.
    pub(crate) fn document(&self, paper: u32) -> Option<u32> {
        self.document_of_paper.get(&paper).copied()
    }

    /// Columns by segment, for the next snapshot.
    pub(crate) fn known(&self) -> Known {
        self.segments
            .iter()
            .map(|segment| (segment.reader.segment_id(), Arc::clone(&segment.columns)))
            .collect()
    }

    /// Bytes on disk.
    pub(crate) fn bytes(&self) -> u64 {
        let words = self.searcher.space_usage().map(|usage| usage.total().get_bytes()).unwrap_or(0);
        words + self.vectors.bytes()
    }
}

impl Columns {
    fn read(reader: &SegmentReader, fields: &Fields) -> tantivy::Result<Columns> {
        let fast = reader.fast_fields();
        let size = reader.max_doc();
        let read = |name: &str| -> tantivy::Result<Vec<u64>> {
            let values = fast.column_first_or_default::<u64>(name)?;
            let mut all = vec![0; size as usize];
            values.get_range(0, &mut all);
            Ok(all)
        };
        let lengths = |field| -> tantivy::Result<Vec<u8>> {
            let norms = reader.get_fieldnorms_reader(field)?;
            Ok((0..size).map(|document| norms.fieldnorm_id(document)).collect())
        };
        let mut columns = Columns {
            papers: read(column::PAPER)?.into_iter().map(|paper| paper as u32).collect(),
            lengths: lengths(fields.text)?,
            title_lengths: lengths(fields.title)?,
            years: read(column::YEAR)?.into_iter().map(|year| year as u16).collect(),
            flags: read(column::FLAGS)?.into_iter().map(|flags| flags as u16).collect(),
            ties: read(column::TIE)?,
            category_starts: vec![0],
            categories: Vec::new(),
            category_names: Vec::new(),
        };
        columns.read_categories(reader)?;
        Ok(columns)
    }

    fn read_categories(&mut self, reader: &SegmentReader) -> tantivy::Result<()> {
        let column = reader.fast_fields().str(column::CATEGORIES)?;
        if let Some(column) = &column {
            for ord in 0..column.num_terms() as u64 {
                let mut name = String::new();
                column.ord_to_str(ord, &mut name)?;
                self.category_names.push(name);
            }
        }
        for document in 0..reader.max_doc() {
            if let Some(column) = &column {
                // A segment with more than 65,535 categories would not be one of papers.
                self.categories.extend(column.term_ords(document).filter_map(|ord| u16::try_from(ord).ok()));
            }
            self.category_starts.push(self.categories.len() as u32);
        }
        Ok(())
    }

    /// The categories of a document, as places in [`Columns::category_names`].
    pub(crate) fn categories(&self, document: usize) -> &[u16] {
        let range = self.category_starts[document] as usize..self.category_starts[document + 1] as usize;
        &self.categories[range]
    }

    /// The names of this segment's categories.
    pub(crate) fn category_names(&self) -> &[String] {
        &self.category_names
    }
}
