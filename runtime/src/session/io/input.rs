//! What has been read from a connection and not been worked off, and how much is read at once.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, ready};

use bytes::{BufMut, BytesMut};
use tokio::io::AsyncReadExt;

use crate::frame::{LARGE, missing};
use crate::transport::Transport;

/// Room for one read, in bytes, of a connection over which little comes.
const LEAST_ROOM: usize = 8 << 10;
/// And the most. With twice as much one-way calls would cost a little less, but those who wait for answers would wait
/// for all that came with them, and the ends work by turns.
const MOST_ROOM: usize = 32 << 10;

/// Calls that are being handled, of which each may keep the memory into which it was read. With more of them
/// that memory comes in pieces of the least size, and a frame that is longer has a piece of its own.
const MANY_CALLS: usize = 64;
/// With less room in such a piece the next one is begun.
const LITTLE_ROOM: usize = LEAST_ROOM / 4;
/// Where little comes, and somebody keeps it, what is left of the memory is room enough for the next read, if it is so
/// many times as much as what comes. A whole room would be memory from the allocator, each time.
const ROOM_LEFT: usize = 4;
/// Reads in a row before others get their turn, and bytes.
const READS_PER_TURN: usize = 16;
const BYTES_PER_TURN: usize = 128 << 10;

/// The room doubles with each read that fills it, and is halved after a turn whose reads would all have fitted
/// into a quarter: who sends much is read in few calls of the system, and who is idle holds little memory.
pub(super) struct Input {
    pub(super) bytes: BytesMut,
    room: usize,
    /// The most that came with one read since there was last nothing to read.
    most: usize,
    /// What came with the last read.
    last: usize,
    is_held_by_many: bool,
    /// It is read into memory of the least size.
    is_small: bool,
    turn: Turn,
}

/// What was read in a turn.
#[derive(Default)]
struct Turn {
    reads: usize,
    bytes: usize,
}

impl Input {
    /// Goes on with what was read by others.
    pub(super) fn new(bytes: BytesMut) -> Self {
        Self {
            bytes,
            room: LEAST_ROOM,
            most: 0,
            last: 0,
            is_held_by_many: false,
            is_small: false,
            turn: Turn::default(),
        }
    }

    /// So many calls that were read are being handled.
    pub(super) fn is_held_by(&mut self, calls: usize) {
        self.is_held_by_many = calls > MANY_CALLS;
    }

