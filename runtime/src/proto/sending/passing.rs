//! Frames that pass objects: what they introduce is counted when they enter the stream, and only then.

use bytes::{Bytes, BytesMut};

use crate::frame::Reference;
use crate::frame::reference::MAX_REFERENCES;
use crate::proto::{Connection, Garbage, Host, NewReference, Rejected};

impl<H: Host> Connection<H> {
    /// Writes a frame that passes objects: counts their introductions, and takes them back if the
    /// frame can't be sent. `rest` is what follows behind that which `write` appends.
    #[inline(never)]
    pub(super) fn write_with_references(
        &mut self,
        references: Vec<NewReference<H>>,
        rest: Option<&Bytes>,
        write: impl FnOnce(&mut BytesMut, Vec<Reference>) -> usize,
    ) -> Result<(), Rejected> {
        let count = references.len();
        if count > MAX_REFERENCES {
            self.garbage.push(Garbage::References(references));
            let limit = MAX_REFERENCES;
            return Err(Rejected::TooManyReferences { count, limit });
        }
        let mut table = Vec::with_capacity(count);
        let mut rejected = None;
        let mut revoked = Vec::new();
        for reference in references {
            match reference {
                NewReference::Peers(id, keep) => {
                    table.push(Reference::Returned(id));
                    self.garbage.push(Garbage::Object(keep));
                }
                NewReference::Own(..) if rejected.is_some() => {
                    self.garbage.push(Garbage::References(vec![reference]));
                }
                NewReference::Own(identity, object) => {
                    if let Some(reason) = H::revoked(&object) {
                        revoked.push((identity.clone(), reason));
                    }
                    match self.exports.introduce(identity, object) {
                        Ok(introduced) => {
                            table.push(Reference::Introduced(introduced.id));
                            let spare = introduced.spare.map(Garbage::Object);
                            self.garbage.extend(spare);
                        }
                        Err((why, object)) => {
                            self.garbage.push(Garbage::Object(object));
                            rejected = Some(why);
                        }
                    }
                }
            }
        }
        let undo = table.clone();
        if rejected.is_none() {
            let written = self.write_checked(rest, |output| write(output, table));
            rejected = written.err();
        }
        let Some(rejected) = rejected else {
            for (identity, reason) in revoked {
                self.revoke(&identity, reason); // before the peer had it
            }
            return Ok(());
        };
        for reference in undo {
            if let Reference::Introduced(id) = reference
                && let Ok(Some(object)) = self.exports.release(id, 1)
            {
                self.garbage.push(Garbage::Object(object));
            }
        }
        Err(rejected)
    }

    /// Writes a frame, unless it is larger than the peer takes.
    #[inline]
    pub(super) fn write_checked(
        &mut self,
        rest: Option<&Bytes>,
        write: impl FnOnce(&mut BytesMut) -> usize,
    ) -> Result<(), Rejected> {
        let output = &mut self.output.tail;
        let start = output.len();
        let size = write(output);
        let limit = self.peer.max_frame;
        if size as u64 > limit {
            output.truncate(start);
            return Err(Rejected::TooLarge { size, limit });
        }
        if let Some(rest) = rest {
            self.output.follow_up(rest.clone());
        }
        Ok(())
    }
}
