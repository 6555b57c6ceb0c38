//! One direction of a connection: bytes on their way.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroU64;
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::time::Instant;

use super::random::Random;

/// Bytes that may be under way; whoever writes more waits, as with the buffers of a socket.
const CAPACITY: usize = 256 << 10;
/// Bytes that travel together at most.
const LONGEST_PIECE: usize = 16 << 10;
/// Of how many pieces one is cut anywhere: inside a frame, or inside its length.
const CUT_PIECES: usize = 4;
/// How often in a second a piece leaves at least, while the rate is bounded.
const PIECES_PER_SECOND: u64 = 200;

/// How bytes travel in one direction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Terms {
    pub(super) delay: Duration,
    /// At most so much is added to the delay of each piece.
    pub(super) jitter: Duration,
    /// Bytes in a second.
    pub(super) rate: Option<NonZeroU64>,
    /// Nothing passes.
    pub(super) stalled: bool,
}

#[derive(Debug)]
pub(super) struct Pipe {
    /// Written, and not on the way yet: the rate does not allow it, or nothing passes.
    unsent: BytesMut,
    /// The length of the piece that leaves next.
    piece: Option<usize>,
    /// Until when the sender has been busy with what is on the way.
    sent_until: Instant,
    /// On the way: when each piece arrives, though not before those ahead of it, and how long it is.
    pieces: VecDeque<(Instant, usize)>,
    travelling: BytesMut,
    /// The writer has said that nothing more comes.
    is_finished: bool,
    /// When the reader learns of that.
    end: Option<Instant>,
    /// When the writer learns that the reader is gone, if it is.
    unread: Option<Instant>,
    /// The connection was broken.
    is_broken: bool,
    /// Nothing arrives any more, and nobody is told.
    is_lost: bool,
    /// How many bits are to be flipped in what is written next.
    to_corrupt: u32,
    reader: Option<Waker>,
    writer: Option<Waker>,
    random: Random,
}

/// What a reader finds.
#[derive(Debug)]
pub(super) enum Arrival {
    /// That many bytes were put into its buffer. None is the end.
    Bytes(usize),
    /// There will be something to find at that time, or when the waker is woken.
    At(Instant),
    /// There may be something to find when the waker is woken.
    Later,
}

impl Pipe {
    pub(super) fn new(random: Random, now: Instant) -> Self {
        Self {
            unsent: BytesMut::new(),
            piece: None,
            sent_until: now,
            pieces: VecDeque::new(),
            travelling: BytesMut::new(),
            is_finished: false,
            end: None,
            unread: None,
            is_broken: false,
            is_lost: false,
            to_corrupt: 0,
            reader: None,
            writer: None,
            random,
        }
    }

