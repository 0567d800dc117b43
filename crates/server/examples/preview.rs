//! Serves files without a data directory, for looking at pages while working on them:
//! `cargo run -p broadsheet-server --example preview -- sample/papers.jsonl`.
#![allow(clippy::print_stdout, reason = "a tool for the terminal")]

use catalogue::{Access, Catalogue, Incoming, Location};
use std::error::Error;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Records taken in at once.
const BATCH: usize = 2000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let catalogue =
        Catalogue::open(&Location::Sqlite(directory.path().join("catalogue.db")), Access::ReadWrite)?;
    let mut batch = Vec::new();
    for path in std::env::args().skip(1) {
        for item in formats::read(Box::new(File::open(&path)?), &path, None)? {
            if let formats::Item::Record { record, raw, .. } = item? {
                batch.push(Incoming { record: *record, raw });
            }
            if batch.len() == BATCH {
                catalogue.accept(&std::mem::take(&mut batch), &[])?;
            }
        }
    }
    catalogue.accept(&batch, &[])?;
    let index = directory.path().join("index");
    if let Some(mut indexer) = search::Index::indexer(&index)? {
        indexer.catch_up(&catalogue, &AtomicBool::new(false), &mut |_| {})?;
    }
    let site =
        server::Site::new(catalogue, Arc::new(search::Index::open(&index)?), server::Settings::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:7979").await?;
    println!("http://{}", listener.local_addr()?);
    server::serve(listener, site, async {
        // Without a signal to wait for, the tool runs until it is killed.
        let _ = tokio::signal::ctrl_c().await;
    })
    .await?;
    Ok(())
}
