//! One-way callbacks to one listener, until the last one has arrived.

use std::sync::Arc;

use super::Setting;
use crate::peers::{Client, Outcome, Peer, Sink};

pub(super) async fn drive<P: Peer>(setting: &mut Setting) -> Outcome<()> {
    let client = P::connect(setting.service).await?;
    let sink = Arc::<Sink>::default();
    client.register(Arc::clone(&sink)).await?;
    let work = async |events| {
        sink.expect(events);
        client.push(events).await?;
        sink.complete().await;
        Ok(())
    };
    if setting.times.is_none() {
        work(setting.either(100_000, 20_000)).await?;
    }
    let events = setting.either(1_000_000, 200_000);
    if let Some(timed) = setting.time_exactly(events, work).await? {
        setting.more("events", "events/s", timed.rate());
        setting.less("CPU", "s/million", timed.cpu_per_million());
    }
    Ok(())
}
