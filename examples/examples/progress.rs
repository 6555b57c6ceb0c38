//! A plain async closure as a progress callback, drawn as a bar in the terminal.
//!
//! ```text
//! cargo run --example progress
//! ```

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use ringback::{Callback, Result, Server, service};
use serde::{Deserialize, Serialize};

/// How far a job has come.
#[derive(Debug, Serialize, Deserialize)]
struct Step {
    done: u64,
    of: u64,
    what: String,
}

/// Builds things.
#[service]
trait Builder {
    /// Builds `target`, and tells how far it has come.
    async fn build(&self, target: &str, #[callback] progress: impl Callback<Step>) -> Result<u64>;
}

struct Workshop;

impl Builder for Workshop {
    async fn build(&self, target: &str, progress: impl Callback<Step>) -> Result<u64> {
        let parts = ["parse", "check", "optimise", "link"];
        let of = parts.len() as u64 * 25;
        for done in 1..=of {
            tokio::time::sleep(Duration::from_millis(8)).await; // the work
            let part = parts[(done as usize - 1) / 25];
            let what = format!("{part} {target}");
            progress.call(Step { done, of, what }).await?;
        }
        Ok(of)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let server = Server::builder()
        .service(BuilderServer::new(Workshop))
        .bind("127.0.0.1:0")
        .await?;
    let address = server.local_addr();
    tokio::spawn(server.run());

    let builder = BuilderClient::connect(address).await?;
    let style = ProgressStyle::with_template("{bar:40} {pos:>3} of {len} {msg}")
        .expect("the template is right");
    let bar = ProgressBar::new(0).with_style(style);
    // The closure is called here for each step of the far end. Clones of a bar are the same bar.
    let drawn = bar.clone();
    let draw = async move |step: Step| {
        drawn.set_length(step.of);
        drawn.set_position(step.done);
        drawn.set_message(step.what);
        Ok(())
    };
    let steps = builder.build("the ship", draw).await?;
    bar.finish_and_clear();
    println!(
        "built in {steps} steps, {} of them heard of",
        bar.position()
    );
    assert_eq!(bar.position(), steps);
    Ok(())
}
