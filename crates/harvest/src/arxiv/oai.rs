//! Records of arXiv by OAI-PMH, set by set, in arXiv's form with all versions (`arXivRaw`).
//!
//! A harvest is a list of pages, ordered by the day of a record's last change. With each page, in one transaction, the
//! catalogue remembers the token of the next one and the last day seen; so a harvest that was cut anywhere goes on where
//! the catalogue is. A token that no longer works costs nothing but the last day again, because the list is ordered by
//! days. arXiv's tokens count records from the beginning of a day, so a record that changes while its day is read would
//! hide another one: each page is asked for with the last records of the page before, and if it begins with none of them
//! its day is read anew. The next harvest begins [`OVERLAP_DAYS`] earlier than the last one's first answer, by the
//! server's clock, never by ours.
//!
//! Days of change are not days of announcement: nothing here puts a paper into an edition.

use super::Addresses;
use crate::ask::World;
use crate::fetch::Url;
use crate::run::{Failure, Run};
use catalogue::{Catalogue, Delivery, Incoming, Lease, Problem, Progress};
use formats::oai::{self, Answer, Code, Entry, Rest};
use paper::{Day, Record};
use serde::{Deserialize, Serialize};

/// A harvest begins so many days before the last one's first answer.
pub const OVERLAP_DAYS: i32 = 7;

/// How often in a row a page may break off, come without records, or lead nowhere, before the run ends.
const DISAPPOINTMENTS_MAX: u32 = 5;

/// How many records of the page before are asked for again with a page. So many may change within a day while it is
/// read before the day has to be read anew.
const REPEATED_RECORDS: usize = 10;

/// What is remembered of a set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The server's day when it first answered to the last harvest that ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<Day>,
    /// The harvest under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under_way: Option<UnderWay>,
}

/// A harvest that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnderWay {
    /// The day from which to ask if the token does not work: the last day of change that was seen.
    pub from: Day,
    /// The server's day when it first answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<Day>,
    /// How to ask for the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The identifiers of the last records of the page before: one of them is to be the first of the next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tail: Vec<String>,
    /// Records so far.
    #[serde(default)]
    pub records: u64,
}

impl Memory {
    /// The part of the source under which a set is remembered.
    pub fn part(set: &str) -> String {
        format!("oai/{set}")
    }

    /// What the catalogue remembers of a set.
    ///
    /// # Errors
    /// If the catalogue cannot be read, or what it holds was not written by this program.
    pub fn of(catalogue: &Catalogue, set: &str) -> Result<Memory, Failure> {
        let part = Memory::part(set);
        let Some(value) = catalogue.progress("arxiv", &part)? else { return Ok(Memory::default()) };
        serde_json::from_str(&value).map_err(|error| Failure::Memory { part, reason: error.to_string() })
    }

    fn progress(&self, set: &str) -> Progress {
        let value = serde_json::to_string(self).ok();
        Progress { source: "arxiv".to_string(), part: Memory::part(set), value }
    }
}

/// What to harvest.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// arXiv's name of the set, e.g. `cs` or `cs:cs:AI`.
    pub set: &'a str,
    /// From which day of change on; otherwise from where the last harvest ended.
    pub from: Option<Day>,
    /// The job in whose name it is done.
    pub lease: Option<&'a Lease>,
}

/// Harvests one set to the end of its list. `each` is told of every page.
///
/// # Errors
/// If the source or the catalogue fails; what was delivered stays, and the next call goes on from there.
pub fn harvest(
    world: &World<'_>,
    catalogue: &Catalogue,
    addresses: &Addresses,
    order: &Order<'_>,
    each: &mut dyn FnMut(&Run),
) -> Result<Run, Failure> {
    let memory = match order.from {
        Some(_) => Memory { under_way: None, ..Memory::of(catalogue, order.set).unwrap_or_default() },
        None => Memory::of(catalogue, order.set)?,
    };
    let mut harvest =
        Harvest { world, catalogue, addresses, order, memory, run: Run::default(), disappointments: 0 };
    while harvest.page()? {
        each(&harvest.run);
    }
    each(&harvest.run);
    Ok(harvest.run)
}

struct Harvest<'a> {
    world: &'a World<'a>,
    catalogue: &'a Catalogue,
    addresses: &'a Addresses,
    order: &'a Order<'a>,
    memory: Memory,
    run: Run,
    /// Pages in a row that brought nothing.
    disappointments: u32,
}

