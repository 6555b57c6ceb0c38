//! What belongs to requests and objects, by their numbers.
//!
//! Whoever makes them counts, so those that there are at a time are mostly close together. Each has a place that the
//! last bits of its number say; only one whose place is taken is kept in a map. (Such a table is called direct-mapped.
//! A call goes through two to four, and maps alone would take a twentieth of all its instructions.)

use std::hash::Hash;

use crate::id::{ObjectId, RequestId};
use crate::proto::Map;

/// By what a table is ordered.
pub(super) trait Number: Copy + Ord + Hash {
    fn number(self) -> u64;
}

impl Number for RequestId {
    #[inline]
    fn number(self) -> u64 {
        self.0
    }
}

impl Number for ObjectId {
    #[inline]
    fn number(self) -> u64 {
        Self::number(self)
    }
}

/// Entries by their numbers. Those that a peer makes up cost what they cost in a map.
pub(super) struct Numbered<K, T> {
    /// As many as a power of two, or none.
    places: Vec<Option<(K, T)>>,
    /// Those whose place another one has, or had.
    others: Map<K, T>,
    len: usize,
}

/// So many places a table has when it is used for the first time.
const FIRST: usize = 4;

impl<K: Number, T> Numbered<K, T> {
    pub(super) fn new() -> Self {
        Self {
            places: Vec::new(),
            others: Map::default(),
            len: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    fn place(&self, id: K) -> usize {
        id.number() as usize & self.places.len().wrapping_sub(1)
    }

    /// Enters one. Gives it back if there is one of that number already.
    #[inline]
    pub(super) fn insert(&mut self, id: K, value: T) -> Result<(), T> {
        let place = self.place(id);
        match self.places.get_mut(place) {
            Some(free @ None) if self.others.is_empty() => {
                *free = Some((id, value));
                self.len += 1;
                Ok(())
            }
            _ => self.insert_anyhow(id, value),
        }
    }

    #[inline(never)]
    fn insert_anyhow(&mut self, id: K, value: T) -> Result<(), T> {
        if self.get(id).is_some() {
            return Err(value);
        }
        let is_free = matches!(self.places.get(self.place(id)), Some(None));
        // Those in the map do not count: a peer could choose their numbers, and have places made that stay empty.
        let placed = self.len - self.others.len();
        if !is_free && placed >= self.places.len() / 4 * 3 {
            self.grow();
        }
        self.put(id, value);
        self.len += 1;
        Ok(())
    }

    /// Puts one where there is room for it.
    fn put(&mut self, id: K, value: T) {
        let place = self.place(id);
        match &mut self.places[place] {
            free @ None => *free = Some((id, value)),
            Some(_) => {
                self.others.insert(id, value);
            }
        }
    }

    /// Makes twice the places.
    fn grow(&mut self) {
        let count = (self.places.len() * 2).max(FIRST);
        let more = std::iter::repeat_with(|| None).take(count).collect();
        let before = std::mem::replace(&mut self.places, more);
        let others = std::mem::take(&mut self.others);
        for (id, value) in before.into_iter().flatten().chain(others) {
            self.put(id, value);
        }
    }

    #[inline]
    pub(super) fn get(&self, id: K) -> Option<&T> {
        match self.places.get(self.place(id)) {
            Some(Some((found, value))) if *found == id => Some(value),
            _ if self.others.is_empty() => None,
            _ => self.others.get(&id),
        }
    }

    #[inline]
    pub(super) fn get_mut(&mut self, id: K) -> Option<&mut T> {
        let place = self.place(id);
        match self.places.get_mut(place) {
            Some(Some((found, value))) if *found == id => Some(value),
            _ if self.others.is_empty() => None,
            _ => self.others.get_mut(&id),
        }
    }

    #[inline]
    pub(super) fn remove(&mut self, id: K) -> Option<T> {
        let place = self.place(id);
        let placed = self.places.get_mut(place);
        let removed = match placed.and_then(|it| it.take_if(|(found, _)| *found == id)) {
            Some((_, value)) => Some(value),
            None if self.others.is_empty() => None,
            None => self.others.remove(&id),
        };
        self.len -= usize::from(removed.is_some());
        removed
    }

    /// All of them, in no order.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (K, &mut T)> {
        let placed = self.places.iter_mut().flatten();
        let placed = placed.map(|(id, value)| (*id, value));
        placed.chain(self.others.iter_mut().map(|(id, value)| (*id, value)))
    }

    /// Takes all of them out, in the order of their numbers: what everybody is told at the end of a session should not
    /// depend on chance.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = T> {
        let all = std::mem::replace(self, Self::new());
        let mut all: Vec<_> = all.places.into_iter().flatten().chain(all.others).collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        all.into_iter().map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// What is done to a table. Ids are close together, or have the same last bits.
    #[derive(Clone, Debug)]
    enum Step {
        Insert(u64),
        Remove(u64),
        Change(u64),
        Drain,
    }

    fn id() -> impl Strategy<Value = u64> {
        (0..40_u64, 0..3_u32).prop_map(|(number, shift)| number << (shift * 8))
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            60 => id().prop_map(Step::Insert),
            30 => id().prop_map(Step::Remove),
            10 => id().prop_map(Step::Change),
            1 => Just(Step::Drain),
        ]
    }

