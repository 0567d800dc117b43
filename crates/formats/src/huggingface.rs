//! The JSON of Hugging Face's `/api/daily_papers`: reading it, and writing it so that its clients can read Broadsheet.

mod write;

pub use write::{item, paper};

use crate::item::{BadRecord, Notes};
use crate::json::{self, Count, Text, present};
use paper::{
    Announcement, AnnouncementKind, Attention, Author, Day, Identity, Link, LinkKind, Markup, Record, Source,
    Stamp, Summary,
};
use serde::Deserialize;

/// A line `{"date","item"}`, an item `{"paper", …}`, or a paper by itself.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Outer<'a> {
    #[serde(borrow)]
    date: Option<Text<'a>>,
    item: Option<Box<Outer<'a>>>,
    paper: Option<Inner<'a>>,
    published_at: Option<Text<'a>>,
    title: Option<Text<'a>>,
    summary: Option<Text<'a>>,
    num_comments: Count,
    upvotes: Count,
    submitted_by: Option<User<'a>>,
    organization: Option<Organisation<'a>>,
    submitter_organization: Option<Organisation<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Inner<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    authors: Option<Vec<Name<'a>>>,
    published_at: Option<Text<'a>>,
    submitted_on_daily_at: Option<Text<'a>>,
    submitted_on_daily_by: Option<User<'a>>,
    title: Option<Text<'a>>,
    summary: Option<Text<'a>>,
    upvotes: Count,
    github_repo: Option<Text<'a>>,
    project_page: Option<Text<'a>>,
    #[serde(rename = "ai_summary")]
    ai_summary: Option<Text<'a>>,
    #[serde(rename = "ai_summary_model")]
    ai_summary_model: Option<Text<'a>>,
    #[serde(rename = "ai_keywords")]
    ai_keywords: Option<Vec<Text<'a>>>,
    organization: Option<Organisation<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Name<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    hidden: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct User<'a> {
    #[serde(borrow)]
    fullname: Option<Text<'a>>,
    name: Option<Text<'a>>,
    user: Option<Text<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Organisation<'a> {
    #[serde(borrow)]
    fullname: Option<Text<'a>>,
    name: Option<Text<'a>>,
}

pub(crate) fn parse(bytes: &[u8], notes: &mut Notes) -> Result<Record, BadRecord> {
    let line: Outer<'_> = json::parse(bytes)?;
    let date = line.date;
    let outer = match line.item {
        Some(item) => *item,
        None if line.paper.is_some() => Outer { date: None, item: None, ..line },
        None => Outer { paper: Some(json::parse(bytes)?), ..Outer::default() },
    };
    let inner = outer.paper.ok_or(BadRecord::Other("the item holds no paper"))?;
    let id = inner.id.as_deref().unwrap_or_default();
    let (node, _) =
        Identity::arxiv(id).ok_or_else(|| BadRecord::NoIdentity(id.chars().take(80).collect()))?;

    let title = present(&inner.title).or_else(|| present(&outer.title)).ok_or(BadRecord::NoTitle)?;
    let mut record = Record::new(Source::Huggingface, node, title);
    record.markup = Markup::Huggingface;
    record.abstract_text = present(&inner.summary).or_else(|| present(&outer.summary));
    let names = inner.authors.iter().flatten().filter(|author| author.hidden != Some(true));
    record.authors =
        names.filter_map(|author| present(&author.name)).map(|name| Author::named(shown(&name))).collect();

    let mut day = |what: &str, text: &Option<Text<'_>>| {
        let text = present(text)?;
        let day = Day::parse_prefix(&text);
        if day.is_none() {
            notes.add(format!("{what} {text:?} is not a day; the record is read without it"));
        }
        day
    };
    record.published = day("publishedAt", &inner.published_at).map(Into::into);
    let listed = day("date", &date)
        .or_else(|| day("submittedOnDailyAt", &inner.submitted_on_daily_at))
        .or_else(|| day("publishedAt", &outer.published_at));
    if let Some(day) = listed {
        record.stamp = Stamp { version: 0, time: day.to_string() };
        record.announcements =
            vec![Announcement { day, category: String::new(), kind: AnnouncementKind::Featured }];
    }
    let attention = Attention { votes: inner.upvotes.0.or(outer.upvotes.0), comments: outer.num_comments.0 };
    record.attention = (attention != Attention::default()).then_some(attention);
    record.submitter = outer.submitted_by.or(inner.submitted_on_daily_by).and_then(|user| {
        present(&user.fullname).or_else(|| present(&user.name)).or_else(|| present(&user.user))
    });
    let organisation = inner.organization.or(outer.organization).or(outer.submitter_organization);
    record.organisation =
        organisation.and_then(|body| present(&body.fullname).or_else(|| present(&body.name)));
    for (kind, field) in [(LinkKind::Code, &inner.github_repo), (LinkKind::Project, &inner.project_page)] {
        if let Some(text) = present(field) {
            // Addresses copied from a PDF may be broken over lines.
            let text: String = text.split_whitespace().collect();
            match Link::new(kind, &text) {
                Some(link) => record.links.push(link),
                None => notes.add(format!("{text:?} is not a web address; the record is read without it")),
            }
        }
    }
    record.summaries = present(&inner.ai_summary)
        .map(|text| {
            let by = present(&inner.ai_summary_model).unwrap_or_else(|| "Hugging Face".to_owned());
            Summary { text, by, machine: true }
        })
        .into_iter()
        .collect();
    let keywords = inner.ai_keywords.iter().flatten().map(|word| word.trim().to_owned());
    record.keywords = keywords.filter(|word| !word.is_empty()).collect();
    record.keywords_by_machine = !record.keywords.is_empty();
    Ok(record)
}

fn shown(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}
