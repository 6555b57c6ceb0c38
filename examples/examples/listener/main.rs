//! The first program to read: a provider calls back the consumers that registered with it.
//!
//! ```text
//! cargo run --example listener                   # both in one process, and a provider that restarts
//! cargo run --example listener -- provider       # or each in a terminal of its own,
//! cargo run --example listener -- consumer       # and as many consumers as you like
//! ```
//!
//! `service.rs` has the two traits that the ends share, `provider.rs` and `consumer.rs` the ends,
//! and `listeners.rs` what the provider does with the listeners that it holds.

#![allow(
    unreachable_pub,
    reason = "in a program, `pub` says what a module offers to the others"
)]

mod consumer;
mod listeners;
mod provider;
mod service;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use ringback::Result;

/// A provider calls back the consumers that registered with it. Without a command, one of each runs
/// in this process: six notifications come, and halfway the provider is restarted.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Holds listeners and calls them.
    Provider {
        /// Where to listen; port 0 takes a free one.
        #[arg(long, default_value = "127.0.0.1:20880")]
        addr: String,
        /// How often to call the listeners.
        #[arg(long, default_value = "5s", value_parser = parse_duration)]
        every: Duration,
        /// How many listeners one connection may have here at a time.
        #[arg(long, default_value_t = 1000)]
        max_callbacks: u32,
    },
    /// Registers a listener and prints what it is called with.
    Consumer {
        /// Where the provider listens.
        #[arg(long, default_value = "127.0.0.1:20880")]
        addr: String,
        /// What to register the listener under.
        #[arg(long, default_value = "foo.bar")]
        key: String,
        /// Ends after so many messages, instead of listening for ever.
        #[arg(long)]
        count: Option<u64>,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    // Ringback logs by `tracing`; this prints its warnings, such as a peer that sends garbage.
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();

    match run(Arguments::parse().role).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(role: Option<Role>) -> Result<()> {
    match role {
        None => run_both().await,
        Some(Role::Provider {
            addr,
            every,
            max_callbacks,
        }) => {
            let server = provider::bind(&addr, every, max_callbacks).await?;
            server.run().await
        }
        Some(Role::Consumer { addr, key, count }) => consumer::run(&addr, &key, count).await,
    }
}

/// A provider and a consumer in one process, over TCP all the same. The consumer notices that its provider
/// goes, finds the one that takes its place, and registers again.
async fn run_both() -> Result<()> {
    let every = Duration::from_millis(500);
    let first = provider::bind("127.0.0.1:0", every, 1000).await?;
    let address = first.local_addr().to_string();
    let consumer = tokio::spawn({
        let address = address.clone();
        async move { consumer::run(&address, "foo.bar", Some(6)).await }
    });
    // Dropped with its connections, as if its process had ended.
    let _ = tokio::time::timeout(every * 5 / 2, first.run()).await;
    println!("provider: gone");
    let second = provider::bind(&address, every, 1000).await?;
    tokio::select! {
        ended = second.run() => ended,
        ended = consumer => ended.expect("it does not panic"),
    }
}

/// Reads `5s`, `200ms` or `1m 30s`.
fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    let duration = text.parse::<jiff::SignedDuration>().ok();
    match duration.and_then(|duration| Duration::try_from(duration).ok()) {
        Some(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("expected a time such as 5s or 200ms"),
    }
}
