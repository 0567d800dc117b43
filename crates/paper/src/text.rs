//! The text of a paper: titles, abstracts, comments and names as their sources write them (TeX, HTML
//! remnants, mangled Unicode), read once into a tree and written as plain Unicode and as safe HTML.
//!
//! - [`parse`] reads; [`Text::plain`] is for search, feeds and mail, [`Text::html`] for pages.
//! - [`parse_authors`] splits a list of authors, [`comments`] reads comments, journal references and DOIs.
//! - [`fold`] makes search keys; [`hugging_face_damage`] tells a damaged copy from a later version.
//! - [`report`] counts what could not be rendered, over a whole corpus.
//!
//! Nothing is ever lost: input that no rule understands is shown as it came, escaped. Nothing here panics
//! or takes more than linear time, whatever the input. HTML is built from an allow-list; text of the
//! source reaches a page only escaped. The original stays with the caller: the tree is not a way back.

mod accents;
mod authors;
mod clean;
pub mod comments;
mod damage;
mod dollars;
mod entities;
mod fold;
mod formula;
mod formula_plain;
mod formula_tex;
mod html;
mod lost;
mod macros;
mod markup;
mod mathml;
mod parse;
mod plain;
pub mod report;
mod symbols;
mod tree;
mod urls;

pub use authors::{ParsedAuthor, ParsedAuthors, parse_authors};
pub use damage::{damage_equals, hugging_face_damage};
pub use fold::fold;
pub use formula::Cause;
pub use lost::lost_text;
pub use report::Report;
pub use urls::Link;

use html::Form;
use parse::{Facts, Options};
use tree::Node;

/// What a text is, which decides about paragraphs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A title: one line, however the source breaks it.
    Title,
    /// An abstract: an empty line, or one indented by two spaces, starts a paragraph.
    Abstract,
    /// Comments, journal references, report numbers: one line.
    Comment,
    /// The name of a person.
    Name,
}

/// Which conventions the source of a text follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// TeX as arXiv keeps it, with whatever HTML got in.
    #[default]
    Tex,
    /// Text that Hugging Face stripped of TeX; repaired where only one reading is possible.
    HuggingFace,
    /// HTML or JATS of a publisher; without a backslash no sign means TeX.
    Html,
}

/// A text, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    nodes: Vec<Node>,
    facts: Facts,
    damaged: bool,
}

/// Reads a text in TeX, the form in which arXiv and most sources send it.
///
/// ```
/// use paper::text::{Kind, parse};
/// let title = parse(r"Poincar\'e inequalities in $L^2(\mathbb{R}^n)$", Kind::Title);
/// assert_eq!(title.plain(), "Poincaré inequalities in L²(ℝⁿ)");
/// ```
#[must_use]
pub fn parse(raw: &str, kind: Kind) -> Text {
    parse_as(raw, kind, Dialect::Tex)
}

/// Reads a text in the dialect of its source.
#[must_use]
pub fn parse_as(raw: &str, kind: Kind, dialect: Dialect) -> Text {
    let raw = raw.trim();
    let decoded = entities::decode(raw);
    let cleaned = clean::clean(&decoded);
    let tex = dialect != Dialect::Html || cleaned.contains('\\');
    let options = Options { paragraphs: kind == Kind::Abstract, tex };
    let repaired = if dialect == Dialect::HuggingFace { damage::repaired(&cleaned) } else { None };
    let (nodes, facts) = parse::parse(repaired.as_deref().unwrap_or(&cleaned), options);
    Text { nodes, facts, damaged: repaired.is_some() }
}

impl Text {
    /// Plain Unicode on one line: for the index, feeds, mail, page titles.
    #[must_use]
    pub fn plain(&self) -> String {
        let mut out = String::new();
        plain::write_nodes(&self.nodes, &mut out);
        tidy(out)
    }

    /// HTML for running text: everything escaped, formulas as MathML, web addresses as links.
    #[must_use]
    pub fn html(&self) -> String {
        let mut out = String::new();
        html::write(&self.nodes, Form::Full, &mut out);
        tidy(out)
    }

    /// The same in paragraphs, each a `p` element.
    #[must_use]
    pub fn html_blocks(&self) -> String {
        let mut out = String::new();
        for paragraph in self.nodes.split(|node| *node == Node::Break) {
            let mut body = String::new();
            html::write(paragraph, Form::Full, &mut body);
            let body = tidy(body);
            if !body.trim().is_empty() {
                out.push_str("<p>");
                out.push_str(&body);
                out.push_str("</p>\n");
            }
        }
        out
    }

    /// HTML for lists: formulas as plain Unicode, no links, as the whole entry usually is one.
    #[must_use]
    pub fn html_list(&self) -> String {
        let mut out = String::new();
        html::write(&self.nodes, Form::List, &mut out);
        tidy(out)
    }

    /// The web addresses in the text, in order, each once.
    #[must_use]
    pub fn links(&self) -> Vec<Link> {
        let mut links = Vec::new();
        collect_links(&self.nodes, &mut links);
        links
    }

    /// Whether the source had lost its TeX ([`Dialect::HuggingFace`]) and was repaired by guessing.
    #[must_use]
    pub fn damaged(&self) -> bool {
        self.damaged
    }

    /// What of the text could not be rendered.
    #[must_use]
    pub fn report(&self) -> Report {
        Report::of(self)
    }
}

fn collect_links(nodes: &[Node], links: &mut Vec<Link>) {
    for node in nodes {
        match node {
            Node::Link { url, body } => {
                let mut text = String::new();
                plain::write_nodes(body, &mut text);
                if urls::is_web(url) && !links.iter().any(|link| link.url == *url) && links.len() < LINKS_MAX
                {
                    links.push(Link { url: url.clone(), text: text.trim().to_owned() });
                }
                collect_links(body, links);
            }
            Node::Styled(_, body) | Node::Raised(body) | Node::Lowered(body) => collect_links(body, links),
            Node::Text(_) | Node::Formula(_) | Node::Break => {}
        }
    }
}

/// Links that one text may have; an abstract with more is an attack, and each is compared with the others.
const LINKS_MAX: usize = 200;

/// Without blanks at the ends; a text of nothing but a blank stays one.
fn tidy(mut out: String) -> String {
    let kept = out.trim_end().len();
    if kept == 0 {
        return if out.is_empty() { out } else { " ".to_owned() };
    }
    out.truncate(kept);
    let start = out.len() - out.trim_start().len();
    if start > 0 {
        out.drain(..start);
    }
    out
}
