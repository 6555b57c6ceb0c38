//! What a lone call needs no driver for: whoever makes it, or answers it, writes it there and then.
//!
//! That spares a lone caller the wait for another task. Where several calls are under way it would be a
//! loss: they share their writes.

use std::time::Instant;

use super::outgoing::Output;
use crate::proto::{Connection, Garbage, Host};

/// What is longer is left to the driver: it writes without a lock, and takes its time.
const SHORT: usize = 16 << 10;

impl<H: Host> Connection<H> {
    /// Whether just so many calls are under way, and more were not when bytes were last taken to be written,
    /// and what is to be written is short.
    pub(crate) fn is_alone(&self, calls: usize) -> bool {
        self.busy() == calls && !self.is_busy() && self.queued_bytes() <= SHORT
    }

    /// Takes outgoing bytes and has `write` write them, which gives how many of them it could write. Those
    /// that it could not are taken first by whoever writes next. `output` is empty, before and after it.
    pub(crate) fn write_at_once(
        &mut self,
        output: &mut Output,
        now: Instant,
        write: impl FnOnce((&[u8], &[u8])) -> usize,
    ) {
        self.take_output(output, || now);
        if output.is_written() {
            return;
        }
        let written = write(output.rest());
        output.wrote(written);
        self.wrote(written, now);
        if output.is_written() {
            self.garbage.extend(output.clear(SHORT).map(Garbage::Bytes));
        } else {
            self.unwritten = Some(Box::new(std::mem::take(output)));
        }
    }

    /// Moves to `output` what could not be written at once. Whether there was something.
    pub(super) fn take_unwritten(&mut self, output: &mut Output) -> bool {
        let Some(mut unwritten) = self.unwritten.take() else {
            return false;
        };
        std::mem::swap(output, &mut unwritten);
        true
    }

    /// Nobody will write that.
    pub(super) fn drop_unwritten(&mut self) {
        let unwritten = self.unwritten.take();
        let payload = unwritten.and_then(|mut output| output.clear(0));
        self.garbage.extend(payload.map(Garbage::Bytes));
    }
}
