//! Looks into the frames of a connection, to count what crossed, and cuts it.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use rmpv::Value;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::tally::Tally;

/// The length of the preface with which each direction begins.
const PREFACE: usize = 8;

/// A connection that can be cut, and what is under way on it.
#[derive(Default)]
pub struct Cable {
    is_cut: bool,
    directions: [Direction; 2],
    waiting: Vec<Waker>,
}

/// A stream that goes through a cable: one end of it.
pub struct Tapped<S> {
    stream: S,
    cable: Arc<Mutex<Cable>>,
    tally: Arc<Tally>,
    /// Which direction this end writes.
    side: usize,
}

#[derive(Default)]
struct Direction {
    written: Frames,
    read: Frames,
    /// What was written and not yet read.
    under_way: VecDeque<Note>,
}

/// What matters of a frame: the objects that it is about, by their owner's numbers.
#[derive(Debug, PartialEq)]
enum Note {
    Introduces(Vec<u64>),
    Calls(u64),
    Releases(u64),
    Revokes(u64),
    Other,
}

impl<S> Tapped<S> {
    /// Both ends of a connection, and the cable between them.
    pub fn pair(one: S, other: S, tally: &Arc<Tally>) -> (Self, Self, Arc<Mutex<Cable>>) {
        let cable = Arc::<Mutex<Cable>>::default();
        let end = |stream, side| Self {
            stream,
            cable: Arc::clone(&cable),
            tally: Arc::clone(tally),
            side,
        };
        (end(one, 0), end(other, 1), cable)
    }
}

impl Cable {
    /// Both ends find the connection broken.
    pub fn cut(&mut self) {
        self.is_cut = true;
        for waker in self.waiting.drain(..) {
            waker.wake();
        }
    }

    fn check(&mut self, cx: &Context<'_>) -> io::Result<()> {
        if self.is_cut {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if !self.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            self.waiting.push(cx.waker().clone());
        }
        Ok(())
    }

    fn written(&mut self, side: usize, bytes: &[u8], tally: &Tally) {
        let [one, other] = &mut self.directions;
        let (own, opposite) = if side == 0 {
            (one, other)
        } else {
            (other, one)
        };
        for frame in own.written.add(bytes) {
            let crosses = |wanted: &dyn Fn(&Note) -> bool| opposite.under_way.iter().any(wanted);
            match &frame {
                Note::Releases(object) if crosses(&|note| note.introduces(*object)) => {
                    tally.crossed_releases.add();
                }
                Note::Introduces(objects)
                    if crosses(&|note| objects.iter().any(|id| *note == Note::Releases(*id))) =>
                {
                    tally.crossed_releases.add();
                }
                Note::Revokes(object) if crosses(&|note| *note == Note::Calls(*object)) => {
                    tally.crossed_revocations.add();
                }
                Note::Calls(object) if crosses(&|note| *note == Note::Revokes(*object)) => {
                    tally.crossed_revocations.add();
                }
                _ => {}
            }
            own.under_way.push_back(frame);
        }
    }

    fn read(&mut self, side: usize, bytes: &[u8]) {
        let direction = &mut self.directions[1 - side];
        for _ in direction.read.add(bytes) {
            direction.under_way.pop_front();
        }
    }
}

impl Note {
    fn introduces(&self, object: u64) -> bool {
        matches!(self, Self::Introduces(objects) if objects.contains(&object))
    }

    fn of(frame: &Value) -> Self {
        let field = |index: usize| &frame[index];
        let (target, references) = match frame[0].as_u64() {
            Some(0) => (field(3), field(8)),
            Some(2) => (field(2), field(7)),
            Some(1) => (&Value::Nil, field(4)),
            Some(4) => return field(2).as_u64().map_or(Self::Other, Self::Releases),
            Some(5) => return field(2).as_u64().map_or(Self::Other, Self::Revokes),
            _ => return Self::Other,
        };
        let introduced: Vec<_> = references
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_u64)
            .collect();
        if !introduced.is_empty() {
            return Self::Introduces(introduced);
        }
        target.as_u64().map_or(Self::Other, Self::Calls)
    }
}

/// Cuts a stream of bytes into frames.
#[derive(Default)]
struct Frames {
    skipped: usize,
    buffer: Vec<u8>,
}

impl Frames {
    fn add(&mut self, mut bytes: &[u8]) -> Vec<Note> {
        let preface = bytes.len().min(PREFACE - self.skipped);
        self.skipped += preface;
        bytes = &bytes[preface..];
        self.buffer.extend_from_slice(bytes);
        let mut notes = Vec::new();
        while let Some(length) = self.buffer.first_chunk::<4>() {
            let end = 4 + u32::from_be_bytes(*length) as usize;
            let Some(mut body) = self.buffer.get(4..end) else {
                break;
            };
            let frame = rmpv::decode::read_value(&mut body).expect("a frame is MessagePack");
            notes.push(Note::of(&frame));
            self.buffer.drain(..end);
        }
        notes
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tapped<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.cable.lock().unwrap().check(cx)?;
        let before = out.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, out);
        self.cable
            .lock()
            .unwrap()
            .read(self.side, &out.filled()[before..]);
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tapped<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let cable = Arc::clone(&self.cable);
        // Held over the write: what is written is noted before the other end can have read it.
        let mut cable = cable.lock().unwrap();
        cable.check(cx)?;
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(length)) = written {
            cable.written(self.side, &bytes[..length], &self.tally);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
