//! A formula as a tree: what stands between math delimiters, read once, then written as plain
//! Unicode ([`super::formula_plain`]) and, in a reduced dialect, for the MathML converter
//! ([`super::formula_tex`]).
//!
//! Reading never fails on odd input: unknown macros keep their name or arguments, unbalanced braces and
//! fences are closed or dropped. Only size makes it give up.

use super::accents;
use super::parse;
use super::symbols::{Symbol, symbol};
use super::tree::Node;

/// Nested groups allowed; the deepest formula seen in a million abstracts has 11.
pub(super) const DEPTH_MAX: usize = 64;
/// Tokens (characters and macros) allowed; beyond that a formula is a page, not an abstract.
pub(super) const TOKENS_MAX: usize = 2_000;
/// Bytes of one formula that are looked at; a macro name is a token however long it is.
const BYTES_MAX: usize = 16_000;

/// Why a formula is shown as its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Groups are nested deeper than 64.
    TooDeep,
    /// More than 2,000 tokens.
    TooLong,
    /// The MathML converter refused it.
    Refused,
    /// The MathML converter panicked.
    Panicked,
    /// The converter's output held an element or attribute that is not allowed.
    Unsafe,
}

impl Cause {
    /// A word for tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Cause::TooDeep => "too deep",
            Cause::TooLong => "too long",
            Cause::Refused => "refused by the converter",
            Cause::Panicked => "converter panicked",
            Cause::Unsafe => "output not allowed",
        }
    }
}

/// A run of atoms.
pub(super) type Atoms = Vec<Atom>;

/// How a font macro changes letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Font {
    DoubleStruck,
    Script,
    Fraktur,
    Bold,
    BoldItalic,
    Italic,
    Upright,
    SansSerif,
    Monospace,
}

/// Fractions and their relatives, all with an upper and a lower part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fraction {
    Line,
    Binomial,
    NoLine,
}

/// The smallest thing in a formula that can carry scripts.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Atom {
    Char(char),
    Symbol(&'static Symbol),
    /// A space in the source, or a spacing macro (`explicit`).
    Space {
        explicit: bool,
    },
    Group(Atoms),
    Script(Box<Script>),
    Fraction {
        kind: Fraction,
        over: Atoms,
        under: Atoms,
    },
    Root {
        degree: Atoms,
        body: Atoms,
    },
    /// An accent (`\hat`, `\overline`) by name, with the combining mark for plain text.
    Accent {
        name: &'static str,
        mark: Option<char>,
        body: Atoms,
    },
    Font {
        font: Font,
        body: Atoms,
    },
    /// Ordinary text inside a formula.
    Text(Vec<Node>),
    /// `\log`, `\operatorname{rank}`; `limits` put scripts below and above.
    Function {
        name: String,
        limits: bool,
    },
    /// `\left( … \right)`; `None` for the invisible fence `.`.
    Fence {
        open: Option<Delimiter>,
        body: Atoms,
        close: Option<Delimiter>,
    },
    /// `\big(`: a fence of a fixed size.
    Sized(Delimiter),
    /// `\overset`, `\stackrel` (above) and `\underset`.
    Stack {
        above: bool,
        mark: Atoms,
        body: Atoms,
    },
    /// Cells of a matrix, of aligned equations or of a stacked script.
    Table {
        environment: &'static str,
        rows: Vec<Vec<Atoms>>,
    },
    /// An author's own macro: its arguments, or its name when it has none.
    Unknown {
        name: String,
        arguments: Vec<Atoms>,
    },
}

/// A fence character or symbol.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Delimiter {
    Char(char),
    Symbol(&'static Symbol),
}

/// A base with primes, subscript and superscript.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Script {
    pub(super) base: Atoms,
    pub(super) primes: usize,
    pub(super) sub: Option<Atoms>,
    pub(super) sup: Option<Atoms>,
    /// Whether the superscript came first in the source.
    pub(super) sup_first: bool,
}

/// Reads a whole formula.
pub(super) fn read(source: &str, depth: usize) -> Result<Atoms, Cause> {
    if source.len() > BYTES_MAX {
        return Err(Cause::TooLong);
    }
    let mut reader = Reader { source, place: 0, tokens: 0, depth };
    let mut atoms = Vec::new();
    loop {
        atoms.append(&mut reader.list(Stop::END)?);
        // What stopped the list is a closing brace, `\right`, `&` or `\end` that nothing opened.
        if reader.place >= source.len() {
            return Ok(atoms);
        }
        reader.skip_stray(&mut atoms);
    }
}

/// One atom with its scripts at `place`, for math without delimiters: how many bytes were read, and
/// where it ends, unless it is too large.
pub(super) fn unit(source: &str, place: usize) -> (usize, Option<usize>) {
    let window = source.get(place..).map_or("", |rest| {
        let mut end = rest.len().min(BYTES_MAX);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        &rest[..end]
    });
    let mut reader = Reader { source: window, place: 0, tokens: 0, depth: 0 };
    let read = reader.scripted(&mut Vec::new());
    let end = read.is_ok().then_some(place + reader.place).filter(|end| *end > place);
    // A failure deep inside has cost more than the place tells.
    (reader.place + reader.tokens, end)
}

