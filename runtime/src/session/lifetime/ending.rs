//! The end of a session: who is told why, and who waits for it.

use crate::error::Error;
use crate::proto::{Departure, Rejected};
use crate::session::calls::Answer;
use crate::session::link::Link;
use crate::session::panic::drop_all_in_net;

impl Link {
    /// Ends the session: everybody who waits gets the error, at once.
    pub(crate) fn end(&self, error: Error) {
        let Some(remains) = self.with(|core| core.end(error)) else {
            return;
        };
        for caller in remains.callers {
            caller.tell(Answer::Ended(remains.error.clone()));
        }
        for caller in remains.unsent {
            let error = remains.error.clone();
            caller.tell(Answer::Rejected(Rejected::Closed(error)));
        }
        for watch in remains.watches {
            watch.close();
        }
        self.ended.notify_waiters();
        self.readers.end();
        self.take_arrival(); // nobody will
        self.running.abort_all();
        drop_all_in_net(remains.garbage);
    }

    /// Why the session ended, if it has.
    pub(crate) fn ended(&self) -> Option<Error> {
        self.with(|core| core.ended().cloned())
    }

    /// Waits for the session's end.
    pub(crate) async fn closed(&self) -> Error {
        self.wait_until(Self::ended).await
    }

    /// Waits for something that comes with the end of the session, or on the way to it.
    pub(super) async fn wait_until<R>(&self, look: impl Fn(&Self) -> Option<R>) -> R {
        loop {
            let notified = self.ended.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            if let Some(found) = look(self) {
                return found;
            }
            notified.await;
        }
    }

    /// This end leaves, and has come further.
    #[cold]
    pub(crate) fn departs(&self, departure: Option<Departure>) {
        if departure == Some(Departure::Done) {
            self.leave();
        }
        self.ended.notify_waiters();
    }
}
