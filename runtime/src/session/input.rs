//! What has been read from a connection and not been worked off, and how much is read at once.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, ready};

use bytes::{BufMut, BytesMut};
use tokio::io::AsyncReadExt;

use crate::frame::missing;
use crate::transport::Transport;

/// Room for one read, in bytes, of a connection over which little comes.
const LEAST_ROOM: usize = 8 << 10;
/// And the most. With twice as much one-way calls would cost a little less, but those who wait for answers would wait
/// for all that came with them, and the ends work by turns.
const MOST_ROOM: usize = 32 << 10;

/// The room doubles with each read that fills it, and is halved after a turn whose reads would all have fitted
/// into a quarter: who sends much is read in few calls of the system, and who is idle holds little memory.
pub(super) struct Input {
    pub(super) bytes: BytesMut,
    room: usize,
    /// The most that came with one read since there was last nothing to read.
    most: usize,
}

impl Input {
    /// Goes on with what was read by others.
    pub(super) fn new(bytes: BytesMut) -> Self {
        Self {
            bytes,
            room: LEAST_ROOM,
            most: 0,
        }
    }

    /// Reads once, behind what is there. Gives how many bytes came; zero is the end of the stream.
    pub(super) fn poll_read<T: Transport>(
        &mut self,
        transport: &mut T,
        cx: &mut Context<'_>,
    ) -> Poll<std::io::Result<usize>> {
        let wanted = match missing(&self.bytes) {
            // What is there already shares the room, so that the memory need not grow for it.
            None => {
                let room = self.room.saturating_sub(self.bytes.len());
                self.bytes.reserve(room.max(LEAST_ROOM / 2));
                usize::MAX
            }
            Some(missing) => {
                self.bytes.reserve(missing.min(LEAST_ROOM));
                missing
            }
        };
        let room = wanted.min(self.bytes.capacity() - self.bytes.len());
        let mut free = (&mut self.bytes).limit(room);
        // Reading has no state of its own, so the future may be made anew at each poll.
        let read = pin!(transport.read_buf(&mut free)).poll(cx);
        let Poll::Ready(read) = read else {
            self.rest();
            return Poll::Pending;
        };
        let read = read?;
        self.most = self.most.max(read);
        if read == room {
            self.room = (self.room * 2).min(MOST_ROOM);
        }
        Poll::Ready(Ok(read))
    }

    /// Reads and forgets until there is nothing to read. Ready when the peer has closed.
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
    use std::task::Waker;

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

    /// A turn in which so many bytes come, all of them whole frames: how many each read brought.
    fn turn(input: &mut Input, bytes: usize) -> Vec<usize> {
        let is_over = false;
        let mut sent = Sent { bytes, is_over };
        let mut cx = Context::from_waker(Waker::noop());
        let mut reads = Vec::new();
        while let Poll::Ready(read) = input.poll_read(&mut sent, &mut cx) {
            reads.push(read.unwrap());
            input.bytes.clear();
        }
        reads
    }

    const KIB: usize = 1 << 10;

    #[test]
    fn who_sends_much_is_read_in_few_calls() {
        let mut input = Input::new(BytesMut::new());
        let reads = turn(&mut input, 1024 * KIB);
        assert!(reads[0] <= 8 * KIB, "{reads:?}");
        assert!(reads.len() < 48, "{reads:?}");
        assert!(reads.iter().all(|&read| read <= 2 * MOST_ROOM), "{reads:?}");
    }

    #[test]
    fn who_sends_little_again_gives_the_memory_back() {
        let mut input = Input::new(BytesMut::new());
        turn(&mut input, 1024 * KIB);
        assert!(input.bytes.capacity() >= MOST_ROOM / 2);
        for _ in 0..4 {
            turn(&mut input, 100);
        }
        assert_eq!(turn(&mut input, 100), [100]);
        assert!(input.bytes.capacity() <= 2 * LEAST_ROOM);
    }

    #[test]
    fn a_frame_that_has_begun_is_kept_when_the_room_gets_less() {
        let mut input = Input::new(BytesMut::new());
        turn(&mut input, 1024 * KIB);
        input.bytes.extend_from_slice(&[0, 0, 0, 9, 1]);
        let mut nothing = Sent {
            bytes: 0,
            is_over: false,
        };
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..4 {
            assert!(input.poll_read(&mut nothing, &mut cx).is_pending());
        }
        assert_eq!(input.bytes[..], [0, 0, 0, 9, 1]);
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