/// Names of macros in a formula that no table knows.
pub(super) fn unknown_names(atoms: &[Atom], found: &mut Vec<String>) {
    for atom in atoms {
        match atom {
            Atom::Unknown { name, arguments } => {
                found.push(name.clone());
                arguments.iter().for_each(|argument| unknown_names(argument, found));
            }
            Atom::Group(body)
            | Atom::Accent { body, .. }
            | Atom::Font { body, .. }
            | Atom::Fence { body, .. } => {
                unknown_names(body, found);
            }
            Atom::Script(script) => {
                unknown_names(&script.base, found);
                script.sub.iter().chain(&script.sup).for_each(|body| unknown_names(body, found));
            }
            Atom::Fraction { over: one, under: other, .. }
            | Atom::Root { degree: one, body: other }
            | Atom::Stack { mark: one, body: other, .. } => {
                unknown_names(one, found);
                unknown_names(other, found);
            }
            Atom::Table { rows, .. } => rows.iter().flatten().for_each(|cell| unknown_names(cell, found)),
            Atom::Text(_)
            | Atom::Char(_)
            | Atom::Symbol(_)
            | Atom::Space { .. }
            | Atom::Function { .. }
            | Atom::Sized(_) => {}
        }
    }
}

/// Whether a macro of this name makes a formula of what it stands in.
pub(super) fn is_math_macro(name: &str) -> bool {
    let structure = matches!(
        name,
        "frac"
            | "dfrac"
            | "tfrac"
            | "cfrac"
            | "nicefrac"
            | "sfrac"
            | "binom"
            | "dbinom"
            | "sqrt"
            | "operatorname"
            | "stackrel"
            | "overset"
            | "underset"
            | "left"
            | "right"
            | "big"
            | "Big"
            | "bigg"
            | "Bigg"
            | "bigl"
            | "bigr"
            | "Bigl"
            | "Bigr"
            | "biggl"
            | "biggr"
            | "Biggl"
            | "Biggr"
            | "not"
            | "substack"
            | "limits"
            | "nolimits"
            | "norm"
            | "abs"
            | "ket"
            | "bra"
            | "braket"
            | "ceil"
            | "floor"
            | "set"
            | "pmod"
            | "bmod"
            | "mathop"
            | "mathrel"
            | "mathbin"
            | "xrightarrow"
            | "xleftarrow"
            | "pod"
    );
    structure || font_macro(name).is_some_and(|_| name != "B" && name != "bs") || accent(name).is_some()
}

/// What ends a list besides the end of the source.
#[derive(Clone, Copy)]
struct Stop {
    bracket: bool,
    right: bool,
    cell: bool,
}

impl Stop {
    const END: Stop = Stop { bracket: false, right: false, cell: false };
    const BRACKET: Stop = Stop { bracket: true, ..Stop::END };
    const RIGHT: Stop = Stop { right: true, ..Stop::END };
    const CELL: Stop = Stop { cell: true, ..Stop::END };
}

