//! Papers as Markdown, for people and agents that read text.

use paper::{AnnouncementKind, Paper, Standing};

/// A paper as a Markdown document: title, authors, facts, links, abstract, summaries. Formulas appear as Unicode text;
/// what the paper's text holds can not become markup.
pub fn paper(paper: &Paper) -> String {
    let mut out = format!("# {}\n", escape(&paper.plain_title()));
    if paper.standing != Standing::Stands {
        let word = if paper.standing == Standing::Withdrawn { "withdrawn" } else { "retracted" };
        out.push_str(&format!("\n**This paper has been {word}.**\n"));
    }
    if !paper.authors.is_empty() {
        let mut names: Vec<String> = paper.authors.iter().map(|author| escape(&author.name)).collect();
        let more = usize::try_from(paper.author_count).unwrap_or(usize::MAX).saturating_sub(names.len());
        if more > 0 {
            names.push(format!("and {more} more"));
        }
        out.push_str(&format!("\n{}\n", names.join(", ")));
    } else if paper.author_count > 0 {
        out.push_str(&format!("\n{} authors\n", paper.author_count));
    }
    out.push('\n');
    out.push_str(&facts(paper));
    let text = paper.plain_abstract();
    if !text.is_empty() {
        out.push_str("\n## Abstract\n");
        for part in text.split('\n').map(str::trim).filter(|part| !part.is_empty()) {
            out.push_str(&format!("\n{}\n", escape(part)));
        }
    }
    for summary in &paper.summaries {
        let by = if summary.value.machine {
            format!("by a machine: {}", summary.value.by)
        } else {
            format!("by the {}", summary.value.by)
        };
        out.push_str(&format!("\n## Summary ({})\n\n{}\n", escape(&by), escape(&line(&summary.value.text))));
    }
    out
}

fn facts(paper: &Paper) -> String {
    let mut facts: Vec<(&str, String)> = Vec::new();
    if let Some(date) = paper.published {
        facts.push(("Published", date.to_string()));
    }
    for announcement in &paper.announcements {
        let verb = match announcement.value.kind {
            AnnouncementKind::New => "New",
            AnnouncementKind::Featured => "Featured",
            // Listings say the rest.
            AnnouncementKind::CrossList | AnnouncementKind::Replacement => continue,
        };
        let category = match announcement.value.category.as_str() {
            "" => String::new(),
            category => format!(", {}", escape(category)),
        };
        let source = announcement.source.title();
        facts.push((verb, format!("{} ({source}{category})", announcement.value.day)));
    }
    if !paper.categories.is_empty() {
        facts.push(("Categories", escape(&paper.categories.join(", "))));
    }
    for (name, field) in
        [("Venue", &paper.venue), ("Appeared in", &paper.journal_ref), ("Licence", &paper.license)]
    {
        if let Some(text) = field {
            facts.push((name, escape(&line(text))));
        }
    }
    if let Some(text) = &paper.comment {
        let plain = paper::reading::comment(text, paper.title_markup).plain();
        facts.push(("Comment", escape(&line(&plain))));
    }
    if !paper.awards.is_empty() {
        facts.push(("Awards", escape(&paper.awards.join("; "))));
    }
    if !paper.keywords.is_empty() {
        facts.push(("Keywords", escape(&paper.keywords.join(", "))));
    }
    let (votes, comments) = (paper.votes(), paper.comments());
    if votes > 0 || comments > 0 {
        facts.push(("Attention", format!("{votes} votes, {comments} comments")));
    }
    for identity in paper.identities.iter().filter(|identity| identity.scheme().is_public()) {
        let url = identity.url().unwrap_or_default();
        facts.push(("Identifier", format!("[{}](<{}>)", escape(&identity.to_string()), address(&url))));
    }
    for link in &paper.links {
        facts.push((link.kind.label(), format!("<{}>", address(&link.url))));
    }
    facts.into_iter().map(|(name, value)| format!("- {name}: {value}\n")).collect()
}

fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An address that cannot leave its angle brackets.
fn address(url: &str) -> String {
    url.replace('<', "%3C").replace('>', "%3E").split_whitespace().collect()
}

/// Text of which no character is markup.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for (at, c) in text.char_indices() {
        let begins_block = at == 0 && matches!(c, '#' | '-' | '+' | '=' | '|');
        if begins_block || matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '~') {
            out.push('\\');
        } else if c == '&' {
            out.push_str("&amp;");
            continue;
        } else if c == '\n' || c.is_control() {
            out.push(' ');
            continue;
        }
        out.push(c);
    }
    // `1. ` at the beginning would start a list.
    let digits = out.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && matches!(out.as_bytes().get(digits), Some(b'.' | b')')) {
        out.insert(digits, '\\');
    }
    out
}
