//! The task of a session that outlives its connections.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::arrival::{Arrival, Entry, Guest, Registry, fresh_token};
use super::backoff::{Backoff, is_good_life};
use super::events::SessionEvent;
use super::reconnect::{Connector, LastAttempt, Met, reconnect};
use crate::error::ErrorKind;
use crate::proto::Fault;
use crate::session::clock::now;
use crate::session::io::{Driver, End, refuse_with};
use crate::session::link::Link;
use crate::transport::Transport;

/// How a session gets from one connection to the next.
#[derive(Clone)]
pub(crate) enum Lasting {
    /// The peer comes back.
    Accepts {
        registry: Arc<Registry>,
        guest: Option<Arc<Guest>>,
    },
    /// This end connects again.
    Connects(Connector),
}

/// What is said of a session that is not there, or that somebody else has.
const UNKNOWN: &str = "there is no such session (any more)";

/// Drives a session over one connection after the other until it ends.
pub(crate) async fn drive_lasting(
    mut driver: Box<Driver<Box<dyn Transport>>>,
    lasting: Lasting,
    patience: Duration,
) {
    let entry = match &lasting {
        Lasting::Connects(_) => None,
        Lasting::Accepts { registry, guest } => match registry.enter(&driver.link, guest.clone()) {
            Ok(entry) => Some(entry),
            Err(error) => {
                tracing::warn!(%error, "there is no chance for a token: a session cannot be resumed");
                None
            }
        },
    };
    let mut fortune = Fortune::new();
    let end = loop {
        let end = driver.run().await;
        if let End::HandedOver = end {
            match hand_over(&mut driver, &lasting) {
                Ok(()) => return,
                Err(end) => break end,
            }
        }
        let Some(grace) = driver.link.grace().filter(|_| end.leaves_the_session()) else {
            break end;
        };
        if driver.link.is_leaving() {
            break End::Own;
        }
        driver.let_go();
        fortune.connection_lost(&driver.link);
        let going_on = GoingOn {
            lasting: &lasting,
            grace,
            patience,
            fortune: &mut fortune,
            entry: entry.as_ref(),
        };
        if let Err(end) = going_on.go_on(&mut driver).await {
            break end;
        }
        fortune.connected();
        driver.link.tell(SessionEvent::Resumed {
            session: driver.link.id,
        });
    };
    drop::<Option<Entry>>(entry); // from here on it cannot be resumed
    Box::pin(driver.finish(end)).await;
}

/// What the connections of a session were good for. One that breaks again at once, and over which nothing
/// got through, is as good as none: the grace goes on, and so do the pauses between attempts.
struct Fortune {
    backoff: Backoff,
    /// When the present connection was there.
    begun: Instant,
    /// How far the session had come when the connection before it broke, if there was one.
    progress: Option<u64>,
    /// Since when the session has no connection that is good for something.
    bad_since: Instant,
    /// The present connection was of no use.
    was_in_vain: bool,
}

impl Fortune {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            backoff: Backoff::new(),
            begun: now,
            progress: None,
            bad_since: now,
            was_in_vain: false,
        }
    }

    fn connected(&mut self) {
        self.begun = Instant::now();
    }

    fn connection_lost(&mut self, link: &Link) {
        let progress = Some(link.with(|core| core.progress()));
        self.was_in_vain = progress == self.progress && !is_good_life(self.begun);
        self.progress = progress;
        if !self.was_in_vain {
            self.backoff = Backoff::new();
            self.bad_since = Instant::now();
        }
    }
}

/// The connection belongs to another session: gives it to that one's driver.
fn hand_over(driver: &mut Driver<Box<dyn Transport>>, lasting: &Lasting) -> Result<(), End> {
    let refused = || Err(End::Fault(Fault::new(ErrorKind::SessionLost, UNKNOWN)));
    let (Lasting::Accepts { registry, .. }, Some(resume)) = (lasting, driver.claim.take()) else {
        return refused();
    };
    let found = registry.find(&resume.ticket);
    let Some((link, session)) = found.and_then(|link| Some((Arc::clone(&link), link.session()?)))
    else {
        return refused();
    };
    let (transport, input) = driver.part();
    link.arrive(Arrival {
        transport,
        input,
        resume,
        peer_addr: driver.link.peer_addr(),
    });
    driver.became(session);
    Ok(())
}

/// What it takes to go on over another connection.
struct GoingOn<'a> {
    lasting: &'a Lasting,
    grace: Duration,
    patience: Duration,
    fortune: &'a mut Fortune,
    /// At the accepting end.
    entry: Option<&'a Entry>,
}

/// So often a session without a connection says how much it keeps.
const COUNTS_EVERY: Duration = Duration::from_secs(1);

