//! A client: it connects, does this and that for a while, leaves in one way or another, and comes again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ringback::{Client, Result};
use ringback_tests::Living;
use ringback_tests::living::Life;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::cable::{Break, Line};
use crate::station::{Listener, ListenerProxy, ROOMS, Station, StationClient};
use crate::tally::Tally;

/// How long a session that resumes waits for a connection. It is never needed to the end, but by those who leave
/// without a word.
pub const GRACE: Duration = Duration::from_secs(5);

/// What all visitors share.
pub struct Visits {
    pub server: SocketAddr,
    pub tally: Arc<Tally>,
    /// Every listener that a client passed out is counted until it is dropped.
    pub listeners: Living,
    pub stop: watch::Receiver<bool>,
    pub stay: Duration,
    pub pause: Duration,
}

/// A listener of a client's.
struct Ear {
    visits: Arc<Visits>,
    in_group: bool,
    _life: Life,
}

impl Listener for Ear {
    async fn event(&self, _number: u64, _text: String) -> Result<()> {
        let tally = &self.visits.tally;
        if self.in_group {
            tally.heard_in_group.add();
        } else {
            tally.heard_alone.add();
        }
        Ok(())
    }

    async fn confirm(&self, _number: u64) -> Result<()> {
        self.visits.tally.answered.add();
        tokio::task::yield_now().await; // so it is answered by a task
        Ok(())
    }
}

/// One connection.
struct Visit {
    visits: Arc<Visits>,
    random: fastrand::Rng,
    client: Client,
    station: StationClient,
    line: Arc<Line>,
    /// Its session bears a break.
    resumes: bool,
    room: Option<usize>,
    lent: Option<ListenerProxy>,
}

/// Visits again and again, until it is told to stop.
pub async fn visitor(visits: Arc<Visits>, mut random: fastrand::Rng) {
    let mut stop = visits.stop.clone();
    // They do not all come at once.
    let first = visits.stay.mul_f64(random.f64() / 4.0);
    let _ = timeout(first, stop.wait_for(|stop| *stop)).await;
    while !*stop.borrow() {
        match Visit::begin(&visits, &mut random).await {
            Ok(visit) => visit.live().await,
            Err(error) => {
                visits.tally.fail(|| format!("no connection: {error:?}"));
                sleep(visits.pause).await;
            }
        }
    }
}

/// A time that is so long on average, and now and then much longer.
fn exponential(random: &mut fastrand::Rng, mean: Duration) -> Duration {
    mean.mul_f64(-(1.0 - random.f64()).ln())
}

impl Visit {
    async fn begin(visits: &Arc<Visits>, random: &mut fastrand::Rng) -> Result<Self> {
        let line = Arc::new(Line::new(visits.server));
        let resumes = random.bool();
        let mut client = Client::builder();
        if resumes {
            client = client.resume(GRACE);
        }
        let dial = Arc::clone(&line);
        let client = client
            .connect_with(async move || dial.connect().await)
            .await?;
        visits.tally.connections.add();
        Ok(Self {
            visits: Arc::clone(visits),
            random: random.fork(),
            station: client.service(),
            client,
            line,
            resumes,
            room: None,
            lent: None,
        })
    }

    async fn live(mut self) {
        let mut stop = self.visits.stop.clone();
        let until = Instant::now() + exponential(&mut self.random, self.visits.stay);
        // Whoever joined a room hears of things that he did not ask for.
        let joined = self.join().await;
        self.expect("join", joined);
        while Instant::now() < until && !*stop.borrow() {
            self.step().await;
            let pause = exponential(&mut self.random, self.visits.pause);
            let _ = timeout(pause, stop.wait_for(|stop| *stop)).await;
        }
        self.end().await;
    }

    async fn step(&mut self) {
        match self.random.u8(..100) {
            0..=39 => self.echo().await,
            40..=54 => self.count().await,
            55..=64 => self.keep().await,
            65..=69 => {
                let forgot = self.station.forget().await;
                self.expect("forget", forgot);
            }
            70..=79 => self.give_up().await,
            80..=86 => self.move_on().await,
            87..=92 => self.borrow().await,
            93..=95 if self.resumes => self.hiccup().await,
            _ => self.burst().await,
        }
    }

    async fn echo(&mut self) {
        // Mostly short, and sometimes more than any buffer takes at once.
        let length = match self.random.u8(..50) {
            0 => self.random.usize(20_000..80_000),
            _ => self.random.usize(..300),
        };
        let text = "x".repeat(length);
        let echoed = self.station.echo(&text).await;
        if let Some(echoed) = self.expect("echo", echoed)
            && echoed != text
        {
            self.visits
                .tally
                .fail(|| "an echo is another text".to_owned());
        }
    }

