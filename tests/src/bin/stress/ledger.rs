//! What is known of a run: the objects that were made, what each of them heard, what went wrong.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex};

use tokio::time::Instant;

use crate::casts::Casts;
use crate::tally::Tally;

/// The books of one run.
pub struct Ledger {
    pub tally: Arc<Tally>,
    pub casts: Casts,
    began: Instant,
    books: Mutex<Books>,
}

#[derive(Default)]
struct Books {
    objects: BTreeMap<u64, Object>,
    senders: u64,
    failures: Vec<String>,
    trace: String,
}

struct Object {
    /// Which client made it.
    owner: usize,
    drops: u32,
    /// The last event from each sender.
    heard: BTreeMap<u64, u64>,
}

impl Ledger {
    pub fn new(tally: &Arc<Tally>) -> Arc<Self> {
        Arc::new(Self {
            tally: Arc::clone(tally),
            casts: Casts::default(),
            began: Instant::now(),
            books: Mutex::default(),
        })
    }

    /// A new object's number.
    pub fn made(&self, owner: usize) -> u64 {
        let mut books = self.books.lock().unwrap();
        let number = books.objects.len() as u64 + 1;
        let object = Object {
            owner,
            drops: 0,
            heard: BTreeMap::new(),
        };
        books.objects.insert(number, object);
        number
    }

    pub fn dropped(&self, number: u64) {
        self.note(format_args!("object {number} dropped"));
        let mut books = self.books.lock().unwrap();
        books.objects.get_mut(&number).unwrap().drops += 1;
    }

    pub fn owner(&self, number: u64) -> usize {
        self.books.lock().unwrap().objects[&number].owner
    }

    /// A number for somebody who sends events, one after the other, counted from 1.
    pub fn sender(&self) -> u64 {
        let mut books = self.books.lock().unwrap();
        books.senders += 1;
        books.senders
    }

    /// An object heard an event.
    pub fn heard(&self, number: u64, sender: u64, event: u64) {
        self.tally.events.add();
        let mut books = self.books.lock().unwrap();
        let object = books.objects.get_mut(&number).unwrap();
        let last = object.heard.insert(sender, event).unwrap_or(0);
        if event != last + 1 {
            let failure =
                format!("object {number} heard event {event} of sender {sender} after {last}");
            books.failures.push(failure);
        }
    }

    /// Something broke a promise.
    pub fn fail(&self, failure: String) {
        self.note(format_args!("FAILED: {failure}"));
        self.books.lock().unwrap().failures.push(failure);
    }

    /// The first object that was not dropped exactly once.
    pub fn wrong_drop(&self) -> Option<String> {
        let books = self.books.lock().unwrap();
        let (number, object) = books.objects.iter().find(|(_, object)| object.drops != 1)?;
        let drops = object.drops;
        Some(format!("object {number} was dropped {drops} times"))
    }

    /// Adds a line to the trace.
    pub fn note(&self, line: std::fmt::Arguments<'_>) {
        let at = self.began.elapsed().as_micros();
        let trace = &mut self.books.lock().unwrap().trace;
        writeln!(trace, "{at:>9} {line}").unwrap();
    }

    /// What went wrong, and the trace.
    pub fn close(&self) -> (Vec<String>, String) {
        let mut books = self.books.lock().unwrap();
        (
            std::mem::take(&mut books.failures),
            std::mem::take(&mut books.trace),
        )
    }
}

/// A short form of a trace, to compare it with another.
pub fn fingerprint(trace: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    trace.hash(&mut hasher);
    hasher.finish()
}
