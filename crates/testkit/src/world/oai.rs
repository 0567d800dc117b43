//! OAI-PMH as arXiv speaks it.

use super::categories;
use super::fault::Fault;
use super::serve::{Inner, Reply, TokenForm};
use super::state::Now;
use super::time::{http_date, iso, utc_day, utc_midnight};
use super::xml::{arguments, escaped, percent, unpercent};
use jiff::Timestamp;
use jiff::civil::{Date, date};

/// Nothing is told of what changed before.
const EARLIEST: Date = date(2005, 9, 16);

const PREFIXES: [&str; 4] = ["oai_dc", "arXiv", "arXivOld", "arXivRaw"];

const BAD_ARGUMENT: &str = "The request includes illegal arguments, is missing required arguments, includes a repeated \
                            argument, or values for arguments have an illegal syntax.";

/// An error of the protocol: its code, and what is said about it.
struct Refused(&'static str, String);

fn bad_argument(reason: &str) -> Refused {
    Refused("badArgument", format!("{BAD_ARGUMENT} Reason: {reason}"))
}

fn bad_token(reason: &str) -> Refused {
    Refused(
        "badResumptionToken",
        format!("The value of the resumptionToken argument is invalid or expired. Reason: {reason}"),
    )
}

/// What a list is asked for.
struct Wanted {
    verb: &'static str,
    prefix: String,
    from: Option<Date>,
    until: Option<Date>,
    set: Option<String>,
    skip: usize,
}

/// A page, and for how long caches may keep it.
pub(super) struct Answered {
    pub(super) body: String,
    pub(super) kept_until: Timestamp,
}

pub(super) fn answer(inner: &mut Inner, query: &str, fault: Option<&Fault>) -> Answered {
    let given = arguments(query);
    let now = inner.now;
    let mut kept_until = utc_midnight(now);
    let result = page(inner, &given, fault, &mut kept_until);
    let shown_now = if fault == Some(&Fault::ClockBehind) { super::time::minus_hours(now, 24) } else { now };
    // No arguments are told back for a request that was not understood.
    let told = !matches!(&result, Err(Refused("badVerb" | "badArgument", _)));
    let attributes: String = match told {
        true => {
            given.iter().map(|(name, value)| format!(" {}=\"{}\"", escaped(name), escaped(value))).collect()
        }
        false => String::new(),
    };
    let content = match result {
        Ok(content) => content,
        Err(Refused(code, message)) => format!("    <error code='{code}'>{}</error>\n", escaped(&message)),
    };
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<OAI-PMH xmlns=\"http://www.openarchives.org/OAI/2.0/\" \n         \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"\n         \
         xsi:schemaLocation=\"http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd\">\n    \
         <responseDate>{}</responseDate>\n        <request{attributes}>http://oaipmh.arxiv.org/oai</request>\n{content}</OAI-PMH>",
        iso(shown_now)
    );
    Answered { body, kept_until }
}

fn page(
    inner: &mut Inner,
    given: &[(String, String)],
    fault: Option<&Fault>,
    kept_until: &mut Timestamp,
) -> Result<String, Refused> {
    let one = |name: &str| given.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let verb = one("verb").filter(|_| given.iter().filter(|(name, _)| name == "verb").count() == 1);
    let known: &[&str] = match verb {
        Some("Identify") => &[],
        Some("ListMetadataFormats") => &["identifier"],
        Some("ListSets") => &["resumptionToken"],
        Some("GetRecord") => &["identifier", "metadataPrefix"],
        Some("ListRecords" | "ListIdentifiers") => {
            &["metadataPrefix", "from", "until", "set", "resumptionToken"]
        }
        _ => {
            let message = "Value of the verb argument is not a legal OAI-PMH verb, the verb argument is missing, or the \
                           verb argument is repeated.";
            return Err(Refused("badVerb", message.to_owned()));
        }
    };
    for (number, (name, _)) in given.iter().enumerate() {
        if name != "verb" && !known.contains(&name.as_str()) {
            return Err(bad_argument("Unknown parameter provided"));
        }
        if given[..number].iter().any(|(earlier, _)| earlier == name) {
            return Err(bad_argument("No duplicate parameters allowed"));
        }
    }
    match verb {
        Some("Identify") => Ok(identify()),
        Some("ListMetadataFormats") => Ok(formats()),
        Some("ListSets") => Ok(sets()),
        Some("GetRecord") => record(inner, one("identifier"), one("metadataPrefix")),
        verb => {
            let verb = if verb == Some("ListRecords") { "ListRecords" } else { "ListIdentifiers" };
            let token = one("resumptionToken");
            let wanted = match token {
                Some(_) if given.len() > 2 => {
                    return Err(bad_argument("No other parameters allowed with resumptionToken"));
                }
                Some(token) => resumed(inner, verb, token, fault)?,
                None => first(inner, verb, one)?,
            };
            let hours = if wanted.until.is_some_and(|until| until < utc_day(inner.now)) { 96 } else { 1 };
            let body = list(inner, &wanted, token, fault)?;
            *kept_until = super::time::minus_hours(inner.now, -hours);
            Ok(body)
        }
    }
}

