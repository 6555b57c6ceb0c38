//! What this end has sent and the peer has not acknowledged: on a new connection it is sent again.
//!
//! The bytes are not copied. What is handed out to be written is kept here as well, by reference, in
//! the pieces in which it was handed out.

use std::collections::VecDeque;

use bytes::{Buf, Bytes};

use super::outgoing::Run;
use crate::frame::resume::own_frames;
use crate::proto::Fault;

#[derive(Default)]
pub(crate) struct Replay {
    /// The oldest first.
    pieces: VecDeque<Piece>,
    bytes: usize,
    /// How many of the pieces were handed to the present connection.
    handed: usize,
    /// The number of the last frame that was ever handed out.
    last: u64,
    /// What is not needed any more, of payloads with memory of their own.
    spent: Vec<Bytes>,
}

/// Whole frames, as they stand in the stream. The first numbered one among them has the number `first`.
struct Piece {
    first: u64,
    frames: u64,
    bytes: Run,
}

impl Replay {
    /// Bytes that are kept.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of the next frame to be handed to the present connection.
    pub(crate) fn next_number(&self) -> u64 {
        self.pieces
            .get(self.handed)
            .map_or(self.last + 1, |piece| piece.first)
    }

    /// The number of the last frame that the peer is known to have.
    pub(crate) fn acknowledged(&self) -> u64 {
        let first = self.pieces.front().map(|piece| piece.first);
        first.map_or(self.last, |first| first - 1)
    }

    /// Whether there is something that the present connection has not got.
    pub(crate) fn has_more(&self) -> bool {
        self.handed < self.pieces.len()
    }

    /// The next piece for the present connection.
    pub(crate) fn more(&mut self) -> Option<Run> {
        let piece = self.pieces.get(self.handed)?;
        self.handed += 1;
        Some(piece.bytes.clone())
    }

    /// Keeps what is being handed out for the first time, with so many numbered frames.
    pub(crate) fn keep(&mut self, bytes: &Run, frames: u64) {
        debug_assert!(!self.has_more(), "frames keep their order");
        if frames == 0 {
            return;
        }
        self.pieces.push_back(Piece {
            first: self.last + 1,
            frames,
            bytes: bytes.clone(),
        });
        self.last += frames;
        self.bytes += bytes.len();
        self.handed = self.pieces.len();
    }

    /// The peer has received all frames up to this number.
    pub(crate) fn acknowledge(&mut self, number: u64) -> Result<(), Fault> {
        if number > self.last {
            return Err(Fault::protocol(format!(
                "an ack for frame {number}, and the last that was sent is {}",
                self.last
            )));
        }
        while let Some(piece) = self.pieces.front_mut() {
            if number < piece.first {
                break;
            }
            let before = piece.bytes.len();
            piece.pass(number);
            self.bytes -= before - piece.bytes.len();
            if piece.frames > 0 {
                break;
            }
            self.bytes -= piece.bytes.len();
            self.spent.extend(piece.bytes.payload.take());
            self.pieces.pop_front();
            self.handed = self.handed.saturating_sub(1);
        }
        Ok(())
    }

    /// What is to be dropped, as it may be the user's memory.
    pub(crate) fn spent(&mut self) -> impl Iterator<Item = Bytes> {
        self.spent.drain(..)
    }

    /// There is a new connection, which has got nothing yet.
    pub(crate) fn begin_again(&mut self) {
        self.handed = 0;
    }

    /// There will be no further connection, and there is none now.
    pub(crate) fn forget_all(&mut self) {
        self.handed = self.pieces.len();
        self.forget();
    }

    /// There will be no further connection: keeps only what the present one has not got.
    pub(crate) fn forget(&mut self) {
        let handed = self.pieces.drain(..self.handed);
        self.spent
            .extend(handed.filter_map(|piece| piece.bytes.payload));
        self.handed = 0;
        self.bytes = self.pieces.iter().map(|piece| piece.bytes.len()).sum();
    }
}

/// How many frames in bytes that this end wrote are numbered.
pub(crate) fn numbered(bytes: &[u8]) -> u64 {
    own_frames(bytes)
        .map(|(_, is_numbered)| u64::from(is_numbered))
        .sum()
}

impl Piece {
    /// Cuts off the frames up to this number.
    fn pass(&mut self, number: u64) {
        let passed = (number + 1 - self.first).min(self.frames);
        let mut left = passed;
        let mut length = 0;
        if passed < self.frames {
            for (frame, is_numbered) in own_frames(&self.bytes.frames) {
                if left == 0 {
                    break;
                }
                length += frame;
                left -= u64::from(is_numbered);
            }
        }
        self.bytes.frames.advance(length);
        self.first += passed;
        self.frames -= passed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Response, Status, write};
    use crate::id::RequestId;
    use bytes::BytesMut;

