//! A formula as plain Unicode: `O(n log n)`, `ℝⁿ`, `σ_(1:T)²`.

use unicode_normalization::UnicodeNormalization;

use super::accents::accented;
use super::formula::{Atom, Delimiter, Font, Fraction, Script};
use super::plain::write_nodes;
use super::symbols::{Role, Symbol};

/// Writes the formula behind what `out` already holds.
pub(super) fn write(atoms: &[Atom], out: &mut String) {
    let before = out.chars().next_back();
    let mut writer = Writer { out: String::new(), last: Last::Start, before, script: false };
    writer.atoms(atoms);
    // `5$\,$GHz`: a spacing macro at an edge is meant, a space of the source is not.
    let explicit = |atom: Option<&Atom>| matches!(atom, Some(Atom::Space { explicit: true }));
    if explicit(atoms.first()) && before.is_some_and(|before| !before.is_whitespace()) {
        out.push(' ');
    }
    let text = writer.out.trim_matches(' ');
    out.push_str(text);
    if explicit(atoms.last()) && !text.is_empty() {
        out.push(' ');
    }
}

/// The formula alone.
pub(super) fn plain(atoms: &[Atom]) -> String {
    let mut out = String::new();
    write(atoms, &mut out);
    out
}

/// What was written last, as far as the next space depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Start,
    Letter,
    /// An operator; `loose` when a space stood before it.
    Operator {
        loose: bool,
    },
    Prefix,
    Function,
    Open,
    Close,
    /// A script written as `^x` or `_x`, which the next letter would seem to belong to.
    OpenScript,
    Other,
    Space,
}

struct Writer {
    out: String,
    last: Last,
    /// The character of the surrounding text before the formula.
    before: Option<char>,
    script: bool,
}

impl Writer {
    fn atoms(&mut self, atoms: &[Atom]) {
        atoms.iter().for_each(|atom| self.atom(atom));
    }

    fn atom(&mut self, atom: &Atom) {
        match atom {
            Atom::Char(found) => self.char(*found),
            Atom::Symbol(found) => self.symbol(found),
            Atom::Space { .. } => self.space(),
            Atom::Group(body) => self.atoms(body),
            Atom::Font { font, body } => self.font(*font, body),
            Atom::Script(script) => self.script(script),
            Atom::Fraction { kind, over, under } => self.fraction(*kind, over, under),
            Atom::Root { degree, body } => self.root(degree, body),
            Atom::Accent { mark, body, .. } => self.accent(*mark, body),
            Atom::Text(nodes) => {
                let mut text = String::new();
                write_nodes(nodes, &mut text);
                self.word(&text);
            }
            Atom::Function { name, .. } => {
                if matches!(self.last, Last::Letter | Last::Close | Last::Function | Last::OpenScript) {
                    self.out.push(' ');
                }
                self.out.push_str(name);
                self.last = Last::Function;
            }
            Atom::Fence { open, body, close } => {
                self.delimiter(open.as_ref(), true);
                self.atoms(body);
                self.trim();
                self.delimiter(close.as_ref(), false);
            }
            Atom::Sized(delimiter) => self.delimiter(Some(delimiter), false),
            Atom::Stack { above, mark, body } => {
                if *above {
                    self.atoms(body);
                } else {
                    let script = Script { base: body.clone(), sub: Some(mark.clone()), ..Script::default() };
                    self.script(&script);
                }
            }
            Atom::Table { environment, rows } => self.table(environment, rows),
            Atom::Unknown { name, arguments } => {
                if arguments.is_empty() {
                    self.word(name);
                } else {
                    for (place, argument) in arguments.iter().enumerate() {
                        if place > 0 {
                            self.out.push_str(", ");
                            self.last = Last::Space;
                        }
                        self.atoms(argument);
                    }
                }
            }
        }
    }

    fn char(&mut self, found: char) {
        match found {
            '=' | '<' | '>' | '+' | '≤' | '≥' | '≠' | '≈' | '×' | '±' | '∈' | '→' | '−' | '·' | '∼' =>
            {
                self.operator(found);
            }
            '-' | '/' | '*' | '|' => {
                self.out.push(found);
                self.last = Last::Other;
            }
            '(' | '[' | '{' => self.push(found, Last::Open),
            ')' | ']' | '}' => self.push(found, Last::Close),
            _ if found.is_alphanumeric() => self.letter(found),
            _ => self.push(found, Last::Other),
        }
    }