struct Reader<'a> {
    source: &'a str,
    place: usize,
    tokens: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.place..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_space(&mut self) -> bool {
        let rest = self.rest();
        let trimmed = rest.trim_start();
        self.place += rest.len() - trimmed.len();
        trimmed.len() != rest.len()
    }

    /// The macro name at the place, after the backslash, without moving.
    fn macro_name(&self) -> Option<&'a str> {
        let after = self.rest().strip_prefix('\\')?;
        let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let end = if letters > 0 { letters } else { after.chars().next().map_or(0, char::len_utf8) };
        Some(&after[..end])
    }

    fn enter(&mut self) -> Result<(), Cause> {
        self.depth += 1;
        if self.depth > DEPTH_MAX { Err(Cause::TooDeep) } else { Ok(()) }
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Passes over a closer without opener, keeping visible characters.
    fn skip_stray(&mut self, atoms: &mut Atoms) {
        match self.macro_name() {
            Some(name) => {
                self.place += 1 + name.len();
                if name == "end" {
                    self.skip_group();
                }
            }
            None => {
                if let Some(found) = self.peek() {
                    self.place += found.len_utf8();
                    if found != '}' {
                        atoms.push(Atom::Char(found));
                    }
                }
            }
        }
    }

    fn at_stop(&self, stop: Stop) -> bool {
        match self.rest().as_bytes() {
            [] | [b'}', ..] => true,
            [b']', ..] => stop.bracket,
            [b'&', ..] => stop.cell,
            [b'\\', ..] => match self.macro_name() {
                Some("right") => stop.right,
                Some("\\" | "cr") => stop.cell,
                Some("end") => true,
                _ => false,
            },
            _ => false,
        }
    }

    /// Atoms up to the stop, which stays unread. A closing brace and `\end` always stop, lest a
    /// missing closer swallow what an outer list waits for.
    fn list(&mut self, stop: Stop) -> Result<Atoms, Cause> {
        self.enter()?;
        let mut atoms = Vec::new();
        while !self.at_stop(stop) {
            if self.skip_space() {
                if !matches!(atoms.last(), Some(Atom::Space { .. }) | None) {
                    atoms.push(Atom::Space { explicit: false });
                }
                continue;
            }
            if let Some(name) = self.macro_name() {
                if let Some(kind) = infix(name) {
                    self.place += 1 + name.len();
                    self.skip_space();
                    let under = self.list(stop)?;
                    let over = std::mem::take(&mut atoms);
                    atoms.push(Atom::Fraction { kind, over: trimmed(over), under: trimmed(under) });
                    break;
                }
                if let Some(font) = font_switch(name) {
                    self.place += 1 + name.len();
                    self.skip_space();
                    let body = self.list(stop)?;
                    atoms.push(Atom::Font { font, body });
                    break;
                }
            }
            let start = self.place;
            if let Some(atom) = self.scripted(&mut atoms)? {
                atoms.push(atom);
            }
            if self.place == start {
                // Nothing took it: it stands for itself.
                self.skip_stray(&mut atoms);
            }
        }
        self.leave();
        Ok(atoms)
    }

    /// One atom with the scripts that follow it. `before` holds the atoms so far: a script after a
    /// space takes the last of them as its base.
    fn scripted(&mut self, before: &mut Atoms) -> Result<Option<Atom>, Cause> {
        let base = if matches!(self.peek(), Some('^' | '_' | '\'')) || self.broken_subscript(before) {
            self.base_from(before)
        } else {
            match self.atom()? {
                Some(atom @ Atom::Space { .. }) => return Ok(Some(atom)),
                Some(atom) => vec![atom],
                None => Vec::new(),
            }
        };
        let mut script = Script { base, ..Script::default() };
        let mut any = false;
        loop {
            let start = self.place;
            if !script.base.is_empty()
                && matches!(script.base.last(), Some(Atom::Symbol(_) | Atom::Function { .. }))
            {
                self.skip_space();
            }
            if self.macro_name().is_some_and(|name| matches!(name, "limits" | "nolimits" | "displaylimits")) {
                self.place += 1 + self.macro_name().map_or(0, str::len);
                self.skip_space();
                continue;
            }
            match self.peek() {
                Some('\'') => {
                    self.place += 1;
                    self.count()?;
                    script.primes += 1;
                }
                Some(sign @ ('^' | '_')) => {
                    self.place += 1;
                    self.count()?;
                    self.attach(&mut script, sign == '^')?;
                }
                Some('\\') if self.broken_subscript(&script.base) => {
                    self.place += 2;
                    self.attach(&mut script, false)?;
                }
                _ => {
                    self.place = start;
                    break;
                }
            }
            any = true;
        }
        if !any {
            return Ok(script.base.pop());
        }
        if script.primes == 0 && script.sub.is_none() && script.sup.is_none() {
            return Ok(script.base.pop());
        }
        Ok(Some(Atom::Script(Box::new(script))))
    }

    fn attach(&mut self, script: &mut Script, superscript: bool) -> Result<(), Cause> {
        let Some(body) = self.argument()? else { return Ok(()) };
        let body = trimmed(body);
        if superscript && script.sub.is_none() {
            script.sup_first = true;
        }
        let place = if superscript { &mut script.sup } else { &mut script.sub };
        match place {
            Some(earlier) => earlier.extend(body),
            None => *place = Some(body),
        }
        Ok(())
    }

    /// The base of a script that follows a space; a space before a degree sign stays.
    fn base_from(&mut self, before: &mut Atoms) -> Atoms {
        let degree = ["^{\\circ}", "^\\circ", "^{\\degree}"].iter().any(|sign| self.rest().starts_with(sign));
        if matches!(before.last(), Some(Atom::Space { explicit: false })) && !degree && before.len() > 1 {
            before.pop();
        }
        match before.last() {
            Some(Atom::Space { .. } | Atom::Script(_)) | None => Vec::new(),
            Some(_) => before.pop().into_iter().collect(),
        }
    }

    /// `c\_0`: an underscore escaped by a tool that did not see the math around it. In `my\_var` it is meant.
    fn broken_subscript(&self, base: &[Atom]) -> bool {
        let Some(after) = self.rest().strip_prefix("\\_") else { return false };
        let one_sign = {
            let before = &self.source[..self.place];
            let mut chars = before.chars().rev();
            let last = chars.next();
            let earlier = chars.next();
            last.is_some_and(|found| found.is_alphanumeric() || matches!(found, '}' | ')'))
                && (!earlier.is_some_and(char::is_alphabetic) || last == Some('}'))
                || before.rfind('\\').is_some_and(|slash| {
                    slash + 1 < before.len()
                        && before[slash + 1..].bytes().all(|byte| byte.is_ascii_alphabetic())
                        && symbol(&before[slash + 1..]).is_some()
                })
        };
        let word = after.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let takes_script = !matches!(base.last(), Some(Atom::Space { .. } | Atom::Script(_)) | None);
        takes_script && one_sign && (after.starts_with(['{', '\\']) || word == 1)
    }

    fn count(&mut self) -> Result<(), Cause> {
        self.tokens += 1;
        if self.tokens > TOKENS_MAX { Err(Cause::TooLong) } else { Ok(()) }
    }

    /// The next atom; `None` when a macro without visible effect was read.
    fn atom(&mut self) -> Result<Option<Atom>, Cause> {
        self.count()?;
        let Some(found) = self.peek() else { return Ok(None) };
        match found {
            '\\' => self.macro_atom(),
            '{' => {
                self.place += 1;
                let body = self.list(Stop::END)?;
                self.close_brace();
                Ok(Some(Atom::Group(body)))
            }
            '~' => {
                self.place += 1;
                Ok(Some(Atom::Space { explicit: true }))
            }
            // An alignment mark outside a table does not show; between words it is an ampersand.
            '&' => {
                self.place += 1;
                let next = self.peek();
                let aligns = next.is_none_or(|next| "=<>+-\\ ~≤≥≈".contains(next));
                Ok((!aligns).then_some(Atom::Char('&')))
            }
            '$' => {
                self.place += 1;
                Ok(None)
            }
            _ => {
                self.place += found.len_utf8();
                if found.is_whitespace() {
                    return Ok(Some(Atom::Space { explicit: false }));
                }
                Ok(Some(Atom::Char(found)))
            }
        }
    }

    fn close_brace(&mut self) {
        if self.rest().starts_with('}') {
            self.place += 1;
        }
    }

    /// An argument: a group, a macro with its own arguments, or one character.
    fn argument(&mut self) -> Result<Option<Atoms>, Cause> {
        self.skip_space();
        match self.peek() {
            None | Some('}') => Ok(None),
            Some('{') => {
                self.place += 1;
                let body = self.list(Stop::END)?;
                self.close_brace();
                Ok(Some(body))
            }
            Some('\\') if matches!(self.macro_name(), Some("right" | "end" | "\\" | "")) => Ok(None),
            Some('^' | '_') => Ok(None),
            Some('\'') => {
                self.place += 1;
                Ok(symbol("prime").map(|prime| vec![Atom::Symbol(prime)]))
            }
            Some(_) => {
                self.enter()?;
                let atom = self.atom()?;
                self.leave();
                Ok(Some(atom.into_iter().collect()))
            }
        }
    }

    fn required(&mut self) -> Result<Atoms, Cause> {
        Ok(self.argument()?.unwrap_or_default())
    }

    /// `[…]` right here.
    fn optional(&mut self) -> Result<Option<Atoms>, Cause> {
        let start = self.place;
        self.skip_space();
        if !self.rest().starts_with('[') {
            self.place = start;
            return Ok(None);
        }
        self.place += 1;
        let body = self.list(Stop::BRACKET)?;
        if self.rest().starts_with(']') {
            self.place += 1;
            Ok(Some(body))
        } else {
            self.place = start;
            Ok(None)
        }
    }

    /// The source of a braced argument, balanced; `None` when there is no brace here.
    fn raw_group(&mut self) -> Option<&'a str> {
        let start = self.place;
        self.skip_space();
        let Some(inner) = self.rest().strip_prefix('{') else {
            self.place = start;
            return None;
        };
        let length = balanced(inner);
        self.place = (self.place + 1 + length + 1).min(self.source.len());
        Some(&inner[..length])
    }

    fn skip_group(&mut self) {
        self.raw_group();
    }

    /// `[2pt]` after a line break, `[t]` after an environment's name.
    fn skip_option(&mut self) {
        let rest = self.rest();
        if rest.starts_with('[') {
            let window = &rest.as_bytes()[..rest.len().min(16)];
            if let Some(end) = window.iter().position(|byte| *byte == b']') {
                self.place += end + 1;
            }
        }
    }

    fn text(&mut self, wrap: impl FnOnce(Vec<Node>) -> Vec<Node>) -> Result<Option<Atom>, Cause> {
        let source = match self.raw_group() {
            Some(source) => source,
            None => {
                let Some(body) = self.argument()? else { return Ok(None) };
                return Ok(Some(Atom::Font { font: Font::Upright, body }));
            }
        };
        self.enter()?;
        let nodes = parse::fragment(source, self.depth);
        self.leave();
        Ok(Some(Atom::Text(wrap(nodes))))
    }

    fn delimiter(&mut self) -> Option<Delimiter> {
        self.skip_space();
        if let Some(name) = self.macro_name() {
            let found = match name {
                "{" | "lbrace" => Some(Delimiter::Char('{')),
                "}" | "rbrace" => Some(Delimiter::Char('}')),
                "|" => symbol("Vert").map(Delimiter::Symbol),
                _ => symbol(name).map(Delimiter::Symbol),
            };
            if found.is_some() {
                self.place += 1 + name.len();
            }
            return found;
        }
        let found = self.peek()?;
        match found {
            '(' | ')' | '[' | ']' | '|' | '/' | '<' | '>' | '⟨' | '⟩' | '‖' | '⌊' | '⌋' | '⌈' | '⌉' =>
            {
                self.place += found.len_utf8();
                Some(match found {
                    '<' => symbol("langle").map_or(Delimiter::Char('⟨'), Delimiter::Symbol),
                    '>' => symbol("rangle").map_or(Delimiter::Char('⟩'), Delimiter::Symbol),
                    _ => Delimiter::Char(found),
                })
            }
            '.' => {
                self.place += 1;
                None
            }
            _ => None,
        }
    }

    fn macro_atom(&mut self) -> Result<Option<Atom>, Cause> {
        let Some(name) = self.macro_name() else { return Ok(None) };
        let start = self.place;
        self.place += 1 + name.len();
        if name.is_empty() {
            return Ok(None);
        }
        if let Some(atom) = self.sign(name, start)? {
            return Ok(atom);
        }
        if let Some(found) = symbol(name) {
            return Ok(Some(Atom::Symbol(found)));
        }
        if let Some((function, limits)) = function(name) {
            return Ok(Some(Atom::Function { name: function.to_owned(), limits }));
        }
        if let Some(font) = font_macro(name) {
            let body = self.required()?;
            return Ok(Some(Atom::Font { font, body }));
        }
        if let Some((name, mark)) = accent(name) {
            let body = self.required()?;
            return Ok(Some(Atom::Accent { name, mark, body }));
        }
        if let Some(letters) = accents::letter(name) {
            return Ok(Some(Atom::Text(vec![Node::Text(letters.to_owned())])));
        }
        self.structure(name)
    }

    /// Macros of one sign: escapes, spacing, text accents. The outer `None` means: not one of them.
    #[expect(clippy::option_option, reason = "the inner option is the answer of an invisible macro")]
    fn sign(&mut self, name: &str, start: usize) -> Result<Option<Option<Atom>>, Cause> {
        let space = Some(Atom::Space { explicit: true });
        Ok(Some(match name {
            " " | "," | ";" | ":" | ">" | "\n" | "\t" | "quad" | "qquad" | "enspace" | "thinspace"
            | "medspace" | "thickspace" | "space" | "enskip" | "nobreakspace" | "hfill" | "hfil" => space,
            "!" | "/" | "-" | "@" | "negthinspace" | "displaystyle" | "textstyle" | "scriptstyle"
            | "scriptscriptstyle" | "limits" | "nolimits" | "displaylimits" | "nonumber" | "notag"
            | "noindent" | "hline" | "boldmath" | "unboldmath" | "bigskip" | "medskip" | "smallskip"
            | "par" | "centering" | "xspace" | "nobreak" | "allowbreak" | "relax" | "protect" | "null"
            | "strut" | "mathstrut" | "large" | "Large" | "LARGE" | "huge" | "Huge" | "small"
            | "footnotesize" | "scriptsize" | "tiny" | "normalsize" | "left" | "right" | "middle"
            | "mathord" | "mathrel" | "mathbin" | "mathop" | "mathopen" | "mathclose" | "mathpunct"
            | "mathinner" | "ensuremath" | "protected" | "selectfont" | "leavevmode" | "unskip"
            | "ignorespaces" | "vskip" | "indent" | "endgroup" | "begingroup" => {
                return self.silent(name).map(Some);
            }
            "\\" | "cr" | "newline" | "linebreak" => {
                self.skip_option();
                space
            }
            "{" | "}" | "$" | "%" | "&" | "#" | "_" => name.chars().next().map(Atom::Char),
            "|" => symbol("Vert").map(Atom::Symbol),
            "(" | ")" | "[" | "]" => None,
            _ => match accents::mark(name) {
                Some(mark) if !matches!(name, "d" | "b" | "t" | "c" | "k" | "r" | "u" | "v" | "H") => {
                    Some(self.accented_letter(mark)?)
                }
                Some(mark) if self.rest().starts_with('{') => {
                    let body = self.raw_group().unwrap_or_default();
                    match accents::mangled(name, body) {
                        Some(found) => Some(Atom::Char(found)),
                        None if body.chars().count() <= 1 || body.starts_with('\\') => {
                            let letters = parse::plain_fragment(body, self.depth);
                            Some(Atom::Text(vec![Node::Text(accents::accented(mark, &letters))]))
                        }
                        // The author's own macro, not an accent: read it again as one.
                        None => {
                            self.place = start + 1 + name.len();
                            let arguments = self.arguments()?;
                            Some(Atom::Unknown { name: name.to_owned(), arguments })
                        }
                    }
                }
                _ => return Ok(None),
            },
        }))
    }

    /// Macros that show nothing themselves but may open something.
    fn silent(&mut self, name: &str) -> Result<Option<Atom>, Cause> {
        match name {
            "left" => self.fence().map(Some),
            "right" | "middle" => Ok(self.delimiter().map(|found| match found {
                Delimiter::Char(found) => Atom::Char(found),
                Delimiter::Symbol(found) => Atom::Symbol(found),
            })),
            "mathop" => {
                let body = self.required()?;
                match plain_word(&body) {
                    Some(name) => Ok(Some(Atom::Function { name, limits: true })),
                    None => Ok(Some(Atom::Group(body))),
                }
            }
            "mathord" | "mathrel" | "mathbin" | "mathopen" | "mathclose" | "mathpunct" | "mathinner"
            | "ensuremath" => Ok(Some(Atom::Group(self.required()?))),
            _ => {
                self.skip_space();
                Ok(None)
            }
        }
    }

    fn accented_letter(&mut self, mark: char) -> Result<Atom, Cause> {
        self.skip_space();
        let body = match self.raw_group() {
            Some(source) => parse::plain_fragment(source, self.depth),
            None => match self.macro_name() {
                Some(name) if accents::letter(name).is_some() => {
                    self.place += 1 + name.len();
                    self.skip_space();
                    accents::letter(name).unwrap_or_default().to_owned()
                }
                _ => match self.peek() {
                    Some(found) if found.is_alphabetic() => {
                        self.place += found.len_utf8();
                        found.to_string()
                    }
                    _ => String::new(),
                },
            },
        };
        self.count()?;
        Ok(Atom::Text(vec![Node::Text(accents::accented(mark, &body))]))
    }

    fn fence(&mut self) -> Result<Atom, Cause> {
        let open = self.delimiter();
        let body = self.list(Stop::RIGHT)?;
        let close = if self.macro_name() == Some("right") {
            self.place += "\\right".len();
            self.delimiter()
        } else {
            None
        };
        Ok(Atom::Fence { open, body: trimmed(body), close })
    }

    /// Macros with arguments, environments, and everything unknown.
    fn structure(&mut self, name: &str) -> Result<Option<Atom>, Cause> {
        Ok(Some(match name {
            "frac" | "dfrac" | "tfrac" | "cfrac" | "nicefrac" | "sfrac" | "flatfrac" | "xfrac" => {
                self.optional()?;
                let over = trimmed(self.required()?);
                Atom::Fraction { kind: Fraction::Line, over, under: trimmed(self.required()?) }
            }
            "binom" | "dbinom" | "tbinom" => {
                let over = trimmed(self.required()?);
                Atom::Fraction { kind: Fraction::Binomial, over, under: trimmed(self.required()?) }
            }
            "sqrt" | "sqrtsign" => {
                let degree = self.optional()?.unwrap_or_default();
                Atom::Root { degree, body: trimmed(self.required()?) }
            }
            "text" | "textrm" | "textnormal" | "mbox" | "hbox" | "textup" | "textmd" | "fbox" | "textsf"
            | "mathtext" | "textsl" | "emph" | "textit" | "textbf" | "texttt" | "textsc" | "makebox"
            | "framebox" | "ul" | "uline" | "footnote" | "fontfamily" | "enquote" | "intertext"
            | "shortintertext" | "boxed" => {
                return self.text(|nodes| parse::styled_as(name, nodes));
            }
            "operatorname" | "operatornamewithlimits" | "DeclareMathOperator" => {
                let starred = self.rest().starts_with('*');
                self.place += usize::from(starred);
                let body = self.required()?;
                match plain_word(&body) {
                    Some(word) => Atom::Function { name: word, limits: starred || name.ends_with("limits") },
                    None => Atom::Font { font: Font::Upright, body },
                }
            }
            "stackrel" | "overset" | "buildrel" | "underset" | "accentset" => {
                let mark = self.required()?;
                if name == "buildrel" {
                    if self.macro_name() == Some("over") {
                        self.place += "\\over".len();
                    } else {
                        self.skip_space();
                    }
                }
                Atom::Stack {
                    above: name != "underset",
                    mark: trimmed(mark),
                    body: trimmed(self.required()?),
                }
            }
            "xrightarrow" | "xleftarrow" | "xleftrightarrow" | "xRightarrow" | "xLeftarrow" | "xmapsto"
            | "xhookrightarrow" | "xlongrightarrow" | "xlongequal" => {
                let sub = self.optional()?;
                let sup = self.required()?;
                let arrow = symbol(match name {
                    "xleftarrow" => "longleftarrow",
                    "xleftrightarrow" => "longleftrightarrow",
                    "xRightarrow" => "Longrightarrow",
                    "xLeftarrow" => "Longleftarrow",
                    "xmapsto" => "longmapsto",
                    "xhookrightarrow" => "hookrightarrow",
                    _ => "longrightarrow",
                });
                let base = arrow.map(Atom::Symbol).into_iter().collect();
                let sup = Some(trimmed(sup)).filter(|sup| !sup.is_empty());
                Atom::Script(Box::new(Script {
                    base,
                    sub: sub.map(trimmed),
                    sup,
                    primes: 0,
                    sup_first: true,
                }))
            }
            "big" | "Big" | "bigg" | "Bigg" | "bigl" | "bigr" | "Bigl" | "Bigr" | "biggl" | "biggr"
            | "Biggl" | "Biggr" | "bigm" | "Bigm" | "biggm" | "Biggm" => match self.delimiter() {
                Some(delimiter) => Atom::Sized(delimiter),
                None => return Ok(None),
            },
            "not" => {
                let body = self.required()?;
                Atom::Accent { name: "not", mark: Some('\u{338}'), body }
            }
            "begin" => return self.environment(),
            "substack" => {
                self.skip_space();
                if self.rest().starts_with('{') {
                    self.place += 1;
                }
                let rows = self.rows()?;
                self.close_brace();
                Atom::Table { environment: "substack", rows }
            }
            "matrix" | "pmatrix" | "cases" | "eqalign" | "bordermatrix" if self.rest().starts_with('{') => {
                self.place += 1;
                let rows = self.rows()?;
                self.close_brace();
                let environment = match name {
                    "pmatrix" => "pmatrix",
                    "cases" => "cases",
                    _ => "matrix",
                };
                Atom::Table { environment, rows }
            }
            "unicode" | "char" | "symbol" => {
                let digits = self.raw_group().unwrap_or_default();
                match code_point(digits) {
                    Some(found) => Atom::Char(found),
                    None => Atom::Text(vec![Node::Text(digits.to_owned())]),
                }
            }
            "href" | "hyperlink" | "hyperref" => {
                if name == "hyperref" {
                    self.optional()?;
                } else {
                    self.skip_group();
                }
                return self.text(|nodes| nodes);
            }
            "url" => return self.text(|nodes| nodes),
            "textcolor" | "colorbox" | "hspace" | "vspace" | "phantom" | "hphantom" | "vphantom"
            | "color" | "cite" | "citep" | "citet" | "label" | "ref" | "eqref" | "mspace" | "raisebox"
            | "scalebox" | "rotatebox" | "resizebox" | "fontsize" | "definecolor" => {
                if self.rest().starts_with('*') {
                    self.place += 1;
                }
                while self.rest().starts_with('[') && self.optional()?.is_some() {}
                self.skip_group();
                return match name {
                    "textcolor" | "colorbox" | "raisebox" | "scalebox" | "rotatebox" => {
                        Ok(Some(Atom::Group(self.required()?)))
                    }
                    "hspace" | "mspace" => Ok(Some(Atom::Space { explicit: true })),
                    _ => Ok(None),
                };
            }
            "tag" => {
                let starred = self.rest().starts_with('*');
                self.place += usize::from(starred);
                let mut body = vec![Atom::Space { explicit: true }, Atom::Char('(')];
                body.append(&mut self.required()?);
                body.push(Atom::Char(')'));
                Atom::Group(body)
            }
            "kern" | "mkern" | "hskip" | "mskip" => {
                let rest = self.rest();
                let length = rest
                    .bytes()
                    .take(16)
                    .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b' '))
                    .count();
                let unit = ["pt", "em", "ex", "mu", "cm", "mm", "in"]
                    .iter()
                    .find(|unit| rest[length..].starts_with(**unit))
                    .map_or(0, |unit| unit.len());
                if length > 0 && unit > 0 {
                    self.place += length + unit;
                }
                Atom::Space { explicit: true }
            }
            "norm" | "lVertrVert" => self.surrounded("Vert", "Vert")?,
            "abs" => self.surrounded("vert", "vert")?,
            "ket" => self.surrounded("vert", "rangle")?,
            "bra" => self.surrounded("langle", "vert")?,
            "braket" | "inner" | "expval" => self.surrounded("langle", "rangle")?,
            "ceil" => self.surrounded("lceil", "rceil")?,
            "floor" => self.surrounded("lfloor", "rfloor")?,
            "set" => self.surrounded("lbrace", "rbrace")?,
            "pmod" | "bmod" | "mod" | "pod" => {
                let mut body = vec![Atom::Space { explicit: true }];
                let modulus = Atom::Function { name: "mod".to_owned(), limits: false };
                if name == "pmod" {
                    body.extend([Atom::Char('('), modulus, Atom::Space { explicit: true }]);
                    body.append(&mut self.required()?);
                    body.push(Atom::Char(')'));
                } else {
                    body.extend([modulus, Atom::Space { explicit: true }]);
                }
                Atom::Group(body)
            }
            "sb" | "sp" => {
                let body = self.required()?;
                let mut script = Script::default();
                *(if name == "sb" { &mut script.sub } else { &mut script.sup }) = Some(body);
                Atom::Script(Box::new(script))
            }
            "num" | "SI" | "qty" | "si" | "unit" | "ang" | "ce" | "ch" => {
                return Ok(Some(Atom::Text(self.measure(name))));
            }
            "sideset" | "smash" | "mathclap" | "mathllap" | "mathrlap" | "clap" | "llap" | "rlap" => {
                Atom::Group(self.required()?)
            }
            _ => {
                let arguments = self.arguments()?;
                Atom::Unknown { name: name.to_owned(), arguments }
            }
        }))
    }

    /// The macros of siunitx and mhchem, which are text in effect.
    fn measure(&mut self, name: &str) -> Vec<Node> {
        self.skip_option();
        let first = self.raw_group().unwrap_or_default();
        let second = if matches!(name, "SI" | "qty") { self.raw_group() } else { None };
        parse::measure(name, first, second.unwrap_or_default(), self.depth)
    }

    fn surrounded(&mut self, open: &str, close: &str) -> Result<Atom, Cause> {
        if self.rest().starts_with('*') {
            self.place += 1;
        }
        let body = self.required()?;
        let delimiter = |name| symbol(name).map(Delimiter::Symbol);
        Ok(Atom::Fence { open: delimiter(open), body: trimmed(body), close: delimiter(close) })
    }

    /// The braced arguments right behind an unknown macro.
    fn arguments(&mut self) -> Result<Vec<Atoms>, Cause> {
        let mut arguments = Vec::new();
        while self.rest().starts_with('{') && arguments.len() < 9 {
            self.place += 1;
            arguments.push(self.list(Stop::END)?);
            self.close_brace();
        }
        arguments.retain(|argument| !argument.is_empty());
        Ok(arguments)
    }

    fn environment(&mut self) -> Result<Option<Atom>, Cause> {
        let name = self.raw_group().unwrap_or_default().trim();
        self.skip_option();
        let bare = name.trim_end_matches('*');
        let environment = match bare {
            "cases" | "dcases" | "rcases" => "cases",
            "pmatrix" | "psmallmatrix" => "pmatrix",
            "bmatrix" => "bmatrix",
            "Bmatrix" => "Bmatrix",
            "vmatrix" => "vmatrix",
            "Vmatrix" => "Vmatrix",
            "matrix" | "smallmatrix" | "array" | "tabular" | "CD" => "matrix",
            "align" | "aligned" | "alignat" | "eqnarray" | "split" | "flalign" | "alignedat" => "aligned",
            "gather" | "gathered" | "multline" | "multlined" | "subarray" => "gathered",
            _ => "",
        };
        if matches!(bare, "array" | "tabular" | "alignat" | "alignedat" | "subarray") {
            self.skip_group();
        }
        let rows = self.rows()?;
        if self.macro_name() == Some("end") {
            self.place += "\\end".len();
            self.skip_group();
        }
        if environment.is_empty() {
            // An environment without columns of its own: equation, center, the authors' theorems.
            let mut body = Vec::new();
            for cell in rows.into_iter().flatten() {
                if !body.is_empty() {
                    body.push(Atom::Space { explicit: true });
                }
                body.extend(cell);
            }
            return Ok(Some(Atom::Group(body)));
        }
        Ok(Some(Atom::Table { environment, rows }))
    }

    fn rows(&mut self) -> Result<Vec<Vec<Atoms>>, Cause> {
        let mut rows = vec![Vec::new()];
        loop {
            let cell = trimmed(self.list(Stop::CELL)?);
            if let Some(row) = rows.last_mut() {
                row.push(cell);
            }
            if self.rest().starts_with('&') {
                self.place += 1;
                self.count()?;
                continue;
            }
            match self.macro_name() {
                Some(name @ ("\\" | "cr")) => {
                    self.place += 1 + name.len();
                    self.count()?;
                    if self.rest().starts_with('*') {
                        self.place += 1;
                    }
                    self.skip_option();
                    rows.push(Vec::new());
                }
                _ => break,
            }
        }
        if rows.last().is_some_and(|row| row.iter().all(Vec::is_empty)) && rows.len() > 1 {
            rows.pop();
        }
        Ok(rows)
    }
}

