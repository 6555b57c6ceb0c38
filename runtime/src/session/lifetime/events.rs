//! What happens to sessions, for those who want to know.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};

use futures_util::Stream;
use futures_util::task::AtomicWaker;

use crate::error::Error;

/// Events that nobody took are kept up to this number; then the oldest ones are dropped.
const KEPT: usize = 1024;

/// Something happened to a session, which is named by its [`id`](crate::Session::id).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SessionEvent {
    /// The session has begun.
    Connected {
        /// Which one.
        session: u64,
    },
    /// The session's connection broke, and it goes on over another one. Nothing of it was lost.
    Resumed {
        /// Which one.
        session: u64,
    },
    /// The session has ended although nobody wanted that: its connection broke (and could not be
    /// replaced within the grace time), the peer fell silent, or one of both broke the protocol.
    Lost {
        /// Which one.
        session: u64,
        /// Why. Calls in flight have failed with the same kind.
        error: Error,
    },
    /// The session was left, by this end or by the peer.
    Closed {
        /// Which one.
        session: u64,
    },
}

impl SessionEvent {
    /// The session that it is about.
    pub fn session(&self) -> u64 {
        match *self {
            Self::Connected { session }
            | Self::Resumed { session }
            | Self::Lost { session, .. }
            | Self::Closed { session } => session,
        }
    }
}

/// A stream of [`SessionEvent`]s, from when it was asked for: those of one session, of a client, or of
/// all sessions of a server.
///
/// It is a [`Stream`](futures_util::Stream); [`next`](Self::next) spares the import of an extension trait. It
/// holds no session open. If nobody reads it, 1,024 events are kept, and then the oldest are dropped.
///
/// ```
/// use ringback::{Client, Result, Server, SessionEvent};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let server = Server::builder().bind("127.0.0.1:0").await?;
/// let (address, handle) = (server.local_addr(), server.handle());
/// let mut events = handle.events();
/// tokio::spawn(server.run());
///
/// let client = Client::builder().connect(address).await?;
/// assert!(matches!(events.next().await, Some(SessionEvent::Connected { .. })));
/// drop(client);
/// assert!(matches!(events.next().await, Some(SessionEvent::Closed { .. })));
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing unless it is read"]
pub struct SessionEvents(Arc<Mailbox>);

impl SessionEvents {
    /// Waits for the next event; `None` when there will be none.
    pub async fn next(&mut self) -> Option<SessionEvent> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<SessionEvent>> {
        self.0.reader.register(cx.waker());
        let mut inside = self.0.inside();
        match inside.events.pop_front() {
            Some(event) => Poll::Ready(Some(event)),
            None if inside.is_over => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

impl Stream for SessionEvents {
    type Item = SessionEvent;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<SessionEvent>> {
        self.poll(cx)
    }
}

impl fmt::Debug for SessionEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionEvents").finish_non_exhaustive()
    }
}

/// The events of one reader.
#[derive(Default)]
struct Mailbox {
    inside: Mutex<Inside>,
    reader: AtomicWaker,
}

#[derive(Default)]
struct Inside {
    events: VecDeque<SessionEvent>,
    is_over: bool,
}

impl Mailbox {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Inside)) {
        change(&mut self.inside());
        self.reader.wake();
    }
}

/// Who reads the events of a session, of a client or of a server. When it is dropped, their streams
/// end.
#[derive(Default)]
pub(crate) struct Readers(Mutex<All>);

#[derive(Default)]
struct All {
    mailboxes: Vec<Weak<Mailbox>>,
    /// The last event, if that was the end of a session.
    end: Option<SessionEvent>,
}

impl Readers {
    /// A stream of what happens from now on.
    pub(crate) fn subscribe(&self) -> SessionEvents {
        self.all().add(Mailbox::default())
    }

    /// The same. If what happened last is the end of a session, the stream begins with that.
    pub(crate) fn subscribe_from_end(&self) -> SessionEvents {
        let mailbox = Mailbox::default();
        let mut all = self.all();
        mailbox.inside().events.extend(all.end.clone());
        all.add(mailbox)
    }

    pub(crate) fn tell(&self, event: &SessionEvent) {
        let is_end = matches!(
            event,
            SessionEvent::Lost { .. } | SessionEvent::Closed { .. }
        );
        let mut all = self.all();
        all.end = is_end.then(|| event.clone());
        let mailboxes = all.mailboxes(); // at once, so that nobody gets an end twice
        drop(all);
        for mailbox in mailboxes {
            mailbox.change(|inside| {
                if inside.events.len() == KEPT {
                    inside.events.pop_front();
                }
                inside.events.push_back(event.clone());
            });
        }
    }

    /// There will be no more.
    pub(crate) fn end(&self) {
        let mailboxes = self.all().mailboxes();
        for mailbox in mailboxes {
            mailbox.change(|inside| inside.is_over = true);
        }
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl All {
    fn mailboxes(&self) -> Vec<Arc<Mailbox>> {
        self.mailboxes.iter().filter_map(Weak::upgrade).collect()
    }

    fn add(&mut self, mailbox: Mailbox) -> SessionEvents {
        let mailbox = Arc::new(mailbox);
        self.mailboxes.retain(|mailbox| mailbox.strong_count() > 0);
        self.mailboxes.push(Arc::downgrade(&mailbox));
        SessionEvents(mailbox)
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(mut stream: SessionEvents) -> Vec<u64> {
        let next = || futures_util::FutureExt::now_or_never(stream.next()).flatten();
        std::iter::from_fn(next)
            .map(|event| event.session())
            .collect()
    }

    #[test]
    fn who_asks_after_an_end_can_be_told_of_it_as_long_as_nothing_else_has_come() {
        let readers = Readers::default();
        assert_eq!(ends(readers.subscribe_from_end()), []);
        readers.tell(&SessionEvent::Connected { session: 1 });
        let early = readers.subscribe_from_end();
        readers.tell(&SessionEvent::Closed { session: 1 });
        let (late, unaware) = (readers.subscribe_from_end(), readers.subscribe());
        readers.tell(&SessionEvent::Connected { session: 2 });
        assert_eq!(ends(early), [1, 2]);
        assert_eq!(ends(late), [1, 2]);
        assert_eq!(ends(unaware), [2]);
        assert_eq!(ends(readers.subscribe_from_end()), []);
    }

    #[test]
    fn who_does_not_read_loses_the_oldest_events() {
        let readers = Readers::default();
        let stream = readers.subscribe();
        for session in 0..=KEPT as u64 {
            readers.tell(&SessionEvent::Connected { session });
        }
        drop(readers);
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let mut seen = Vec::new();
        while let Poll::Ready(Some(event)) = stream.poll(&mut cx) {
            seen.push(event.session());
        }
        assert_eq!((seen.len(), seen[0]), (KEPT, 1));
        assert!(matches!(stream.poll(&mut cx), Poll::Ready(None)));
    }
}
