//! Callbacks whose answers are awaited, many in flight.

use super::Setting;
use crate::peers::{Client, Load, Outcome, Peer};

/// Callers at a time, at the server.
const IN_FLIGHT: u64 = 64;

pub(super) async fn drive<P: Peer>(setting: &mut Setting) -> Outcome<()> {
    let client = P::connect(setting.service).await?;
    let work = async |calls| client.ask(Load::new(IN_FLIGHT, calls)).await;
    if let Some(timed) = setting.time(work).await? {
        setting.more("64 in flight", "calls/s", timed.rate());
        setting.less("CPU", "s/million", timed.cpu_per_million());
    }
    Ok(())
}
