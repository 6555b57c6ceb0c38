//! Idle callbacks that the server holds: what each of them takes at both ends, and how fast they are
//! registered, one after the other.

use std::sync::Arc;
use std::time::Instant;

use super::{Setting, Totals};
use crate::peers::{Client, Outcome, Peer, Sink};

/// Before the first figure is taken, so that tables and buffers are there.
const FIRST: u64 = 1000;

pub(super) async fn drive<P: Peer>(setting: &mut Setting) -> Outcome<()> {
    let client = P::connect(setting.service).await?;
    let sink = Arc::<Sink>::default();
    register(&client, &sink, FIRST).await?;
    let more = setting.either(100_000, 20_000) - FIRST;
    let before = setting.totals()?;
    let started = Instant::now();
    register(&client, &sink, more).await?;
    let elapsed = started.elapsed();
    let after = setting.totals()?;
    setting.more("registrations", "1/s", more as f64 / elapsed.as_secs_f64());
    note_memory(setting, before, after, more);
    Ok(())
}

async fn register<C: Client>(client: &C, sink: &Arc<Sink>, callbacks: u64) -> Outcome<()> {
    for _ in 0..callbacks {
        client.register(Arc::clone(sink)).await?;
    }
    Ok(())
}

/// Notes what each of so many took of both processes: resident memory, and what was allocated.
pub(super) fn note_memory(setting: &mut Setting, before: Totals, after: Totals, many: u64) {
    let each = |after: u64, before: u64| after.saturating_sub(before) as f64 / many as f64;
    for (end, after, before) in [
        ("server", after.server, before.server),
        ("client", after.client, before.client),
    ] {
        let resident = each(after.resident, before.resident);
        setting.less(&format!("{end}, resident"), "B", resident);
        setting.less(&format!("{end}, heap"), "B", each(after.heap, before.heap));
    }
}