    /// A piece with numbered frames, and unnumbered ones between them.
    fn piece(ids: std::ops::RangeInclusive<u64>) -> Run {
        let mut bytes = BytesMut::new();
        for id in ids {
            write::ping(&mut bytes, id);
            write::cancel(&mut bytes, RequestId(id));
        }
        write::pong(&mut bytes, 0);
        Run {
            frames: bytes.freeze(),
            payload: None,
        }
    }

    fn kept(ids: &[std::ops::RangeInclusive<u64>]) -> Replay {
        let mut replay = Replay::default();
        for ids in ids {
            let piece = piece(ids.clone());
            replay.keep(&piece, numbered(&piece.frames));
        }
        replay
    }

    /// The numbered frames that a new connection gets.
    fn sent_again(replay: &mut Replay) -> (u64, usize) {
        replay.begin_again();
        let first = replay.next_number();
        let mut frames = 0;
        while let Some(run) = replay.more() {
            frames += numbered(&run.frames) as usize;
        }
        (first, frames)
    }

    #[test]
    fn whatever_is_acknowledged_the_rest_is_sent_again() {
        for acknowledged in 0..=9 {
            let mut replay = kept(&[1..=3, 4..=4, 5..=9]);
            replay.acknowledge(acknowledged).unwrap();
            let rest = (acknowledged + 1, 9 - acknowledged as usize);
            assert_eq!(sent_again(&mut replay), rest);
            // Once more, and in two steps.
            assert_eq!(sent_again(&mut replay), rest);
            replay.acknowledge(9).unwrap();
            assert_eq!((sent_again(&mut replay), replay.bytes()), ((10, 0), 0));
        }
    }

    #[test]
    fn a_large_payload_is_kept_until_its_frame_is_acknowledged() {
        let payload = Bytes::from_static(b"large");
        for acknowledged in 0..=3 {
            let mut frames = BytesMut::from(&piece(1..=2).frames[..]);
            let answer = Response {
                id: RequestId(3),
                status: Status::Ok,
                references: Vec::new(),
                value: &[0xc4, payload.len() as u8],
            };
            write::response(&mut frames, &answer, payload.len());
            let run = Run {
                frames: frames.freeze(),
                payload: Some(payload.clone()),
            };
            assert_eq!(numbered(&run.frames), 3);
            let mut replay = Replay::default();
            replay.keep(&run, 3);
            assert_eq!(replay.bytes(), run.len());
            replay.acknowledge(acknowledged).unwrap();
            let is_kept = acknowledged < 3;
            assert_eq!(replay.spent().count(), usize::from(!is_kept));
            let rest = (acknowledged + 1, 3 - acknowledged as usize);
            assert_eq!(sent_again(&mut replay), rest);
            replay.begin_again();
            let last = replay.more().and_then(|run| run.payload);
            assert_eq!(last, is_kept.then(|| payload.clone()));
            replay.forget_all();
            assert_eq!(replay.spent().count(), usize::from(is_kept));
            assert_eq!(replay.bytes(), 0);
        }
    }

    #[test]
    fn what_is_acknowledged_frees_its_room() {
        let mut replay = kept(&[1..=2, 3..=3]);
        let all = piece(1..=2).len() + piece(3..=3).len();
        assert_eq!(replay.bytes(), all);
        replay.acknowledge(1).unwrap();
        assert!(replay.bytes() < all);
        replay.acknowledge(2).unwrap();
        assert_eq!(replay.bytes(), piece(3..=3).len());
        replay.acknowledge(1).unwrap();
        assert_eq!(replay.bytes(), piece(3..=3).len());
    }

    #[test]
    fn an_ack_from_the_future_is_a_fault() {
        let mut replay = kept(&[1..=2]);
        assert!(replay.acknowledge(3).is_err());
        assert!(replay.acknowledge(u64::MAX).is_err());
        replay.acknowledge(2).unwrap();
    }

    #[test]
    fn what_is_not_numbered_is_not_kept() {
        let mut replay = Replay::default();
        let mut pong = BytesMut::new();
        write::pong(&mut pong, 0);
        let run = Run {
            frames: pong.freeze(),
            payload: None,
        };
        replay.keep(&run, 0);
        assert_eq!((replay.bytes(), replay.has_more()), (0, false));
    }

    #[test]
    fn in_the_end_only_what_was_not_handed_out_stays() {
        let mut replay = kept(&[1..=2, 3..=3, 4..=4]);
        replay.begin_again();
        replay.more();
        replay.forget();
        assert_eq!(replay.bytes(), piece(3..=3).len() + piece(4..=4).len());
        assert_eq!(replay.more(), Some(piece(3..=3)));
    }
}