/// How many bytes of `inner`, the text after an opening brace, come before the brace that closes it.
pub(super) fn balanced(inner: &str) -> usize {
    let bytes = inner.as_bytes();
    let mut open = 1;
    let mut place = 0;
    while let Some(byte) = bytes.get(place) {
        match byte {
            b'\\' => place += 1,
            b'{' => open += 1,
            b'}' => {
                open -= 1;
                if open == 0 {
                    return place;
                }
            }
            _ => {}
        }
        place += 1;
    }
    inner.len()
}

/// `x2013`, `"2013`, `8211`.
pub(super) fn code_point(digits: &str) -> Option<char> {
    let digits = digits.trim();
    let code = match digits.strip_prefix(['x', 'X', '"']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
        None => digits.parse().ok()?,
    };
    char::from_u32(code).filter(|found| !found.is_control())
}

fn trimmed(mut atoms: Atoms) -> Atoms {
    while matches!(atoms.last(), Some(Atom::Space { .. })) {
        atoms.pop();
    }
    let spaces = atoms.iter().take_while(|atom| matches!(atom, Atom::Space { .. })).count();
    atoms.drain(..spaces);
    atoms
}

/// The letters of a run that is nothing but letters, digits, spaces and hyphens.
fn plain_word(atoms: &[Atom]) -> Option<String> {
    let mut word = String::new();
    for atom in atoms {
        match atom {
            Atom::Char(found) if found.is_alphanumeric() || matches!(found, '-' | '*') => word.push(*found),
            Atom::Space { .. } => word.push(' '),
            Atom::Group(body) | Atom::Font { body, .. } => word.push_str(&plain_word(body)?),
            Atom::Text(nodes) => match nodes.as_slice() {
                [Node::Text(text)] => word.push_str(text),
                _ => return None,
            },
            _ => return None,
        }
    }
    let word = word.trim();
    (!word.is_empty()).then(|| word.to_owned())
}

