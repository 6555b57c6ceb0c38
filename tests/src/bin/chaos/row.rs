//! One row of numbered things, from 0 on: what was sent of it, and what arrived.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Whether things of a row have to arrive in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Kept,
    Free,
}

/// A row.
#[derive(Debug)]
pub struct Row {
    pub name: &'static str,
    /// How many things are to be sent.
    pub planned: u64,
    order: Order,
    sent: AtomicU64,
    /// How many different ones have arrived; the same as in the book, to be read without its lock.
    arrived: AtomicU64,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    /// A bit for each number.
    seen: Vec<u64>,
    /// The highest number so far, plus one.
    next: u64,
    found: Found,
}

/// What was found wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Sent, or to be sent, and never arrived. One that arrived damaged is lost, too.
    pub lost: u64,
    /// Arrived again.
    pub doubled: u64,
    /// Arrived after a later one.
    pub disordered: u64,
}

impl Row {
    pub fn new(name: &'static str, planned: u64, order: Order) -> Self {
        let seen = vec![0; planned.div_ceil(64) as usize];
        Self {
            name,
            planned,
            order,
            sent: AtomicU64::new(0),
            arrived: AtomicU64::new(0),
            book: Mutex::new(Book {
                seen,
                ..Book::default()
            }),
        }
    }

    /// The next one is sent.
    pub fn send(&self) {
        self.sent.fetch_add(1, Ordering::SeqCst);
    }

    /// That one has arrived, whole.
    pub fn arrive(&self, number: u64) {
        let mut book = self.book.lock().unwrap();
        let (word, bit) = ((number / 64) as usize, 1 << (number % 64));
        if number >= self.planned || book.seen[word] & bit != 0 {
            book.found.doubled += 1; // what was never sent is one too many as well
            return;
        }
        book.seen[word] |= bit;
        if number < book.next && self.order == Order::Kept {
            book.found.disordered += 1;
        }
        book.next = book.next.max(number + 1);
        self.arrived.fetch_add(1, Ordering::SeqCst);
    }

    pub fn arrived(&self) -> u64 {
        self.arrived.load(Ordering::SeqCst)
    }

    /// How many have been sent and have not arrived.
    pub fn under_way(&self) -> u64 {
        let arrived = self.arrived();
        self.sent.load(Ordering::SeqCst).saturating_sub(arrived)
    }

    pub fn is_complete(&self) -> bool {
        self.arrived() == self.planned
    }

    /// How far it is, from 0 to 1.
    pub fn progress(&self) -> f64 {
        match self.planned {
            0 => 1.0,
            planned => self.arrived() as f64 / planned as f64,
        }
    }

    /// What is wrong, if nothing more comes.
    pub fn found(&self) -> Found {
        let found = self.book.lock().unwrap().found;
        Found {
            lost: self.planned - self.arrived(),
            ..found
        }
    }
}

impl std::ops::AddAssign for Found {
    fn add_assign(&mut self, other: Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.disordered += other.disordered;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(order: Order, arrivals: &[u64]) -> (u64, u64, u64) {
        let row = Row::new("row", 5, order);
        arrivals.iter().for_each(|number| row.arrive(*number));
        let found = row.found();
        assert_eq!(row.is_complete(), found.lost == 0);
        (found.lost, found.doubled, found.disordered)
    }

    #[test]
    fn each_fault_is_found() {
        assert_eq!(found(Order::Kept, &[0, 1, 2, 3, 4]), (0, 0, 0));
        assert_eq!(found(Order::Kept, &[0, 1, 3, 4]), (1, 0, 0));
        assert_eq!(found(Order::Kept, &[]), (5, 0, 0));
        assert_eq!(found(Order::Kept, &[0, 1, 1, 2, 3, 4]), (0, 1, 0));
        assert_eq!(found(Order::Kept, &[0, 2, 1, 3, 4]), (0, 0, 1));
        assert_eq!(found(Order::Kept, &[4, 0, 1, 2, 3]), (0, 0, 4));
        assert_eq!(found(Order::Kept, &[0, 1, 2, 3, 4, 5]), (0, 1, 0));
        assert_eq!(found(Order::Free, &[4, 3, 2, 2, 1]), (1, 1, 0));
    }

    #[test]
    fn what_is_under_way_was_sent_and_has_not_arrived() {
        let row = Row::new("row", 4, Order::Kept);
        assert_eq!(row.under_way(), 0);
        row.send();
        row.send();
        row.arrive(0);
        assert_eq!(row.under_way(), 1);
        assert_eq!(row.progress(), 0.25);
        assert_eq!(Row::new("row", 0, Order::Kept).progress(), 1.0);
    }
}