impl Harvest<'_> {
    /// Takes in one page. False after the last.
    fn page(&mut self) -> Result<bool, Failure> {
        let from = self.begin();
        let mut under_way = match self.memory.under_way.take() {
            Some(under_way) => under_way,
            None => UnderWay { from, began: None, token: None, tail: Vec::new(), records: 0 },
        };
        let sent = under_way.token.as_deref().map(|token| stepped_back(token, under_way.tail.len()));
        let url = self.address(&under_way, sent.as_ref())?;
        crate::work::renew(self.world, self.catalogue, self.order.lease)?;
        let place = url.to_string();
        let page = self.world.ask(&self.addresses.politeness(), url, "text/xml, application/xml");
        // The memory stays whole if asking fails: the caller may go on with it.
        self.memory.under_way = Some(under_way.clone());
        let answer = oai::read(&page?.bytes, &place);
        let page = match answer {
            Ok(Answer::Page(page)) => page,
            Ok(Answer::Refused(refusals)) => return self.refused(under_way, &refusals, &place),
            Ok(Answer::Repository(_) | Answer::Other) => {
                return self.disappoint(&place, "it is the answer to another question");
            }
            Err(error) => return self.disappoint(&place, &error.to_string()),
        };

        under_way.began = under_way.began.or_else(|| page.answered.and_then(day_of));
        let batch = Batch::of(&page.entries);
        let known = |name: &String| under_way.tail.contains(name);
        let stepped = sent.as_ref().is_some_and(|sent| sent.by > 0);
        if stepped && batch.names.first().is_some_and(|first| !known(first)) {
            self.forget_token();
            self.deliver(&Batch::default())?;
            return self
                .disappoint(&place, "records of its day have changed, so that some would be left out");
        }
        let is_new = batch.names.iter().any(|name| !known(name)) || !batch.is_named();
        under_way.records += batch.records.len() as u64;
        // Where a page says that a later day was reached, days before it are whole.
        under_way.from = batch.last.unwrap_or(under_way.from).max(under_way.from);
        let repeats = sent.as_ref().is_some_and(|sent| {
            page.repeats(&sent.token) || under_way.token.as_deref().is_some_and(|token| page.repeats(token))
        });
        let mut ended = false;
        match &page.rest {
            Rest::Next(token) => {
                under_way.token = Some(token.value.clone());
                under_way.tail = batch.tail();
            }
            Rest::Ended { .. } => ended = true,
            // Its records are good; the same page is asked for again.
            Rest::CutOff { .. } => {}
        }
        let advanced = !batch.is_empty() && is_new && matches!(page.rest, Rest::Next(_));
        self.memory.under_way = Some(under_way);
        if ended {
            self.end();
        } else if repeats {
            // The token leads to itself: the list is asked for anew from the last day.
            self.forget_token();
        }
        self.deliver(&batch)?;
        if ended {
            return Ok(false);
        }
        if advanced && !repeats {
            self.disappointments = 0;
            return Ok(true);
        }
        let reason = match (&page.rest, repeats) {
            (Rest::CutOff { bytes }, _) => format!("it broke off after {bytes} bytes"),
            (_, true) => "its token leads to the same page again".to_string(),
            _ => "it holds no records, and says that there are more".to_string(),
        };
        self.disappoint(&place, &reason)
    }

    /// The day from which to ask, if nothing is under way.
    fn begin(&self) -> Day {
        let earliest = earliest();
        let overlap = |day: Day| Day::from_number(day.number() - OVERLAP_DAYS);
        let from = self.order.from.or_else(|| self.memory.reached.and_then(overlap));
        from.unwrap_or(earliest).max(earliest)
    }

    fn address(&self, under_way: &UnderWay, sent: Option<&SteppedBack>) -> Result<Url, Failure> {
        let question = match sent {
            Some(sent) => format!("verb=ListRecords&resumptionToken={}", encoded(&sent.token)),
            None => format!(
                "verb=ListRecords&metadataPrefix=arXivRaw&set={}&from={}",
                encoded(self.order.set),
                under_way.from
            ),
        };
        let text = format!("{}?{question}", self.addresses.oai);
        Url::parse(&text).map_err(|error| Failure::Asking(crate::ask::Error::Fetch(error.into())))
    }

    /// The server says no.
    fn refused(
        &mut self,
        under_way: UnderWay,
        refusals: &[oai::Refusal],
        place: &str,
    ) -> Result<bool, Failure> {
        let is = |code: &Code| refusals.iter().any(|refusal| refusal.code == *code);
        if is(&Code::NoRecordsMatch) {
            self.memory.under_way = Some(under_way);
            self.end();
            self.deliver(&Batch::default())?;
            return Ok(false);
        }
        if is(&Code::BadResumptionToken) && under_way.token.is_some() {
            self.forget_token();
            self.deliver(&Batch::default())?;
            return self.disappoint(place, "the server does not know its own token any more");
        }
        let words: Vec<String> =
            refusals.iter().map(|refusal| format!("{:?}: {}", refusal.code, refusal.message)).collect();
        Err(Failure::Answer { place: place.to_string(), reason: format!("it refuses: {}", words.join("; ")) })
    }

    /// The list has been read to its end.
    fn end(&mut self) {
        if let Some(under_way) = self.memory.under_way.take() {
            self.memory.reached = under_way.began.or(self.memory.reached);
        }
    }

    fn forget_token(&mut self) {
        if let Some(under_way) = &mut self.memory.under_way {
            under_way.token = None;
            under_way.tail.clear();
        }
    }

    /// Asks again, unless that was in vain too often.
    fn disappoint(&mut self, place: &str, reason: &str) -> Result<bool, Failure> {
        self.disappointments += 1;
        if self.disappointments > DISAPPOINTMENTS_MAX {
            return Err(Failure::Answer { place: place.to_string(), reason: reason.to_string() });
        }
        tracing::warn!(place, reason, "a page of a harvest is asked for again");
        Ok(true)
    }

    fn deliver(&mut self, batch: &Batch) -> Result<(), Failure> {
        let accepted = self.catalogue.deliver(&Delivery {
            records: &batch.records,
            problems: &batch.problems,
            progress: &[self.memory.progress(self.order.set)],
            lease: self.order.lease,
            ..Delivery::default()
        })?;
        self.run.add(accepted);
        Ok(())
    }
}

