//! What must have come of the casts of a hall.

use ringback::{ErrorKind, GroupFailure, Session};

use super::{Book, Cast, Hall, Kind, Member, State};
use crate::casts::At;

impl Hall {
    /// What is not as it must be when nothing is under way any more.
    pub fn wrong(&self) -> Option<String> {
        for failure in self.group.take_failures() {
            self.judge(&failure);
        }
        let book = self.book();
        let mut casts = book.casts.iter();
        casts
            .find_map(|(number, cast)| self.wrong_cast(&book, *number, cast))
            .or_else(|| {
                let mut untold = self.ledger.casts.untold(self.number).into_iter();
                untold.find_map(|at| {
                    let must_be_told = self.must_be_told(&book, at);
                    must_be_told.then(|| format!("nobody is told that {at} failed"))
                })
            })
            .map(|wrong| format!("hall {}: {wrong}", self.number))
    }

    fn wrong_cast(&self, book: &Book, number: u64, cast: &Cast) -> Option<String> {
        if cast.state == State::Open {
            return Some(format!("cast {number} is not over"));
        }
        let members = || cast.members.iter().map(|index| &book.members[*index]);
        let strangers = self.ledger.casts.hearers(self.number, number);
        let stranger = strangers
            .into_iter()
            .find(|object| !members().any(|member| member.object == *object));
        if let Some(object) = stranger {
            return Some(format!("object {object} heard cast {number} uninvited"));
        }
        let missed = members().find(|member| {
            let at = self.at(member.object, number);
            cast.state == State::Whole
                && !self.ledger.casts.has_heard(at)
                && !self.may_miss(member, cast.kind, at)
        });
        missed.map(|member| format!("object {} missed cast {number}", member.object))
    }

    /// Whether a member need not have heard a cast that was not given up.
    fn may_miss(&self, member: &Member, kind: Kind, at: At) -> bool {
        self.is_gone(member)
            || self.is_strict && (self.is_tight || self.ledger.casts.has_failed_before(at))
            || kind == Kind::Event && member.wants_latest
            || kind == Kind::Met && self.is_tight
    }

    /// Whether a member has closed, or may have.
    fn is_gone(&self, member: &Member) -> bool {
        let session = member.session.as_ref();
        session.is_some_and(Session::is_closed)
            || self.ledger.casts.is_revoked(member.object)
            || self.ledger.casts.is_closable(member.object)
    }

    fn must_be_told(&self, book: &Book, at: At) -> bool {
        let Some((cast, member)) = self.present(book, at) else {
            return true;
        };
        let is_answered = cast.kind != Kind::Event || member.session.is_none();
        let may_miss = self.may_miss(member, cast.kind, at);
        // A strict group does not tell of those who were out before.
        let is_out =
            self.is_strict && book.keys.get(&member.key) != Some(&self.index(book, member));
        cast.state == State::Whole && is_answered && !may_miss && !is_out
    }

    /// A group tells of a member that failed or left.
    fn judge(&self, failure: &GroupFailure<u8>) {
        let book = self.book();
        let (key, error) = (failure.key, &failure.error);
        let once = |is_so: &dyn Fn(&Member) -> bool| {
            let mut members = book.members.iter();
            members.any(|member| member.key == key && is_so(member))
        };
        let is_fair = match error.kind() {
            ErrorKind::Application | ErrorKind::Panicked => {
                self.ledger.tally.members_failed.add();
                return self.judge_failure(&book, key, &error.to_string());
            }
            ErrorKind::Closed => once(&|member| {
                let session = member.session.as_ref();
                session.is_some_and(Session::is_closed)
            }),
            ErrorKind::Revoked => once(&|member| self.ledger.casts.is_revoked(member.object)),
            ErrorKind::Overloaded => once(&|member| self.ledger.casts.is_closable(member.object)),
            ErrorKind::TooManyCallbacks => self.is_tight,
            _ => false,
        };
        drop(book);
        self.ledger.tally.members_left.add();
        if !is_fair {
            self.fail(format!("the member {key} failed: {error:?}"));
        }
    }

    fn judge_failure(&self, book: &Book, key: u8, text: &str) {
        let told = At::read(text).ok_or_else(|| format!("what failed? {text}"));
        let judged = told.and_then(|at| {
            let Some((cast, member)) = self.present(book, at) else {
                return Err(format!("{at} failed, and was not there"));
            };
            if member.key != key {
                return Err(format!("{at} failed, and not the member {key}"));
            }
            if cast.kind == Kind::Event && member.session.is_some() {
                return Err(format!("{at} failed at a one-way call, and that is known"));
            }
            self.ledger.casts.told(at)
        });
        if let Err(why) = judged {
            self.fail(why);
        }
    }

    /// The member that an object was at a cast.
    fn present<'a>(&self, book: &'a Book, at: At) -> Option<(&'a Cast, &'a Member)> {
        let cast = book
            .casts
            .get(&at.cast)
            .filter(|_| at.hall == self.number)?;
        let mut members = cast.members.iter().map(|index| &book.members[*index]);
        Some((cast, members.find(|member| member.object == at.object)?))
    }

    fn index(&self, book: &Book, member: &Member) -> usize {
        let mut members = book.members.iter();
        members
            .position(|other| std::ptr::eq(other, member))
            .unwrap()
    }

    fn at(&self, object: u64, cast: u64) -> At {
        At {
            object,
            hall: self.number,
            cast,
        }
    }
}
