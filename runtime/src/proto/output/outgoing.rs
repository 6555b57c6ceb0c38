//! The bytes that are to be written.
//!
//! Frames are appended to one buffer, one behind the other. What is large, and has memory of its own, is not
//! copied into it: it follows the buffer as a piece of its own, and a new buffer begins behind it.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// What stands in a frame behind its head: the parameters of a call, or the value of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payload<'a> {
    /// Bytes that are copied.
    pub(crate) bytes: &'a [u8],
    /// What follows on them, and is written from where it lies.
    pub(crate) rest: Option<&'a Bytes>,
}

impl<'a> Payload<'a> {
    /// One that is copied.
    #[cfg(test)]
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, rest: None }
    }

    pub(crate) fn rest_len(&self) -> usize {
        self.rest.map_or(0, Bytes::len)
    }
}

/// Whole frames. Of the last one, the rest of the payload may have memory of its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Run {
    pub(crate) frames: Bytes,
    pub(crate) payload: Option<Bytes>,
}

impl Run {
    pub(super) fn len(&self) -> usize {
        self.frames.len() + self.payload.as_ref().map_or(0, Bytes::len)
    }
}

/// Frames that nobody has taken to write them.
#[derive(Default)]
pub(crate) struct Queue {
    runs: VecDeque<Run>,
    /// Bytes in the runs.
    bytes: usize,
    /// What comes behind them: frames are appended here.
    pub(crate) tail: BytesMut,
}

impl Queue {
    pub(crate) fn is_empty(&self) -> bool {
        self.tail.is_empty() && self.runs.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes + self.tail.len()
    }

    /// The frame that was appended last goes on with that.
    pub(crate) fn follow_up(&mut self, payload: Bytes) {
        let run = Run {
            frames: self.tail.split().freeze(),
            payload: Some(payload),
        };
        self.bytes += run.len();
        self.runs.push_back(run);
    }

    /// Whether it begins with a run.
    pub(crate) fn has_runs(&self) -> bool {
        !self.runs.is_empty()
    }

    /// The first of it, if that is a run.
    pub(crate) fn next_run(&mut self) -> Option<Run> {
        let run = self.runs.pop_front()?;
        self.bytes -= run.len();
        Some(run)
    }

    /// Moves the first of it to `output`, which is empty.
    pub(super) fn take(&mut self, output: &mut Output) {
        match self.next_run() {
            Some(run) => output.run = run,
            None => std::mem::swap(&mut self.tail, &mut output.own),
        }
    }

    /// Empties it, and gives what may be the user's memory.
    pub(crate) fn clear(&mut self) -> impl Iterator<Item = Bytes> {
        self.tail = BytesMut::new();
        self.bytes = 0;
        self.runs.drain(..).filter_map(|run| run.payload)
    }
}

/// Bytes that were taken to be written.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pub(crate) own: BytesMut,
    /// Instead of them, bytes that the connection may keep as well, to send them again.
    pub(crate) run: Run,
    /// So many of all have been written.
    written: usize,
}

impl Output {
    pub(crate) fn len(&self) -> usize {
        self.own.len() + self.run.len()
    }

    /// Whether nothing is left to be written.
    pub(crate) fn is_written(&self) -> bool {
        self.written == self.len()
    }

    /// What is left to be written: the one, and behind it the other.
    pub(crate) fn rest(&self) -> (&[u8], &[u8]) {
        let first = match self.run.frames.is_empty() {
            true => &self.own[..],
            false => &self.run.frames[..],
        };
        let second = self.run.payload.as_deref().unwrap_or_default();
        match self.written.checked_sub(first.len()) {
            None => (&first[self.written..], second),
            Some(written) => (&[], &second[written..]),
        }
    }

    /// So many more bytes have been written.
    pub(crate) fn wrote(&mut self, bytes: usize) {
        self.written += bytes;
    }

    /// Appends to `bytes` what is left to be written.
    pub(crate) fn append_to(&self, bytes: &mut BytesMut) {
        let (first, second) = self.rest();
        bytes.extend_from_slice(first);
        bytes.extend_from_slice(second);
    }

    /// Makes room for the next ones. A buffer that grew larger than `kept` is not used again. Gives what may
    /// be the user's memory, to be dropped.
    pub(crate) fn clear(&mut self, kept: usize) -> Option<Bytes> {
        self.written = 0;
        self.run.frames = Bytes::new();
        if self.own.capacity() > kept {
            self.own = BytesMut::new();
        } else {
            self.own.clear();
        }
        self.run.payload.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output_of(queue: &mut Queue) -> Output {
        let mut output = Output::default();
        queue.take(&mut output);
        output
    }

    fn queue() -> Queue {
        let mut queue = Queue::default();
        queue.tail.extend_from_slice(b"ab");
        queue.follow_up(Bytes::from_static(b"cde"));
        queue.tail.extend_from_slice(b"f");
        queue
    }

    #[test]
    fn pieces_keep_their_order() {
        let mut queue = queue();
        assert_eq!((queue.len(), queue.is_empty()), (6, false));
        assert_eq!(output_of(&mut queue).rest(), (&b"ab"[..], &b"cde"[..]));
        assert_eq!((queue.len(), queue.is_empty()), (1, false));
        assert_eq!(output_of(&mut queue).rest(), (&b"f"[..], &b""[..]));
        assert_eq!((queue.len(), queue.is_empty()), (0, true));
    }

    #[test]
    fn what_is_written_in_small_steps_is_whole() {
        for step in 1..=5 {
            let mut output = output_of(&mut queue());
            let mut written = Vec::new();
            while !output.is_written() {
                let (first, second) = output.rest();
                let step: Vec<u8> = [first, second].concat().into_iter().take(step).collect();
                output.wrote(step.len());
                written.extend(step);
            }
            assert_eq!(written, b"abcde");
            assert_eq!(output.clear(0), Some(Bytes::from_static(b"cde")));
            assert_eq!((output.len(), output.is_written()), (0, true));
        }
    }

    #[test]
    fn a_queue_that_is_cleared_gives_what_is_not_its_own() {
        let mut queue = queue();
        assert_eq!(queue.clear().count(), 1);
        assert_eq!((queue.len(), queue.is_empty()), (0, true));
    }
}
