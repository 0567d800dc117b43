//! The whole catalogue as text, without anything that depends on the order of arrival: the same records and decisions give
//! the same bytes on both databases.

use crate::body::RecordBody;
use crate::session::{Batch, Kind, Param, Row, Session};
use crate::{Catalogue, Error, derive, prepare, runs};
use std::io::Write;

/// Rows read at once.
const PAGE_ROWS: i64 = 1000;

const RECORDS: Batch = Batch {
    columns: &[Kind::Int],
    sqlite: "SELECT source, hash, body FROM records WHERE node_id = $1 ORDER BY source, hash",
    postgres: "SELECT asked.at, source, hash, body FROM UNNEST($1::bigint[]) WITH ORDINALITY AS asked (node_id, at) \
               JOIN records ON records.node_id = asked.node_id ORDER BY asked.at, source, hash",
};
const ALIASES: Batch = Batch {
    columns: &[Kind::Text],
    sqlite: "SELECT papers.address, rank FROM addresses JOIN papers USING (paper_id) \
             WHERE addresses.address = $1 ORDER BY papers.address, rank",
    postgres: "SELECT asked.at, papers.address, rank FROM UNNEST($1::text[]) WITH ORDINALITY AS asked (address, at) \
               JOIN addresses ON addresses.address = asked.address \
               JOIN papers ON papers.paper_id = addresses.paper_id ORDER BY asked.at, papers.address, rank",
};

impl Catalogue {
    /// Writes everything that the catalogue holds, but no numbers of rows, sequences or times: records, papers, addresses,
    /// editions, listings, volumes, decisions, announcements, problems, in a fixed order, one a line, tab-separated.
    pub fn dump(&self, out: &mut dyn Write) -> Result<(), Error> {
        self.backend.read(true, &mut |session| {
            line(out, &["broadsheet catalogue dump", "1"])?;
            dump_records(session, out)?;
            dump_papers(session, out)?;
            dump_aliases(session, out)?;
            dump_days(session, out)?;
            dump_rest(session, out)
        })
    }
}