    fn letter(&mut self, found: char) {
        if matches!(self.last, Last::Function | Last::OpenScript) {
            self.out.push(' ');
        }
        self.push(found, Last::Letter);
    }

    fn push(&mut self, found: char, last: Last) {
        self.out.push(found);
        self.last = last;
    }

    fn operator(&mut self, found: char) {
        let loose = self.last == Last::Space;
        self.push(found, Last::Operator { loose });
    }

    fn symbol(&mut self, found: &Symbol) {
        match found.role {
            Role::Letter if found.text.is_alphanumeric() => self.letter(found.text),
            Role::Letter => self.push(found.text, Last::Other),
            Role::Operator | Role::Large => self.operator(found.text),
            Role::Open => self.push(found.text, Last::Open),
            Role::Close => self.push(found.text, Last::Close),
            Role::Punctuation => self.push(found.text, Last::Other),
            Role::Prefix => self.push(found.text, Last::Prefix),
        }
    }

    fn space(&mut self) {
        let kept = match self.last {
            Last::Start | Last::Space | Last::Prefix | Last::Operator { loose: false } => false,
            _ => !self.script,
        };
        if kept {
            self.push(' ', Last::Space);
        }
    }

    fn trim(&mut self) {
        if self.out.ends_with(' ') {
            self.out.pop();
        }
    }

    fn word(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let letter = |found: Option<char>| found.is_some_and(char::is_alphanumeric);
        if matches!(self.last, Last::Function | Last::OpenScript) && letter(text.chars().next()) {
            self.out.push(' ');
        }
        self.out.push_str(text);
        let last = text.chars().next_back();
        self.last = match last {
            Some(found) if found.is_whitespace() => Last::Space,
            found if letter(found) => Last::Letter,
            _ => Last::Other,
        };
    }

    fn delimiter(&mut self, delimiter: Option<&Delimiter>, open: bool) {
        match delimiter {
            Some(Delimiter::Char(found)) => self.char(*found),
            Some(Delimiter::Symbol(found)) => self.symbol(found),
            None => {}
        }
        if open {
            self.last = Last::Open;
        }
    }

    fn font(&mut self, font: Font, body: &[Atom]) {
        if font != Font::DoubleStruck {
            self.atoms(body);
            return;
        }
        let mut text = String::new();
        std::mem::swap(&mut self.out, &mut text);
        let last = self.last;
        self.last = Last::Start;
        self.atoms(body);
        std::mem::swap(&mut self.out, &mut text);
        let struck: String = text.chars().map(double_struck).collect();
        if matches!(last, Last::Function | Last::OpenScript) && struck.starts_with(char::is_alphanumeric) {
            self.out.push(' ');
        }
        self.out.push_str(&struck);
        if text.is_empty() {
            self.last = last;
        }
    }

