//! Idle connections with one callback each: what each of them takes, and how long it takes to tell all
//! of them something.

use std::sync::Arc;
use std::time::Instant;

use super::Setting;
use super::held::note_memory;
use crate::peers::{Client, Outcome, Peer, Sink};

/// Before the first figure is taken.
const FIRST: u64 = 100;
/// How often all are told.
const PUSHES: u64 = 5;

pub(super) async fn drive<P: Peer>(setting: &mut Setting) -> Outcome<()> {
    let sink = Arc::<Sink>::default();
    let mut clients = Vec::new();
    connect::<P>(setting, &sink, &mut clients, FIRST).await?;
    let all = setting.either(10_000, 1000);
    let before = setting.totals()?;
    connect::<P>(setting, &sink, &mut clients, all - FIRST).await?;
    let after = setting.totals()?;
    note_memory(setting, before, after, all - FIRST);
    let mut times = Vec::new();
    for _ in 0..PUSHES {
        sink.expect(all);
        let started = Instant::now();
        clients[0].push(1).await?;
        sink.complete().await;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    let median = times[times.len() / 2];
    setting.less("push to all", "ms", median.as_secs_f64() * 1e3);
    Ok(())
}

async fn connect<P: Peer>(
    setting: &Setting,
    sink: &Arc<Sink>,
    clients: &mut Vec<P::Client>,
    more: u64,
) -> Outcome<()> {
    for _ in 0..more {
        let client = P::connect(setting.service).await?;
        client.register(Arc::clone(sink)).await?;
        clients.push(client);
    }
    Ok(())
}
