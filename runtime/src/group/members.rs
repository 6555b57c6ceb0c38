//! Who is in a group.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::{GroupFailure, Shared};
use crate::session::{Complaints, OnClosed, ProxyType};

/// One member, from its `insert` on.
pub(super) struct Member<K, P: ProxyType> {
    pub(super) key: K,
    pub(super) proxy: P,
    pub(super) complaints: Complaints,
    /// Which of the group's members ever: a key may be used again.
    number: u64,
    group: Weak<Shared<K, P>>,
    /// Itself, as the observer of its object.
    itself: Weak<dyn OnClosed>,
}

type Entry<K, P> = Arc<Member<K, P>>;

/// The members by their keys.
pub(super) struct Members<K, P: ProxyType>(Mutex<Table<K, P>>);

struct Table<K, P: ProxyType> {
    by_key: HashMap<K, Entry<K, P>>,
    inserted: u64,
    /// What a call goes through; made anew after a change.
    snapshot: Option<Snapshot<K, P>>,
}

/// All members at one moment, in the order in which they came.
pub(super) type Snapshot<K, P> = Arc<[Entry<K, P>]>;

impl<K, P: ProxyType> Default for Members<K, P> {
    fn default() -> Self {
        Self(Mutex::new(Table {
            by_key: HashMap::new(),
            inserted: 0,
            snapshot: None,
        }))
    }
}

impl<K, P> Members<K, P>
where
    K: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static,
    P: ProxyType,
{
    /// Adds a member, which is to be watched; gives it and the one of the same key before.
    pub(super) fn insert(
        &self,
        key: K,
        proxy: P,
        group: &Arc<Shared<K, P>>,
    ) -> (Entry<K, P>, Option<Entry<K, P>>) {
        let mut table = self.table();
        let stale = table.snapshot.take();
        table.inserted += 1;
        let number = table.inserted;
        let member = Arc::new_cyclic(|itself: &Weak<Member<K, P>>| Member {
            key: key.clone(),
            proxy,
            complaints: Complaints::default(),
            number,
            group: Arc::downgrade(group),
            itself: Weak::clone(itself) as Weak<dyn OnClosed>,
        });
        let replaced = table.by_key.insert(key, Arc::clone(&member));
        drop(table);
        drop(stale); // its members may be the last of their proxies
        (member, replaced)
    }

    pub(super) fn remove<Q>(&self, key: &Q) -> Option<Entry<K, P>>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let mut table = self.table();
        let removed = table.by_key.remove_entry(key);
        let stale = removed.as_ref().and_then(|_| table.snapshot.take());
        drop(table);
        drop(stale);
        removed.map(|(_, member)| member)
    }

    /// Takes exactly that member out. False if it is out already.
    pub(super) fn leave(&self, member: &Member<K, P>) -> bool {
        let mut table = self.table();
        let is_in = table
            .by_key
            .get(&member.key)
            .is_some_and(|found| found.number == member.number);
        if !is_in {
            return false;
        }
        let removed = table.by_key.remove_entry(&member.key);
        let stale = table.snapshot.take();
        drop(table);
        drop((removed, stale));
        true
    }

    pub(super) fn get<Q>(&self, key: &Q) -> Option<Entry<K, P>>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.table().by_key.get(key).cloned()
    }

    pub(super) fn len(&self) -> usize {
        self.table().by_key.len()
    }

    pub(super) fn snapshot(&self) -> Snapshot<K, P> {
        let mut table = self.table();
        if let Some(snapshot) = &table.snapshot {
            return Arc::clone(snapshot);
        }
        let mut members: Vec<_> = table.by_key.values().cloned().collect();
        members.sort_unstable_by_key(|member| member.number);
        let snapshot = Snapshot::from(members);
        table.snapshot = Some(Arc::clone(&snapshot));
        snapshot
    }

    fn table(&self) -> MutexGuard<'_, Table<K, P>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, P> Member<K, P>
where
    K: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static,
    P: ProxyType,
{
    /// Begins to watch for its end. Not under the table's lock: it may have ended.
    pub(super) fn watch(&self) {
        self.proxy.reference().observe(&self.itself);
    }

    /// Whether it has closed. Then it has left the group, or does now.
    pub(super) fn has_left(&self) -> bool {
        let Some(error) = self.proxy.reference().closed_error() else {
            return false;
        };
        if let Some(group) = self.group.upgrade()
            && group.members.leave(self)
        {
            tracing::debug!(member = ?self.key, %error, "a closed member left its group");
            group.failures.push(GroupFailure {
                key: self.key.clone(),
                error,
            });
        }
        true
    }
}

impl<K, P> OnClosed for Member<K, P>
where
    K: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static,
    P: ProxyType,
{
    fn closed(&self) {
        self.has_left();
    }
}
