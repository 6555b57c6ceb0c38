//! One call to every member of a group.

use std::fmt;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::task::coop::poll_proceed;

use super::local::{Local, LocalCall};
use super::members::Member;
use super::together::Together;
use super::{Group, GroupFailure};
use crate::error::{Error, ErrorKind};
use crate::session::{Call, Encoded, Encoder, Form, HasProxy, Method, Outcome, Place, ProxyType};

type TwinOf<P> = <<P as ProxyType>::Service as HasProxy>::Twin;

/// Calls `method` on every member. `encode` writes the arguments, once for each form that peers want;
/// `local` makes the call of a member of this process. Everything is encoded and sent when this
/// returns; the future waits for those who had no room, and for answers.
pub fn cast<'a, K, P, R>(
    group: &Group<K, P>,
    method: &'static Method,
    arguments: u32,
    encode: impl Fn(&mut Encoder),
    local: impl Fn(Arc<TwinOf<P>>) -> LocalCall<'a, R>,
) -> Cast<'a, K, P, R>
where
    K: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static,
    P: ProxyType,
    R: Outcome<Ok = ()>,
{
    let mut encodings = Encodings {
        method,
        arguments,
        encode,
        last: None,
        others: Vec::new(),
    };
    let mut waiting = None::<Box<Together<_>>>;
    let mut unsent = None;
    let mut reached = 0usize;
    let members = group.0.members.snapshot();
    let mut left = &members[..];
    while let Some(member) = left.first() {
        let waits = |member: &Arc<_>, call| Waiting {
            member: Arc::clone(member),
            call,
        };
        let mut taken = 1;
        match member.proxy.reference().place() {
            Place::Local(twin) => {
                let call = Local::new(method, local(twin));
                let call = waits(member, Answer::Local(call));
                waiting.get_or_insert_default().add(call);
                reached += 1;
            }
            Place::Closed(_) => {
                member.has_left();
            }
            Place::Remote(remote) => match encodings.of(remote.form()) {
                Err(error) => {
                    unsent.get_or_insert_with(|| error.clone());
                    group.note(method, member, Err::<(), _>(error));
                }
                Ok(encoded) => {
                    let remotes = left.iter().map_while(|it| it.proxy.reference().far());
                    taken = encoded.submit_row(method, remotes, |place, call| {
                        let member = &left[place];
                        match Call::ended_at_once(call) {
                            Err(call) => {
                                let call = waits(member, Answer::Remote(call));
                                waiting.get_or_insert_default().add_made(call);
                            }
                            Ok(outcome) => group.note(method, member, outcome),
                        }
                    });
                    reached += taken;
                }
            },
        }
        left = &left[taken..];
    }
    Cast {
        group: group.clone(),
        method,
        note: Group::note,
        outcome,
        // Arguments that went to nobody are the caller's mistake.
        unsent: unsent.filter(|_| reached == 0),
        reached,
        waiting,
    }
}

/// A call to every member, that waits for those who have not taken or answered it yet.
#[must_use = "a call that is dropped is cancelled where it waits"]
pub struct Cast<'a, K, P: ProxyType, R> {
    group: Group<K, P>,
    method: &'static Method,
    /// What is done with the outcome of one member, and what the call itself gives. As values, so that
    /// only who makes a call has to know that `R` is an outcome, and rustc complains of one that is
    /// none in one place.
    note: Note<K, P, R>,
    outcome: fn(Option<Error>) -> R,
    unsent: Option<Error>,
    /// How many members it was made at, for which nothing of the task's budget was taken yet.
    reached: usize,
    /// Mostly all have ended where they were made.
    waiting: Option<Box<Together<Waiting<'a, K, P, R>>>>,
}

