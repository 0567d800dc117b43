//! RSS and Atom as rss.arxiv.org makes them.

use super::categories::{is_known, lies_in, table};
use super::fault::Fault;
use super::serve::{Inner, Reply};
use super::state::{Announced, Kind, Now};
use super::time::{eastern, eastern_day, feeds_at};
use super::xml::escaped;
use jiff::Timestamp;
use jiff::civil::Date;

/// More items are cut off, without a word.
const ITEMS_MAX: usize = 2000;

/// How an item was announced, in the feed's words, and its place in the feed's order.
fn word(announced: &Announced, paper: &Now<'_>, asked: &[String]) -> (u8, &'static str) {
    let primary_here = asked.iter().any(|asked| lies_in(paper.categories[0], asked));
    match announced.kind {
        Kind::New if primary_here => (4, "new"),
        Kind::New | Kind::Cross => (3, "cross"),
        Kind::Replace if primary_here => (2, "replace"),
        Kind::Replace => (1, "replace-cross"),
    }
}

pub(super) fn answer(inner: &Inner, path: &str, if_none_match: Option<&str>, fault: Option<&Fault>) -> Reply {
    let (form, asked) = path.trim_matches('/').split_once('/').unwrap_or((path, ""));
    // Ids are read in any case here.
    let wanted: Vec<Option<String>> = asked
        .split('+')
        .map(|asked| {
            table()
                .keys()
                .find(|id| id.eq_ignore_ascii_case(asked) && is_known(id))
                .map(|id| (*id).to_owned())
        })
        .collect();
    let Some(wanted) = wanted.into_iter().collect::<Option<Vec<String>>>() else {
        let body = "<?xml version='1.0' encoding='UTF-8'?>\n<rss version=\"2.0\"><channel><title>Feed error</title>\
                    <link>http://rss.arxiv.org/</link><description>Invalid archive or category</description></channel></rss>";
        return Reply::new(400, "application/rss+xml", body.to_owned());
    };
    // A feed is made at midnight and shows the day that it was made.
    let today = eastern_day(inner.now);
    let mut day = today;
    let stale = inner.stale.iter().any(|(category, until)| wanted.contains(category) && inner.now < *until);
    if fault == Some(&Fault::Stale) || stale {
        day = inner.world.days().iter().rev().find(|earlier| **earlier < today).copied().unwrap_or(today);
    }
    let mut items: Vec<(u8, &'static str, Announced)> = Vec::new();
    if fault != Some(&Fault::Quiet) {
        for asked in &wanted {
            for announced in inner.world.announced(asked, day) {
                let Some(paper) = inner.world.listed(&announced.id, day) else { continue };
                let (order, word) = word(&announced, &paper, &wanted);
                if !items.iter().any(|(_, _, known)| known.id == announced.id) {
                    items.push((order, word, announced));
                }
            }
        }
    }
    items.sort_by(|one, other| one.0.cmp(&other.0).then(other.2.id.cmp(&one.2.id)));
    items.truncate(ITEMS_MAX);
    let made = feeds_at(today);
    let etag = format!("\"{form}-{asked}-{day}-{}\"", items.len());
    if if_none_match == Some(etag.as_str()) {
        let mut reply = Reply::new(304, "", String::new());
        reply.headers.push(("ETag", etag));
        return reply;
    }
    let body = match form {
        "rss" => rss(inner, asked, &wanted, &items, made, day),
        _ => atom(inner, asked, &wanted, &items, made, day),
    };
    let mut reply =
        Reply::new(200, if form == "rss" { "application/rss+xml" } else { "application/atom+xml" }, body);
    let tomorrow = feeds_at(today.tomorrow().unwrap_or(today));
    let age = tomorrow.duration_since(inner.now).as_secs().max(0);
    reply.headers.push(("Cache-Control", format!("max-age={age}")));
    reply.headers.push(("ETag", etag));
    reply
}

fn rfc822(time: Timestamp) -> String {
    time.to_zoned(eastern()).strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
}

fn summary(word: &str, announced: &Announced, paper: &Now<'_>) -> String {
    let text = paper.abstract_text();
    format!("arXiv:{}v{} Announce Type: {word} \nAbstract: {text}", announced.id, announced.version)
}

fn rss(
    inner: &Inner,
    asked: &str,
    wanted: &[String],
    items: &[(u8, &'static str, Announced)],
    made: Timestamp,
    day: Date,
) -> String {
    let names = wanted.join(", ");
    // A stale batch keeps its own date beside today's time of making.
    let (built, dated) = (made.strftime("%a, %d %b %Y %H:%M:%S +0000"), rfc822(feeds_at(day)));
    let mut out = format!(
        "<?xml version='1.0' encoding='UTF-8'?>\n<rss xmlns:arxiv=\"http://arxiv.org/schemas/atom\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:atom=\"http://www.w3.org/2005/Atom\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" version=\"2.0\">\n  <channel>\n    <title>{names} \
         updates on arXiv.org</title>\n    <link>http://rss.arxiv.org/rss/{asked}</link>\n    <description>{names} updates \
         on the arXiv.org e-print archive.</description>\n    <atom:link href=\"http://rss.arxiv.org/rss/{asked}\" \
         rel=\"self\" type=\"application/rss+xml\"/>\n    <docs>http://www.rssboard.org/rss-specification</docs>\n    \
         <language>en-us</language>\n    <lastBuildDate>{built}</lastBuildDate>\n    \
         <managingEditor>rss-help@arxiv.org</managingEditor>\n    <pubDate>{dated}</pubDate>\n    <skipDays>\n      \
         <day>Sunday</day>\n      <day>Saturday</day>\n    </skipDays>\n"
    );
    for (_, word, announced) in items {
        let Some(paper) = inner.world.listed(&announced.id, day) else { continue };
        out.push_str(&format!(
            "    <item>\n      <title>{}</title>\n      <link>https://arxiv.org/abs/{}</link>\n      \
             <description>{}</description>\n      <guid isPermaLink=\"false\">oai:arXiv.org:{}v{}</guid>\n",
            escaped(&paper.title()),
            announced.id,
            escaped(&summary(word, announced, &paper)),
            announced.id,
            announced.version
        ));
        for category in &paper.categories {
            out.push_str(&format!("      <category>{category}</category>\n"));
        }
        out.push_str(&format!(
            "      <pubDate>{dated}</pubDate>\n      <arxiv:announce_type>{word}</arxiv:announce_type>\n      \
             <dc:rights>{}</dc:rights>\n      <dc:creator>{}</dc:creator>\n    </item>\n",
            paper.license(),
            escaped(&paper.text.authors)
        ));
    }
    out.push_str("  </channel>\n</rss>\n");
    out
}

fn atom(
    inner: &Inner,
    asked: &str,
    wanted: &[String],
    items: &[(u8, &'static str, Announced)],
    made: Timestamp,
    day: Date,
) -> String {
    let names = wanted.join(", ");
    let built = made.strftime("%Y-%m-%dT%H:%M:%S.000000+00:00").to_string();
    let dated = feeds_at(day).to_zoned(eastern()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" \
         xmlns:arxiv=\"http://arxiv.org/schemas/atom\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xml:lang=\"en-us\">\n  <id>http://rss.arxiv.org/atom/{asked}</id>\n  <title>{names} updates on \
         arXiv.org</title>\n  <updated>{built}</updated>\n  <link href=\"http://rss.arxiv.org/atom/{asked}\" rel=\"self\" \
         type=\"application/atom+xml\"/>\n  <subtitle>{names} updates on the arXiv.org e-print archive.</subtitle>\n"
    );
    for (_, word, announced) in items {
        let Some(paper) = inner.world.listed(&announced.id, day) else { continue };
        out.push_str(&format!(
            "  <entry>\n    <id>oai:arXiv.org:{}v{}</id>\n    <title>{}</title>\n    <updated>{built}</updated>\n    <link \
             href=\"https://arxiv.org/abs/{}\" rel=\"alternate\" type=\"text/html\"/>\n    <summary>{}</summary>\n",
            announced.id,
            announced.version,
            escaped(&paper.title()),
            announced.id,
            escaped(&summary(word, announced, &paper))
        ));
        for category in &paper.categories {
            out.push_str(&format!("    <category term=\"{category}\"/>\n"));
        }
        out.push_str(&format!(
            "    <published>{dated}</published>\n    <arxiv:announce_type>{word}</arxiv:announce_type>\n    \
             <dc:rights>{}</dc:rights>\n    <dc:creator>{}</dc:creator>\n  </entry>\n",
            paper.license(),
            escaped(&paper.text.authors)
        ));
    }
    out.push_str("</feed>\n");
    out
}
