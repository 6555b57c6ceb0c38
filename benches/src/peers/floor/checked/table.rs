//! The objects that the peer may call, and how many calls of it are not over.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::credit::{MAX_CALLS, MAX_OBJECT_CALLS};
use super::handler::{Dispatch, handle};
use super::scan::scan;
use crate::peers::floor::frame::{Frame, Kind};
use crate::peers::floor::wire::Wire;
use crate::peers::{Outcome, Stop};

/// Arrays and maps inside each other.
const MAX_NESTING: u32 = 64;

#[derive(Default)]
pub(super) struct Table {
    objects: Vec<Object>,
    used: u32,
}

struct Object {
    target: Arc<dyn Dispatch>,
    used: u32,
    /// Calls that have ended and that the peer is not told of.
    untold: u32,
}

impl Table {
    pub(super) fn add(&mut self, target: Arc<dyn Dispatch>) -> Outcome<u32> {
        self.objects.push(Object {
            target,
            used: 0,
            untold: 0,
        });
        Ok(u32::try_from(self.objects.len() - 1)?)
    }

    /// A call has come, which has to be one that is allowed.
    fn begin(&mut self, object: u32) -> Outcome<Arc<dyn Dispatch>> {
        let found = self.objects.get_mut(object as usize);
        let found = found.ok_or_else(|| Stop::Failed(format!("no object {object}")))?;
        if self.used >= MAX_CALLS || found.used >= MAX_OBJECT_CALLS {
            return Err(Stop::Failed("more calls than there is credit".to_owned()));
        }
        self.used += 1;
        found.used += 1;
        Ok(Arc::clone(&found.target))
    }

    /// It has ended. Gives how many the peer is to be told of, if it is time.
    fn end(&mut self, object: u32) -> Option<u32> {
        let found = self.objects.get_mut(object as usize)?;
        found.untold += 1;
        if found.untold < MAX_OBJECT_CALLS / 4 && self.used < MAX_CALLS / 2 {
            return None;
        }
        let untold = std::mem::take(&mut found.untold);
        found.used -= untold;
        self.used -= untold;
        Some(untold)
    }
}

/// An event has come.
pub(super) fn receive(table: &Mutex<Table>, wire: &Arc<Wire>, frame: &Frame<'_>) -> Outcome<()> {
    if scan(frame.value, MAX_NESTING) != Some(frame.value.len()) {
        return Err(Stop::Failed("an event that is no value".to_owned()));
    }
    let target = lock(table).begin(frame.object)?;
    handle(target, wire, frame.call, frame.value)?;
    let credit = lock(table).end(frame.object);
    if let Some(credit) = credit {
        wire.send(Kind::Credit, credit, frame.object, &())?;
    }
    Ok(())
}

fn lock(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}