fn line(out: &mut dyn Write, fields: &[&str]) -> Result<(), Error> {
    let mut text = fields.join("\t");
    text.push('\n');
    out.write_all(text.as_bytes()).map_err(|source| Error::File { path: "the dump".to_string(), source })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn dump_records(session: &mut dyn Session, out: &mut dyn Write) -> Result<(), Error> {
    let mut after = String::new();
    loop {
        let sql = "SELECT node_id, node, papers.address FROM nodes LEFT JOIN papers USING (paper_id) \
                   WHERE node > $1 ORDER BY node LIMIT $2";
        let nodes = session.query(sql, &[Param::Text(&after), Param::Int(PAGE_ROWS)])?;
        let Some(last) = nodes.last() else { return Ok(()) };
        after = last.text(1).to_string();
        let params: Vec<Param<'_>> = nodes.iter().map(|row| Param::Int(row.int(0))).collect();
        let records = session.ask(&RECORDS, &params)?;
        let mut records = records.iter().peekable();
        for (at, node) in nodes.iter().enumerate() {
            line(out, &["node", node.text(1), node.text(2)])?;
            while let Some((_, row)) = records.next_if(|(of, _)| *of == at) {
                let body = RecordBody::read(row.bytes(2))
                    .map_err(|reason| Error::body(format!("a record of {}", node.text(1)), reason))?;
                let parsed = String::from_utf8_lossy(body.parsed());
                let raw = hex(&prepare::hash(&[], body.raw()));
                line(out, &["record", node.text(1), row.text(0), &hex(row.bytes(1)), &raw, &parsed])?;
            }
        }
    }
}

fn dump_papers(session: &mut dyn Session, out: &mut dyn Write) -> Result<(), Error> {
    let mut after = (String::new(), Vec::new());
    loop {
        let sql = "SELECT address, digest, primary_category, categories, votes, comments, authors, flags, volume, body \
                   FROM papers WHERE (address, digest) > ($1, $2) ORDER BY address, digest LIMIT $3";
        let params = [Param::Text(&after.0), Param::Bytes(&after.1), Param::Int(PAGE_ROWS)];
        let papers = session.query(sql, &params)?;
        let Some(last) = papers.last() else { return Ok(()) };
        after = (last.text(0).to_string(), last.bytes(1).to_vec());
        for row in &papers {
            let plain = crate::body::unpack(row.bytes(9))
                .map_err(|reason| Error::body(format!("paper {}", row.text(0)), reason))?;
            let numbers: Vec<String> = (3..8).map(|column| row.int(column).to_string()).collect();
            let text = String::from_utf8_lossy(&plain);
            line(
                out,
                &[
                    "paper",
                    row.text(0),
                    row.text(2),
                    &numbers.join(" "),
                    row.text(8),
                    &hex(row.bytes(1)),
                    &text,
                ],
            )?;
        }
    }
}

fn dump_aliases(session: &mut dyn Session, out: &mut dyn Write) -> Result<(), Error> {
    let mut after = String::new();
    loop {
        let sql =
            "SELECT address FROM addresses WHERE address > $1 GROUP BY address ORDER BY address LIMIT $2";
        let addresses = session.query(sql, &[Param::Text(&after), Param::Int(PAGE_ROWS)])?;
        let Some(last) = addresses.last() else { return Ok(()) };
        after = last.text(0).to_string();
        let params: Vec<Param<'_>> = addresses.iter().map(|row| Param::Text(row.text(0))).collect();
        for (at, row) in session.ask(&ALIASES, &params)? {
            line(out, &["address", addresses[at].text(0), row.text(0), &row.int(1).to_string()])?;
        }
    }
}

fn dump_days(session: &mut dyn Session, out: &mut dyn Write) -> Result<(), Error> {
    for day in session.query("SELECT day FROM editions GROUP BY day ORDER BY day", &[])? {
        let sql = "SELECT address, kinds FROM editions JOIN papers USING (paper_id) \
                   WHERE day = $1 ORDER BY address, kinds";
        for row in session.query(sql, &[Param::Int(day.int(0))])? {
            line(out, &["edition", &day.int(0).to_string(), row.text(0), &row.int(1).to_string()])?;
        }
    }
    let sql = "SELECT category, day FROM listings GROUP BY category, day ORDER BY category, day";
    for list in session.query(sql, &[])? {
        let sql = "SELECT kind, address FROM listings JOIN papers USING (paper_id) \
                   WHERE category = $1 AND day = $2 ORDER BY kind, address";
        for row in session.query(sql, &[Param::Text(list.text(0)), Param::Int(list.int(1))])? {
            let day = list.int(1).to_string();
            line(out, &["listing", list.text(0), &day, &row.int(0).to_string(), row.text(1)])?;
        }
    }
    Ok(())
}

fn dump_rest(session: &mut dyn Session, out: &mut dyn Write) -> Result<(), Error> {
    for row in session.query("SELECT body FROM volumes ORDER BY volume_id", &[])? {
        line(out, &["volume", row.text(0)])?;
    }
    for row in session.query("SELECT one, other, same, note FROM decisions ORDER BY one, other", &[])? {
        let same = if row.int(2) != 0 { "join" } else { "apart" };
        line(out, &["decision", row.text(0), row.text(1), same, &json(&row.text(3))])?;
    }
    let sql = "SELECT source, day, category, entries FROM stated ORDER BY source, day, category";
    for row in session.query(sql, &[])? {
        let (day, entries) = (row.int(1).to_string(), row.int(3).to_string());
        line(out, &["stated", row.text(0), &day, &json(&row.text(2)), &entries])?;
    }
    let sql = "SELECT source, day, category, node, kind FROM announced ORDER BY source, day, category, node";
    for row in session.query(sql, &[])? {
        let (day, kind) = (row.int(1).to_string(), derive::kind_of(row.int(4)).name());
        line(out, &["announced", row.text(0), &day, &json(&row.text(2)), row.text(3), kind])?;
    }
    let mut after = (String::new(), Vec::new());
    loop {
        let sql = "SELECT place, hash, body FROM problems WHERE (place, hash) > ($1, $2) \
                   ORDER BY place, hash LIMIT $3";
        let params = [Param::Text(&after.0), Param::Bytes(&after.1), Param::Int(PAGE_ROWS)];
        let problems = session.query(sql, &params)?;
        let Some(last) = problems.last() else { break };
        after = (last.text(0).to_string(), last.bytes(1).to_vec());
        for row in &problems {
            line(out, &["problem", &hex(row.bytes(1)), &json(&runs::problem(row.bytes(2))?)])?;
        }
    }
    let number = |row: &Row, column| row.int_or_null(column).map(|n| n.to_string()).unwrap_or_default();
    for row in session.query("SELECT source, records, latest_day FROM sources ORDER BY source", &[])? {
        line(out, &["source", row.text(0), &number(&row, 1), &number(&row, 2)])?;
    }
    let sql = "SELECT name, value FROM meta WHERE name IN ('papers', 'problems', 'records') ORDER BY name";
    for row in session.query(sql, &[])? {
        line(out, &["count", row.text(0), &number(&row, 1)])?;
    }
    Ok(())
}