fn infix(name: &str) -> Option<Fraction> {
    match name {
        "over" => Some(Fraction::Line),
        "choose" => Some(Fraction::Binomial),
        "atop" => Some(Fraction::NoLine),
        _ => None,
    }
}

fn font_switch(name: &str) -> Option<Font> {
    Some(match name {
        "rm" | "rmfamily" | "upshape" => Font::Upright,
        "bf" | "bfseries" => Font::Bold,
        "it" | "em" | "sl" | "itshape" | "mit" => Font::Italic,
        "cal" | "Cal" | "scr" => Font::Script,
        "sf" | "sffamily" => Font::SansSerif,
        "tt" | "ttfamily" => Font::Monospace,
        "sc" | "scshape" => Font::Upright,
        _ => return None,
    })
}

fn font_macro(name: &str) -> Option<Font> {
    Some(match name {
        "mathbb" | "Bbb" | "mathbbm" | "mathds" | "mathbbmss" | "bb" | "mathbbb" | "BBb" => {
            Font::DoubleStruck
        }
        "mathcal" | "mathscr" | "EuScript" | "mathpzc" | "mathcalligra" | "CMcal" => Font::Script,
        "mathfrak" | "frak" | "euf" | "goth" => Font::Fraktur,
        "mathbf" | "bold" | "symbf" | "mathbfup" | "B" => Font::Bold,
        "boldsymbol" | "bm" | "pmb" | "mathbold" | "bs" | "mathbfit" => Font::BoldItalic,
        "mathit" | "mathnormal" | "mathsl" => Font::Italic,
        "mathrm" | "mathup" | "roman" | "upright" | "mathsc" => Font::Upright,
        "mathsf" | "mathsfit" => Font::SansSerif,
        "mathtt" => Font::Monospace,
        _ => return None,
    })
}

