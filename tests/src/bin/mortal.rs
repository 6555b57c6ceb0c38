//! One end of a connection, to be killed: `mortal serve [grace]`, or `mortal call <address> [grace]`. With a
//! grace time, in milliseconds, its sessions resume. What it does is looked at from the other end.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "a program has no users of its items"
)]

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use ringback::{Client, Result};
use ringback_tests::keeper::{Keeper, KeeperClient, Shelf};
use ringback_tests::services::Listener;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve"] => serve(Duration::ZERO).await,
        ["serve", grace] => serve(millis(grace)).await,
        ["call", address] => call(address, Duration::ZERO).await,
        ["call", address, grace] => call(address, millis(grace)).await,
        other => panic!("`serve [grace]`, or `call <address> [grace]`, and not {other:?}"),
    }
}

fn millis(text: &str) -> Duration {
    Duration::from_millis(text.parse().expect("milliseconds"))
}

/// Keeps listeners, and calls all of them all the time.
async fn serve(grace: Duration) -> Result<()> {
    let (shelf, server) = Shelf::serve();
    let server = server
        .resume(grace)
        .shutdown_grace(Duration::from_secs(30))
        .bind("127.0.0.1:0")
        .await?;
    println!("{}", server.local_addr());
    tokio::spawn(async move {
        loop {
            let kept = shelf.kept.lock().unwrap().clone();
            join_all(kept.iter().map(|listener| listener.changed("news".into()))).await;
            tokio::task::yield_now().await;
        }
    });
    server.run().await
}

/// A listener that never comes to an end.
#[derive(Clone)]
struct Never;

impl Listener for Never {
    async fn changed(&self, _msg: String) -> Result<()> {
        std::future::pending().await
    }
}

/// Makes calls that never end, leaves listeners that do not either, and makes short calls all the time.
async fn call(address: &str, grace: Duration) -> Result<()> {
    let client = Client::builder().resume(grace).connect(address).await?;
    let keeper: KeeperClient = client.service();
    for _ in 0..10 {
        keeper.keep(Arc::new(Never)).await?;
        let keeper = keeper.clone();
        tokio::spawn(async move { keeper.hang(Never).await });
    }
    loop {
        keeper
            .tell(async |_msg: String| Ok(()), "x".repeat(1000))
            .await?;
    }
}
