//! Whether a call costs the same however many callbacks are held, and however many connections are open.

use std::sync::Arc;

use futures::future::try_join_all;

use super::{Setting, Timed};
use crate::peers::{Client, Load, Outcome, Peer, Sink};

/// Calls at a time on one connection.
const IN_FLIGHT: u64 = 64;

/// By the callbacks that the server holds of one connection.
pub(super) async fn drive<P: Peer>(setting: &mut Setting) -> Outcome<()> {
    let client = P::connect(setting.service).await?;
    let sink = Arc::<Sink>::default();
    let (mut held, mut calls, mut events) = (0, Series::new("calls"), Series::new("events"));
    for many in setting.either([1, 1000, 100_000], [1, 1000, 10_000]) {
        while held < many {
            client.register(Arc::clone(&sink)).await?;
            held += 1;
        }
        let work = async |calls| client.call(Load::new(IN_FLIGHT, calls)).await.map(drop);
        let timed = setting.time(work).await?;
        calls.note(setting, "held", many, timed);
        let timed = push(setting, &client, &sink, many).await?;
        events.note(setting, "held", many, timed);
    }
    calls.compare(setting);
    events.compare(setting);
    Ok(())
}

/// By the connections that are open, with a callback of each.
pub(super) async fn drive_many<P: Peer>(setting: &mut Setting) -> Outcome<()> {
    let sink = Arc::<Sink>::default();
    let mut clients = Vec::<P::Client>::new();
    let mut one = Series::new("calls on one");
    let mut each = Series::new("calls, one at a time on each");
    let mut events = Series::new("events");
    for many in setting.either([1, 100, 10_000], [1, 100, 1000]) {
        while (clients.len() as u64) < many {
            let client = P::connect(setting.service).await?;
            client.register(Arc::clone(&sink)).await?;
            clients.push(client);
        }
        let work = async |calls| clients[0].call(Load::new(IN_FLIGHT, calls)).await.map(drop);
        let timed = setting.time(work).await?;
        one.note(setting, "open", many, timed);
        // What is for one connection alone goes out by the hundred, which is another case.
        if many > 1 {
            let calls = setting.either(400_000, 40_000);
            let work = async |calls: u64| {
                let load = || Load::new(1, calls.div_ceil(many));
                let all = clients.iter().map(|client| client.call(load()));
                try_join_all(all).await.map(drop)
            };
            work(calls / 4).await?;
            let timed = setting.time_exactly(calls, work).await?;
            each.note(setting, "open", many, timed);
            let timed = push(setting, &clients[0], &sink, many).await?;
            events.note(setting, "open", many, timed);
        }
    }
    one.compare(setting);
    each.compare(setting);
    events.compare(setting);
    Ok(())
}

/// About as many events in all, however many get them.
async fn push<C: Client>(
    setting: &mut Setting,
    client: &C,
    sink: &Sink,
    many: u64,
) -> Outcome<Option<Timed>> {
    let work = async |events: u64| {
        let each = events.div_ceil(many);
        sink.expect(each * many);
        client.push(each).await?;
        sink.complete().await;
        Ok(())
    };
    let events = setting.either(1_000_000, 100_000).max(many);
    work(events / 4).await?;
    setting.time_exactly(events, work).await
}

/// What the same work costs among more and more.
struct Series {
    what: &'static str,
    costs: Vec<(u64, f64)>,
}

impl Series {
    fn new(what: &'static str) -> Self {
        Self {
            what,
            costs: Vec::new(),
        }
    }

    fn note(&mut self, setting: &mut Setting, are: &str, many: u64, timed: Option<Timed>) {
        let Some(timed) = timed else {
            return;
        };
        let name = format!("{}, {many} {are}", self.what);
        let cost = timed.cpu_per_million();
        setting.more(&name, "1/s", timed.rate());
        setting.less(&format!("{name}, CPU"), "s/million", cost);
        self.costs.push((many, cost));
    }

    /// How much more it costs among the most than among the fewest.
    fn compare(&self, setting: &mut Setting) {
        if let (Some((few, least)), Some((many, most))) = (self.costs.first(), self.costs.last()) {
            let name = format!("{}, CPU, {many} over {few}", self.what);
            setting.less(&name, "times", most / least);
        }
    }
}
