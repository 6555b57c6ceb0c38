//! What a case runs in: where the server is, how long to measure, and where the figures go.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::command::Drive;
use crate::control::{Control, State};
use crate::measure::Usage;
use crate::peers::Outcome;

/// What a client prints.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Figure {
    Measured(Measured),
    /// What both processes have used in all, when a case was run so and so many times.
    Totals(Totals),
    Unsupported(String),
}

/// One figure of one round.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) value: f64,
    /// Whether more of it is better.
    pub(crate) more_is_better: bool,
}

/// See [`Figure::Totals`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Totals {
    pub(crate) client: Usage,
    pub(crate) server: Usage,
}

/// The setting of one run of a case.
pub(crate) struct Setting {
    pub(crate) peer: String,
    pub(crate) service: SocketAddr,
    control_address: SocketAddr,
    control: Control,
    pub(crate) quick: bool,
    pub(crate) times: Option<u64>,
    pub(crate) figures: Vec<Figure>,
}

/// How long work took that was done so many times.
#[derive(Clone, Copy)]
pub(crate) struct Timed {
    times: u64,
    elapsed: Duration,
    /// Of both ends, in nanoseconds.
    cpu: u64,
}

impl Timed {
    /// Times per second.
    pub(crate) fn rate(self) -> f64 {
        self.times as f64 / self.elapsed.as_secs_f64()
    }

    /// Seconds on processors for a million times.
    pub(crate) fn cpu_per_million(self) -> f64 {
        self.cpu as f64 / self.times as f64 / 1e3
    }
}

impl Setting {
    pub(crate) fn new(drive: &Drive) -> Outcome<Self> {
        Ok(Self {
            peer: drive.process.peer.clone(),
            service: drive.service,
            control_address: drive.control,
            control: Control::connect(drive.control)?,
            quick: drive.quick,
            times: drive.times,
            figures: Vec::new(),
        })
    }

    /// The server's port for questions, for one more client.
    pub(crate) fn control_address(&self) -> SocketAddr {
        self.control_address
    }

    /// What the server says of itself.
    pub(crate) fn server(&mut self) -> Outcome<State> {
        Ok(self.control.state()?)
    }

    /// What both processes have used so far.
    pub(crate) fn totals(&mut self) -> Outcome<Totals> {
        Ok(Totals {
            client: Usage::now(),
            server: self.server()?.usage,
        })
    }

    /// One of two figures, the second for quick rounds.
    pub(crate) fn either<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }

    /// Does work as often as the clock needs, and times it. `None` when it was done as often as the
    /// command line says, for somebody who counts.
    pub(crate) async fn time(
        &mut self,
        work: impl AsyncFn(u64) -> Outcome<()>,
    ) -> Outcome<Option<Timed>> {
        if let Some(times) = self.times {
            return self.count(times, work).await;
        }
        let round = self.either(Duration::from_millis(1500), Duration::from_millis(300));
        // Ever more, until the rate can be told; that also warms everything up.
        let mut times = 64;
        let rate = loop {
            let started = Instant::now();
            work(times).await?;
            let elapsed = started.elapsed();
            if elapsed > round / 10 {
                break times as f64 / elapsed.as_secs_f64();
            }
            times *= 2;
        };
        let times = (rate * round.as_secs_f64()) as u64;
        self.time_exactly(times.max(1), work).await
    }

    /// Does work so many times and times it, but for the same exception. Half of it comes before, to
    /// warm up.
    pub(crate) async fn time_exactly(
        &mut self,
        times: u64,
        work: impl AsyncFn(u64) -> Outcome<()>,
    ) -> Outcome<Option<Timed>> {
        if let Some(times) = self.times {
            return self.count(times, work).await;
        }
        let before = self.totals()?;
        let started = Instant::now();
        work(times).await?;
        let elapsed = started.elapsed();
        let after = self.totals()?;
        let cpu = |totals: Totals| totals.client.cpu + totals.server.cpu;
        Ok(Some(Timed {
            times,
            elapsed,
            cpu: cpu(after) - cpu(before),
        }))
    }

    async fn count(
        &mut self,
        times: u64,
        work: impl AsyncFn(u64) -> Outcome<()>,
    ) -> Outcome<Option<Timed>> {
        work(times).await?;
        let totals = self.totals()?;
        self.figures.push(Figure::Totals(totals));
        Ok(None)
    }

    /// Notes a figure of which more is better.
    pub(crate) fn more(&mut self, name: &str, unit: &str, value: f64) {
        self.note(name, unit, value, true);
    }

    /// Notes a figure of which less is better.
    pub(crate) fn less(&mut self, name: &str, unit: &str, value: f64) {
        self.note(name, unit, value, false);
    }

    fn note(&mut self, name: &str, unit: &str, value: f64, more_is_better: bool) {
        self.figures.push(Figure::Measured(Measured {
            name: name.to_owned(),
            unit: unit.to_owned(),
            value,
            more_is_better,
        }));
    }
}
