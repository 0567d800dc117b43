//! Macros of TeX's text mode: what each does with its arguments.

use super::formula;
use super::parse::{self, Builder, Parser};
use super::symbols::symbol;
use super::tree::{Node, Style};
use super::{accents, urls};

/// The style that a text macro gives its argument.
pub(super) fn style(name: &str) -> Option<Style> {
    Some(match name {
        "emph" | "textit" | "textsl" | "mathit" => Style::Emphasis,
        "textbf" | "textbfseries" => Style::Strong,
        "texttt" | "verb" | "code" | "lstinline" | "path" | "nolinkurl" => Style::Mono,
        "textsc" => Style::SmallCaps,
        "underline" | "uline" | "ul" => Style::Underline,
        _ => return None,
    })
}

/// Text macros that show their argument as it is.
fn is_transparent(name: &str) -> bool {
    matches!(
        name,
        "text"
            | "textrm"
            | "textsf"
            | "textmd"
            | "textup"
            | "textnormal"
            | "mbox"
            | "hbox"
            | "fbox"
            | "sout"
            | "hl"
            | "textlf"
            | "makebox"
            | "centerline"
            | "uppercase"
            | "lowercase"
            | "MakeUppercase"
            | "title"
            | "section"
            | "subsection"
            | "paragraph"
            | "keywords"
            | "textquote"
            | "ensuremath"
            | "nobreakdash"
            | "textin"
            | "acro"
            | "acs"
            | "ac"
            | "acl"
            | "acf"
            | "acrshort"
            | "acrlong"
            | "acrfull"
            | "Ac"
            | "Acl"
            | "Acf"
            | "gls"
            | "Gls"
            | "glsentryshort"
            | "glsentrylong"
            | "acsu"
            | "aclu"
    )
}

/// Style switches that last to the end of their group; `None` inside for those without visible style.
#[expect(clippy::option_option, reason = "a switch may have no style of its own")]
fn switch(name: &str) -> Option<Option<Style>> {
    Some(match name {
        "em" | "it" | "sl" | "itshape" | "slshape" => Some(Style::Emphasis),
        "bf" | "bfseries" | "boldmath" => Some(Style::Strong),
        "tt" | "ttfamily" => Some(Style::Mono),
        "sc" | "scshape" => Some(Style::SmallCaps),
        "rm" | "rmfamily" | "sf" | "sffamily" | "upshape" | "mdseries" | "normalfont" | "cal" | "mit"
        | "large" | "Large" | "LARGE" | "huge" | "Huge" | "small" | "footnotesize" | "scriptsize"
        | "tiny" | "normalsize" | "centering" | "raggedright" | "unboldmath" | "smaller" | "larger"
        | "selectfont" => None,
        _ => return None,
    })
}

/// Macros that show nothing and take no argument.
fn is_silent(name: &str) -> bool {
    matches!(
        name,
        "noindent"
            | "indent"
            | "smallskip"
            | "medskip"
            | "bigskip"
            | "hfill"
            | "vfill"
            | "newpage"
            | "clearpage"
            | "pagebreak"
            | "nopagebreak"
            | "protect"
            | "relax"
            | "leavevmode"
            | "sloppy"
            | "null"
            | "unskip"
            | "ignorespaces"
            | "maketitle"
            | "displaystyle"
            | "textstyle"
            | "nonumber"
            | "notag"
            | "allowbreak"
            | "nobreak"
            | "nolinebreak"
            | "bgroup"
            | "egroup"
            | "begingroup"
            | "endgroup"
            | "xspace"
            | "strut"
            | "frenchspacing"
            | "doublespacing"
            | "singlespacing"
            | "onehalfspacing"
            | "romannumeral"
            | "hbadness"
            | "thispagestyle"
            | "linebreak"
            | "goodbreak"
            | "filbreak"
            | "eject"
            | "bf*"
            | "mathsurround"
    )
}