impl GoingOn<'_> {
    /// Waits for another connection and goes on over it.
    async fn go_on(self, driver: &mut Driver<Box<dyn Transport>>) -> Result<(), End> {
        let Self {
            lasting,
            grace,
            patience,
            fortune,
            entry,
        } = self;
        let link = Arc::clone(&driver.link);
        let last = LastAttempt::default();
        let before = fortune.was_in_vain.then_some(fortune.begun);
        let mut over = pin!(sleep(grace.saturating_sub(fortune.bad_since.elapsed())));
        let lost = || {
            let why = last.take().map_or(String::new(), |why| format!(" ({why})"));
            lost_because(&format!("it was not resumed within {grace:?}{why}"))
        };
        let mut connecting = match lasting {
            Lasting::Accepts { .. } => None,
            Lasting::Connects(connector) => Some(Box::pin(reconnect(
                Arc::clone(&link),
                connector.clone(),
                patience,
                &mut fortune.backoff,
                before,
                &last,
            ))),
        };
        let mut counts = tokio::time::interval(COUNTS_EVERY);
        loop {
            let next = poll_fn(|cx| {
                if let Poll::Ready(end) = driver.wait(cx) {
                    return Poll::Ready(Err(end));
                }
                if let Some(entry) = entry
                    && counts.poll_tick(cx).is_ready()
                {
                    while counts.poll_tick(cx).is_ready() {}
                    entry.keeps(link.with(|core| core.kept_bytes()));
                }
                if let Some(why) = entry.and_then(Entry::given_up) {
                    return Poll::Ready(Err(lost_because(why)));
                }
                if let Some(connecting) = &mut connecting
                    && let Poll::Ready(met) = connecting.as_mut().poll(cx)
                {
                    return Poll::Ready(Ok(Next::Met(met)));
                }
                if let Some(arrival) = link.take_arrival() {
                    return Poll::Ready(Ok(Next::Arrived(arrival)));
                }
                ready!(over.as_mut().poll(cx));
                Poll::Ready(Err(lost()))
            });
            match next.await? {
                Next::Met(Err(fault)) => {
                    return Err(lost_because(&fault.message));
                }
                Next::Met(Ok(Met {
                    transport,
                    input,
                    answer,
                })) => {
                    let went_on = link.with(|core| core.go_on(&answer, None, now()));
                    driver.take_up(transport, input);
                    return went_on.map_err(End::Fault);
                }
                Next::Arrived(arrival) => {
                    // Somebody may have come with the same token since it was looked at.
                    if !link.with(|core| core.admits(&arrival.resume.ticket.token)) {
                        tokio::spawn(async move {
                            refuse_with(arrival.transport, ErrorKind::SessionLost, UNKNOWN).await;
                        });
                        continue;
                    }
                    let Ok(fresh) = fresh_token() else {
                        continue; // the connection is dropped, and the peer tries again
                    };
                    let resume = arrival.resume;
                    let went_on = link.with(|core| core.go_on(&resume, Some(fresh), now()));
                    link.moved_to(arrival.peer_addr);
                    driver.take_up(arrival.transport, arrival.input);
                    went_on.map_err(End::Fault)?;
                    // Somebody may have taken its place just now.
                    return entry
                        .map_or(Ok(()), Entry::is_resumed)
                        .map_err(lost_because);
                }
            }
        }
    }
}

fn lost_because(why: &str) -> End {
    let text = format!("the session was lost: {why}");
    End::Fault(Fault::new(ErrorKind::SessionLost, text))
}

enum Next {
    Met(Result<Met, Fault>),
    Arrived(Arrival),
}

impl Driver<Box<dyn Transport>> {
    /// The connection is of no use any more. The session stays.
    fn let_go(&mut self) {
        tracing::debug!(session = self.link.id, "the connection is lost");
        drop(self.part());
        self.link.drive(|core| core.suspend());
    }

    /// A turn without a connection. Ready when the session ends.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        self.link.register_driver(cx.waker());
        loop {
            self.act_on_all();
            let due = self.link.drive(|core| core.timeout());
            if let Poll::Ready(end) = self.keep_time(cx, due) {
                return Poll::Ready(end);
            }
            if self.link.is_leaving() {
                return Poll::Ready(End::Own);
            }
            if self.link.drive(|core| core.has_overflowed()) {
                let text = "the session was lost: without a connection, more answers came together \
                            than it keeps (max_replay_bytes)";
                let fault = Fault::new(ErrorKind::SessionLost, text);
                return Poll::Ready(End::Fault(fault));
            }
            if self.link.is_idle() {
                return Poll::Pending;
            }
        }
    }
}
