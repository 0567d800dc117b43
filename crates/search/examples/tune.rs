//! Measures weights on several collections at once: `tune FOLDER:SPLIT… -- [k1=…] [b=…] [title=…] [author=…]
//! [meaning=…] [engine=…]`, each with several values separated by commas: all combinations are tried.

// A table for the terminal.
#![allow(clippy::print_stdout)]

use search::evaluate::Collection;
use search::{Engine, Weights};
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (places, settings) = match arguments.iter().position(|argument| argument == "--") {
        Some(at) => (&arguments[..at], &arguments[at + 1..]),
        None => (&arguments[..], &[][..]),
    };
    let mut collections = Vec::new();
    for place in places {
        let (folder, split) = place.rsplit_once(':').ok_or("expected FOLDER:SPLIT")?;
        collections.push((Collection::open(Path::new(folder))?, split));
    }
    let mut grid = vec![Weights::default()];
    let mut engines = Engine::ALL.to_vec();
    for setting in settings {
        let (name, values) = setting.split_once('=').ok_or("expected name=value")?;
        if name == "engine" {
            engines = values.split(',').filter_map(Engine::from_name).collect();
            continue;
        }
        let mut wider = Vec::new();
        for weights in &grid {
            for value in values.split(',') {
                wider.push(with(*weights, name, value.parse()?)?);
            }
        }
        grid = wider;
    }
    for weights in grid {
        for engine in &engines {
            let (mut sum, mut line) = (0.0, String::new());
            for (collection, split) in &collections {
                let report = collection.measure(Some(split), *engine, &weights)?;
                sum += report.ndcg_at_10;
                line += &format!(" {:.4} ({:.3})", report.ndcg_at_10, report.recall_at_100);
            }
            let mean = sum / collections.len().max(1) as f64;
            println!("{:<8} mean {mean:.4} |{line} | {weights:?}", engine.name());
        }
    }
    Ok(())
}

fn with(mut weights: Weights, name: &str, value: f32) -> Result<Weights, Box<dyn Error>> {
    match name {
        "k1" => weights.k1 = value,
        "b" => weights.b = value,
        "title" => weights.title = value,
        "author" => weights.author = value,
        "meaning" => weights.meaning = value,
        _ => return Err(format!("there is no weight {name}").into()),
    }
    Ok(weights)
}
