//! A lone call is written by whoever makes or answers it, and the driver need not wake for it.
//!
//! One write that does not block, under the connection's lock. What it leaves behind, or that it failed, is
//! the driver's: so it makes no difference what becomes of the caller.

use std::any::Any;

use crate::proto::{Connection, Output};
use crate::session::clock::now;
use crate::session::link::Attached;
use crate::transport::stream::SideWriter;

pub(crate) struct Direct {
    sender: SideWriter,
    /// Empty, with room that is used again.
    output: Output,
}

impl Direct {
    /// That of a connection to which others than the driver can write.
    pub(super) fn of(transport: &dyn Any) -> Option<Self> {
        Some(Self {
            sender: SideWriter::of(transport)?,
            output: Output::default(),
        })
    }

    pub(crate) fn write(&mut self, connection: &mut Connection<Attached>) {
        let sender = &self.sender;
        // The driver meets with an error by itself.
        connection.write_at_once(&mut self.output, now(), |bytes| {
            sender.try_write(bytes).unwrap_or(0)
        });
    }
}