fn first<'a>(
    inner: &Inner,
    verb: &'static str,
    one: impl Fn(&str) -> Option<&'a str>,
) -> Result<Wanted, Refused> {
    let prefix = one("metadataPrefix").ok_or_else(|| bad_argument("metadataPrefix is required"))?;
    let day = |name: &str| match one(name) {
        None => Ok(None),
        Some(text) if text.len() == 10 => {
            text.parse::<Date>().map(Some).map_err(|_| bad_argument("date format must be YYYY-MM-DD"))
        }
        Some(_) => Err(bad_argument("date format must be YYYY-MM-DD")),
    };
    let (from, until) = (day("from")?, day("until")?);
    let tomorrow = utc_day(inner.now).tomorrow().map_err(|_| bad_argument("until date too late"))?;
    if from.is_some_and(|from| from < EARLIEST) {
        return Err(bad_argument("start date too early"));
    }
    if until.is_some_and(|until| until > tomorrow) {
        return Err(bad_argument("until date too late"));
    }
    if from.zip(until).is_some_and(|(from, until)| until < from) {
        return Err(bad_argument("until date cannot be before from date"));
    }
    if !PREFIXES.contains(&prefix) {
        return Err(unknown_format());
    }
    let set = one("set");
    if set.is_some_and(|set| !categories::is_set(set)) {
        return Err(bad_argument("Set does not exist"));
    }
    Ok(Wanted { verb, prefix: prefix.to_owned(), from, until, set: set.map(str::to_owned), skip: 0 })
}

fn unknown_format() -> Refused {
    let message = "The metadata format identified by the value given for the metadataPrefix argument is not supported by \
                   the item or by the repository. Reason: Did not recognize requested format";
    Refused("cannotDisseminateFormat", message.to_owned())
}

fn resumed(inner: &Inner, verb: &'static str, token: &str, fault: Option<&Fault>) -> Result<Wanted, Refused> {
    match fault {
        Some(Fault::ExpiredToken) => return Err(bad_token("token expired")),
        Some(Fault::BadToken) => return Err(bad_token("token not understood")),
        _ => {}
    }
    if inner.manners.tokens_end && inner.issued.get(question_of(token)).is_some_and(|end| *end <= inner.now) {
        return Err(bad_token("token expired"));
    }
    let parts = arguments(&unpercent(token));
    let one = |name: &str| parts.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    if one("verb") != Some(verb) {
        return Err(bad_token("verb does not match"));
    }
    let mut wanted = first(inner, verb, one).map_err(|_| bad_token("invalid token"))?;
    wanted.skip = one("skip").and_then(|skip| skip.parse().ok()).ok_or_else(|| bad_token("invalid token"))?;
    Ok(wanted)
}

