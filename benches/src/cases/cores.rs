//! Many connections with calls in flight on all of them. It is run on one processor and on two; see
//! [`rounds`](crate::run::rounds).

use futures::future::try_join_all;

use super::Setting;
use crate::peers::{Client, Load, Outcome, Peer};

const CONNECTIONS: u64 = 100;
/// Calls at a time on each.
const IN_FLIGHT: u64 = 4;

pub(super) async fn drive<P: Peer>(setting: &mut Setting) -> Outcome<()> {
    let connect = (0..CONNECTIONS).map(|_| P::connect(setting.service));
    let clients = try_join_all(connect).await?;
    let work = async |calls: u64| {
        let load = || Load::new(IN_FLIGHT, calls.div_ceil(CONNECTIONS));
        let all = clients.iter().map(|client| client.call(load()));
        try_join_all(all).await.map(drop)
    };
    // So few calls on each that starting them counts are not to be measured.
    work(setting.either(100_000, 20_000)).await?;
    let calls = setting.either(1_000_000, 200_000);
    if let Some(timed) = setting.time_exactly(calls, work).await? {
        setting.more("calls", "calls/s", timed.rate());
        setting.less("calls, CPU", "s/million", timed.cpu_per_million());
    }
    Ok(())
}
