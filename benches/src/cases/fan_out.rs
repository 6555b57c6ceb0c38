//! One event to each of many held callbacks, of one connection and of as many connections.

use std::sync::Arc;

use super::Setting;
use crate::peers::{Client, Outcome, Peer, Sink};

/// Callbacks that the server holds.
pub(super) const HELD: u64 = 1000;

pub(super) async fn drive<P: Peer>(setting: &mut Setting) -> Outcome<()> {
    let client = P::connect(setting.service).await?;
    let sink = Arc::<Sink>::default();
    for _ in 0..HELD {
        client.register(Arc::clone(&sink)).await?;
    }
    let work = async |events| fan_out(&client, &sink, events).await;
    if let Some(timed) = setting.time(work).await? {
        let each = HELD as f64;
        setting.more("one connection", "events/s", timed.rate() * each);
        setting.less(
            "one connection, CPU",
            "s/million",
            timed.cpu_per_million() / each,
        );
    }
    Ok(())
}

/// The same with a connection for each callback, and a server that holds no others.
pub(super) async fn drive_many<P: Peer>(setting: &mut Setting) -> Outcome<()> {
    let sink = Arc::<Sink>::default();
    let mut clients = Vec::new();
    for _ in 0..HELD {
        let client = P::connect(setting.service).await?;
        client.register(Arc::clone(&sink)).await?;
        clients.push(client);
    }
    let work = async |events| fan_out(&clients[0], &sink, events).await;
    if let Some(timed) = setting.time(work).await? {
        let each = HELD as f64;
        setting.more("1,000 connections", "events/s", timed.rate() * each);
        setting.less(
            "1,000 connections, CPU",
            "s/million",
            timed.cpu_per_million() / each,
        );
    }
    Ok(())
}

async fn fan_out<C: Client>(client: &C, sink: &Sink, events: u64) -> Outcome<()> {
    sink.expect(events * HELD);
    client.push(events).await?;
    sink.complete().await;
    Ok(())
}
