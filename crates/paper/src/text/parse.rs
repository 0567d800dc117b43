//! Reads source text into the tree: TeX text mode, HTML remnants, a little Markdown, web addresses and
//! formulas with and without delimiters.
//!
//! The reader walks over byte ranges: groups and arguments are ranges inside their parent's, found through
//! a table of matching braces built once. Every search ahead is paid for from a budget proportional to the
//! text, so hostile input costs linear time.

use super::dollars::{self, Dollars, Span, is_paragraph_end};
use super::formula;
use super::symbols::{Role, symbol};
use super::tree::{Formula, Node};
use super::urls::{self, Found};
use super::{accents, macros, markup};

/// Groups inside each other that are read; below that the source is shown as it is.
const DEPTH_MAX: usize = formula::DEPTH_MAX;

/// Bytes that all searches ahead may look at, as a multiple of the text's length.
const SEARCH_FACTOR: usize = 8;

/// How a source text is to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    /// Line feeds may end paragraphs.
    pub(super) paragraphs: bool,
    /// Backslashes, dollar signs and braces mean TeX.
    pub(super) tex: bool,
}

/// What reading a text found out besides the tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Names of macros in the text that no table knows, in order, with repetitions.
    pub(super) unknown: Vec<String>,
}

/// Reads a whole text.
pub(super) fn parse(text: &str, options: Options) -> (Vec<Node>, Facts) {
    let urls = urls::find(text);
    let mut parser = Parser::new(text, options, urls, 0);
    let nodes = parser.run(0, text.len(), 0);
    (nodes, parser.facts)
}

/// Reads text that stands inside a formula.
pub(super) fn fragment(source: &str, depth: usize) -> Vec<Node> {
    if depth >= DEPTH_MAX {
        return vec![Node::Text(source.to_owned())];
    }
    let urls = urls::find(source);
    let mut parser = Parser::new(source, Options { paragraphs: false, tex: true }, urls, depth);
    parser.run(0, source.len(), depth + 1)
}

/// The same as plain text.
pub(super) fn plain_fragment(source: &str, depth: usize) -> String {
    let mut out = String::new();
    super::plain::write_nodes(&fragment(source, depth), &mut out);
    out
}

/// Nodes in the style of a text macro.
pub(super) fn styled_as(name: &str, nodes: Vec<Node>) -> Vec<Node> {
    match macros::style(name) {
        Some(style) => vec![Node::Styled(style, nodes)],
        None if name == "enquote" => {
            let mut quoted = vec![Node::Text("“".to_owned())];
            quoted.extend(nodes);
            quoted.push(Node::Text("”".to_owned()));
            quoted
        }
        None => nodes,
    }
}

/// `\num`, `\SI` and their like, and the chemistry of `\ce`.
pub(super) fn measure(name: &str, first: &str, second: &str, depth: usize) -> Vec<Node> {
    if matches!(name, "ce" | "ch") {
        return macros::chemistry(first);
    }
    let number = |source: &str| plain_fragment(source, depth);
    let unit = |source: &str| macros::unit(source, |rest| plain_fragment(rest, depth));
    let text = match name {
        "num" => number(first),
        "ang" => format!("{}°", number(first)),
        "si" | "unit" => unit(first),
        _ => {
            let (number, unit) = (number(first), unit(second));
            let glued = unit.is_empty() || unit.starts_with(['×', '%', '°', '′', '″']);
            if glued { number + &unit } else { format!("{number}\u{202f}{unit}") }
        }
    };
    vec![Node::Text(text)]
}

/// Collects nodes; neighbouring characters share one.
#[derive(Default)]
pub(super) struct Builder {
    pub(super) nodes: Vec<Node>,
    pub(super) text: String,
}

impl Builder {
    pub(super) fn node(&mut self, node: Node) {
        if !self.text.is_empty() {
            self.nodes.push(Node::Text(std::mem::take(&mut self.text)));
        }
        self.nodes.push(node);
    }