/// Macros whose argument is a key, a length or a name, never text: how many arguments.
fn dropped_arguments(name: &str) -> usize {
    match name {
        "label" | "vspace" | "hspace" | "color" | "bibliography" | "bibliographystyle" | "pagestyle"
        | "phantom" | "hphantom" | "vphantom" | "includegraphics" | "index" | "hypersetup" | "pacs"
        | "fontsize" | "nocite" | "footnotemark" | "usepackage" | "documentclass" | "vskip" | "hskip"
        | "thispagestyle" => 1,
        "setlength" | "addtolength" | "setcounter" | "definecolor" => 2,
        _ => 0,
    }
}

/// Citations and references: dropped with the space before them.
fn is_reference(name: &str) -> bool {
    name.starts_with("cite")
        || name.ends_with("cite")
        || name.ends_with("cites")
        || matches!(
            name,
            "ref"
                | "eqref"
                | "cref"
                | "Cref"
                | "autoref"
                | "pageref"
                | "vref"
                | "nameref"
                | "subref"
                | "textcite"
                | "Cite"
                | "Citet"
                | "Citep"
                | "citet"
                | "onlinecite"
                | "footcite"
                | "bibitem"
        )
}

/// Abbreviations that authors define as macros.
fn abbreviation(name: &str) -> Option<&'static str> {
    Some(match name {
        "eg" => "e.g.",
        "Eg" => "E.g.",
        "ie" => "i.e.",
        "Ie" => "I.e.",
        "etal" => "et al.",
        "etc" => "etc.",
        "vs" => "vs.",
        "cf" => "cf.",
        "Cf" => "Cf.",
        "aka" => "a.k.a.",
        "wrt" => "w.r.t.",
        "iid" => "i.i.d.",
        "dof" => "d.o.f.",
        "resp" => "resp.",
        "viz" => "viz.",
        _ => return None,
    })
}

/// The text of a plural acronym macro gets an s.
fn is_plural(name: &str) -> bool {
    matches!(
        name,
        "acp"
            | "acsp"
            | "aclp"
            | "acfp"
            | "Acp"
            | "glspl"
            | "Glspl"
            | "acrshortpl"
            | "acrfullpl"
            | "acrlongpl"
    )
}

/// Environments that set a formula on a line of its own; those that keep their alignment say so.
#[expect(clippy::option_option, reason = "an environment may need its own name no longer")]
fn math_environment(name: &str) -> Option<Option<&'static str>> {
    Some(match name.trim_end_matches('*') {
        "equation" | "displaymath" | "math" | "subequations" | "dmath" => None,
        "align" | "eqnarray" | "aligned" | "split" | "flalign" | "alignat" => Some("aligned"),
        "gather" | "multline" | "gathered" => Some("gathered"),
        "matrix" => Some("matrix"),
        "pmatrix" => Some("pmatrix"),
        "bmatrix" => Some("bmatrix"),
        "cases" => Some("cases"),
        _ => return None,
    })
}

/// Where the macro name that starts at `place` (behind the backslash) ends.
pub(super) fn name_end(text: &str, place: usize) -> usize {
    let rest = text.get(place..).unwrap_or_default();
    let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    if letters > 0 { place + letters } else { place + rest.chars().next().map_or(0, char::len_utf8) }
}

/// Whether a macro that only mathematics has starts here.
pub(super) fn is_math_at(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('\\') else { return false };
    let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let name = &rest[..letters];
    letters > 0 && is_math(name)
}

fn is_math(name: &str) -> bool {
    if accents::letter(name).is_some() {
        return false;
    }
    symbol(name).is_some()
        || formula::function(name).is_some() && formula::function(name).is_some_and(|found| found.1)
        || formula::is_math_macro(name)
}