fn list(
    inner: &mut Inner,
    wanted: &Wanted,
    token: Option<&str>,
    fault: Option<&Fault>,
) -> Result<String, Refused> {
    let now = inner.now;
    let order = inner.world.order(now, wanted.set.as_deref());
    let limit = if wanted.verb == "ListRecords" {
        inner.manners.page_records
    } else {
        inner.manners.page_identifiers
    };
    let start = wanted.from.map_or(0, |from| order.partition_point(|(at, _)| utc_day(*at) < from));
    let in_range =
        order[start..].iter().take_while(|(at, _)| wanted.until.is_none_or(|until| utc_day(*at) <= until));
    let mut found: Vec<Now<'_>> = in_range
        .skip(wanted.skip)
        .take(limit + 1)
        .filter_map(|&(_, paper)| inner.world.now(paper, now))
        .collect();
    if found.is_empty() {
        let message = "The combination of the values of the from, until, set and metadataPrefix arguments results in an empty list.";
        return Err(Refused("noRecordsMatch", message.to_owned()));
    }
    let is_last = found.len() <= limit;
    found.truncate(limit);
    if fault == Some(&Fault::Short) {
        found.truncate(found.len().div_ceil(2));
    }
    let is_last = is_last && fault != Some(&Fault::Short);
    // The next page begins within the last day of this one: the days before are never asked for again.
    let last_day = found.last().map(|paper| utc_day(paper.modified));
    let of_last_day = found.iter().filter(|paper| Some(utc_day(paper.modified)) == last_day).count();
    let skip = if last_day == wanted.from
        || of_last_day == found.len() && wanted.from.is_none() && wanted.skip > 0
    {
        wanted.skip + of_last_day
    } else {
        of_last_day
    };
    let mut next = match (last_day, is_last) {
        (Some(day), false) => Some(token_of(wanted, day, skip)),
        _ => None,
    };
    let mut empty = false;
    match (fault, token) {
        (Some(Fault::TokenLoop), Some(token)) => next = Some(token.to_owned()),
        (Some(Fault::Empty), _) => {
            // The token goes on where this page should have begun.
            next = Some(
                token.map_or_else(|| token_of(wanted, wanted.from.unwrap_or(EARLIEST), 0), str::to_owned),
            );
            empty = true;
        }
        _ => {}
    }
    let mut out = format!("    <{}>\n", wanted.verb);
    if !empty {
        for (number, paper) in found.iter().enumerate() {
            let deleted = number == 0 && fault == Some(&Fault::Deleted);
            match wanted.verb {
                "ListIdentifiers" => header(paper, false, deleted, &mut out),
                _ => one_record(paper, &wanted.prefix, deleted, &mut out),
            }
        }
    }
    let moved = found.last().filter(|_| fault == Some(&Fault::Moved)).map(|paper| paper.paper.id.clone());
    drop(found);
    match next {
        Some(token) => {
            let end = utc_midnight(now);
            out.push_str(&format!(
                "<resumptionToken expires='{}'>{}</resumptionToken>\n",
                iso(end),
                escaped(&token)
            ));
            inner.issued.insert(question_of(&token).to_owned(), end);
        }
        None if token.is_some() && inner.manners.token_form == TokenForm::Empty => {
            out.push_str("<resumptionToken/>\n")
        }
        None => {}
    }
    out.push_str(&format!("    </{}>\n", wanted.verb));
    if let Some(id) = moved {
        inner.world.touch(&id, now);
    }
    Ok(out)
}

fn token_of(wanted: &Wanted, from: Date, skip: usize) -> String {
    let mut text = format!("verb={}&metadataPrefix={}&from={from}", wanted.verb, wanted.prefix);
    if let Some(until) = wanted.until {
        text.push_str(&format!("&until={until}"));
    }
    if let Some(set) = &wanted.set {
        text.push_str(&format!("&set={}", percent(set)));
    }
    text.push_str(&format!("&skip={skip}"));
    percent(&text)
}

/// A token without the number of records to skip: tokens are no rows of the server, so they end by what they ask.
fn question_of(token: &str) -> &str {
    token.trim_end_matches(|character: char| character.is_ascii_digit())
}

fn record(inner: &Inner, identifier: Option<&str>, prefix: Option<&str>) -> Result<String, Refused> {
    let (Some(identifier), Some(prefix)) = (identifier, prefix) else {
        return Err(bad_argument("identifier and metadataPrefix are required"));
    };
    if !PREFIXES.contains(&prefix) {
        return Err(unknown_format());
    }
    let paper = identifier.strip_prefix("oai:arXiv.org:").and_then(|id| inner.world.paper_at(id, inner.now));
    let Some(paper) = paper else {
        let message = "The value of the identifier argument is unknown or illegal in this repository. Reason: Nothing \
                       found for this id";
        return Err(Refused("idDoesNotExist", message.to_owned()));
    };
    let mut out = "    <GetRecord>\n".to_owned();
    one_record(&paper, prefix, false, &mut out);
    out.push_str("    </GetRecord>\n");
    Ok(out)
}

