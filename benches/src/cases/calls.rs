//! Many calls in flight on one connection.

use super::Setting;
use crate::peers::{Client, Load, Outcome, Peer};

/// Callers at a time. The first is what is counted.
const IN_FLIGHT: [u64; 2] = [64, 1024];

pub(super) async fn drive<P: Peer>(setting: &mut Setting) -> Outcome<()> {
    let client = P::connect(setting.service).await?;
    for callers in IN_FLIGHT {
        let work = async |calls| client.call(Load::new(callers, calls)).await.map(drop);
        let Some(timed) = setting.time(work).await? else {
            return Ok(());
        };
        setting.more(&format!("{callers} in flight"), "calls/s", timed.rate());
        setting.less(
            &format!("{callers} in flight, CPU"),
            "s/million",
            timed.cpu_per_million(),
        );
    }
    Ok(())
}
