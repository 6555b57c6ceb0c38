//! The peer's objects that this end knows.

use super::numbered::Numbered;
use crate::error::ErrorKind;
use crate::id::ObjectId;
use crate::proto::{Fault, Host};

/// One object of the peer, from its introduction to our release.
pub(crate) struct Import<H: Host> {
    /// Introductions received since the last release: what the next one has to name.
    introductions: u64,
    /// Who still holds it: proxies, and references in frames that nobody has decoded yet.
    holders: u64,
    /// Unlike that of any other stay of an object at this end, also of this object before a release.
    pub(crate) stay: u64,
    /// Calls to it that are outstanding.
    pub(crate) used: u32,
    /// One-way calls sent to it, and how many of them the peer said to have finished.
    pub(crate) notified: u64,
    pub(crate) finished: u64,
    /// Why it can't be called any more.
    pub(crate) closed: Option<Box<Closed>>,
    /// One-way calls to it that its overflow policy dropped.
    pub(crate) dropped: u64,
    pub(crate) watch: Option<H::Watch>,
}

/// Why an object can't be called any more. By itself, as most can.
pub(crate) struct Closed {
    pub(crate) kind: ErrorKind,
    pub(crate) reason: String,
}

pub(crate) struct ImportTable<H: Host> {
    imports: Numbered<ObjectId, Import<H>>,
    stays: u64,
    limit: u32,
}

impl<H: Host> ImportTable<H> {
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            imports: Numbered::new(),
            stays: 0,
            limit,
        }
    }

    /// Counts an introduction, before anything of its frame is decoded. The peer's own table decides
    /// how many there may be; this check is for a peer that cheats.
    pub(crate) fn introduce(&mut self, id: ObjectId) -> Result<(), Fault> {
        if let Some(import) = self.imports.get_mut(id) {
            let closed = import.closed.as_ref();
            if closed.is_some_and(|closed| closed.kind == ErrorKind::Revoked) {
                return Err(Fault::protocol(format!(
                    "object {id} was introduced again after it had been revoked"
                )));
            }
            import.introductions += 1;
            import.holders += 1;
            return Ok(());
        }
        if self.imports.len() >= self.limit as usize {
            return Err(Fault::new(
                ErrorKind::TooManyCallbacks,
                format!("more than {} callbacks (max_callbacks)", self.limit),
            ));
        }
        self.stays += 1;
        let import = Import {
            introductions: 1,
            holders: 1,
            stay: self.stays,
            used: 0,
            notified: 0,
            finished: 0,
            closed: None,
            dropped: 0,
            watch: None,
        };
        let entered = self.imports.insert(id, import);
        debug_assert!(entered.is_ok(), "it was just not there");
        Ok(())
    }

    /// One more holder: a call that waits and for which nobody else does.
    pub(crate) fn hold(&mut self, id: ObjectId) {
        if let Some(import) = self.imports.get_mut(id) {
            import.holders += 1;
        }
    }

    /// One holder let go. After the last, gives the number of introductions to release.
    pub(crate) fn drop_holder(&mut self, id: ObjectId) -> Option<(u64, Import<H>)> {
        let import = self.imports.get_mut(id)?;
        import.holders -= 1;
        if import.holders > 0 {
            return None;
        }
        let import = self.imports.remove(id)?;
        Some((import.introductions, import))
    }

    pub(crate) fn get(&self, id: ObjectId) -> Option<&Import<H>> {
        self.imports.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: ObjectId) -> Option<&mut Import<H>> {
        self.imports.get_mut(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.imports.len()
    }

    /// In the order in which the peer made them.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Import<H>> {
        self.imports.drain()
    }
}