    async fn count(&mut self) {
        let to = self.random.u64(1..6);
        let twice = async |number: u64| Ok(number * 2);
        let counted = self.station.count(to, twice).await;
        if let Some(sum) = self.expect("count", counted) {
            self.visits.tally.passed.add();
            if sum != to * (to - 1) {
                self.visits
                    .tally
                    .fail(|| format!("{to} were counted to {sum}"));
            }
        }
    }

    async fn keep(&mut self) {
        let kept = self.station.keep(self.ear(false)).await;
        if self.expect("keep", kept).is_some() {
            self.visits.tally.held.add();
        }
    }

    async fn give_up(&mut self) {
        let patience = Duration::from_micros(self.random.u64(..5000));
        let waiting = self.station.wait(self.ear(false));
        match timeout(patience, waiting).await {
            Ok(ended) => drop(self.expect("wait", ended)),
            Err(_) => self.visits.tally.cancels.add(),
        }
    }

    async fn move_on(&mut self) {
        if let Some(room) = self.room.take() {
            let left = self.station.leave(room).await;
            if self.expect("leave", left) == Some(false) {
                self.visits
                    .tally
                    .fail(|| "a member was not in its room".to_owned());
            }
        }
        let joined = self.join().await;
        self.expect("join", joined);
    }

    async fn join(&mut self) -> Result<()> {
        let room = self.random.usize(..ROOMS);
        self.station.join(room, self.ear(true)).await?;
        self.room = Some(room);
        Ok(())
    }

    async fn borrow(&mut self) {
        let lent = self.station.lend().await;
        let Some(lent) = self.expect("lend", lent) else {
            return;
        };
        let told = lent.event(1, "from a client".to_owned()).await;
        self.expect("an event for a lent object", told);
        let confirmed = lent.confirm(1).await;
        if self.expect("a call of a lent object", confirmed).is_some() {
            self.visits.tally.borrowed.add();
        }
        self.lent = Some(lent);
    }

    /// The connection breaks, and the session goes on.
    async fn hiccup(&mut self) {
        let how = [Break::Reset, Break::End, Break::InsideFrame];
        let how = how[self.random.usize(..how.len())];
        let (mut calls, station) = (tokio::task::JoinSet::new(), self.station.clone());
        calls.spawn(async move { station.echo("while it breaks").await });
        tokio::task::yield_now().await;
        self.line.cut(how);
        let echoed = self.station.echo("after a break").await;
        self.expect("a call over a new connection", echoed);
        while let Some(echoed) = calls.join_next().await {
            self.expect("a call in a break", echoed.expect("a call does not panic"));
        }
        self.visits.tally.resumed.add();
    }

    /// Many calls at a time.
    async fn burst(&mut self) {
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..self.random.usize(2..30) {
            let station = self.station.clone();
            calls.spawn(async move { station.echo("one of many").await });
        }
        while let Some(echoed) = calls.join_next().await {
            self.expect("one of many", echoed.expect("a call does not panic"));
        }
    }

    async fn end(mut self) {
        let tally = Arc::clone(&self.visits.tally);
        let session = self.client.session().clone();
        let how = match self.random.u8(..10) {
            0..=2 => {
                tally.let_go.add();
                drop(session);
                return;
            }
            3..=4 => {
                tally.closed.add();
                self.client.close();
                session.closed().await;
                return;
            }
            5..=6 => Break::Reset,
            7..=8 => Break::End,
            _ => Break::InsideFrame,
        };
        match how {
            Break::Reset => tally.resets.add(),
            Break::End => tally.ends.add(),
            Break::InsideFrame => tally.inside.add(),
        }
        // It breaks under calls.
        let station = self.station.clone();
        let call = tokio::spawn(async move {
            let waited = station.wait(async_listener()).await;
            drop(station);
            waited
        });
        tokio::task::yield_now().await;
        self.line.end(how);
        let echoed = self.station.echo("the last").await;
        if how == Break::InsideFrame && echoed.is_ok() {
            tally.fail(|| "an echo came over a broken connection".to_owned());
        }
        session.closed().await;
        if call.await.expect("a call does not panic").is_ok() {
            tally.fail(|| "a call that waits for ever was answered".to_owned());
        }
    }

    fn ear(&self, in_group: bool) -> Ear {
        Ear {
            visits: Arc::clone(&self.visits),
            in_group,
            _life: self.visits.listeners.one(),
        }
    }

    /// While the connection is whole, no call fails.
    fn expect<T>(&self, what: &str, outcome: Result<T>) -> Option<T> {
        match outcome {
            Ok(value) => {
                self.visits.tally.calls.add();
                Some(value)
            }
            Err(error) => {
                self.visits.tally.fail(|| format!("{what}: {error:?}"));
                None
            }
        }
    }
}

/// A listener that nobody will call.
fn async_listener() -> impl Listener {
    struct Nobody;
    impl Listener for Nobody {
        async fn event(&self, _number: u64, _text: String) -> Result<()> {
            Ok(())
        }
        async fn confirm(&self, _number: u64) -> Result<()> {
            Ok(())
        }
    }
    Nobody
}
