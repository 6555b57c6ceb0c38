//! Reads what an end writes, as its peer does, and holds it to the protocol.

use std::collections::HashSet;

use bytes::BytesMut;

use crate::frame::preface::PREFACE;
use crate::frame::{Frame, Greeting, read, split};
use crate::limits::Limits;

#[derive(Default)]
pub(crate) struct Reader {
    input: BytesMut,
    has_preface: bool,
    has_greeting: bool,
    has_abort: bool,
    /// Those of this connection.
    requests: HashSet<u64>,
    /// Those of the session.
    all_requests: HashSet<u64>,
}

impl Reader {
    /// Takes what the end has written. `granted` is what the peer of that end takes.
    pub(crate) fn take(&mut self, bytes: &[u8], granted: &Greeting) {
        self.input.extend_from_slice(bytes);
        if !self.has_preface {
            if self.input.is_empty() {
                return;
            }
            assert_eq!(self.input[..8], PREFACE, "it begins with the preface");
            self.has_preface = true;
            let _ = self.input.split_to(8);
        }
        let max_frame = granted.max_frame as usize;
        // A greeting and an abort are not subject to what is granted.
        while let Some(frame) =
            split(&mut self.input, max_frame.max(16 << 10)).expect("no frame is too long")
        {
            let max_nesting = Limits::default().max_nesting;
            let frame_read = read(&frame, max_nesting).expect("whatever is written can be read");
            assert!(!self.has_abort, "nothing follows an abort");
            self.look_at(&frame_read);
            if self.has_greeting && !matches!(frame_read, Frame::Abort { .. } | Frame::Welcome(_)) {
                assert!(
                    frame.len() <= max_frame,
                    "{} of {max_frame} bytes",
                    frame.len()
                );
            }
        }
    }

    /// There is another connection, on which some frames are sent again.
    pub(crate) fn begin_again(&mut self) {
        *self = Self {
            all_requests: std::mem::take(&mut self.all_requests),
            ..Self::default()
        };
    }

    fn look_at(&mut self, frame: &Frame<'_>) {
        match frame {
            Frame::Hello(_) | Frame::Welcome(_) | Frame::Resume(_) => {
                assert!(!self.has_greeting, "it greets once");
                self.has_greeting = true;
            }
            Frame::Abort { .. } => self.has_abort = true,
            _ => assert!(self.has_greeting, "it greets first: {frame:?}"),
        }
        match frame {
            Frame::Request(call) => {
                let id = call.id.expect("a request has an id").0;
                assert!(self.requests.insert(id), "no id is used twice");
                self.all_requests.insert(id);
            }
            Frame::Cancel { id } => assert!(self.all_requests.contains(&id.0), "its own request"),
            _ => {}
        }
    }

    /// All bytes were those of whole frames.
    pub(crate) fn is_whole(&self) -> bool {
        self.input.is_empty()
    }
}
