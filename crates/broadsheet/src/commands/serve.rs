//! `broadsheet serve`: the catalogue, its index and its pages, until SIGTERM.

use crate::cli::Serve;
use crate::config::Config;
use crate::follow::Follower;
use crate::harvesting::Harvester;
use crate::logging;
use crate::output;
use crate::place::Place;
use crate::sample;
use crate::told::Told;
use anyhow::{Context, Result};
use search::Index;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

pub(crate) fn run(config: &Config, arguments: &Serve) -> Result<ExitCode> {
    logging::keep_readers_words_out();
    let place = Place::of(config)?;
    let _lock = place.lock()?;
    let catalogue = place.catalogue()?;
    if !arguments.no_sample && catalogue.is_empty()? {
        let papers = sample::add(&catalogue)?;
        output::line(format!(
            "The catalogue in {} was empty: {papers} sample papers are in it now. Add real ones with `broadsheet import FILE`.",
            place.root().display()
        ))?;
    }
    let index = Arc::new(Index::open(&place.index())?);
    let follower = Follower::start(catalogue.clone(), place.index())?;
    let harvester = Harvester::start(config, &catalogue)?;
    let address = config.listen()?;
    let told = Told::new(config, &catalogue)?;
    let mut site = server::Site::new(
        catalogue,
        index,
        server::Settings {
            title: config.title().to_string(),
            base_url: config.url().map(str::to_string),
            contact: config.contact().map(str::to_string),
            metrics_token: config.metrics_token().map(str::to_string),
            connections_max: config.connections_max(),
            https_only: config.https_only(),
            hosts: config.hosts().fold(server::Hosts::listening_at(address), server::Hosts::and),
            ..server::Settings::default()
        },
    );
    site.standings = told.map(|told| Arc::new(told) as Arc<dyn server::Standings>);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(async {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("listening on {address}: choose another address with --listen"))?;
        let address = listener.local_addr()?;
        output::line(format!("{} is at http://{address} (Ctrl-C stops it)", config.title()))?;
        server::serve(listener, site, stopped()).await.context("serving")
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    if let Some(harvester) = harvester {
        harvester.stop();
    }
    follower.stop();
    served?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Comes back at SIGTERM or Ctrl-C.
async fn stopped() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "SIGTERM cannot be awaited; only Ctrl-C stops cleanly");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = terminated => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
