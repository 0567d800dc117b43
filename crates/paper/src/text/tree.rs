//! The tree that a text is read into; every output is a walk over it.

use super::formula::{Atoms, Cause};

/// A piece of text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// Characters.
    Text(String),
    /// Text in another style.
    Styled(Style, Vec<Node>),
    /// A link; `body` is what is shown.
    Link { url: String, body: Vec<Node> },
    /// A formula.
    Formula(Formula),
    /// Superscript text.
    Raised(Vec<Node>),
    /// Subscript text.
    Lowered(Vec<Node>),
    /// The end of a paragraph.
    Break,
}

/// How a piece of text stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Emphasis,
    Strong,
    Mono,
    SmallCaps,
    Underline,
}

/// A formula: its source, how it is set, and what was read from it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Formula {
    /// The TeX between the delimiters.
    pub(super) source: String,
    /// Set on a line of its own.
    pub(super) display: bool,
    /// The tree, or why there is none.
    pub(super) atoms: Result<Atoms, Cause>,
}
