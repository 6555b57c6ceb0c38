//! The end of a connection: why it ends, who is told, and the last that is sent.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Duration;

use bytes::BytesMut;

use super::driver::Driver;
use crate::error::{Error, ErrorKind};
use crate::proto::{Event, Fault};
use crate::session::clock::now;
use crate::session::lifetime::SessionEvent;
use crate::transport::Transport;

/// How long the peer may take nothing of the last bytes, and for its own goodbye.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long a goodbye may take as a whole.
const LONG_FAREWELL: Duration = Duration::from_secs(10);

/// Why a connection ends.
pub(crate) enum End {
    /// The peer closed it.
    Peer,
    /// The transport failed.
    Transport(std::io::Error),
    /// The peer gives no sign of life, or takes nothing.
    Silent(Fault),
    /// The session has another connection.
    TakenOver,
    /// It is meant for another session.
    HandedOver,
    /// The peer is at fault, or said that we are.
    Fault(Fault),
    /// The peer said that it leaves.
    Left(Fault),
    /// This end leaves.
    Own,
}

impl<T: Transport> Driver<T> {
    /// Ends the session.
    pub(crate) async fn finish(&mut self, mut end: End) {
        let peer = self.link.peer_addr();
        if let End::HandedOver = end {
            let text = "no session of this end can be resumed";
            end = End::Fault(Fault::new(ErrorKind::SessionLost, text));
        }
        // Answers that have come are still given; calls that nobody began are not begun.
        let left = std::mem::take(&mut self.events).into_iter();
        let is_call = |event: &_| matches!(event, Event::Call(_) | Event::Frames(_));
        let (calls, told): (Vec<_>, Vec<_>) = left.partition(is_call);
        self.calls.are_done();
        told.into_iter().for_each(|event| self.act_on(event));
        self.link.drive(|core| core.put_back(calls));
        match &end {
            End::Fault(fault) | End::Silent(fault) => {
                self.link.drive(|core| core.abort(fault));
                if self.link.drive(|core| core.is_a_guest()) {
                    // Those that are refused have one line for all of them.
                    tracing::debug!(?peer, "connection refused: {}", fault.message);
                } else {
                    tracing::warn!(?peer, "connection ended: {}", fault.message);
                }
            }
            End::Own => self.link.drive(|core| core.say_goodbye()),
            _ => {}
        }
        let parting = match &end {
            End::Peer | End::Left(_) => self.link.drive(|core| core.parting(false)),
            End::Own => self.link.drive(|core| core.parting(true)),
            _ => None,
        };
        let was_left = matches!(end, End::Own);
        let is_lost = !matches!(end, End::Peer | End::Own | End::Left(_));
        let error = parting.unwrap_or_else(|| end.into_error());
        tracing::debug!(?peer, %error, "session ended");
        if self.link.was_open() {
            let session = self.link.id;
            self.link.tell(match is_lost {
                true => SessionEvent::Lost {
                    session,
                    error: error.clone(),
                },
                false => SessionEvent::Closed { session },
            });
        }
        // A connection that is given up before anybody has greeted: there is nothing to be said.
        let is_nobody = was_left && !self.link.was_open();
        self.link.end(error.clone());
        if let Some(opened) = self.opened.take() {
            let _ = opened.send(Err(error));
        }
        if is_nobody {
            return;
        }
        // Nobody waits for this any more, but the peer may read it.
        let _ = tokio::time::timeout(LONG_FAREWELL, self.say_goodbye()).await;
    }

    /// Sends what is left and waits for the peer to close: a close with unread input would reset the
    /// connection, and take from the peer what it has not read yet. It goes on for as long as the peer
    /// takes something now and then, and not for ever.
    async fn say_goodbye(&mut self) {
        // Taken before anything can fail: nothing stays in the queue of a session that is over.
        let mut output = BytesMut::new();
        loop {
            self.output.append_to(&mut output);
            self.clear_output(0);
            self.link
                .drive(|core| core.take_output(&mut self.output, now));
            if self.output.is_written() {
                break;
            }
        }
        let mut is_shut = false;
        let mut is_over = false;
        while !is_over {
            let transport = &mut self.transport;
            let input = &mut self.input;
            let step = poll_fn(|cx| {
                if let Poll::Ready(ended) = input.discard(transport, cx) {
                    is_over = true;
                    return Poll::Ready(ended);
                }
                if !output.is_empty() {
                    let written = ready!(Pin::new(&mut *transport).poll_write(cx, &output))?;
                    is_over = written == 0;
                    let _ = output.split_to(written);
                    return Poll::Ready(Ok(()));
                }
                if !is_shut {
                    ready!(Pin::new(&mut *transport).poll_shutdown(cx))?;
                    is_shut = true;
                    return Poll::Ready(Ok(()));
                }
                Poll::Pending // until the peer closes
            });
            if !matches!(tokio::time::timeout(FAREWELL, step).await, Ok(Ok(()))) {
                return;
            }
        }
    }
}

impl End {
    /// Whether a session that can be resumed goes on.
    pub(crate) fn leaves_the_session(&self) -> bool {
        matches!(
            self,
            Self::Peer | Self::Transport(_) | Self::Silent(_) | Self::TakenOver
        )
    }

    fn into_error(self) -> Error {
        match self {
            Self::Peer => Error::new(ErrorKind::Closed, "the peer closed the connection"),
            Self::Own => Error::new(ErrorKind::Closed, "the session was closed by this end"),
            Self::Fault(fault) | Self::Silent(fault) | Self::Left(fault) => fault.into_error(),
            Self::TakenOver | Self::HandedOver => Error::new(
                ErrorKind::Closed,
                "the connection belongs to another session",
            ),
            Self::Transport(why) => {
                Error::new(ErrorKind::Closed, format!("the connection broke: {why}"))
                    .with_source(why)
            }
        }
    }
}
