//! One caller, one call at a time, both ends on one processor.

use std::time::Duration;

use super::Setting;
use crate::peers::{Client, Load, Outcome, Peer};

pub(super) async fn drive<P: Peer>(setting: &mut Setting) -> Outcome<()> {
    let client = P::connect(setting.service).await?;
    client
        .call(Load::new(1, setting.either(10_000, 2_000)))
        .await?;
    let load = Load::timed(setting.either(50_000, 10_000));
    let mut times = client.call(load).await?.into_times();
    times.sort_unstable();
    let share = |part: f64| -> f64 {
        let at = (times.len() as f64 * part) as usize;
        times.get(at).map_or(0.0, Duration::as_secs_f64) * 1e6
    };
    setting.less("p50", "µs", share(0.5));
    setting.less("p99", "µs", share(0.99));
    Ok(())
}