    /// Takes bytes from the writer. `None` means that it has to wait.
    pub(super) fn write(
        &mut self,
        bytes: &[u8],
        terms: &Terms,
        now: Instant,
        cx: &Context<'_>,
    ) -> io::Result<Option<usize>> {
        let passes = !terms.stalled && !self.is_lost;
        if self.is_broken {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if self.is_finished || (passes && self.unread.is_some_and(|at| at <= now)) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if passes && self.unread.is_some() {
            return Ok(Some(bytes.len())); // until the writer learns that nobody reads it
        }
        let under_way = self.unsent.len() + self.travelling.len();
        let taken = bytes.len().min(CAPACITY.saturating_sub(under_way));
        if taken == 0 && !bytes.is_empty() {
            self.writer = Some(cx.waker().clone());
            return Ok(None);
        }
        self.advance(terms, now);
        if self.unsent.is_empty() {
            self.sent_until = self.sent_until.max(now);
        }
        let start = self.unsent.len();
        self.unsent.extend_from_slice(&bytes[..taken]);
        self.spoil(start);
        self.advance(terms, now);
        wake(&mut self.reader);
        Ok(Some(taken))
    }

    /// Flips bits of what has just been written, if it has to.
    fn spoil(&mut self, start: usize) {
        let length = self.unsent.len() - start;
        if length > 0 {
            for _ in 0..std::mem::take(&mut self.to_corrupt) {
                let at = start + self.random.index(length);
                self.unsent[at] ^= 1 << self.random.index(8);
            }
        }
    }

    /// Gives the reader up to `most` of the bytes that have arrived.
    pub(super) fn read(
        &mut self,
        most: usize,
        put: impl FnOnce(&[u8]),
        terms: &Terms,
        now: Instant,
        cx: &Context<'_>,
    ) -> io::Result<Arrival> {
        if self.is_broken {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        self.advance(terms, now);
        let passes = !terms.stalled && !self.is_lost;
        match self.next_arrival(terms).filter(|_| passes) {
            Some(at) if at <= now => {}
            at => {
                self.reader = Some(cx.waker().clone());
                return Ok(at.map_or(Arrival::Later, Arrival::At));
            }
        }
        let Some((_, length)) = self.pieces.front_mut() else {
            return Ok(Arrival::Bytes(0));
        };
        let read = most.min(*length);
        put(&self.travelling[..read]);
        self.travelling.advance(read);
        *length -= read;
        if *length == 0 {
            self.pieces.pop_front();
        }
        if read > 0 {
            wake(&mut self.writer);
        }
        Ok(Arrival::Bytes(read))
    }

    /// When something arrives next: bytes, or the end.
    fn next_arrival(&self, terms: &Terms) -> Option<Instant> {
        if let Some((at, _)) = self.pieces.front() {
            return Some(*at);
        }
        match (self.piece, terms.rate) {
            (Some(piece), Some(rate)) => {
                Some(self.sent_until + time_for(piece, rate) + terms.delay)
            }
            _ => self.end,
        }
    }

    /// Puts on the way whatever has left by now.
    pub(super) fn advance(&mut self, terms: &Terms, now: Instant) {
        if terms.stalled || self.is_lost {
            return;
        }
        while !self.unsent.is_empty() {
            let piece = match self.piece {
                Some(piece) => piece,
                None => {
                    *self
                        .piece
                        .insert(draw_piece(&mut self.random, self.unsent.len(), terms.rate))
                }
            };
            if let Some(rate) = terms.rate {
                let sent = self.sent_until + time_for(piece, rate);
                if sent > now {
                    return;
                }
                self.sent_until = sent;
            } else {
                self.sent_until = now;
            }
            self.piece = None;
            let jitter = self.random.time(&(Duration::ZERO..=terms.jitter));
            let arrival = self.sent_until + terms.delay + jitter;
            self.pieces.push_back((arrival, piece));
            self.travelling.unsplit(self.unsent.split_to(piece));
        }
        if self.is_finished && self.end.is_none() {
            self.end = Some(now + terms.delay);
        }
    }

    /// The terms have changed: what leaves from now on goes by the new ones.
    pub(super) fn terms_changed(&mut self, old: &Terms, new: &Terms, now: Instant) {
        self.advance(old, now);
        // A piece that was half sent begins anew.
        self.sent_until = now;
        self.piece = None;
        self.advance(new, now);
        wake(&mut self.reader);
        wake(&mut self.writer);
    }

    /// Nothing more will be written; what is under way still arrives.
    pub(super) fn finish(&mut self, terms: &Terms, now: Instant) {
        self.is_finished = true;
        self.advance(terms, now);
        wake(&mut self.reader);
        wake(&mut self.writer);
    }

    /// The reader is gone, and what is under way with it.
    pub(super) fn abandon(&mut self, terms: &Terms, now: Instant) {
        self.clear();
        self.unread = Some(now + terms.delay);
        wake(&mut self.writer);
    }

    /// Breaks the connection; what is under way is lost.
    pub(super) fn break_off(&mut self) {
        self.is_broken = true;
        self.clear();
        wake(&mut self.reader);
        wake(&mut self.writer);
    }

    pub(super) fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Nothing arrives any more, and nobody is told.
    pub(super) fn lose(&mut self) {
        self.is_lost = true;
    }

    /// Flips one bit of what is written next.
    pub(super) fn corrupt(&mut self) {
        self.to_corrupt += 1;
    }

    fn clear(&mut self) {
        self.unsent.clear();
        self.piece = None;
        self.pieces.clear();
        self.travelling.clear();
    }
}

fn draw_piece(random: &mut Random, unsent: usize, rate: Option<NonZeroU64>) -> usize {
    let most = match rate {
        None => LONGEST_PIECE,
        Some(rate) => usize::try_from(rate.get() / PIECES_PER_SECOND)
            .unwrap_or(LONGEST_PIECE)
            .clamp(1, LONGEST_PIECE),
    };
    let most = most.min(unsent);
    match random.index(CUT_PIECES) {
        0 => 1 + random.index(most),
        _ => most,
    }
}

fn time_for(bytes: usize, rate: NonZeroU64) -> Duration {
    let nanos = u128::from(bytes as u64) * 1_000_000_000 / u128::from(rate.get());
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}