    fn accent(&mut self, mark: Option<char>, body: &[Atom]) {
        let text = plain(body);
        let Some(mark) = mark else { return self.atoms(body) };
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(one), None) if !one.is_whitespace() => {
                let whole: String = if one.is_alphabetic() {
                    accented(mark, &text)
                } else {
                    [one, mark].into_iter().collect::<String>().nfc().collect()
                };
                if one.is_alphanumeric() {
                    self.word(&whole);
                    self.last = Last::Letter;
                } else {
                    let loose = self.last == Last::Space;
                    self.out.push_str(&whole);
                    self.last = Last::Operator { loose };
                }
            }
            // Over several letters a combining mark would sit on one of them: leave it out.
            _ => self.atoms(body),
        }
    }

    fn script(&mut self, script: &Script) {
        self.atoms(&script.base);
        let prefix = matches!(script.base.as_slice(), [Atom::Symbol(found)] if found.role == Role::Large);
        let function = matches!(script.base.as_slice(), [Atom::Function { .. }]);
        match script.primes {
            0 => {}
            1 => self.push('′', Last::Letter),
            2 => self.push('″', Last::Letter),
            3 => self.push('‴', Last::Letter),
            many => {
                self.out.extend(std::iter::repeat_n('′', many));
                self.last = Last::Letter;
            }
        }
        let sub = script.sub.as_ref().map(|body| (body, false));
        let sup = script.sup.as_ref().map(|body| (body, true));
        let in_order = if script.sup_first { [sup, sub] } else { [sub, sup] };
        for (body, above) in in_order.into_iter().flatten() {
            self.one_script(body, above);
        }
        if function {
            self.last = Last::Function;
        } else if prefix && self.last != Last::OpenScript {
            self.last = Last::Close;
        }
    }

    fn one_script(&mut self, body: &[Atom], above: bool) {
        let text = script_text(body);
        if text.is_empty() || (self.out.is_empty() && text.chars().all(|found| found == '.')) {
            return;
        }
        let before = self.out.chars().next_back().or(self.before);
        if above {
            if matches!(text.as_str(), "st" | "nd" | "rd" | "th") && before.is_some_and(char::is_numeric) {
                self.out.push_str(&text);
                self.last = Last::Letter;
                return;
            }
            if let Some(sign) = raised_sign(&text) {
                self.out.push_str(sign);
                self.last = Last::Letter;
                return;
            }
        }
        let has_function = contains_function(body);
        let mapped: Option<String> = if has_function {
            None
        } else {
            text.chars().map(|found| if above { superscript(found) } else { subscript(found) }).collect()
        };
        if let Some(mapped) = mapped {
            self.out.push_str(&mapped);
            self.last = Last::Letter;
            return;
        }
        self.out.push(if above { '^' } else { '_' });
        if is_one_run(&text) {
            self.out.push_str(&text);
            self.last = Last::OpenScript;
        } else {
            self.out.push('(');
            self.out.push_str(&text);
            self.out.push(')');
            self.last = Last::Close;
        }
    }

    fn fraction(&mut self, kind: Fraction, over: &[Atom], under: &[Atom]) {
        let (top, bottom) = (plain(over), plain(under));
        if kind != Fraction::Line {
            self.word(&format!(
                "({top} {} {bottom})",
                if kind == Fraction::Binomial { "choose" } else { "over" }
            ));
            return;
        }
        if matches!(self.last, Last::Function | Last::OpenScript | Last::Letter) && !self.script {
            // `2\frac{a}{b}` would read as 2a/b, which is the same; `x^2\frac` would not.
            if self.last != Last::Letter {
                self.out.push(' ');
            }
        }
        let wrapped_top = needs_parentheses(&top, false);
        self.out.push_str(&parenthesised(top, wrapped_top));
        self.out.push('/');
        let wrapped = needs_parentheses(&bottom, true);
        self.out.push_str(&parenthesised(bottom, wrapped));
        self.last = if wrapped { Last::Close } else { Last::OpenScript };
    }

    fn root(&mut self, degree: &[Atom], body: &[Atom]) {
        let (degree, body) = (plain(degree), plain(body));
        if matches!(self.last, Last::OpenScript | Last::Function) {
            self.out.push(' ');
        }
        match degree.as_str() {
            "" | "2" => self.out.push('√'),
            "3" => self.out.push('∛'),
            "4" => self.out.push('∜'),
            _ => {
                match degree.chars().map(superscript).collect::<Option<String>>() {
                    Some(raised) => self.out.push_str(&raised),
                    None => self.out.push_str(&parenthesised(degree, true)),
                }
                self.out.push('√');
            }
        }
        let wrapped = body.is_empty() || needs_parentheses(&body, true);
        self.out.push_str(&parenthesised(body, wrapped));
        self.last = if wrapped { Last::Close } else { Last::OpenScript };
    }

    fn table(&mut self, environment: &str, rows: &[Vec<Vec<Atom>>]) {
        let aligned = matches!(environment, "aligned" | "gathered");
        let (open, close) = match environment {
            "pmatrix" => ("(", ")"),
            "bmatrix" => ("[", "]"),
            "Bmatrix" | "cases" => ("{", if environment == "cases" { "" } else { "}" }),
            "vmatrix" => ("|", "|"),
            "Vmatrix" => ("‖", "‖"),
            _ => ("", ""),
        };
        let (between_cells, between_rows) = match environment {
            _ if aligned => ("", " "),
            "substack" => ("", ","),
            _ => (", ", "; "),
        };
        self.out.push_str(open);
        for (number, row) in rows.iter().enumerate() {
            if number > 0 {
                self.trim();
                self.out.push_str(between_rows);
                self.last = Last::Space;
            }
            for (column, cell) in row.iter().enumerate() {
                if column > 0 {
                    self.out.push_str(between_cells);
                    if !between_cells.is_empty() {
                        self.last = Last::Space;
                    }
                }
                self.atoms(cell);
            }
        }
        self.out.push_str(close);
        self.last = Last::Close;
    }
}