/// The chemistry of mhchem: digits behind a letter or bracket are lowered, charges raised.
pub(super) fn chemistry(source: &str) -> Vec<Node> {
    let mut out = Builder::default();
    let mut chars = source.chars().peekable();
    let mut previous = ' ';
    while let Some(found) = chars.next() {
        let atom = previous.is_alphabetic() || matches!(previous, ')' | ']');
        match found {
            '0'..='9' if atom => {
                let mut number = found.to_string();
                while let Some(next) = chars.next_if(|next| next.is_ascii_digit() || *next == '.') {
                    number.push(next);
                }
                out.node(Node::Lowered(vec![Node::Text(number)]));
            }
            '_' | '^' => {
                let mut body = String::new();
                if chars.next_if_eq(&'{').is_some() {
                    while let Some(next) = chars.next_if(|next| *next != '}') {
                        body.push(next);
                    }
                    chars.next();
                } else {
                    while let Some(next) =
                        chars.next_if(|next| next.is_alphanumeric() || matches!(next, '+' | '-'))
                    {
                        body.push(next);
                    }
                }
                let body = vec![Node::Text(body)];
                out.node(if found == '^' { Node::Raised(body) } else { Node::Lowered(body) });
            }
            '+' | '-' if previous.is_alphanumeric() && chars.peek().is_none_or(|next| *next == ' ') => {
                out.node(Node::Raised(vec![Node::Text(found.to_string())]));
            }
            '-' if chars.next_if_eq(&'>').is_some() => out.text.push('→'),
            '{' | '}' | '$' => {}
            '\\' => {
                let mut name = String::new();
                while let Some(next) = chars.next_if(char::is_ascii_alphabetic) {
                    name.push(next);
                }
                match symbol(&name) {
                    Some(symbol) => out.text.push(symbol.text),
                    None => out.text.push_str(&name),
                }
            }
            _ => out.text.push(found),
        }
        previous = found;
    }
    out.finish()
}

/// A unit of siunitx: `\kilo\gram\per\second` is kg/s.
pub(super) fn unit(source: &str, other: impl Fn(&str) -> String) -> String {
    if !source.contains('\\') {
        return other(source);
    }
    let mut out = String::new();
    let mut letter = [0; 4];
    let mut rest = source;
    while let Some(place) = rest.find('\\') {
        out.push_str(rest[..place].trim());
        let end = name_end(rest, place + 1);
        let name = &rest[place + 1..end];
        rest = &rest[end..];
        out.push_str(match name {
            "per" => "/",
            "kilo" => "k",
            "mega" => "M",
            "giga" => "G",
            "tera" => "T",
            "peta" => "P",
            "milli" => "m",
            "micro" => "µ",
            "nano" => "n",
            "pico" => "p",
            "femto" => "f",
            "centi" => "c",
            "meter" | "metre" => "m",
            "gram" => "g",
            "kilogram" => "kg",
            "second" => "s",
            "minute" => "min",
            "hour" => "h",
            "hertz" => "Hz",
            "watt" => "W",
            "joule" => "J",
            "volt" | "V" => "V",
            "ampere" => "A",
            "kelvin" | "K" => "K",
            "celsius" | "degreeCelsius" => "°C",
            "degree" => "°",
            "percent" => "%",
            "pascal" => "Pa",
            "newton" => "N",
            "mole" => "mol",
            "liter" | "litre" => "L",
            "bit" => "bit",
            "byte" => "B",
            "bel" | "decibel" => "dB",
            "electronvolt" | "eV" => "eV",
            "tesla" => "T",
            "angstrom" => "Å",
            "ohm" => "Ω",
            "farad" => "F",
            "square" | "squared" => "²",
            "cubic" | "cubed" => "³",
            "m" => "m",
            "s" => "s",
            "km" => "km",
            "cm" => "cm",
            "mm" => "mm",
            "um" => "µm",
            "nm" => "nm",
            "kg" => "kg",
            "Hz" => "Hz",
            "kHz" => "kHz",
            "MHz" => "MHz",
            "GHz" => "GHz",
            "ms" => "ms",
            _ => match symbol(name) {
                Some(symbol) => symbol.text.encode_utf8(&mut letter),
                None => name,
            },
        });
    }
    out.push_str(rest.trim_matches(['{', '}', ' ']));
    out
}

