//! The handlers that wait, so that a cancel or the end of the session reaches them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::AbortHandle;

use crate::id::RequestId;
use crate::session::complaint::Complaints;

#[derive(Default)]
pub(crate) struct Running {
    table: Mutex<Table>,
    /// Of one-way calls, whose failure nobody else is told.
    pub(crate) complaints: Complaints,
}

#[derive(Default)]
struct Table {
    handlers: HashMap<u64, AbortHandle, foldhash::fast::RandomState>,
    requests: HashMap<RequestId, u64, foldhash::fast::RandomState>,
    last: u64,
    /// The session has ended: nothing begins any more.
    over: bool,
}

/// Takes a handler out of the table when its task lets go of it.
pub(super) struct Entry {
    pub(super) key: u64,
    pub(super) id: Option<RequestId>,
}

impl Running {
    pub(super) fn insert(&self, id: Option<RequestId>, abort: AbortHandle) -> Entry {
        let mut table = self.table();
        if table.over {
            abort.abort();
        }
        table.last += 1;
        let key = table.last;
        table.handlers.insert(key, abort);
        if let Some(id) = id {
            table.requests.insert(id, key);
        }
        Entry { key, id }
    }

    pub(super) fn remove(&self, entry: &Entry) {
        let mut table = self.table();
        table.handlers.remove(&entry.key);
        // A peer that uses an id again means the newer request by it.
        if let Some(id) = entry.id
            && table.requests.get(&id) == Some(&entry.key)
        {
            table.requests.remove(&id);
        }
    }

    /// The peer cancelled a request.
    pub(crate) fn abort(&self, id: RequestId) {
        let table = self.table();
        let key = table.requests.get(&id);
        let handler = key.and_then(|key| table.handlers.get(key)).cloned();
        drop(table); // aborting wakes the handler's task
        if let Some(handler) = handler {
            handler.abort();
        }
    }

    /// The session ended: ends the handlers, in the order in which they began.
    pub(crate) fn abort_all(&self) {
        let mut table = self.table();
        table.over = true;
        let handlers = std::mem::take(&mut table.handlers);
        table.requests.clear();
        drop(table);
        let mut handlers: Vec<_> = handlers.into_iter().collect();
        handlers.sort_unstable_by_key(|(key, _)| *key);
        for (_, handler) in handlers {
            handler.abort();
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