/// The text of a script: no spaces around operators.
fn script_text(body: &[Atom]) -> String {
    let mut writer = Writer { out: String::new(), last: Last::Start, before: None, script: true };
    writer.atoms(body);
    writer.out.trim().to_owned()
}

fn contains_function(body: &[Atom]) -> bool {
    body.iter().any(|atom| match atom {
        Atom::Function { .. } => true,
        Atom::Group(body) | Atom::Font { body, .. } => contains_function(body),
        _ => false,
    })
}

/// Superscripts that are written as a raised sign of their own.
fn raised_sign(text: &str) -> Option<&'static str> {
    Some(match text {
        "∘" | "°" | "o" if text != "o" => "°",
        "*" | "∗" => "*",
        "**" => "**",
        "′" => "′",
        "″" => "″",
        "⊤" | "⊺" | "ᵀ" => "ᵀ",
        "†" => "†",
        "‡" => "‡",
        "⋆" | "★" => "⋆",
        "#" | "♯" => "♯",
        "™" => "™",
        "®" => "®",
        _ => return None,
    })
}

/// A number (`0.75`), or a run of letters or digits.
fn is_one_run(text: &str) -> bool {
    let single = text.chars().count() == 1;
    let number = text.starts_with(|found: char| found.is_ascii_digit())
        && text.chars().all(|found| found.is_ascii_digit() || found == '.');
    single || number || text.chars().all(char::is_alphanumeric)
}

fn parenthesised(text: String, wrapped: bool) -> String {
    if wrapped { format!("({text})") } else { text }
}

/// Whether a part of a fraction or a root needs brackets to be read as one.
fn needs_parentheses(text: &str, under: bool) -> bool {
    if text.is_empty() {
        return false;
    }
    let mut depth = 0_usize;
    let mut letters = 0;
    let mut in_number = false;
    let mut compound = false;
    let mut bracketed = false;
    let mut previous = ' ';
    for found in text.chars() {
        match found {
            '(' | '[' | '{' | '⟨' | '⌊' | '⌈' => {
                depth += 1;
                bracketed = true;
                in_number = false;
            }
            ')' | ']' | '}' | '⟩' | '⌋' | '⌉' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            '+' | '-' | '−' | '=' | '/' | ' ' | '±' | ',' | '<' | '>' | '≤' | '≥' => compound = true,
            _ if found.is_ascii_digit() || found == '.' => {
                if !in_number && !matches!(previous, '^' | '_') {
                    letters += 1;
                }
                in_number = true;
            }
            // A letter behind ^ or _ belongs to the letter before.
            _ if found.is_alphabetic() && !is_script_letter(found) => {
                if !matches!(previous, '^' | '_') {
                    letters += 1;
                }
                in_number = false;
            }
            _ => in_number = false,
        }
        previous = found;
    }
    let differential = {
        let mut chars = text.chars();
        matches!(chars.next(), Some('d' | '∂'))
            && chars.filter(|found| !is_script_letter(*found)).count() == 1
    };
    let wholly_bracketed =
        bracketed && text.starts_with('(') && text.ends_with(')') && letters == 0 && !compound;
    if wholly_bracketed {
        return text.matches('(').count() > 1 && under;
    }
    compound || (under && !differential && (letters > 1 || (bracketed && letters > 0 && !is_call(text))))
}

