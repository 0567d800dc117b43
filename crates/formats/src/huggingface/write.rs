//! Papers in the shape of Hugging Face's API, field by field as its Python client reads them: what the client looks
//! for at the outer level stands there as well as inside.

use paper::{AnnouncementKind, Author, Day, LinkKind, Paper, Source, link};
use serde_json::{Map, Value, json};

/// An item of `/api/daily_papers` and `/api/papers/search`. `day` is the day of the list that it stands in; without it,
/// the latest day on which the paper was featured, or the first on which it was announced.
pub fn item(paper: &Paper, day: Option<Day>) -> Value {
    let inner = inner(paper, day);
    let day = day.or_else(|| listed(paper));
    let text = |name: &str| inner.get(name).cloned().unwrap_or(Value::Null);
    let mut item = Map::new();
    item.insert("title".into(), text("title"));
    item.insert("summary".into(), text("summary"));
    let published = day.map(timestamp).map_or_else(|| text("publishedAt"), Value::String);
    item.insert("publishedAt".into(), published);
    item.insert("upvotes".into(), text("upvotes"));
    item.insert("numComments".into(), json!(paper.comments()));
    item.insert("isAuthorParticipating".into(), json!(false));
    if let Some(name) = &paper.submitter {
        item.insert("submittedBy".into(), user(name));
    }
    // The client reads these from the outer object only.
    for name in ["organization", "ai_summary", "ai_keywords", "projectPage", "githubRepo", "source"] {
        if let Some(value) = inner.get(name) {
            item.insert(name.into(), value.clone());
        }
    }
    item.insert("paper".into(), Value::Object(inner));
    Value::Object(item)
}

/// The paper of `/api/papers/{id}`, with the lists of linked repositories that clients expect (empty here).
pub fn paper(paper: &Paper) -> Value {
    let mut value = inner(paper, None);
    for name in ["linkedModels", "linkedDatasets", "linkedSpaces", "comments"] {
        value.insert(name.into(), json!([]));
    }
    for name in ["numTotalModels", "numTotalDatasets", "numTotalSpaces"] {
        value.insert(name.into(), json!(0));
    }
    value.insert("numComments".into(), json!(paper.comments()));
    Value::Object(value)
}

fn inner(paper: &Paper, day: Option<Day>) -> Map<String, Value> {
    let mut value = Map::new();
    value.insert("id".into(), json!(paper.arxiv_id().unwrap_or(&paper.address)));
    value.insert("title".into(), json!(paper.plain_title()));
    value.insert("summary".into(), json!(paper.plain_abstract()));
    let authors: Vec<Value> =
        paper.authors.iter().enumerate().map(|(at, author)| self::author(paper, at, author)).collect();
    value.insert("authors".into(), Value::Array(authors));
    let published = paper.published.and_then(|date| date.first_day()).or_else(|| paper.first_announced());
    value.insert("publishedAt".into(), json!(published.map(timestamp)));
    if let Some(day) = day.or_else(|| listed(paper)) {
        value.insert("submittedOnDailyAt".into(), json!(timestamp(day)));
    }
    if let Some(name) = &paper.submitter {
        value.insert("submittedOnDailyBy".into(), user(name));
    }
    value.insert("upvotes".into(), json!(paper.votes()));
    value.insert("discussionId".into(), json!(hex(&["discussion", &paper.address])));
    if let Some(name) = &paper.organisation {
        value.insert("organization".into(), organisation(name));
    }
    if let Some(page) = paper.links.iter().find(|link| link.kind == LinkKind::Project) {
        value.insert("projectPage".into(), json!(page.url));
    }
    let is_repository = |url: &str| link::github_repository(url).is_some();
    let code = paper.links.iter().find(|link| link.kind == LinkKind::Code && is_repository(&link.url));
    if let Some(code) = code {
        value.insert("githubRepo".into(), json!(code.url));
        value.insert("githubRepoAddedBy".into(), json!("auto"));
    }
    if let Some(summary) = paper.summaries.iter().find(|summary| summary.value.machine) {
        value.insert("ai_summary".into(), json!(summary.value.text));
        if summary.value.by != Source::Huggingface.title() {
            value.insert("ai_summary_model".into(), json!(summary.value.by));
        }
    }
    if !paper.machine_keywords.is_empty() {
        value.insert("ai_keywords".into(), json!(paper.machine_keywords));
    }
    value.insert("source".into(), json!(paper.sources.first().map(|source| source.name())));
    value
}

/// The latest day on which it was featured, else the first on which it was announced.
fn listed(paper: &Paper) -> Option<Day> {
    let featured = paper
        .announcements
        .iter()
        .filter(|announcement| announcement.value.kind == AnnouncementKind::Featured)
        .map(|announcement| announcement.value.day);
    featured.max().or_else(|| paper.first_announced())
}

/// Midnight UTC in the one form that the client can read.
fn timestamp(day: Day) -> String {
    format!("{day}T00:00:00.000Z")
}

/// 24 hexadecimal digits, as the client expects of ids; the same for the same words.
fn hex(words: &[&str]) -> String {
    blake3::hash(words.join("\n").as_bytes()).to_hex()[..24].to_owned()
}

fn author(paper: &Paper, at: usize, author: &Author) -> Value {
    json!({
        "_id": hex(&["author", &paper.address, &at.to_string(), &author.name]),
        "name": author.name,
        "hidden": false,
    })
}

/// Both `user` and `name`: the Hub sends one of them in each place, the client reads `user`.
fn user(name: &str) -> Value {
    json!({
        "_id": hex(&["user", name]),
        "avatarUrl": "",
        "fullname": name,
        "name": name,
        "user": name,
        "type": "user",
        "isPro": false,
        "isHf": false,
        "isHfAdmin": false,
        "isMod": false,
    })
}

/// Both `avatar`, which the Hub sends, and `avatarUrl`, which the client reads.
fn organisation(name: &str) -> Value {
    json!({ "_id": hex(&["organisation", name]), "name": name, "fullname": name, "avatar": "", "avatarUrl": "" })
}
