//! Calls that are made by several callers, each of which awaits an answer before it makes its next call.

use std::hint::black_box;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::stop::Outcome;
use crate::item::Item;

/// So many calls by so many callers, and how long each took if that is wanted.
///
/// ```text
/// load.spread(|mut load| {
///     let service = service.clone();
///     tokio::spawn(async move {
///         while let Some(item) = load.next() {
///             load.answered(service.echo(item).await?);
///         }
///         Ok(load)
///     })
/// }).await
/// ```
#[derive(Default)]
pub(crate) struct Load {
    pub(crate) callers: u64,
    /// Of all callers together.
    pub(crate) calls: u64,
    made: u64,
    times: Option<Vec<Duration>>,
    started: Option<Instant>,
}

impl Load {
    pub(crate) fn new(callers: u64, calls: u64) -> Self {
        Self {
            callers,
            calls,
            ..Self::default()
        }
    }

    /// One caller, each of whose calls is timed.
    pub(crate) fn timed(calls: u64) -> Self {
        Self {
            times: Some(Vec::with_capacity(calls as usize)),
            ..Self::new(1, calls)
        }
    }

    /// How long the calls took, unless nobody asked.
    pub(crate) fn into_times(self) -> Vec<Duration> {
        self.times.unwrap_or_default()
    }

    /// Starts each caller with its share, and waits for all. Callers are tasks: a caller on the main
    /// thread of a runtime is woken later.
    pub(crate) async fn spread(
        mut self,
        caller: impl Fn(Load) -> JoinHandle<Outcome<Load>>,
    ) -> Outcome<Load> {
        let (callers, calls) = (self.callers, self.calls);
        let share = |caller: u64| calls / callers + u64::from(caller < calls % callers);
        let tasks: Vec<_> = (0..callers)
            .map(|number| {
                caller(Load {
                    times: self.times.take(),
                    ..Load::new(1, share(number))
                })
            })
            .collect();
        for task in tasks {
            let share = task.await??;
            self.made += share.made;
            self.times = self.times.or(share.times);
        }
        Ok(self)
    }

    /// What the next call sends.
    pub(crate) fn next(&mut self) -> Option<Item> {
        if self.made == self.calls {
            return None;
        }
        if self.times.is_some() {
            self.started = Some(Instant::now());
        }
        Some(Item::new(self.made))
    }

    /// What that call got.
    pub(crate) fn answered(&mut self, item: Item) {
        if let (Some(times), Some(started)) = (&mut self.times, self.started) {
            times.push(started.elapsed());
        }
        assert_eq!(item.id, self.made, "the answer is that of another call");
        black_box(item);
        self.made += 1;
    }
}
