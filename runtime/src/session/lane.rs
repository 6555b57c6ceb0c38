//! The order of calls to one object.
//!
//! Handlers of one object that have to wait share a task, its lane. While any of them waits, later
//! calls get their first poll there as well, behind those that came before. So a listener that only
//! forwards what it gets into a channel that is full still forwards in order.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::sync::mpsc;
use tokio::task::unconstrained;

use super::dispatch::Waiting;
use super::link::Link;
use crate::id::ObjectId;

/// The lanes of the objects of which a handler waits.
#[derive(Default)]
pub(crate) struct Lanes(Mutex<Table>);

type Table = HashMap<ObjectId, mpsc::UnboundedSender<Waiting>, foldhash::fast::RandomState>;

impl Lanes {
    /// Whether calls to that object have to go behind others.
    pub(super) fn is_busy(&self, object: ObjectId) -> bool {
        self.table().contains_key(&object)
    }

    /// Puts a handler at the end of its object's lane.
    pub(super) fn push(&self, link: &Arc<Link>, object: ObjectId, handler: Waiting) {
        let mut table = self.table();
        // A lane leaves the table in the same moment in which it finds nothing more to do, so one
        // that is in it will see what it is sent.
        let handler = match table.get(&object) {
            None => handler,
            Some(lane) => match lane.send(handler) {
                Ok(()) => return,
                Err(returned) => returned.0,
            },
        };
        let (sender, receiver) = mpsc::unbounded_channel();
        let _ = sender.send(handler);
        table.insert(object, sender);
        drop(table);
        let mut lane = Lane {
            link: Arc::clone(link),
            object,
            arriving: receiver,
            waiting: FuturesUnordered::new(),
        };
        // Unconstrained: a burst that used up tokio's budget would suspend handlers that could go on,
        // and wake them in another order.
        tokio::spawn(unconstrained(poll_fn(move |cx| lane.poll(cx))));
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Lane {
    link: Arc<Link>,
    object: ObjectId,
    arriving: mpsc::UnboundedReceiver<Waiting>,
    waiting: FuturesUnordered<Waiting>,
}

impl Lane {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            while let Poll::Ready(Some(handler)) = self.arriving.poll_recv(cx) {
                self.waiting.push(handler);
            }
            match self.waiting.poll_next_unpin(cx) {
                Poll::Ready(Some(())) => {}
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => {
                    let mut table = self.link.lanes.table();
                    match self.arriving.try_recv() {
                        Ok(handler) => {
                            drop(table);
                            self.waiting.push(handler);
                        }
                        Err(_) => {
                            table.remove(&self.object);
                            return Poll::Ready(());
                        }
                    }
                }
            }
        }
    }
}
