//! A connection in memory that takes its time: what is written arrives a little later, in pieces.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// Bytes that may be under way in one direction.
const ROOM: usize = 32 << 10;
/// The longest that bytes are under way.
const LATENCY: Duration = Duration::from_millis(4);

/// One end of the connection.
pub struct Wire {
    incoming: Arc<Mutex<Direction>>,
    outgoing: Arc<Mutex<Direction>>,
    arrival: Option<Pin<Box<Sleep>>>,
}

struct Direction {
    random: fastrand::Rng,
    under_way: VecDeque<(Instant, Vec<u8>)>,
    bytes: usize,
    is_over: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// Both ends. The seed decides when and in which pieces bytes arrive.
pub fn pair(random: &mut fastrand::Rng) -> (Wire, Wire) {
    let mut direction = || {
        Arc::new(Mutex::new(Direction {
            random: random.fork(),
            under_way: VecDeque::new(),
            bytes: 0,
            is_over: false,
            reader: None,
            writer: None,
        }))
    };
    let (there, back) = (direction(), direction());
    let end = |incoming: &Arc<_>, outgoing: &Arc<_>| Wire {
        incoming: Arc::clone(incoming),
        outgoing: Arc::clone(outgoing),
        arrival: None,
    };
    (end(&back, &there), end(&there, &back))
}

impl Direction {
    fn send(&mut self, bytes: &[u8]) {
        let latency = LATENCY.mul_f64(self.random.f64());
        let earliest = self.under_way.back().map(|(at, _)| *at);
        let at = (Instant::now() + latency).max(earliest.unwrap_or_else(Instant::now));
        self.bytes += bytes.len();
        self.under_way.push_back((at, bytes.to_vec()));
        wake(&mut self.reader);
    }

    /// Takes a piece of what has arrived.
    fn arrived(&mut self, out: &mut ReadBuf<'_>) {
        let Some((_, first)) = self.under_way.front_mut() else {
            return;
        };
        let most = first.len().min(out.remaining());
        // Mostly all of it, sometimes cut anywhere: inside a frame, or inside its length.
        let piece = match self.random.u8(..4) {
            0 => self.random.usize(1..=most),
            _ => most,
        };
        out.put_slice(&first[..piece]);
        first.drain(..piece);
        if first.is_empty() {
            self.under_way.pop_front();
        }
        self.bytes -= piece;
        wake(&mut self.writer);
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let incoming = Arc::clone(&self.incoming);
        let mut incoming = incoming.lock().unwrap();
        let Some(at) = incoming.under_way.front().map(|(at, _)| *at) else {
            if incoming.is_over {
                return Poll::Ready(Ok(()));
            }
            incoming.reader = Some(cx.waker().clone());
            return Poll::Pending;
        };
        if at > Instant::now() {
            let arrival = self
                .arrival
                .get_or_insert_with(|| Box::pin(sleep_until(at)));
            arrival.as_mut().reset(at);
            if arrival.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
        incoming.arrived(out);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut outgoing = self.outgoing.lock().unwrap();
        if outgoing.is_over {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let room = ROOM.saturating_sub(outgoing.bytes);
        if room == 0 {
            outgoing.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let taken = bytes.len().min(room);
        outgoing.send(&bytes[..taken]);
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut outgoing = self.outgoing.lock().unwrap();
        outgoing.is_over = true;
        wake(&mut outgoing.reader);
        Poll::Ready(Ok(()))
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        for direction in [&self.incoming, &self.outgoing] {
            let mut direction = direction.lock().unwrap();
            direction.is_over = true;
            wake(&mut direction.reader);
            wake(&mut direction.writer);
        }
    }
}
