//! One call to many objects: written once, and made in a row at those of one session.

use std::cell::OnceCell;
use std::sync::Arc;

use bytes::Bytes;

use super::answer::Awaited;
use super::call::{Call, State};
use super::encoder::Encoded;
use super::remote::{Callee, Remote};
use super::submit::{NOBODY, Terms, ask, has_its_turn, new_call, submit};
use crate::proto::{Connection, Rejected, Submitted};
use crate::session::link::Attached;
use crate::session::method::Method;
use crate::session::values::Outcome;

/// So many calls are made in a row; then others may use the session.
const ROW: usize = 64;

impl Encoded {
    /// Makes the call at the first of `remotes`, and at those behind it that are called over the same session.
    /// Gives how many these are. `open` is told, by their places, of all whose calls may not have ended by
    /// that: in a row, one that was sent and is not answered has.
    pub(crate) fn submit_row<'a, R: Outcome>(
        &self,
        method: &'static Method,
        remotes: impl Iterator<Item = &'a Remote>,
        mut open: impl FnMut(usize, Call<R>),
    ) -> usize {
        let mut callees = remotes.map(Remote::callee).peekable();
        let Some(first) = callees.peek().copied() else {
            return 0;
        };
        if self.passing().is_some_and(|passing| passing.count() > 0) {
            // What is passed is entered into the session for each of them.
            let bytes = self.payload().bytes.len();
            let held = method.is_one_way() && !has_its_turn(first.link, bytes);
            open(
                0,
                Call::new(method, State::submit(&first, method, self, held)),
            );
            return 1;
        }
        let mut made = 0;
        let mut unended = Vec::new();
        let kept = OnceCell::new();
        first.link.with_call(method, |core| {
            let row = callees.take(ROW);
            for callee in row.take_while(|callee| Arc::ptr_eq(callee.link, first.link)) {
                let mut answer = None;
                if let Some((submitted, terms)) =
                    self.submit_to(core, &callee, method, &kept, &mut answer)
                {
                    unended.push((made, submitted, answer, terms));
                }
                made += 1;
            }
        });
        if unended.is_empty() {
            return made; // as mostly; to take nothing out of it costs more
        }
        for (place, submitted, answer, terms) in unended {
            let state = State::new(first.link, method, submitted, answer, terms);
            open(place, Call::new(method, state));
        }
        made
    }

    /// Makes the call at one of them. Gives what became of it, unless it has ended by that.
    #[inline]
    fn submit_to(
        &self,
        core: &mut Connection<Attached>,
        callee: &Callee<'_>,
        method: &'static Method,
        kept: &OnceCell<Bytes>,
        answer: &mut Option<Awaited>,
    ) -> Option<(Result<Submitted, Rejected>, Terms)> {
        if self.are_plain()
            && let Some(mut call) = callee.plain_call(method, self.payload().bytes)
        {
            let is_sent = match method.is_one_way() {
                true => core.submit_plain(&mut call, NOBODY),
                false => core.submit_plain(&mut call, Some(|| ask(answer))),
            };
            if is_sent {
                return call
                    .id
                    .map(|id| (Ok(Submitted::Sent(id)), Terms::default()));
            }
        }
        let terms = Terms::of(callee, method);
        let mut call = new_call(callee, method, self, terms);
        call.kept = Some(kept);
        let submitted = submit(core, &mut call, answer);
        (submitted.is_err() || answer.is_some()).then_some((submitted, terms))
    }
}
