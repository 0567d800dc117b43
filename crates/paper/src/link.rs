//! Typed links: code, project, demo, data, video.

use serde::{Deserialize, Serialize};

/// What a link leads to. The order is the order of buttons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkKind {
    /// Source code.
    Code,
    /// The project's page.
    Project,
    /// Something to try.
    Demo,
    /// A data set or a model.
    Data,
    /// A recording.
    Video,
    /// The full text.
    Pdf,
    /// The paper's page at its source.
    Page,
    /// A correction by the authors or the publisher.
    Erratum,
    /// Anything else.
    Other,
}

impl LinkKind {
    /// The word on the button.
    pub fn label(self) -> &'static str {
        match self {
            LinkKind::Code => "Code",
            LinkKind::Project => "Project",
            LinkKind::Demo => "Demo",
            LinkKind::Data => "Data",
            LinkKind::Video => "Video",
            LinkKind::Pdf => "PDF",
            LinkKind::Page => "Page",
            LinkKind::Erratum => "Erratum",
            LinkKind::Other => "Link",
        }
    }
}

/// A link and what it leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Link {
    /// What it leads to.
    pub kind: LinkKind,
    /// An absolute `http` or `https` address.
    pub url: String,
}

/// The longest address that is kept, in bytes.
pub const URL_BYTES_MAX: usize = 2048;

impl Link {
    /// A link to an absolute http(s) address; a missing scheme is added. Anything else is refused.
    pub fn new(kind: LinkKind, url: &str) -> Option<Link> {
        let url = absolute(url)?;
        Some(Link { kind, url })
    }

    /// A link found in a text: its kind is read off the address and the words before it.
    pub fn found(url: &str, words_before: &str) -> Option<Link> {
        let url = absolute(url)?;
        Some(Link { kind: kind_of(&url, words_before), url })
    }
}

fn absolute(url: &str) -> Option<String> {
    let url = url.trim();
    if url.len() > URL_BYTES_MAX
        || url
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\\' | '`'))
    {
        return None;
    }
    let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    let url = if lower.starts_with("http://") || lower.starts_with("https://") {
        url.to_string()
    } else if url.contains("://") || url.starts_with('/') || url.contains(':') {
        return None;
    } else {
        format!("https://{url}")
    };
    let host = url.split_once("://")?.1.split(['/', '?', '#']).next()?;
    (host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !host.contains('@'))
        .then_some(url)
}

/// Hosts that say what they hold. Longest match first matters not: a host stands in one list only.
const CODE: [&str; 7] = [
    "github.com",
    "gitlab.com",
    "bitbucket.org",
    "codeberg.org",
    "sourceforge.net",
    "gitee.com",
    "anonymous.4open.science",
];
const VIDEO: [&str; 5] = ["youtube.com", "youtu.be", "vimeo.com", "bilibili.com", "slideslive.com"];
const DATA: [&str; 6] = ["zenodo.org", "kaggle.com", "figshare.com", "dataverse.org", "osf.io", "dryad.org"];
const DEMO: [&str; 4] = ["colab.research.google.com", "replicate.com", "gradio.app", "streamlit.app"];
const PROJECT: [&str; 4] = ["github.io", "gitlab.io", "sites.google.com", "netlify.app"];

fn kind_of(url: &str, words_before: &str) -> LinkKind {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.to_ascii_lowercase();
    let on = |hosts: &[&str]| {
        hosts
            .iter()
            .any(|known| host == *known || host.strip_suffix(known).is_some_and(|head| head.ends_with('.')))
    };
    if on(&CODE) {
        // A profile is a person's page, not code.
        return if path.trim_matches('/').contains('/') || host != "github.com" {
            LinkKind::Code
        } else {
            LinkKind::Project
        };
    }
    if host == "huggingface.co" || host == "hf.co" {
        return if path.starts_with("spaces/") { LinkKind::Demo } else { LinkKind::Data };
    }
    if host == "arxiv.org" || host == "doi.org" || host == "dx.doi.org" {
        return LinkKind::Other;
    }
    for (hosts, kind) in [
        (&VIDEO[..], LinkKind::Video),
        (&DATA, LinkKind::Data),
        (&DEMO, LinkKind::Demo),
        (&PROJECT, LinkKind::Project),
    ] {
        if on(hosts) {
            return kind;
        }
    }
    let words = words_before.to_lowercase();
    let tail: String = words.chars().rev().take(80).collect::<Vec<_>>().into_iter().rev().collect();
    let near = |word: &str| tail.contains(word);
    if near("code") || near("implementation") || near("source") || near("repository") || near("software") {
        LinkKind::Code
    } else if near("demo") {
        LinkKind::Demo
    } else if near("video") {
        LinkKind::Video
    } else if near("dataset") || near("data set") || near("benchmark") || near("data") || near("models") {
        LinkKind::Data
    } else if near("project") || near("website") || near("webpage") || near("page") || near("homepage") {
        LinkKind::Project
    } else {
        LinkKind::Other
    }
}

/// `owner/repository` of a link to code on GitHub.
pub fn github_repository(url: &str) -> Option<String> {
    let path = url.split_once("github.com/")?.1;
    let mut parts = path.split(['/', '?', '#']);
    let (owner, name) = (parts.next()?, parts.next()?);
    let good = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    (good(owner) && good(name)).then(|| format!("{owner}/{}", name.strip_suffix(".git").unwrap_or(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, before: &str, kind: LinkKind) {
        assert_eq!(Link::found(url, before).map(|link| link.kind), Some(kind), "{url}");
    }

    #[test]
    fn addresses_say_what_they_lead_to() {
        check("https://github.com/chenchao15/GridPull", "Code:", LinkKind::Code);
        check("github.com/someone", "", LinkKind::Project);
        check("https://someone.github.io/project/", "Code at", LinkKind::Project);
        check("https://huggingface.co/spaces/a/b", "", LinkKind::Demo);
        check("https://huggingface.co/datasets/a/b", "", LinkKind::Data);
        check("https://youtu.be/abc", "", LinkKind::Video);
        check("https://lab.example.org/x", "The source code is available at ", LinkKind::Code);
        check("https://lab.example.org/x", "See our project page ", LinkKind::Project);
        check("https://lab.example.org/x", "", LinkKind::Other);
    }

    #[test]
    fn only_web_addresses_become_links() {
        for url in [
            "javascript:alert(1)",
            "ftp://example.org/x",
            "//example.org",
            "https://a b.org",
            "https://user@example.org/",
            "https://localhost",
            "data:text/html,x",
            "",
        ] {
            assert_eq!(Link::new(LinkKind::Other, url), None, "{url}");
        }
    }

    #[test]
    fn repositories_are_read_off_addresses() {
        assert_eq!(github_repository("https://github.com/a/b.git?x=1").as_deref(), Some("a/b"));
        assert_eq!(github_repository("https://github.com/a"), None);
    }
}