impl Parser<'_> {
    /// Reads a macro with what belongs to it; where reading goes on.
    pub(super) fn macro_call(&mut self, place: usize, end: usize, depth: usize, out: &mut Builder) -> usize {
        let text = self.text;
        let stop = name_end(text, place + 1).min(end);
        let name = &text[place + 1..stop];
        if name.is_empty() {
            out.text.push('\\');
            return place + 1;
        }
        if !name.starts_with(|found: char| found.is_ascii_alphabetic()) {
            return self.sign(name, stop, end, depth, out);
        }
        if let Some(next) = self.letter_macro(name, stop, end, depth, out) {
            return next;
        }
        if let Some(next) = self.styled_macro(name, stop, end, depth, out) {
            return next;
        }
        if let Some(next) = self.layout_macro(name, stop, end, depth, out) {
            return next;
        }
        if let Some(next) = self.reference_macro(name, stop, end, depth, out) {
            return next;
        }
        if is_math(name) {
            return self.bare_math(place, end, depth, out);
        }
        self.unknown_macro(name, stop, end, depth, out)
    }

    /// A backslash before a sign: escapes, spaces, accents, formula delimiters.
    fn sign(&mut self, name: &str, stop: usize, end: usize, depth: usize, out: &mut Builder) -> usize {
        match name {
            " " | "\n" | "\t" | ";" | ":" | ">" => out.space(),
            "," => out.text.push('\u{202f}'),
            "!" | "/" | "-" | "@" => {}
            "\\" => {
                out.space();
                let after = self.skip_spaces(self.skip_length(stop, end), end);
                return after.max(stop);
            }
            "(" | "[" => {
                let close = if name == "(" { "\\)" } else { "\\]" };
                if let Some(found) = self.find(close, stop, end) {
                    let source = &self.text[stop..found];
                    self.formula(source, name == "[", depth, out);
                    return found + 2;
                }
                out.text.push_str(name);
            }
            "|" => out.text.push('‖'),
            _ => match accents::mark(name) {
                Some(mark) => return self.accent(mark, name, stop, end, depth, out),
                None => out.text.push_str(name),
            },
        }
        stop
    }

    /// `[2pt]` behind a line break.
    fn skip_length(&self, place: usize, end: usize) -> usize {
        let window = &self.text.as_bytes()[place..end.min(place + 12)];
        match window {
            [b'[', inner @ ..]
                if inner.first().is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.')) =>
            {
                inner.iter().position(|byte| *byte == b']').map_or(place, |close| place + close + 2)
            }
            _ => place,
        }
    }

    /// `[…]` at the place: its inside and what follows.
    fn option(&self, place: usize, end: usize) -> Option<((usize, usize), usize)> {
        let window = &self.text.as_bytes()[place..end.min(place + 300)];
        if window.first() != Some(&b'[') {
            return None;
        }
        let close = window.iter().position(|byte| *byte == b']')?;
        Some(((place + 1, place + close), place + close + 1))
    }

    /// The argument of a macro: a group, or the next character.
    fn argument(&mut self, place: usize, end: usize) -> ((usize, usize), usize) {
        let start = self.skip_spaces(place, end);
        if let Some(found) = self.braced(start, end) {
            return found;
        }
        if self.at(start, end) == Some(b'\\') {
            let stop = name_end(self.text, start + 1).min(end);
            return match self.braced(stop, end) {
                Some((_, after)) => ((start, after), after),
                None => ((start, stop), stop),
            };
        }
        let width = self.text[start..end].chars().next().map_or(0, char::len_utf8);
        ((start, start + width), start + width)
    }

    /// Accents by letter (`\v{s}`) and letters (`\ss`).
    fn letter_macro(
        &mut self,
        name: &str,
        stop: usize,
        end: usize,
        depth: usize,
        out: &mut Builder,
    ) -> Option<usize> {
        if let Some(mark) = accents::mark(name) {
            if let Some((inner, after)) = self.braced(stop, end) {
                let body = &self.text[inner.0..inner.1];
                if let Some(greek) = accents::mangled(name, body) {
                    out.text.push(greek);
                    return Some(after);
                }
                if body.trim().chars().count() <= 2 || body.trim().starts_with('\\') {
                    return Some(self.accent(mark, name, stop, end, depth, out));
                }
                return None;
            }
            let next = self.skip_spaces(stop, end);
            let letter = self.text[next..end].chars().next();
            if next > stop
                && letter.is_some_and(|letter| unicode_normalization::char::compose(letter, mark).is_some())
            {
                return Some(self.accent(mark, name, stop, end, depth, out));
            }
            if self.at(stop, end) == Some(b'\\') {
                let after = name_end(self.text, stop + 1).min(end);
                if accents::letter(&self.text[stop + 1..after]).is_some() {
                    return Some(self.accent(mark, name, stop, end, depth, out));
                }
            }
            return None;
        }
        let letters = accents::letter(name)?;
        out.text.push_str(letters);
        let next = self.skip_spaces(stop, end);
        // Signs and logos keep the space that TeX would drop: the author did not mean "©2019".
        let sign = matches!(
            name,
            "copyright" | "dots" | "ldots" | "LaTeX" | "TeX" | "BibTeX" | "S" | "P" | "pounds" | "euro"
        ) || name.starts_with("textre")
            || name.starts_with("texttr");
        Some(if sign { stop } else { next })
    }

    fn styled_macro(
        &mut self,
        name: &str,
        stop: usize,
        end: usize,
        depth: usize,
        out: &mut Builder,
    ) -> Option<usize> {
        if name == "verb" || name == "lstinline" {
            let quote = self.text[stop..end].chars().next()?;
            let start = stop + quote.len_utf8();
            let close = if quote == '{' { '}' } else { quote };
            let length = self.text[start..end].char_indices().take(400).find(|found| found.1 == close);
            let length =
                length.map(|found| found.0).filter(|_| !quote.is_alphanumeric() && !quote.is_whitespace())?;
            out.node(Node::Styled(
                Style::Mono,
                vec![Node::Text(self.text[start..start + length].to_owned())],
            ));
            return Some(start + length + close.len_utf8());
        }
        if let Some(found) = style(name) {
            let (inner, after) = self.argument(stop, end);
            self.mono += usize::from(found == Style::Mono);
            let nodes = self.group(inner, depth);
            self.mono -= usize::from(found == Style::Mono);
            if nodes.is_empty() {
                return Some(after);
            }
            out.node(Node::Styled(found, nodes));
            return Some(after);
        }
        if let Some(found) = switch(name) {
            let start = self.skip_spaces(stop, end);
            let Some(found) = found.filter(|_| self.in_group()) else { return Some(start) };
            self.mono += usize::from(found == Style::Mono);
            let nodes = self.run(start, end, depth + 1);
            self.mono -= usize::from(found == Style::Mono);
            if !nodes.is_empty() {
                out.node(Node::Styled(found, nodes));
            }
            return Some(end);
        }
        if is_transparent(name) || is_plural(name) {
            let start = if self.at(stop, end) == Some(b'*') { stop + 1 } else { stop };
            let (inner, after) = self.argument(start, end);
            let nodes = self.group(inner, depth);
            out.extend(nodes);
            if is_plural(name) {
                out.text.push('s');
            }
            return Some(after);
        }
        match name {
            "textsuperscript" | "textsubscript" => {
                let (inner, after) = self.argument(stop, end);
                let nodes = self.group(inner, depth);
                out.node(if name == "textsuperscript" { Node::Raised(nodes) } else { Node::Lowered(nodes) });
                Some(after)
            }
            "enquote" | "say" => {
                let (inner, after) = self.argument(stop, end);
                let nodes = self.group(inner, depth);
                out.text.push('“');
                out.extend(nodes);
                out.text.push('”');
                Some(after)
            }
            "textcolor" | "colorbox" | "raisebox" | "scalebox" | "rotatebox" | "foreignlanguage" => {
                let mut place = stop;
                while let Some((_, after)) = self.option(place, end) {
                    place = after;
                }
                let (_, after) = self.argument(place, end);
                let (inner, after) = self.argument(after, end);
                let nodes = self.group(inner, depth);
                out.extend(nodes);
                Some(after)
            }
            _ => None,
        }
    }

    fn layout_macro(
        &mut self,
        name: &str,
        stop: usize,
        end: usize,
        depth: usize,
        out: &mut Builder,
    ) -> Option<usize> {
        if is_silent(name) {
            return Some(if name == "xspace" { stop } else { self.skip_spaces(stop, end) });
        }
        let dropped = dropped_arguments(name);
        if dropped > 0 {
            let mut place = if self.at(stop, end) == Some(b'*') { stop + 1 } else { stop };
            for _ in 0..dropped {
                while let Some((_, after)) = self.option(place, end) {
                    place = after;
                }
                if let Some((_, after)) = self.braced(place, end) {
                    place = after;
                }
            }
            return Some(place);
        }
        if let Some(letters) = abbreviation(name) {
            out.text.push_str(letters);
            let next = if self.text[stop..end].starts_with("{}") { stop + 2 } else { stop };
            return Some(if self.at(next, end) == Some(b'.') { next + 1 } else { next });
        }
        match name {
            "par" | "endgraf" => {
                if self.options.paragraphs && !(out.nodes.is_empty() && out.text.trim().is_empty()) {
                    out.trim_end();
                    out.node(Node::Break);
                } else {
                    out.space();
                }
                Some(self.skip_spaces(stop, end))
            }
            "newline" | "hfil" | "quad" | "qquad" | "enspace" | "enskip" | "space" | "nobreakspace"
            | "thinspace" => {
                out.space();
                Some(self.skip_spaces(stop, end))
            }
            "item" => {
                out.space();
                out.text.push_str("• ");
                Some(self.skip_spaces(stop, end))
            }
            "begin" => Some(self.environment(stop, end, depth, out)),
            "end" => Some(self.braced(stop, end).map_or(stop, |found| found.1)),
            "unicode" | "char" | "symbol" => {
                let (inner, after) = self.braced(stop, end)?;
                let found = formula::code_point(&self.text[inner.0..inner.1])?;
                out.text.push(found);
                Some(after)
            }
            "ding" => {
                let (inner, after) = self.braced(stop, end)?;
                match &self.text[inner.0..inner.1] {
                    "51" | "52" => out.text.push('✓'),
                    "55" | "56" => out.text.push('✗'),
                    other => out.text.push_str(other),
                }
                Some(after)
            }
            "num" | "SI" | "qty" | "si" | "unit" | "ang" | "ce" | "ch" => {
                let start = self.option(stop, end).map_or(stop, |found| found.1);
                let (first, mut after) = self.braced(start, end)?;
                let mut second = (after, after);
                if matches!(name, "SI" | "qty")
                    && let Some((inner, next)) = self.braced(after, end)
                {
                    second = inner;
                    after = next;
                }
                let (first, second) = (&self.text[first.0..first.1], &self.text[second.0..second.1]);
                out.extend(parse::measure(name, first, second, depth));
                Some(after)
            }
            // Icons of fontawesome: `\faGithub` is a picture.
            _ if name.starts_with("fa") && name.as_bytes().get(2).is_some_and(u8::is_ascii_uppercase) => {
                Some(self.skip_spaces(stop, end))
            }
            _ => None,
        }
    }

    fn environment(&mut self, stop: usize, end: usize, depth: usize, out: &mut Builder) -> usize {
        let Some((inner, mut after)) = self.braced(stop, end) else { return stop };
        let name = &self.text[inner.0..inner.1];
        if let Some(environment) = math_environment(name)
            && let Some(close) = self.find(&format!("\\end{{{name}}}"), after, end)
        {
            let body = &self.text[after..close];
            let source = match environment {
                None => body.to_owned(),
                Some(environment) => format!("\\begin{{{environment}}}{body}\\end{{{environment}}}"),
            };
            self.formula(&source, true, depth, out);
            return close + "\\end{}".len() + name.len();
        }
        let columns = matches!(name, "tabular" | "array" | "tabularx");
        while let Some((_, next)) = self.option(after, end) {
            after = next;
        }
        if columns && let Some((_, next)) = self.braced(after, end) {
            after = next;
        }
        self.skip_spaces(after, end)
    }

    /// Links, notes, citations.
    fn reference_macro(
        &mut self,
        name: &str,
        stop: usize,
        end: usize,
        depth: usize,
        out: &mut Builder,
    ) -> Option<usize> {
        if is_reference(name) {
            let mut place = if self.at(stop, end) == Some(b'*') { stop + 1 } else { stop };
            while let Some((_, after)) = self.option(place, end) {
                place = after;
            }
            let (_, after) = self.braced(place, end)?;
            out.trim_end();
            // A citation alone in brackets takes them along.
            let open = out.text.chars().next_back();
            let close = self.text[after..end].chars().next();
            if matches!((open, close), (Some('('), Some(')')) | (Some('['), Some(']'))) {
                out.text.pop();
                out.trim_end();
                return Some(after + 1);
            }
            return Some(after);
        }
        match name {
            "footnote" | "footnotetext" | "thanks" | "endnote" | "marginpar" => {
                let start = self.option(stop, end).map_or(stop, |found| found.1);
                let (inner, after) = self.argument(start, end);
                if !out.at_space() {
                    out.text.push(' ');
                }
                let nodes = self.group(inner, depth);
                out.extend(nodes);
                if self.text[after..end].starts_with(|found: char| found.is_alphanumeric()) {
                    out.text.push(' ');
                }
                Some(after)
            }
            "url" | "nolinkurl" => {
                let start = self.skip_spaces(stop, end);
                let (inner, after) = self.braced(start, end)?;
                let shown = unescaped(self.text[inner.0..inner.1].trim());
                if shown.contains('.') && !shown.contains([' ', '\n', '{']) {
                    out.node(Node::Link { url: urls::with_scheme(&shown), body: vec![Node::Text(shown)] });
                } else {
                    let nodes = self.group(inner, depth);
                    out.extend(nodes);
                }
                Some(after)
            }
            "href" | "hyperlink" => {
                let start = self.skip_spaces(stop, end);
                let (first, after) = self.braced(start, end)?;
                let shown = unescaped(self.text[first.0..first.1].trim());
                let second = self.skip_spaces(after, end);
                let second = self.braced(second, end);
                let body = match second {
                    Some((inner, _)) => self.group(inner, depth),
                    None => Vec::new(),
                };
                let after = second.map_or(after, |found| found.1);
                let body = if body.is_empty() { vec![Node::Text(shown.clone())] } else { body };
                let url = urls::with_scheme(&shown);
                if urls::is_web(&url) {
                    out.node(Node::Link { url, body });
                } else {
                    out.extend(body);
                }
                Some(after)
            }
            "hyperref" => {
                let place = self.option(stop, end).map_or(stop, |found| found.1);
                let (inner, after) = self.argument(place, end);
                let nodes = self.group(inner, depth);
                out.extend(nodes);
                Some(after)
            }
            _ => None,
        }
    }

    /// The author's own macro: its arguments, or its name.
    fn unknown_macro(
        &mut self,
        name: &str,
        stop: usize,
        end: usize,
        depth: usize,
        out: &mut Builder,
    ) -> usize {
        if let Some((function, _)) = formula::function(name) {
            if out.text.ends_with(char::is_alphanumeric) {
                out.text.push(' ');
            }
            out.text.push_str(function);
            return stop;
        }
        self.unknown(name);
        let mut place = stop;
        let mut shown = false;
        for _ in 0..9 {
            if self.at(place, end) != Some(b'{') || place >= end {
                break;
            }
            let Some((inner, after)) = self.braced(place, end) else { break };
            let nodes = self.group(inner, depth);
            place = after;
            if nodes.is_empty() {
                continue;
            }
            if shown && !out.at_space() {
                out.text.push(' ');
            }
            shown = true;
            out.extend(nodes);
        }
        if !shown {
            out.text.push_str(name);
        }
        place
    }
}

/// An address without TeX's escapes.
fn unescaped(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    let mut chars = address.chars().peekable();
    while let Some(found) = chars.next() {
        match (found, chars.peek()) {
            ('\\', Some('_' | '%' | '#' | '&' | '~' | '-' | '/' | '{' | '}')) => {}
            ('\n', _) => {}
            _ => out.push(found),
        }
    }
    out
}