/// A token as it is sent: going back by some records that are already known.
struct SteppedBack {
    token: String,
    by: usize,
}

/// arXiv's token is its question, encoded, with the day reached and the records of that day to skip; it is meant to be
/// used again and again, and may be changed. A token of another kind is sent as it is.
fn stepped_back(token: &str, most: usize) -> SteppedBack {
    let as_it_is = || SteppedBack { token: token.to_string(), by: 0 };
    let digits = token.bytes().rev().take_while(u8::is_ascii_digit).count();
    // In `skip%3D12` the digits are those after the sign's own, which end with a letter.
    let (question, skip) = token.split_at(token.len() - digits);
    if !question.ends_with("skip%3D") && !question.ends_with("skip=") {
        return as_it_is();
    }
    let Ok(skip) = skip.parse::<usize>() else { return as_it_is() };
    let by = most.min(skip);
    SteppedBack { token: format!("{question}{}", skip - by), by }
}

/// What a page brings.
#[derive(Default)]
struct Batch {
    /// The identifiers of all that stands on the page, in its order.
    names: Vec<String>,
    records: Vec<Incoming>,
    problems: Vec<Problem>,
    /// The last day of change on it.
    last: Option<Day>,
}

impl Batch {
    fn of(entries: &[Entry]) -> Batch {
        let mut batch = Batch::default();
        for entry in entries {
            let header = match entry {
                Entry::Record { header, .. } | Entry::Deleted { header, .. } | Entry::Header(header) => {
                    Some(header)
                }
                Entry::Problem { header, .. } => header.as_ref(),
            };
            batch.names.extend(header.map(|header| header.identifier.clone()));
            let changed = match entry {
                Entry::Record { header, record, raw, .. } => {
                    batch.records.push(Incoming { record: Record::clone(record), raw: raw.clone() });
                    header.changed
                }
                Entry::Deleted { header, raw } => {
                    let reason =
                        "the source has deleted this record: what is here of the paper stays".to_string();
                    let place = header.identifier.clone();
                    batch.problems.push(Problem { place, reason, raw: raw.clone() });
                    header.changed
                }
                Entry::Header(header) => header.changed,
                Entry::Problem { header, place, reason, raw } => {
                    // The identifier, not the page: the same record on another page is the same problem.
                    let named = header.as_ref().map(|header| header.identifier.clone());
                    let place = named.unwrap_or_else(|| place.to_string());
                    batch.problems.push(Problem { place, reason: reason.clone(), raw: raw.clone() });
                    header.as_ref().and_then(|header| header.changed)
                }
            };
            batch.last = batch.last.max(changed);
        }
        batch
    }

    /// Whether anything on the page says what it is.
    fn is_named(&self) -> bool {
        !self.names.is_empty()
    }

    /// What the next page is to repeat: never more than half of this one, or a small page would lead to itself.
    fn tail(&self) -> Vec<String> {
        let count = REPEATED_RECORDS.min(self.names.len() / 2);
        self.names[self.names.len() - count..].to_vec()
    }

    fn is_empty(&self) -> bool {
        self.records.is_empty() && self.problems.is_empty()
    }
}

/// arXiv knows no earlier day of change.
fn earliest() -> Day {
    Day::new(2005, 9, 16).expect("a day of the calendar")
}

/// The day of an instant, UTC: datestamps of OAI-PMH are.
fn day_of(instant: jiff::Timestamp) -> Option<Day> {
    Day::from_date(instant.to_zoned(jiff::tz::TimeZone::UTC).date())
}

/// A value of a query, percent-encoded once.
fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(byte as char),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
