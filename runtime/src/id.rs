//! The numbers by which calls, objects and methods travel.
//!
//! Ids count up from one place per session and are never used twice, so a late frame about something
//! that is gone can never be taken for a frame about its successor.

use std::fmt;
use std::num::NonZeroU64;

/// The number of a request, chosen by the end that makes it.
///
/// Each end counts its own; the two rows are independent of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RequestId(pub u64);

/// The number of an object, chosen by the end that owns it. The first one is 1.
///
/// Zero is never an object, so that the sign of a reference on the wire can tell whose object it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ObjectId(NonZeroU64);

impl ObjectId {
    /// The object that an end passes first.
    pub(crate) const FIRST: Self = Self(NonZeroU64::MIN);

    /// The highest number an object can have: a reference carries it as a signed integer.
    pub(crate) const MAX: u64 = i64::MAX as u64;

    /// The object with that number, if one can have it.
    #[inline]
    pub(crate) fn new(number: u64) -> Option<Self> {
        let number = NonZeroU64::new(number)?;
        (number.get() <= Self::MAX).then_some(Self(number))
    }

    /// The object with that number, which one can have.
    #[cfg(test)]
    pub(crate) fn of(number: u64) -> Self {
        Self::new(number).expect("an object can have that number")
    }

    #[inline]
    pub(crate) fn number(self) -> u64 {
        self.0.get()
    }

    /// The one that is passed after it.
    pub(crate) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number by which a method travels: the 32-bit FNV-1a hash of its name.
///
/// It is `const`, so that generated code can refuse two methods with one hash at compile time.
pub(crate) const fn method_id(name: &str) -> u32 {
    const OFFSET_BASIS: u32 = 0x811c_9dc5;
    const PRIME: u32 = 0x0100_0193;

    let bytes = name.as_bytes();
    let mut hash = OFFSET_BASIS;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u32).wrapping_mul(PRIME);
        at += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_the_authors_of_fnv_publish() {
        assert_eq!(method_id(""), 0x811c_9dc5);
        assert_eq!(method_id("a"), 0xe40c_292c);
        assert_eq!(method_id("foobar"), 0xbf9c_f968);
    }

    #[test]
    fn hashes_at_compile_time() {
        const CHANGED: u32 = method_id("changed");
        assert_eq!(CHANGED, method_id(&String::from("changed")));
        assert_ne!(CHANGED, method_id("change"));
    }

    #[test]
    fn shows_only_the_number() {
        assert_eq!(RequestId(7).to_string(), "7");
        assert_eq!(format!("{:>4}", ObjectId::of(12)), "  12");
    }
}