    pub(super) fn extend(&mut self, nodes: Vec<Node>) {
        for node in nodes {
            match node {
                Node::Text(text) if self.text.ends_with(' ') => {
                    self.text.push_str(text.trim_start_matches(' '))
                }
                Node::Text(text) => self.text.push_str(&text),
                node => self.node(node),
            }
        }
    }

    pub(super) fn space(&mut self) {
        let dropped = match self.text.chars().next_back() {
            Some(last) => last == ' ' || last == '\u{a0}',
            None => matches!(self.nodes.last(), Some(Node::Break)),
        };
        if !dropped {
            self.text.push(' ');
        }
    }

    /// Whether a space, or nothing at all, stands before.
    pub(super) fn at_space(&self) -> bool {
        match self.text.chars().next_back() {
            Some(last) => last.is_whitespace(),
            None => matches!(self.nodes.last(), Some(Node::Break) | None),
        }
    }

    pub(super) fn trim_end(&mut self) {
        let kept = self.text.trim_end().len();
        self.text.truncate(kept);
    }

    pub(super) fn finish(mut self) -> Vec<Node> {
        if !self.text.is_empty() {
            self.nodes.push(Node::Text(self.text));
        }
        self.nodes
    }
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) options: Options,
    pub(super) facts: Facts,
    urls: Vec<Found>,
    dollars: Dollars,
    /// Matching braces: (opening, closing), by the opening.
    braces: Vec<(usize, usize)>,
    /// Depth inside the formula or text that this one is part of.
    base_depth: usize,
    budget: usize,
    /// Closing quotes that an opening one has claimed.
    closers: Vec<usize>,
    /// Inside typewriter text, where nothing is abbreviated.
    pub(super) mono: usize,
    /// Inside a group or argument: font switches end with it.
    grouped: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, options: Options, urls: Vec<Found>, base_depth: usize) -> Self {
        let dollars = if options.tex && text.contains('$') {
            dollars::pair(text, options.paragraphs, &urls)
        } else {
            Dollars::default()
        };
        let braces = if options.tex && text.contains('{') { matching_braces(text) } else { Vec::new() };
        Parser {
            text,
            options,
            facts: Facts::default(),
            urls,
            dollars,
            braces,
            base_depth,
            budget: 4_096 + text.len() * SEARCH_FACTOR,
            closers: Vec::new(),
            mono: 0,
            grouped: 0,
        }
    }

    /// Reads a range of the text.
    pub(super) fn run(&mut self, from: usize, end: usize, depth: usize) -> Vec<Node> {
        let mut out = Builder::default();
        if depth > DEPTH_MAX {
            out.text.push_str(&self.text[from..end]);
            return out.finish();
        }
        let text = self.text;
        let bytes = text.as_bytes();
        let mut place = from;
        let mut url = self.urls.partition_point(|one| one.start < from);
        while place < end {
            if let Some(span) = self.open_ended(place, end)
                && span.start == place
            {
                self.formula(&text[span.inner_start..span.inner_end], span.display, depth, &mut out);
                place = span.end;
                continue;
            }
            while self.urls.get(url).is_some_and(|one| one.start < place || one.end > end) {
                url += 1;
            }
            let limit = self.urls.get(url).map_or(end, |one| one.start.min(end));
            let limit = self.open_ended(place, end).map_or(limit, |span| span.start.min(limit));
            let stop = ordinary(bytes, place, limit);
            if stop > place {
                let mut run = &text[place..stop];
                if out.text.ends_with(' ')
                    || matches!(out.nodes.last(), Some(Node::Break)) && out.text.is_empty()
                {
                    run = run.trim_start_matches(' ');
                }
                out.text.push_str(run);
                place = stop;
                continue;
            }
            if place == limit && limit < end {
                if let Some(one) = self.urls.get(url).filter(|one| one.start == place) {
                    out.node(Node::Link { url: one.url(), body: vec![Node::Text(one.shown.clone())] });
                    place = one.end;
                    url += 1;
                }
                continue;
            }
            place = self.special(place, end, depth, from, &mut out).max(place + 1);
            while !text.is_char_boundary(place) {
                place += 1;
            }
        }
        out.finish()
    }

    /// The next formula that lacks its opening dollar sign.
    fn open_ended(&self, place: usize, end: usize) -> Option<Span> {
        let next = self.dollars.open_ended.partition_point(|span| span.start < place);
        self.dollars.open_ended.get(next).copied().filter(|span| span.end <= end)
    }

    /// Reads an argument or group in which font switches end.
    pub(super) fn group(&mut self, range: (usize, usize), depth: usize) -> Vec<Node> {
        self.grouped += 1;
        let nodes = self.run(range.0, range.1, depth + 1);
        self.grouped -= 1;
        nodes
    }

    pub(super) fn in_group(&self) -> bool {
        self.grouped > 0
    }

    /// The group that opens at `place`: its inside and what follows it. A group that never closes ends
    /// with the range.
    pub(super) fn braced(&self, place: usize, end: usize) -> Option<((usize, usize), usize)> {
        if self.text.as_bytes().get(place) != Some(&b'{') || place >= end {
            return None;
        }
        match self.closing(place) {
            Some(close) if close < end => Some(((place + 1, close), close + 1)),
            _ => Some(((place + 1, end), end)),
        }
    }

    pub(super) fn closing(&self, open: usize) -> Option<usize> {
        self.braces
            .binary_search_by_key(&open, |pair| pair.0)
            .ok()
            .and_then(|found| self.braces.get(found))
            .map(|pair| pair.1)
    }

    /// Looks for a string ahead, within the range and the budget.
    pub(super) fn find(&mut self, needle: &str, from: usize, end: usize) -> Option<usize> {
        let window = end.min(from.saturating_add(20_000)).min(from.saturating_add(self.budget));
        let bytes = self.text.as_bytes().get(from..window)?;
        let found = bytes.windows(needle.len()).position(|part| part == needle.as_bytes());
        self.budget = self.budget.saturating_sub(found.unwrap_or(bytes.len()) + needle.len());
        found.map(|place| from + place)
    }

    pub(super) fn byte(&self, place: usize) -> Option<u8> {
        self.text.as_bytes().get(place).copied()
    }

    /// The byte at a place inside a range.
    pub(super) fn at(&self, place: usize, end: usize) -> Option<u8> {
        self.byte(place).filter(|_| place < end)
    }

    pub(super) fn skip_spaces(&self, mut place: usize, end: usize) -> usize {
        while place < end && self.byte(place).is_some_and(|byte| byte == b' ' || byte == b'\n') {
            place += 1;
        }
        place
    }

    /// A formula from its source.
    pub(super) fn formula(&mut self, source: &str, display: bool, depth: usize, out: &mut Builder) {
        let depth = depth.max(self.base_depth);
        if source.contains("\\href") || source.contains("\\url") {
            // A link is text, wherever the author put the dollar signs.
            if let Some(nodes) = linked(source, depth) {
                out.extend(nodes);
                return;
            }
        }
        let atoms = formula::read(source, depth);
        if let Ok(atoms) = &atoms {
            let mut unknown = Vec::new();
            formula::unknown_names(atoms, &mut unknown);
            self.facts.unknown.append(&mut unknown);
            if let Some(nodes) = markup::as_text(atoms) {
                out.extend(nodes);
                return;
            }
        }
        out.node(Node::Formula(Formula { source: source.to_owned(), display, atoms }));
    }

    /// Reads what starts with a byte that may mean something; where reading goes on.
    fn special(&mut self, place: usize, end: usize, depth: usize, from: usize, out: &mut Builder) -> usize {
        let Some(byte) = self.byte(place) else { return end };
        let tex = self.options.tex;
        match byte {
            b' ' | b'\n' => self.white_space(place, end, out),
            b'\\' if tex => self.macro_call(place, end, depth, out),
            b'$' if tex => self.dollar(place, end, depth, out),
            b'{' if tex => self.brace(place, end, depth, out),
            b'~' if tex => {
                out.text.push(if self.is_tie(place, end, out) { '\u{a0}' } else { '~' });
                place + 1
            }
            b'-' => self.dashes(place, end, out),
            b'`' | b'\'' | b'"' => self.quote(place, end, out),
            b'<' => self.tag(place, end, depth, out),
            b'^' | b'_' if tex && self.mono == 0 => self.script(place, end, depth, from, out),
            b'*' | b'[' if self.mono == 0 => self.markdown(place, end, depth, out),
            _ => {
                let found = self.text[place..].chars().next().unwrap_or(' ');
                out.text.push(found);
                place + found.len_utf8()
            }
        }
    }

    fn white_space(&mut self, place: usize, end: usize, out: &mut Builder) -> usize {
        let bytes = self.text.as_bytes();
        let mut next = place;
        let mut paragraph = false;
        while next < end && matches!(bytes[next], b' ' | b'\n') {
            paragraph |= bytes[next] == b'\n' && self.options.paragraphs && is_paragraph_end(bytes, next);
            next += 1;
        }
        if paragraph {
            if !(out.nodes.is_empty() && out.text.trim().is_empty()) {
                out.trim_end();
                out.node(Node::Break);
            }
            return next;
        }
        // A compound broken at its hyphen: join before a capital, as "pre- and" is not one.
        let broken = bytes[place] == b'\n'
            && next == place + 1
            && bytes.get(next).is_some_and(u8::is_ascii_uppercase)
            && out
                .text
                .strip_suffix('-')
                .is_some_and(|before| before.ends_with(|found: char| found.is_ascii_alphanumeric()));
        if !broken {
            out.space();
        }
        next
    }

    fn dollar(&mut self, place: usize, end: usize, depth: usize, out: &mut Builder) -> usize {
        let number = self.dollars.spans.partition_point(|span| span.start < place);
        if let Some(span) = self.dollars.spans.get(number).copied()
            && span.start == place
            && span.end <= end
        {
            self.formula(&self.text[span.inner_start..span.inner_end], span.display, depth, out);
            return span.end;
        }
        let inside = number.checked_sub(1).and_then(|earlier| self.dollars.spans.get(earlier));
        let stray = self.dollars.spans.get(number).is_some_and(|span| span.start == place)
            || inside.is_some_and(|span| place < span.end)
            || self.dollars.dropped.binary_search(&place).is_ok();
        if !stray {
            out.text.push('$');
        }
        place + 1
    }

    fn brace(&mut self, place: usize, end: usize, depth: usize, out: &mut Builder) -> usize {
        let Some(close) = self.closing(place).filter(|close| *close < end) else {
            out.text.push('{');
            return place + 1;
        };
        let inner = &self.text[place + 1..close];
        // `{0,1}` is a set, not a group.
        let set = inner.len() < 80
            && inner.contains(',')
            && !inner.contains(['\\', '$', '{'])
            && inner.split(',').all(|item| item.trim().chars().count() <= 12 && !item.trim().is_empty())
            && out.text.chars().next_back().is_none_or(|before| !before.is_alphanumeric());
        if set {
            out.text.push('{');
        }
        let nodes = self.group((place + 1, close), depth);
        out.extend(nodes);
        if set {
            out.text.push('}');
        }
        close + 1
    }

    /// Whether `~` is a tie; before a number and after a space or a lone letter it means "about".
    fn is_tie(&self, place: usize, end: usize, out: &Builder) -> bool {
        let next = self.byte(place + 1).filter(|_| place + 1 < end);
        let Some(next) = next else { return false };
        if next == b' ' || next == b'\n' || out.at_space() {
            return false;
        }
        let mut before = out.text.chars().rev();
        let last = before.next();
        let lone = last.is_some_and(char::is_alphabetic) && before.next().is_none_or(char::is_whitespace);
        !(lone && next.is_ascii_digit()) && last.is_none_or(|last| !matches!(last, '(' | '[' | '/' | '='))
    }

    fn dashes(&mut self, place: usize, end: usize, out: &mut Builder) -> usize {
        let bytes = self.text.as_bytes();
        let count = bytes[place..end].iter().take_while(|byte| **byte == b'-').count();
        let option =
            out.at_space() && bytes.get(place + count).is_some_and(u8::is_ascii_alphabetic) && count == 2;
        let text = match count {
            2 if self.mono == 0 && !option && self.options.tex => "–",
            3 if self.mono == 0 && self.options.tex => "—",
            _ => &self.text[place..place + count],
        };
        out.text.push_str(text);
        place + count
    }

    /// TeX quotes, when they come in pairs.
    fn quote(&mut self, place: usize, end: usize, out: &mut Builder) -> usize {
        let bytes = self.text.as_bytes();
        let double = bytes.get(place + 1) == Some(&bytes[place]) && place + 1 < end;
        let width = if double { 2 } else { 1 };
        if self.closers.binary_search(&place).is_ok() {
            out.text.push(if double || bytes[place] == b'"' { '”' } else { '’' });
            return place + width;
        }
        let opens = self.options.tex && bytes[place] == b'`' && self.mono == 0;
        let after = self.byte(place + width).filter(|_| place + width < end);
        if opens && after.is_some_and(|next| !next.is_ascii_whitespace()) {
            let fresh = out.text.chars().next_back().is_none_or(|before| !before.is_alphanumeric());
            if double {
                if let Some(close) = self.find("''", place + 2, end.min(place + 600)) {
                    self.claim(close);
                    out.text.push('“');
                    return place + 2;
                }
                // Many authors close with the typewriter's quote.
                if let Some(close) = self.find("\"", place + 2, end.min(place + 300)) {
                    self.claim(close);
                    out.text.push('“');
                    return place + 2;
                }
            } else if fresh && let Some(close) = self.single_closer(place + 1, end.min(place + 300)) {
                self.claim(close);
                out.text.push('‘');
                return place + 1;
            }
        }
        let closing = double && bytes[place] == b'\'' && self.options.tex && self.mono == 0;
        if closing
            && out
                .text
                .chars()
                .next_back()
                .is_some_and(|before| before.is_alphabetic() || matches!(before, '.' | ',' | '!' | '?'))
        {
            out.text.push('”');
            return place + 2;
        }
        out.text.push_str(&self.text[place..place + width]);
        place + width
    }

    fn claim(&mut self, close: usize) {
        if let Err(slot) = self.closers.binary_search(&close) {
            self.closers.insert(slot, close);
        }
    }

    /// A quote that closes: behind a letter or a full stop, before anything but a letter.
    fn single_closer(&mut self, from: usize, end: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut place = from;
        while let Some(found) = self.find("'", place, end) {
            let letter_after = self.text[found + 1..].chars().next().is_some_and(char::is_alphanumeric);
            if !bytes[found - 1].is_ascii_whitespace() && bytes[found - 1] != b'\\' && !letter_after {
                return Some(found);
            }
            place = found + 1;
        }
        None
    }

    /// `^` or `_` without dollar signs: a formula, a superscript, or an underscore that means itself.
    fn script(&mut self, place: usize, end: usize, depth: usize, from: usize, out: &mut Builder) -> usize {
        let bytes = self.text.as_bytes();
        let up = bytes[place] == b'^';
        let literal = |out: &mut Builder| {
            out.text.push(if up { '^' } else { '_' });
            place + 1
        };
        let start_of_word =
            |found: &u8| !(found.is_ascii_alphanumeric() || matches!(found, b'_' | b'\\' | b'@'));
        let before = &self.text[from..place];
        let last = before.chars().next_back().filter(|last| out.text.ends_with(*last));
        let word = before.bytes().rev().take(40).take_while(|byte| !start_of_word(byte)).count();
        let single = last.is_some_and(|last| {
            let earlier = before[..before.len() - last.len_utf8()].chars().next_back();
            last.is_alphabetic()
                && earlier.is_none_or(|earlier| !earlier.is_alphanumeric() && !matches!(earlier, '_' | '\\'))
                || last == ')'
        });
        let digits = last.is_some_and(|last| last.is_ascii_digit());
        let Some(shape) = self.script_shape(place, end, up) else {
            // `\Vert _`: an underscore with nothing behind it and TeX before it.
            return literal(out);
        };
        let alone = last.is_none_or(|last| {
            last.is_whitespace() || matches!(last, '(' | '[' | '/' | '-' | ',' | '\u{a0}' | ':' | '"')
        });
        if alone {
            let follows =
                self.byte(shape.end).is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'$');
            let isotope = shape.braced || (up && shape.number);
            if isotope && (follows || shape.braced) && shape.end <= end {
                return self.raised(up, shape, depth, out);
            }
            return literal(out);
        }
        if single
            && (shape.braced || shape.number || shape.is_macro || shape.one_sign)
            && (up || word <= 1 || shape.braced || last == Some(')'))
        {
            let Some(last) = last else { return literal(out) };
            let start = place - last.len_utf8();
            let stop = self.unit_stop(shape.end, end);
            let kept = out.text.len() - last.len_utf8();
            out.text.truncate(kept);
            let source = &self.text[start..stop];
            self.formula(source, false, depth, out);
            return stop;
        }
        let raised = if up {
            shape.number || shape.braced || shape.is_macro || (digits && shape.one_sign)
        } else {
            shape.braced && !self.text[shape.start..shape.end].is_empty()
        };
        if raised
            && last.is_some_and(|last| {
                last.is_alphanumeric() || matches!(last, ']' | '|' | ')' | '}' | '°' | 'Å')
            })
        {
            return self.raised(up, shape, depth, out);
        }
        literal(out)
    }

    /// Where a formula without delimiters ends: scripts and math macros that follow directly belong to it.
    fn unit_stop(&mut self, first_end: usize, end: usize) -> usize {
        let mut stop = first_end.min(end);
        while stop < end {
            let next = match self.at(stop, end) {
                Some(b'^' | b'_') => match self.script_shape(stop, end, self.byte(stop) == Some(b'^')) {
                    Some(shape) => shape.end,
                    None => break,
                },
                Some(b'\\') if macros::is_math_at(&self.text[stop..end]) => match self.unit(stop, end) {
                    Some(next) => next,
                    None => break,
                },
                _ => break,
            };
            if next <= stop || next > end {
                break;
            }
            stop = next;
        }
        stop
    }

    /// Where the math macro at the place ends with its arguments and scripts, if the budget lasts.
    fn unit(&mut self, place: usize, end: usize) -> Option<usize> {
        if self.budget == 0 {
            return None;
        }
        let (read, stop) = formula::unit(&self.text[..end], place);
        self.budget = self.budget.saturating_sub(read);
        stop.filter(|stop| *stop <= end)
    }

    fn raised(&mut self, up: bool, shape: Shape, depth: usize, out: &mut Builder) -> usize {
        let inner = &self.text[shape.start..shape.inner_end];
        if matches!(inner, "\\circ" | "\\degree" | "\\circ ") && up {
            out.text.push('°');
            return shape.end;
        }
        let nodes = self.group((shape.start, shape.inner_end), depth);
        out.node(if up { Node::Raised(nodes) } else { Node::Lowered(nodes) });
        shape.end
    }

    /// What follows `^` or `_`.
    fn script_shape(&mut self, place: usize, end: usize, up: bool) -> Option<Shape> {
        let bytes = self.text.as_bytes();
        let start = place + 1;
        let next = self.at(start, end)?;
        let shape = Shape {
            start,
            inner_end: start,
            end: start,
            braced: false,
            number: false,
            is_macro: false,
            one_sign: false,
        };
        let is_word = |at: usize| {
            at < end
                && bytes
                    .get(at)
                    .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80)
        };
        match next {
            b'{' => {
                let close = self.closing(start).filter(|close| *close < end)?;
                if close == start + 1 {
                    return None;
                }
                let inner = &self.text[start + 1..close];
                let number = !inner.is_empty()
                    && inner
                        .trim_start_matches(['-', '+'])
                        .bytes()
                        .all(|byte| byte.is_ascii_digit() || byte == b'.');
                Some(Shape {
                    start: start + 1,
                    inner_end: close,
                    end: close + 1,
                    braced: true,
                    number,
                    ..shape
                })
            }
            b'\\' => {
                if !macros::is_math_at(&self.text[start..end]) {
                    return None;
                }
                let stop = macros::name_end(self.text, start + 1);
                let stop = if formula_takes_argument(&self.text[start + 1..stop]) {
                    self.unit(start, end)?
                } else {
                    stop
                };
                Some(Shape { inner_end: stop, end: stop, is_macro: true, ..shape })
            }
            b'0'..=b'9' | b'-' | b'+' => {
                let sign = usize::from(!next.is_ascii_digit());
                let digits = bytes[start + sign..end].iter().take_while(|byte| byte.is_ascii_digit()).count();
                if digits == 0 {
                    let one_sign = up && !is_word(start + 1);
                    return one_sign.then_some(Shape {
                        inner_end: start + 1,
                        end: start + 1,
                        one_sign,
                        ..shape
                    });
                }
                let stop = start + sign + digits;
                if !up && (is_word(stop) || sign > 0) {
                    return None;
                }
                Some(Shape { inner_end: stop, end: stop, number: true, ..shape })
            }
            b'*' | b'\'' => {
                up.then_some(Shape { inner_end: start + 1, end: start + 1, one_sign: true, ..shape })
            }
            _ => {
                let found = self.text[start..].chars().next()?;
                let stop = start + found.len_utf8();
                (found.is_alphabetic() && !is_word(stop)).then_some(Shape {
                    inner_end: stop,
                    end: stop,
                    one_sign: true,
                    ..shape
                })
            }
        }
    }

    /// A math macro in text, with its arguments, scripts and what is glued to it.
    pub(super) fn bare_math(&mut self, place: usize, end: usize, depth: usize, out: &mut Builder) -> usize {
        let Some(first) = self.unit(place, end) else {
            // Too much of it to be mathematics: the name stays, as of any macro that is not understood.
            let stop = macros::name_end(self.text, place + 1).min(end);
            out.text.push_str(&self.text[place + 1..stop]);
            return stop;
        };
        let stop = self.unit_stop(first, end);
        let source = &self.text[place..stop];
        let lone = source[1..].bytes().all(|byte| byte.is_ascii_alphabetic());
        let atoms = if lone { symbol(&source[1..]) } else { None };
        let dangling = source.trim_end_matches(['^', '_', ' ']);
        let atoms = atoms.or_else(|| {
            let name = dangling.get(1..)?;
            symbol(name).filter(|_| dangling.len() < source.len())
        });
        let Some(found) = atoms else {
            self.formula(source, false, depth, out);
            return stop;
        };
        if matches!(out.text.as_bytes().last(), Some(b' ')) && found.role == Role::Close {
            out.trim_end();
        }
        out.text.push(found.text);
        if dangling.len() < source.len() {
            return stop;
        }
        // TeX drops the space behind a macro; before a word it was meant.
        let next = self.skip_spaces(stop, end);
        let letters = self.text[next..end].chars().take(2).filter(|found| found.is_alphabetic()).count();
        let word = match found.role {
            Role::Letter => letters == 2,
            Role::Operator => out.text.chars().rev().nth(1).is_some_and(char::is_whitespace),
            _ => false,
        };
        if word { stop } else { next }
    }

    /// Records a macro that no table knows.
    pub(super) fn unknown(&mut self, name: &str) {
        self.facts.unknown.push(name.to_owned());
    }

    /// Letters with an accent, or the sign itself where there is no letter.
    pub(super) fn accent(
        &mut self,
        mark: char,
        name: &str,
        place: usize,
        end: usize,
        depth: usize,
        out: &mut Builder,
    ) -> usize {
        let start = self.skip_spaces(place, end);
        if let Some((inner, after)) = self.braced(start, end) {
            let body = self.group(inner, depth);
            let mut letters = String::new();
            super::plain::write_nodes(&body, &mut letters);
            if letters.is_empty() {
                if matches!(name, "~" | "^") {
                    out.text.push_str(name);
                }
            } else {
                out.text.push_str(&accents::accented(mark, &letters));
            }
            return after;
        }
        if self.at(start, end) == Some(b'\\') {
            let stop = macros::name_end(self.text, start + 1).min(end);
            if let Some(letters) = accents::letter(&self.text[start + 1..stop]) {
                out.text.push_str(&accents::accented(mark, letters));
                return self.skip_spaces(stop, end);
            }
        }
        match self.text[start..end].chars().next() {
            Some(found) if found.is_alphabetic() => {
                out.text.push_str(&accents::accented(mark, found.encode_utf8(&mut [0; 4])));
                start + found.len_utf8()
            }
            _ => {
                out.text.push_str(name);
                place
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Shape {
    start: usize,
    inner_end: usize,
    end: usize,
    braced: bool,
    number: bool,
    is_macro: bool,
    /// One letter or sign.
    one_sign: bool,
}

fn formula_takes_argument(name: &str) -> bool {
    symbol(name).is_none() && formula::function(name).is_none()
}

/// A formula that is, or holds, a link: its parts as text and formulas.
fn linked(source: &str, depth: usize) -> Option<Vec<Node>> {
    let place = source.find("\\href").into_iter().chain(source.find("\\url")).min()?;
    let open = source[..place].matches('{').count();
    if open != source[..place].matches('}').count() || depth + 1 >= DEPTH_MAX {
        return None;
    }
    let name = macros::name_end(source, place + 1);
    let mut stop = name;
    for _ in 0..if source[place..].starts_with("\\href") { 2 } else { 1 } {
        let rest = source[stop..].trim_start();
        let start = source.len() - rest.len();
        stop = (start + rest.strip_prefix('{').map(|inner| formula::balanced(inner) + 2)?).min(source.len());
    }
    let mut builder = Builder::default();
    let formula = |part: &str, builder: &mut Builder| {
        if !part.trim().is_empty() {
            builder.extend(fragment(&format!("${}$", part.trim()), depth + 1));
        }
    };
    formula(&source[..place], &mut builder);
    builder.extend(fragment(&source[place..stop], depth + 1));
    formula(&source[stop..], &mut builder);
    Some(builder.finish())
}

/// How far the text consists of characters that mean only themselves.
fn ordinary(bytes: &[u8], from: usize, end: usize) -> usize {
    let mut place = from;
    while place < end {
        let byte = bytes[place];
        if !SPECIAL[byte as usize] {
            place += 1;
            continue;
        }
        let next = bytes.get(place + 1).copied().unwrap_or(0);
        let stops = match byte {
            b' ' => next == b' ' || next == b'\n',
            b'-' => next == b'-',
            _ => true,
        };
        if stops {
            break;
        }
        place += 1;
    }
    place
}

static SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let signs = b" \n\\${}~-`'<^_*[\"";
    let mut place = 0;
    while place < signs.len() {
        table[signs[place] as usize] = true;
        place += 1;
    }
    table
};

/// Pairs of braces, by the opening one; escaped braces are characters.
fn matching_braces(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut open = Vec::new();
    let mut pairs = Vec::new();
    let mut place = 0;
    while let Some(byte) = bytes.get(place) {
        match byte {
            b'\\' => place += 1,
            b'{' => open.push(place),
            b'}' => pairs.extend(open.pop().map(|start| (start, place))),
            _ => {}
        }
        place += 1;
    }
    pairs.sort_unstable();
    pairs
}
