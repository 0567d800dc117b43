//! How well a corpus can be rendered: formulas, fallbacks and their causes, unknown macros, lost text.

use std::collections::BTreeMap;
use std::fmt;

use super::formula::Cause;
use super::html;
use super::tree::Node;
use super::{Text, lost};

/// What could not be rendered in one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many formulas the text has.
    pub formulas: usize,
    /// The formulas that are shown as their source, with the reason.
    pub fallbacks: Vec<(Cause, String)>,
    /// Names of macros that no table knows, as often as they occur.
    pub unknown_macros: Vec<String>,
}

impl Report {
    pub(super) fn of(text: &Text) -> Report {
        let mut report = Report { unknown_macros: text.facts.unknown.clone(), ..Report::default() };
        report.visit(&text.nodes);
        report
    }

    fn visit(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Formula(formula) => {
                    self.formulas += 1;
                    if let Err(cause) = html::convert(formula) {
                        self.fallbacks.push((cause, formula.source.clone()));
                    }
                }
                Node::Styled(_, body)
                | Node::Link { body, .. }
                | Node::Raised(body)
                | Node::Lowered(body) => {
                    self.visit(body);
                }
                Node::Text(_) | Node::Break => {}
            }
        }
    }
}

/// Examples that are kept for each kind of trouble.
const EXAMPLES_MAX: usize = 20;

/// The reports of many texts together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorpusReport {
    /// Texts added.
    pub texts: u64,
    /// Bytes of their sources.
    pub bytes: u64,
    /// Formulas in them.
    pub formulas: u64,
    /// Formulas shown as their source, by cause.
    pub fallbacks: BTreeMap<Cause, u64>,
    /// Some of those formulas.
    pub fallback_examples: Vec<(Cause, String)>,
    /// Macros that no table knows, with how often they occur.
    pub unknown_macros: BTreeMap<String, u64>,
    /// Texts with letters or digits that the plain text does not have.
    pub lost_texts: u64,
    /// Some of those, with what was lost.
    pub lost_examples: Vec<(String, String)>,
}

impl CorpusReport {
    /// Adds a text, with the source it was read from.
    pub fn add(&mut self, raw: &str, text: &Text) {
        self.texts += 1;
        self.bytes += raw.len() as u64;
        let report = text.report();
        self.formulas += report.formulas as u64;
        for (cause, source) in report.fallbacks {
            *self.fallbacks.entry(cause).or_default() += 1;
            if self.fallback_examples.len() < EXAMPLES_MAX {
                self.fallback_examples.push((cause, source));
            }
        }
        for name in report.unknown_macros {
            *self.unknown_macros.entry(name).or_default() += 1;
        }
        if let Some(lost) = lost::lost_text(raw, text) {
            self.lost_texts += 1;
            if self.lost_examples.len() < EXAMPLES_MAX {
                self.lost_examples.push((lost, raw.to_owned()));
            }
        }
    }

    /// Adds another report, of another part of the corpus.
    pub fn merge(&mut self, other: CorpusReport) {
        self.texts += other.texts;
        self.bytes += other.bytes;
        self.formulas += other.formulas;
        self.lost_texts += other.lost_texts;
        for (cause, count) in other.fallbacks {
            *self.fallbacks.entry(cause).or_default() += count;
        }
        for (name, count) in other.unknown_macros {
            *self.unknown_macros.entry(name).or_default() += count;
        }
        self.fallback_examples.extend(other.fallback_examples);
        self.fallback_examples.truncate(EXAMPLES_MAX);
        self.lost_examples.extend(other.lost_examples);
        self.lost_examples.truncate(EXAMPLES_MAX);
    }

    /// Formulas shown as their source.
    #[must_use]
    pub fn fallback_count(&self) -> u64 {
        self.fallbacks.values().sum()
    }

    /// Formulas shown as their source, of all formulas.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    pub fn fallback_share(&self) -> f64 {
        if self.formulas == 0 { 0.0 } else { self.fallback_count() as f64 / self.formulas as f64 }
    }

    /// The unknown macros, most frequent first.
    #[must_use]
    pub fn frequent_macros(&self, count: usize) -> Vec<(&str, u64)> {
        let mut names: Vec<(&str, u64)> =
            self.unknown_macros.iter().map(|(name, count)| (name.as_str(), *count)).collect();
        names.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
        names.truncate(count);
        names
    }
}

impl fmt::Display for CorpusReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "texts            {}", self.texts)?;
        writeln!(out, "bytes            {}", self.bytes)?;
        writeln!(out, "formulas         {}", self.formulas)?;
        writeln!(out, "fallbacks        {} ({:.3} %)", self.fallback_count(), self.fallback_share() * 100.0)?;
        for (cause, count) in &self.fallbacks {
            writeln!(out, "  {:<22} {count}", cause.name())?;
        }
        writeln!(out, "texts that lost  {}", self.lost_texts)?;
        writeln!(out, "unknown macros   {}", self.unknown_macros.values().sum::<u64>())?;
        for (name, count) in self.frequent_macros(20) {
            writeln!(out, "  \\{name:<21} {count}")?;
        }
        for (cause, source) in &self.fallback_examples {
            writeln!(out, "fallback ({}): {}", cause.name(), short(source))?;
        }
        for (lost, raw) in &self.lost_examples {
            writeln!(out, "lost {lost:?} of: {}", short(raw))?;
        }
        Ok(())
    }
}

fn short(text: &str) -> String {
    const SHOWN_CHARS: usize = 300;
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(SHOWN_CHARS).collect()
}