    proptest! {
        #[test]
        fn a_table_does_what_a_map_does(steps in proptest::collection::vec(step(), 0..200)) {
            let (mut table, mut map) = (Numbered::new(), BTreeMap::new());
            for (now, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Insert(id) if map.contains_key(&id) => {
                        prop_assert_eq!(table.insert(RequestId(id), now), Err(now));
                    }
                    Step::Insert(id) => {
                        map.insert(id, now);
                        prop_assert_eq!(table.insert(RequestId(id), now), Ok(()));
                    }
                    Step::Remove(id) => {
                        prop_assert_eq!(table.remove(RequestId(id)), map.remove(&id));
                    }
                    Step::Change(id) => {
                        let (one, other) = (table.get_mut(RequestId(id)), map.get_mut(&id));
                        prop_assert_eq!(&one, &other);
                        if let (Some(one), Some(other)) = (one, other) {
                            (*one, *other) = (now, now);
                        }
                    }
                    Step::Drain => {
                        let all: Vec<_> = table.drain().collect();
                        let expected: Vec<_> = std::mem::take(&mut map).into_values().collect();
                        prop_assert_eq!(all, expected);
                    }
                }
                prop_assert_eq!(table.len(), map.len());
                for (&id, request) in &map {
                    prop_assert_eq!(table.get(RequestId(id)), Some(request));
                }
                let all: BTreeMap<_, _> = table.iter_mut().map(|(id, it)| (id.0, *it)).collect();
                prop_assert_eq!(&all, &map);
            }
        }
    }

    /// However many have gone through it, and though one of them stays.
    #[test]
    fn what_is_counted_has_a_place_each() {
        let mut table = Numbered::new();
        table.insert(RequestId(0), ()).unwrap();
        for id in 1..10_000 {
            table.insert(RequestId(id), ()).unwrap();
            if let Some(before) = id.checked_sub(64).filter(|before| *before > 0) {
                assert_eq!(table.remove(RequestId(before)), Some(()));
            }
            assert!(
                table.others.len() <= 1,
                "only that in the place of the first"
            );
        }
        assert!(table.places.len() <= 256, "{}", table.places.len());
    }

    #[test]
    fn numbers_that_are_made_up_have_no_places_made_for_them() {
        let mut table = Numbered::new();
        for id in 0..1000 {
            table.insert(RequestId(id << 32), ()).unwrap();
        }
        assert_eq!(table.len(), 1000);
        assert!(table.places.len() <= 8, "{}", table.places.len());
    }
}