fn header(paper: &Now<'_>, aliases: bool, deleted: bool, out: &mut String) {
    let status = if deleted { " status=\"deleted\"" } else { "" };
    out.push_str(&format!(
        "    <header{status}>\n        <identifier>oai:arXiv.org:{}</identifier>\n        <datestamp>{}</datestamp>\n",
        paper.paper.id,
        utc_day(paper.modified)
    ));
    for set in categories::sets(&paper.categories, aliases) {
        out.push_str(&format!("            <setSpec>{set}</setSpec>\n"));
    }
    out.push_str("    </header>\n");
}

fn one_record(paper: &Now<'_>, prefix: &str, deleted: bool, out: &mut String) {
    out.push_str("        <record>\n");
    header(paper, true, deleted, out);
    if !deleted {
        out.push_str("            <metadata>\n");
        match prefix {
            "arXivRaw" => raw(paper, out),
            "oai_dc" => dublin_core(paper, out),
            _ => split(paper, prefix, out),
        }
        out.push_str("            </metadata>\n");
    }
    out.push_str("        </record>\n");
}

fn element(name: &str, text: &str, out: &mut String) {
    out.push_str(&format!("            <{name}>{}</{name}>\n", escaped(text)));
}

fn open(prefix: &str, out: &mut String) {
    out.push_str(&format!(
        "    <{prefix} xmlns=\"http://arxiv.org/OAI/{prefix}/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:schemaLocation=\"http://arxiv.org/OAI/{prefix}/ http://arxiv.org/OAI/{prefix}.xsd\">\n"
    ));
}

/// What stands at the end of each of arXiv's own forms.
fn tail(paper: &Now<'_>, out: &mut String) {
    if let Some(comments) = paper.comments() {
        element("comments", &comments, out);
    }
    if let Some(reference) = paper.journal_ref() {
        element("journal-ref", &reference, out);
    }
    element("license", paper.license(), out);
}

fn raw(paper: &Now<'_>, out: &mut String) {
    open("arXivRaw", out);
    element("id", &paper.paper.id, out);
    let authors = &paper.text.authors;
    element("submitter", authors.split(", ").next().unwrap_or_default(), out);
    for (number, sent) in paper.versions.iter().enumerate() {
        let withdrawn = paper.withdrawn && number + 1 == paper.versions.len();
        let (size, kind) = if withdrawn { (0, "I") } else { (40 + 7 * number, "D") };
        out.push_str(&format!(
            "            <version version=\"v{}\">\n                <date>{}</date>\n                \
             <size>{size}kb</size>\n                    <source_type>{kind}</source_type>\n            </version>\n",
            number + 1,
            http_date(*sent)
        ));
    }
    element("title", &paper.title(), out);
    element("authors", authors, out);
    element("categories", &paper.categories.join(" "), out);
    tail(paper, out);
    out.push_str(&format!(
        "            <abstract>  {}\n</abstract>\n    </arXivRaw>\n",
        escaped(&paper.abstract_text())
    ));
}

/// The forms with split authors and with letters in place of TeX, as arXiv's filter leaves them.
fn split(paper: &Now<'_>, prefix: &str, out: &mut String) {
    open(prefix, out);
    element("id", &paper.paper.id, out);
    let latest = paper.versions.last().copied().unwrap_or(paper.paper.sent);
    element("created", &utc_day(latest).to_string(), out);
    element("updated", &utc_day(paper.modified).to_string(), out);
    if prefix == "arXivOld" {
        element("authors", &paper.text.authors, out);
    } else {
        out.push_str("        <authors>\n");
        for author in paper.text.authors.split(", ") {
            let (given, family) = author.rsplit_once(' ').unwrap_or(("", author));
            out.push_str("                <author>\n");
            element("keyname", family, out);
            if !given.is_empty() {
                element("forenames", given, out);
            }
            out.push_str("                </author>\n");
        }
        out.push_str("        </authors>\n");
    }
    element("title", &greek(&paper.title()), out);
    element("categories", &paper.categories.join(" "), out);
    tail(paper, out);
    out.push_str(&format!(
        "            <abstract>  {}\n</abstract>\n    </{prefix}>\n",
        escaped(&greek(&paper.abstract_text()))
    ));
}