/// `f(x)`: one letter and its argument.
fn is_call(text: &str) -> bool {
    text.ends_with(')') && text.matches('(').count() == 1 && text.find('(').is_some_and(|place| place <= 4)
}

fn is_script_letter(found: char) -> bool {
    matches!(found, '⁰'..='₎' | '²' | '³' | '¹' | 'ᴬ'..='ᵪ' | 'ₐ'..='ₜ' | 'ⱼ' | 'ⱽ' | 'ᶜ' | 'ᶠ' | 'ᶻ' | '\u{300}'..='\u{36f}' | '\u{20d0}'..='\u{20f0}' | '′' | '″')
}

fn double_struck(found: char) -> char {
    match found {
        'C' => 'ℂ',
        'H' => 'ℍ',
        'N' => 'ℕ',
        'P' => 'ℙ',
        'Q' => 'ℚ',
        'R' => 'ℝ',
        'Z' => 'ℤ',
        'A'..='Z' => shifted(found, 'A', 0x1d538),
        'a'..='z' => shifted(found, 'a', 0x1d552),
        '0'..='9' => shifted(found, '0', 0x1d7d8),
        _ => found,
    }
}

fn shifted(found: char, first: char, base: u32) -> char {
    char::from_u32(base + u32::from(found) - u32::from(first)).unwrap_or(found)
}

/// The superscript form of a character.
pub(super) fn superscript(found: char) -> Option<char> {
    Some(match found {
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4'..='9' => shifted(found, '4', 0x2074),
        '+' => '⁺',
        '-' | '−' => '⁻',
        '=' => '⁼',
        '(' => '⁽',
        ')' => '⁾',
        'a' => 'ᵃ',
        'b' => 'ᵇ',
        'c' => 'ᶜ',
        'd' => 'ᵈ',
        'e' => 'ᵉ',
        'f' => 'ᶠ',
        'g' => 'ᵍ',
        'h' => 'ʰ',
        'i' => 'ⁱ',
        'j' => 'ʲ',
        'k' => 'ᵏ',
        'l' => 'ˡ',
        'm' => 'ᵐ',
        'n' => 'ⁿ',
        'o' => 'ᵒ',
        'p' => 'ᵖ',
        'r' => 'ʳ',
        's' => 'ˢ',
        't' => 'ᵗ',
        'u' => 'ᵘ',
        'v' => 'ᵛ',
        'w' => 'ʷ',
        'x' => 'ˣ',
        'y' => 'ʸ',
        'z' => 'ᶻ',
        'A' => 'ᴬ',
        'B' => 'ᴮ',
        'D' => 'ᴰ',
        'E' => 'ᴱ',
        'G' => 'ᴳ',
        'H' => 'ᴴ',
        'I' => 'ᴵ',
        'J' => 'ᴶ',
        'K' => 'ᴷ',
        'L' => 'ᴸ',
        'M' => 'ᴹ',
        'N' => 'ᴺ',
        'O' => 'ᴼ',
        'P' => 'ᴾ',
        'R' => 'ᴿ',
        'T' => 'ᵀ',
        'U' => 'ᵁ',
        'V' => 'ⱽ',
        'W' => 'ᵂ',
        _ => return None,
    })
}

/// The subscript form of a character.
pub(super) fn subscript(found: char) -> Option<char> {
    Some(match found {
        '0'..='9' => shifted(found, '0', 0x2080),
        '+' => '₊',
        '-' | '−' => '₋',
        '=' => '₌',
        '(' => '₍',
        ')' => '₎',
        'a' => 'ₐ',
        'e' => 'ₑ',
        'h' => 'ₕ',
        'i' => 'ᵢ',
        'j' => 'ⱼ',
        'k' => 'ₖ',
        'l' => 'ₗ',
        'm' => 'ₘ',
        'n' => 'ₙ',
        'o' => 'ₒ',
        'p' => 'ₚ',
        'r' => 'ᵣ',
        's' => 'ₛ',
        't' => 'ₜ',
        'u' => 'ᵤ',
        'v' => 'ᵥ',
        'x' => 'ₓ',
        _ => return None,
    })
}