/// Accents by the name that the converter knows, with their combining mark.
fn accent(name: &str) -> Option<(&'static str, Option<char>)> {
    Some(match name {
        "hat" | "Hat" => ("hat", Some('\u{302}')),
        "widehat" | "what" => ("widehat", Some('\u{302}')),
        "tilde" | "Tilde" => ("tilde", Some('\u{303}')),
        "widetilde" | "wt" => ("widetilde", Some('\u{303}')),
        "bar" | "Bar" => ("bar", Some('\u{304}')),
        "overline" | "ol" => ("overline", Some('\u{304}')),
        "underline" | "underbar" => ("underline", Some('\u{332}')),
        "dot" | "Dot" => ("dot", Some('\u{307}')),
        "ddot" | "Ddot" => ("ddot", Some('\u{308}')),
        "dddot" => ("dddot", Some('\u{20db}')),
        "vec" | "Vec" => ("vec", Some('\u{20d7}')),
        "overrightarrow" => ("overrightarrow", Some('\u{20d7}')),
        "overleftarrow" => ("overleftarrow", Some('\u{20d6}')),
        "overleftrightarrow" => ("overleftrightarrow", Some('\u{20e1}')),
        "acute" | "Acute" => ("acute", Some('\u{301}')),
        "grave" | "Grave" => ("grave", Some('\u{300}')),
        "check" | "Check" | "widecheck" => ("check", Some('\u{30c}')),
        "breve" | "Breve" => ("breve", Some('\u{306}')),
        "mathring" | "ring" => ("mathring", Some('\u{30a}')),
        "overbrace" => ("overbrace", None),
        "underbrace" => ("underbrace", None),
        "cancel" | "bcancel" | "xcancel" | "slashed" => ("cancel", Some('\u{338}')),
        _ => return None,
    })
}