type Note<K, P, R> = fn(&Group<K, P>, &'static Method, &Member<K, P>, R);

fn outcome<R: Outcome<Ok = ()>>(unsent: Option<Error>) -> R {
    match unsent {
        Some(error) => R::failed(error),
        None => R::succeeded(()),
    }
}

impl<K, P: ProxyType, R> Future for Cast<'_, K, P, R> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        while let Some(waiting) = &mut self.waiting {
            match ready!(waiting.poll_next(cx)) {
                Some((member, outcome)) => {
                    (self.note)(&self.group, self.method, &member, outcome);
                }
                None => self.waiting = None,
            }
        }
        // As much as a loop over the members of one connection: who calls many lets the connections write now and then.
        while let Some(left) = self.reached.checked_sub(1) {
            let proceeds = poll_proceed(cx);
            self.reached = if proceeds.is_ready() { left } else { 0 }; // once is enough
            ready!(proceeds).made_progress();
        }
        Poll::Ready((self.outcome)(self.unsent.take()))
    }
}

impl<K, P: ProxyType, R> fmt::Debug for Cast<'_, K, P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cast")
            .field("method", self.method)
            .field("waiting", &self.waiting.as_ref().map_or(0, |it| it.len()))
            .finish_non_exhaustive()
    }
}

impl<K, P> Group<K, P>
where
    K: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static,
    P: ProxyType,
{
    /// Notes what became of the call to one member, if it failed.
    fn note<R: Outcome>(&self, method: &'static Method, member: &Member<K, P>, outcome: R) {
        if !outcome.is_err() || member.has_left() {
            return;
        }
        if self.0.strict && !self.0.members.leave(member) {
            return; // it was taken out in the meantime
        }
        let error = outcome.error().cloned().unwrap_or_else(|| {
            Error::new(
                ErrorKind::Application,
                format!("{method} failed with an error of its own"),
            )
        });
        if member.complaints.is_first(error.kind()) {
            tracing::warn!(
                member = ?member.key,
                %error,
                "a call to a member of a group failed (more of the kind by this member: at debug level)"
            );
        } else {
            tracing::debug!(member = ?member.key, %error, "a call to a member of a group failed");
        }
        self.0.failures.push(GroupFailure {
            key: member.key.clone(),
            error,
        });
    }
}

/// The arguments in each form that was asked for.
struct Encodings<F> {
    method: &'static Method,
    arguments: u32,
    encode: F,
    /// The one that was asked for last. Mostly all members want the same.
    last: Option<Encoding>,
    others: Vec<Encoding>,
}

struct Encoding {
    form: Form,
    encoded: Result<Encoded, Error>,
}

impl<F: Fn(&mut Encoder)> Encodings<F> {
    fn of(&mut self, form: Form) -> Result<&Encoded, Error> {
        let last = match self.last.take() {
            Some(last) if last.form == form => last,
            other => {
                self.others.extend(other);
                let known = self.others.iter().position(|made| made.form == form);
                match known {
                    Some(index) => self.others.swap_remove(index),
                    None => self.make(form),
                }
            }
        };
        self.last
            .insert(last)
            .encoded
            .as_ref()
            .map_err(Error::clone)
    }

    fn make(&self, form: Form) -> Encoding {
        let mut encoder = Encoder::new(self.method, self.arguments, form);
        (self.encode)(&mut encoder);
        Encoding {
            form,
            encoded: encoder.finish(),
        }
    }
}

/// The call of one member, and whose it is.
struct Waiting<'a, K, P: ProxyType, R> {
    member: Arc<Member<K, P>>,
    call: Answer<'a, R>,
}

enum Answer<'a, R> {
    Local(Local<'a, R>),
    Remote(Call<R>),
}

/// Its parts are not pinned in place.
impl<K, P: ProxyType, R> Unpin for Waiting<'_, K, P, R> {}

impl<K, P: ProxyType, R> Future for Waiting<'_, K, P, R> {
    type Output = (Arc<Member<K, P>>, R);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = ready!(match &mut self.call {
            Answer::Local(call) => Pin::new(call).poll(cx),
            Answer::Remote(call) => Pin::new(call).poll(cx),
        });
        Poll::Ready((Arc::clone(&self.member), outcome))
    }
}
