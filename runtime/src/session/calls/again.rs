//! A call that may be made again: when its session is lost, it waits for the client's next one.

use std::task::{Context, Poll, ready};

use futures_util::future::BoxFuture;

use super::call::Deadline;
use super::encoder::Encoded;
use super::remote::{Callee, Remote};
use crate::error::{Error, ErrorKind};
use crate::session::lifetime::Session;
use crate::session::link::Link;
use crate::session::method::Method;
use crate::session::values::Form;

/// So often it is made at most: a call that ends each session that it comes to, or even the process
/// behind it, is not to go round for ever.
const MOST_TIMES: u32 = 10;

/// What an `#[idempotent]` call needs to be made again.
pub(super) struct Again {
    /// The service, over whatever session the client has.
    remote: Remote,
    arguments: Encoded,
    /// In which the arguments are written.
    form: Form,
    /// How often it was made.
    times: u32,
}

impl Again {
    pub(super) fn new(remote: Remote, arguments: Encoded, form: Form) -> Box<Self> {
        let times = 0;
        Box::new(Self {
            remote,
            arguments,
            form,
            times,
        })
    }

    /// What it is made to.
    pub(super) fn callee<'a>(&'a self, session: &'a Session) -> Callee<'a> {
        self.remote.callee_over(session)
    }

    /// It is about to be made (once more), over that session.
    pub(super) fn begin<'a>(&'a mut self, session: &'a Session) -> (Callee<'a>, &'a Encoded) {
        self.times += 1;
        let this = &*self;
        (this.callee(session), &this.arguments)
    }

    /// Its session has ended: waits for the next one. If there is a reason not to make it again, gives the
    /// error for the caller.
    pub(super) fn wait(
        self: Box<Self>,
        link: &Link,
        deadline: Option<Deadline>,
        why: Error,
    ) -> Result<Box<Between>, Error> {
        if !matches!(why.kind(), ErrorKind::Closed | ErrorKind::SessionLost) {
            return Err(why);
        }
        if link.with(|core| core.parting(true).is_some()) {
            return Err(why); // it was this end that left
        }
        if self.times == MOST_TIMES {
            let text = format!("it was made {MOST_TIMES} times, and each time the session ended");
            return Err(because(&why, &text));
        }
        let passing = self.arguments.passing();
        if passing.is_some_and(|passing| passing.has_objects_of(link)) {
            let text = "it is not made again, since it passes an object of the lost session";
            return Err(because(&why, text));
        }
        let Some(next) = self.remote.session_after(link.id) else {
            return Err(why);
        };
        Ok(Box::new(Between {
            again: self,
            why,
            next,
            deadline,
        }))
    }
}

/// A call whose session has ended, and which waits for the next one.
pub(super) struct Between {
    again: Box<Again>,
    /// What the caller gets if no other session comes.
    why: Error,
    /// Whether there is another session.
    next: BoxFuture<'static, bool>,
    deadline: Option<Deadline>,
}

impl Between {
    /// Ready with another session over which it can be made, or with the error for the caller.
    pub(super) fn poll(
        &mut self,
        method: &Method,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Session, Error>> {
        if let Some(deadline) = &mut self.deadline
            && let Poll::Ready(error) = deadline.poll(method, cx)
        {
            return Poll::Ready(Err(because(&error, &self.why.to_string())));
        }
        if !ready!(self.next.as_mut().poll(cx)) {
            return Poll::Ready(Err(self.why.clone()));
        }
        let session = self.again.remote.session();
        if session.link().form() != self.again.form {
            let text = "it is not made again, since the next session wants other values";
            return Poll::Ready(Err(because(&self.why, text)));
        }
        Poll::Ready(Ok(session))
    }

    pub(super) fn into_parts(self) -> (Box<Again>, Option<Deadline>) {
        (self.again, self.deadline)
    }
}

fn because(error: &Error, why: &str) -> Error {
    Error::new(error.kind(), format!("{error} ({why})")).with_source(error.clone())
}
