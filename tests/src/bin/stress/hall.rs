//! A group, and a model of it: who was a member at which cast, and what has to have come of that.

mod audit;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use ringback::{Group, Result, Session};
use tokio::time::timeout;

use crate::ear::Counted;
use crate::fan::{Fan, FanProxy};
use crate::hub::HUB;
use crate::ledger::Ledger;

/// A group of members under a few keys.
pub struct Hall {
    number: u8,
    group: Group<u8, FanProxy>,
    is_strict: bool,
    /// The limit of callbacks is so low that a cast may meet it.
    is_tight: bool,
    /// Held whenever the group changes or a cast is made, so that it knows who gets which cast.
    book: Mutex<Book>,
    ledger: Arc<Ledger>,
}

#[derive(Default)]
struct Book {
    /// Each from when it came in.
    members: Vec<Member>,
    /// The latest under each key.
    keys: BTreeMap<u8, usize>,
    /// By their numbers, which count from 1.
    casts: BTreeMap<u64, Cast>,
}

/// One who came in.
pub struct Member {
    pub key: u8,
    pub object: u64,
    /// Where it is from, unless it is the hub's own.
    pub session: Option<Session>,
    /// Of one-way casts, it need not get more than the latest.
    pub wants_latest: bool,
}

struct Cast {
    kind: Kind,
    state: State,
    members: Vec<usize>,
}

/// Which method a cast calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Told,
    Event,
    Met,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Whole,
    /// Some may not have heard it.
    GivenUp,
}

type Call = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

impl Hall {
    pub fn new(number: u8, is_strict: bool, is_tight: bool, ledger: &Arc<Ledger>) -> Arc<Self> {
        Arc::new(Self {
            number,
            group: if is_strict {
                Group::strict()
            } else {
                Group::new()
            },
            is_strict,
            is_tight,
            book: Mutex::default(),
            ledger: Arc::clone(ledger),
        })
    }

    /// Lets somebody in, unless it is here under another key: it would hear each cast twice.
    pub fn join(&self, member: Member, fan: FanProxy) -> bool {
        let mut book = self.book();
        let is_here = book.keys.iter().any(|(key, index)| {
            *key != member.key
                && book.members[*index].object == member.object
                && self.group.contains_key(key)
        });
        if is_here {
            return false;
        }
        let (key, index) = (member.key, book.members.len());
        book.members.push(member);
        book.keys.insert(key, index);
        let replaced = self.group.insert(key, fan);
        drop(book);
        self.ledger.tally.joined.add();
        if replaced.is_some() {
            self.ledger.tally.replaced.add();
        }
        true
    }

    /// Takes exactly that object out.
    pub fn quit(&self, key: u8, object: u64, fan: &FanProxy) -> bool {
        let mut book = self.book();
        let was_here = self.group.remove_member(&key, fan);
        if was_here {
            let known = book.keys.remove(&key).map(|index| &book.members[index]);
            if known.is_none_or(|member| member.object != object) {
                self.fail(format!("object {object} was not under the key {key}"));
            }
        }
        was_here
    }

    /// Takes out whoever is under a key.
    pub fn expel(&self, key: u8) -> bool {
        let mut book = self.book();
        let expelled = self.group.remove(&key);
        book.keys.remove(&key);
        drop(book);
        expelled.is_some()
    }

    pub fn empty(&self) {
        for key in self.group.keys() {
            self.expel(key);
        }
    }

    /// The objects of those who are here.
    pub fn objects(&self) -> Vec<u64> {
        let book = self.book();
        let keys = self.group.keys();
        keys.iter()
            .filter_map(|key| book.keys.get(key))
            .map(|index| book.members[*index].object)
            .collect()
    }

    /// Makes a cast, to its end or for so long.
    pub async fn cast(self: Arc<Self>, kind: Kind, patience: Option<Duration>) {
        let (cast, call, polled) = poll_fn(|cx| Poll::Ready(self.begin(kind, cx))).await;
        let mut end = End {
            hall: &self,
            cast,
            state: State::GivenUp,
        };
        let outcome = match (polled, patience) {
            (Poll::Ready(outcome), _) => Some(outcome),
            (Poll::Pending, Some(patience)) => timeout(patience, call).await.ok(),
            (Poll::Pending, None) => Some(call.await),
        };
        if let Some(outcome) = outcome {
            end.state = State::Whole;
            if let Err(error) = outcome {
                self.fail(format!("cast {cast} failed: {error:?}"));
            }
        }
    }

    /// A cast is made when it is first polled; so nothing else happens to the group meanwhile.
    fn begin(&self, kind: Kind, cx: &mut Context<'_>) -> (u64, Call, Poll<Result<()>>) {
        let mut book = self.book();
        let cast = book.casts.len() as u64 + 1;
        // Those who left by themselves are in the book still.
        let keys = book.keys.iter();
        let members = keys
            .filter(|(key, _)| self.group.contains_key(key))
            .map(|(_, index)| *index)
            .collect();
        let record = Cast {
            kind,
            state: State::Open,
            members,
        };
        book.casts.insert(cast, record);
        self.ledger.tally.casts.add();
        let (group, hall) = (self.group.clone(), self.number);
        let mut call: Call = match kind {
            Kind::Told => Box::pin(async move { group.told(hall, cast).await }),
            Kind::Event => Box::pin(async move { group.event(hall, cast).await }),
            Kind::Met => {
                let other = Counted::new(HUB, &self.ledger);
                let number = other.number;
                Box::pin(async move { group.met(hall, cast, number, other).await })
            }
        };
        let polled = call.as_mut().poll(cx);
        drop(book);
        (cast, call, polled)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    fn fail(&self, failure: String) {
        let hall = self.number;
        self.ledger.fail(format!("hall {hall}: {failure}"));
    }
}

/// The end of a cast, whatever it is.
struct End<'a> {
    hall: &'a Hall,
    cast: u64,
    state: State,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        if self.state == State::GivenUp {
            self.hall.ledger.tally.casts_given_up.add();
        }
        let mut book = self.hall.book();
        book.casts.get_mut(&self.cast).unwrap().state = self.state;
    }
}