/// Functions with scripts at their side.
const PLAIN_FUNCTIONS: &[&str] = &[
    "Aut", "Cov", "Ext", "Gal", "GL", "Hom", "KL", "Pic", "Proj", "SL", "SO", "SU", "Spec", "Sym", "Tor",
    "Tr", "Var", "arccos", "arcsin", "arctan", "arg", "cos", "cosh", "cot", "coth", "csc", "deg", "depth",
    "diag", "diam", "dim", "dist", "div", "erf", "erfc", "exp", "grad", "hom", "id", "ker", "lg", "ln",
    "log", "logit", "loglog", "polylog", "poly", "rank", "rk", "sec", "sgn", "sign", "sin", "sinh",
    "softmax", "supp", "tan", "tanh", "tr", "trace", "vol",
];
/// Functions with scripts below and above.
const LIMIT_FUNCTIONS: &[&str] = &["Pr", "det", "gcd", "inf", "lcm", "lim", "max", "min", "sup"];

/// The names of all functions.
pub(super) fn function_names() -> impl Iterator<Item = &'static str> {
    let more = ["limsup", "liminf", "argmax", "argmin", "plim"];
    PLAIN_FUNCTIONS.iter().chain(LIMIT_FUNCTIONS).copied().chain(more).filter(|name| *name != "div")
}

/// Function names, upright, with a space around them when glued to letters.
pub(super) fn function(name: &str) -> Option<(&'static str, bool)> {
    let find = |names: &'static [&'static str]| names.iter().find(|known| **known == name).copied();
    match name {
        "limsup" | "varlimsup" => Some(("lim sup", true)),
        "liminf" | "varliminf" => Some(("lim inf", true)),
        "injlim" | "varinjlim" => Some(("inj lim", true)),
        "projlim" | "varprojlim" => Some(("proj lim", true)),
        "argmax" => Some(("arg max", true)),
        "argmin" => Some(("arg min", true)),
        "plim" => Some(("plim", true)),
        // `\div` is the sign ÷ in LaTeX.
        "div" => None,
        _ => find(PLAIN_FUNCTIONS)
            .map(|name| (name, false))
            .or_else(|| find(LIMIT_FUNCTIONS).map(|name| (name, true))),
    }
}