fn dublin_core(paper: &Now<'_>, out: &mut String) {
    out.push_str(
        "    <oai_dc:dc xmlns:oai_dc=\"http://www.openarchives.org/OAI/2.0/oai_dc/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:schemaLocation=\"http://www.openarchives.org/OAI/2.0/oai_dc/ http://www.openarchives.org/OAI/2.0/oai_dc.xsd\">\n",
    );
    element("dc:title", &greek(&paper.title()), out);
    for author in paper.text.authors.split(", ") {
        let (given, family) = author.rsplit_once(' ').unwrap_or(("", author));
        let name = if given.is_empty() { family.to_owned() } else { format!("{family}, {given}") };
        element("dc:creator", &name, out);
    }
    for category in &paper.categories {
        element("dc:subject", categories::name(category), out);
    }
    element("dc:description", &format!("  {}\n ", greek(&paper.abstract_text())), out);
    if let Some(comments) = paper.comments() {
        element("dc:description", &comments, out);
    }
    element("dc:date", &utc_day(paper.paper.sent).to_string(), out);
    if paper.versions.len() > 1 {
        element("dc:date", &utc_day(paper.versions[paper.versions.len() - 1]).to_string(), out);
    }
    element("dc:type", "text", out);
    element("dc:identifier", &format!("http://arxiv.org/abs/{}", paper.paper.id), out);
    if let Some(reference) = paper.journal_ref() {
        element("dc:identifier", &reference, out);
    }
    out.push_str("    </oai_dc:dc>\n");
}

/// Some of the replacements of arXiv's filter, inside formulas too.
pub(super) fn greek(text: &str) -> String {
    let mut text = text.to_owned();
    for (tex, letter) in
        [("\\alpha", "α"), ("\\beta", "β"), ("\\epsilon", "ε"), ("\\lambda", "λ"), ("\\pi", "π")]
    {
        text = text.replace(tex, letter);
    }
    text
}

fn identify() -> String {
    "    <Identify>\n        <repositoryName>arXiv</repositoryName>\n        \
     <baseURL>https://oaipmh.arxiv.org/oai</baseURL>\n        <protocolVersion>2.0</protocolVersion>\n        \
     <adminEmail>help@arxiv.org</adminEmail>\n        <earliestDatestamp>2005-09-16</earliestDatestamp>\n        \
     <deletedRecord>persistent</deletedRecord>\n        <granularity>YYYY-MM-DD</granularity>\n    </Identify>\n"
        .to_owned()
}

fn formats() -> String {
    let mut out = "    <ListMetadataFormats>\n".to_owned();
    for prefix in PREFIXES {
        let (schema, namespace) = match prefix {
            "oai_dc" => (
                "http://www.openarchives.org/OAI/2.0/oai_dc.xsd".to_owned(),
                "http://www.openarchives.org/OAI/2.0/oai_dc/".to_owned(),
            ),
            _ => (
                format!("https://oaipmh.arxiv.org/OAI/{prefix}.xsd"),
                format!("http://arxiv.org/OAI/{prefix}/"),
            ),
        };
        out.push_str("        <metadataFormat>\n");
        element("metadataPrefix", prefix, &mut out);
        element("schema", &schema, &mut out);
        element("metadataNamespace", &namespace, &mut out);
        out.push_str("        </metadataFormat>\n");
    }
    out.push_str("    </ListMetadataFormats>\n");
    out
}

fn sets() -> String {
    let mut out = "    <ListSets>\n".to_owned();
    for (set, name) in categories::all_sets() {
        out.push_str("        <set>\n");
        element("setSpec", set, &mut out);
        element("setName", name, &mut out);
        out.push_str("        </set>\n");
    }
    out.push_str("    </ListSets>\n");
    out
}

/// The answer as a reply.
pub(super) fn reply(body: String) -> Reply {
    Reply::new(200, "text/xml", body)
}
