//! What is known of casts: who heard which, and who failed at which.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, MutexGuard};

/// One object at one cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    pub object: u64,
    pub hall: u8,
    pub cast: u64,
}

/// The books of all halls.
#[derive(Default)]
pub struct Casts(Mutex<Books>);

#[derive(Default)]
struct Books {
    /// By object and hall. Casts have rising numbers.
    heard: BTreeMap<(u64, u8), BTreeSet<u64>>,
    failed: BTreeSet<At>,
    /// Of those, what the group told.
    told: BTreeSet<At>,
    revoked: BTreeSet<u64>,
    /// Objects that close when they do not keep up.
    closable: BTreeSet<u64>,
}

impl Casts {
    /// An object begins to handle a cast: each one once, and in their order.
    pub fn heard(&self, at: At) -> Result<(), String> {
        let mut books = self.books();
        let heard = books.heard.entry((at.object, at.hall)).or_default();
        match heard.last().copied() {
            Some(last) if last >= at.cast => Err(format!("{at} comes after cast {last}")),
            _ => {
                heard.insert(at.cast);
                Ok(())
            }
        }
    }

    pub fn has_heard(&self, at: At) -> bool {
        let books = self.books();
        let heard = books.heard.get(&(at.object, at.hall));
        heard.is_some_and(|heard| heard.contains(&at.cast))
    }

    /// Who heard a cast.
    pub fn hearers(&self, hall: u8, cast: u64) -> Vec<u64> {
        let books = self.books();
        let heard = books.heard.iter();
        heard
            .filter(|((_, at), casts)| *at == hall && casts.contains(&cast))
            .map(|((object, _), _)| *object)
            .collect()
    }

    /// An object is about to fail.
    pub fn failed(&self, at: At) {
        self.books().failed.insert(at);
    }

    /// A group tells of the failure: of each one once.
    pub fn told(&self, at: At) -> Result<(), String> {
        let mut books = self.books();
        match (books.failed.contains(&at), books.told.insert(at)) {
            (true, true) => Ok(()),
            (true, false) => Err(format!("the failure of {at} is told twice")),
            (false, _) => Err(format!("{at} did not fail, and that is told")),
        }
    }

    /// The failures at a hall that its group has not told.
    pub fn untold(&self, hall: u8) -> Vec<At> {
        let books = self.books();
        let untold = books.failed.difference(&books.told);
        untold.filter(|at| at.hall == hall).copied().collect()
    }

    /// Whether an object has failed at a hall before that cast.
    pub fn has_failed_before(&self, at: At) -> bool {
        let books = self.books();
        let mut failed = books.failed.iter();
        failed.any(|other| (other.object, other.hall) == (at.object, at.hall) && *other < at)
    }

    pub fn revoked(&self, object: u64) {
        self.books().revoked.insert(object);
    }

    pub fn is_revoked(&self, object: u64) -> bool {
        self.books().revoked.contains(&object)
    }

    pub fn may_close(&self, object: u64) {
        self.books().closable.insert(object);
    }

    pub fn is_closable(&self, object: u64) -> bool {
        self.books().closable.contains(&object)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap()
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { object, hall, cast } = self;
        write!(f, "object {object} at cast {cast} of hall {hall}")
    }
}

impl At {
    /// Finds in a text what `Display` wrote.
    pub fn read(text: &str) -> Option<Self> {
        let numbers = text.rsplit_once("object ")?.1;
        let mut numbers = numbers
            .split(|sign: char| !sign.is_ascii_digit())
            .filter_map(|number| number.parse().ok());
        let (object, cast, hall) = (numbers.next()?, numbers.next()?, numbers.next()?);
        Some(Self {
            object,
            hall: u8::try_from(hall).ok()?,
            cast,
        })
    }
}