    /// Reads once, behind what is there. Gives how many bytes came; zero is the end of the stream. Pending, too,
    /// when much was read without a pause: it goes on after others had their turn.
    pub(super) fn poll_read<T: Transport>(
        &mut self,
        transport: &mut T,
        cx: &mut Context<'_>,
    ) -> Poll<std::io::Result<usize>> {
        if self.turn.reads >= READS_PER_TURN || self.turn.bytes >= BYTES_PER_TURN {
            self.turn = Turn::default();
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let long = if self.is_held_by_many {
            LEAST_ROOM
        } else {
            LARGE
        };
        let missing = missing(&self.bytes, long);
        let wanted = missing.unwrap_or(usize::MAX);
        self.make_room(missing);
        let room = wanted.min(self.bytes.capacity() - self.bytes.len());
        let mut free = (&mut self.bytes).limit(room);
        // Reading has no state of its own, so the future may be made anew at each poll.
        let read = pin!(transport.read_buf(&mut free)).poll(cx);
        let Poll::Ready(read) = read else {
            self.rest();
            return Poll::Pending;
        };
        let read = read?;
        self.turn.reads += 1;
        self.turn.bytes += read;
        self.most = self.most.max(read);
        self.last = read;
        if read == room && missing.is_none() && !self.is_small {
            self.room = (self.room * 2).min(MOST_ROOM);
        }
        Poll::Ready(Ok(read))
    }

    /// Makes room for one read; of a long frame `missing` bytes are still to come.
    fn make_room(&mut self, missing: Option<usize>) {
        let length = self.bytes.len();
        if let Some(missing) = missing {
            self.bytes.reserve(missing.min(LEAST_ROOM));
            self.is_small = false;
        } else if !self.is_held_by_many {
            // What is there already shares the room, so that the memory need not grow for it.
            let room = self.room.saturating_sub(length).max(LEAST_ROOM / 2);
            let is_enough = |left| left >= LITTLE_ROOM.max(ROOM_LEFT * self.last);
            if !self.bytes.try_reclaim(room) && !is_enough(self.bytes.capacity() - length) {
                self.bytes.reserve(room);
            }
            self.is_small = false;
        } else if !self.is_small
            || self.bytes.capacity() > LEAST_ROOM + LITTLE_ROOM // it has grown with a frame
            || self.bytes.capacity() - length < LITTLE_ROOM
        {
            let mut piece = BytesMut::with_capacity(LEAST_ROOM.max(length + LITTLE_ROOM));
            piece.extend_from_slice(&self.bytes);
            self.bytes = piece;
            self.is_small = true;
        }
    }

    /// Reads and forgets until there is nothing to read, or others get their turn. Ready when the peer has closed.
    pub(super) fn discard<T: Transport>(
        &mut self,
        transport: &mut T,
        cx: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        loop {
            self.bytes.clear();
            if ready!(self.poll_read(transport, cx))? == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// There is nothing to read now.
    fn rest(&mut self) {
        self.turn = Turn::default();
        let most = std::mem::take(&mut self.most);
        if self.room > LEAST_ROOM && most < self.room / 4 && self.bytes.is_empty() {
            self.room /= 2;
            self.bytes = BytesMut::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::{Wake, Waker};

    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    use super::*;

    /// A peer that has sent so many bytes in all, and closed the stream if `is_over`.
    struct Sent {
        bytes: usize,
        is_over: bool,
    }

    impl AsyncRead for Sent {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            out: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            if self.bytes == 0 && !self.is_over {
                return Poll::Pending;
            }
            let taken = self.bytes.min(out.remaining());
            out.put_slice(&vec![0; taken]);
            self.bytes -= taken;
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Sent {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[derive(Default)]
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    fn sends(bytes: usize) -> Sent {
        let is_over = false;
        Sent { bytes, is_over }
    }

    /// So many bytes come, all of them whole frames: how many each read brought, until there is nothing to read.
    fn burst(input: &mut Input, bytes: usize) -> Vec<usize> {
        let mut sent = sends(bytes);
        let mut cx = Context::from_waker(Waker::noop());
        let mut reads = Vec::new();
        loop {
            match input.poll_read(&mut sent, &mut cx) {
                Poll::Ready(read) => reads.push(read.unwrap()),
                Poll::Pending if sent.bytes == 0 => return reads,
                Poll::Pending => {} // others had their turn
            }
            input.bytes.clear();
        }
    }

    /// How a frame of so many bytes begins.
    fn frame_of(length: usize) -> [u8; 4] {
        u32::try_from(length).unwrap().to_be_bytes()
    }

    const KIB: usize = 1 << 10;

    #[test]
    fn who_sends_much_is_read_in_few_calls() {
        let mut input = Input::new(BytesMut::new());
        let reads = burst(&mut input, 1024 * KIB);
        assert!(reads[0] <= 8 * KIB, "{reads:?}");
        assert!(reads.len() < 48, "{reads:?}");
        assert!(reads.iter().all(|&read| read <= 2 * MOST_ROOM), "{reads:?}");
    }

    /// 60 bytes come, and after a while 60 more, and so on, and all of them are kept: where they lie.
    fn places_of_what_is_kept(input: &mut Input, times: usize) -> Vec<usize> {
        let mut cx = Context::from_waker(Waker::noop());
        let mut kept = Vec::new();
        for _ in 0..times {
            assert!(input.poll_read(&mut sends(60), &mut cx).is_ready());
            kept.push(input.bytes.split().freeze());
            assert!(input.poll_read(&mut sends(0), &mut cx).is_pending());
        }
        kept.iter().map(|piece| piece.as_ptr().addr()).collect()
    }

    #[test]
    fn what_comes_one_by_one_shares_memory_though_it_is_kept() {
        let places = places_of_what_is_kept(&mut Input::new(BytesMut::new()), 1000);
        let pieces = places.windows(2).filter(|two| two[0] + 60 != two[1]);
        let pieces = 1 + pieces.count();
        assert!(pieces < 20, "{pieces} pieces of memory");
    }

    #[test]
    fn who_sends_little_again_gives_the_memory_back() {
        let mut input = Input::new(BytesMut::new());
        burst(&mut input, 1024 * KIB);
        assert!(input.bytes.capacity() >= MOST_ROOM / 2);
        for _ in 0..4 {
            burst(&mut input, 100);
        }
        assert_eq!(burst(&mut input, 100), [100]);
        assert!(input.bytes.capacity() <= 2 * LEAST_ROOM);
    }

    #[test]
    fn a_frame_that_has_begun_is_kept_when_the_room_gets_less() {
        let mut input = Input::new(BytesMut::new());
        burst(&mut input, 1024 * KIB);
        input.bytes.extend_from_slice(&[0, 0, 0, 9, 1]);
        let mut nothing = sends(0);
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..4 {
            assert!(input.poll_read(&mut nothing, &mut cx).is_pending());
        }
        assert_eq!(input.bytes[..], [0, 0, 0, 9, 1]);
    }

    #[test]
    fn many_calls_that_wait_keep_no_more_memory_each_than_that_of_the_least_read() {
        let mut input = Input::new(BytesMut::new());
        burst(&mut input, 1024 * KIB);
        let mut cx = Context::from_waker(Waker::noop());
        let mut kept = Vec::new();
        for (calls, most) in [(MANY_CALLS + 1, LEAST_ROOM), (MANY_CALLS, MOST_ROOM)] {
            input.is_held_by(calls);
            kept.push(input.bytes.split().freeze()); // and with it the memory behind it
            for _ in 0..3 {
                let read = input.poll_read(&mut sends(64 * KIB), &mut cx);
                assert!(matches!(read, Poll::Ready(Ok(1..))));
                kept.push(input.bytes.split().freeze());
            }
            let last = kept.last().unwrap().len();
            assert!((most / 2..=most).contains(&last), "{last} of {most}");
            let _ = input.poll_read(&mut sends(0), &mut cx); // a pause
        }
    }

    /// Of little that comes now and then, much has room in one piece.
    #[test]
    fn many_calls_that_wait_share_their_memory() {
        let mut input = Input::new(BytesMut::new());
        input.is_held_by(MANY_CALLS + 1);
        let places = places_of_what_is_kept(&mut input, 100);
        assert_eq!(places[99] - places[0], 99 * 60);
    }

    #[test]
    fn many_calls_that_wait_do_not_keep_long_frames_that_came_before_them() {
        let length = 60 * KIB;
        let mut input = Input::new(BytesMut::new());
        input.is_held_by(MANY_CALLS + 1);
        let mut cx = Context::from_waker(Waker::noop());
        input.bytes.extend_from_slice(&frame_of(length));
        let mut sent = sends(length + 100);
        while sent.bytes > 100 {
            assert!(input.poll_read(&mut sent, &mut cx).is_ready());
        }
        let frame = input.bytes.split();
        assert_eq!((sent.bytes, frame.len()), (100, 4 + length));
        assert!(input.poll_read(&mut sent, &mut cx).is_ready());
        assert!(input.bytes.capacity() <= LEAST_ROOM);
    }

    /// A frame that has begun at the end of a piece has had it grow.
    #[test]
    fn a_piece_that_has_grown_is_not_for_calls_that_wait() {
        let mut input = Input::new(BytesMut::new());
        input.is_held_by(MANY_CALLS + 1);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(input.poll_read(&mut sends(100), &mut cx).is_ready());
        input.bytes.reserve(2 * LEAST_ROOM);
        assert!(input.poll_read(&mut sends(100), &mut cx).is_ready());
        assert_eq!(
            (input.bytes.len(), input.bytes.capacity()),
            (200, LEAST_ROOM)
        );
    }

    #[test]
    fn others_get_their_turn_after_some_reads_and_after_some_bytes() {
        for (each, reads) in [(1, READS_PER_TURN), (64 * KIB, BYTES_PER_TURN / MOST_ROOM)] {
            let mut input = Input::new(BytesMut::new());
            burst(&mut input, each.min(KIB) * KIB);
            let woken = Arc::new(Woken::default());
            let waker = Arc::clone(&woken).into();
            let mut cx = Context::from_waker(&waker);
            let mut done = 0;
            while let Poll::Ready(read) = input.poll_read(&mut sends(each), &mut cx) {
                assert!(read.unwrap() > 0);
                input.bytes.clear();
                done += 1;
            }
            assert!((reads / 2..=reads).contains(&done), "{done}");
            assert!(woken.0.load(Ordering::Relaxed));
            assert!(input.poll_read(&mut sends(1), &mut cx).is_ready());
        }
    }

    /// What comes behind it would have to be moved with it.
    #[test]
    fn no_more_is_read_than_the_rest_of_a_large_frame() {
        let length = 1024 * KIB;
        let mut input = Input::new(BytesMut::new());
        let mut cx = Context::from_waker(Waker::noop());
        input.bytes.extend_from_slice(&frame_of(length));
        let mut sent = sends(length + 100);
        while sent.bytes > 100 {
            let _ = input.poll_read(&mut sent, &mut cx);
        }
        assert_eq!((sent.bytes, input.bytes.len()), (100, 4 + length));
        assert_eq!(
            input.room, LEAST_ROOM,
            "its last piece fills what was left for it"
        );
    }

    #[test]
    fn others_get_their_turn_while_a_flood_is_discarded() {
        let mut input = Input::new(BytesMut::new());
        let woken = Arc::new(Woken::default());
        let waker = Arc::clone(&woken).into();
        let mut flood = sends(usize::MAX);
        let discarded = input.discard(&mut flood, &mut Context::from_waker(&waker));
        assert!(discarded.is_pending());
        assert!(woken.0.load(Ordering::Relaxed));
    }

    #[test]
    fn discarding_goes_on_to_the_end_of_the_stream() {
        let mut input = Input::new(BytesMut::new());
        let mut cx = Context::from_waker(Waker::noop());
        for is_over in [false, true] {
            let mut sent = Sent {
                bytes: 100 * KIB,
                is_over,
            };
            let discarded = input.discard(&mut sent, &mut cx);
            assert_eq!((discarded.is_ready(), sent.bytes), (is_over, 0));
        }
    }
}
