//! A listener that blocks its thread, which it should not, holds up its own calls and no others.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, mpsc};

use ringback::{Client, Result};
use ringback_tests::keeper::{Keeper, KeeperClient, Shelf};
use ringback_tests::services::{Listener, ListenerProxy};
use ringback_tests::{Ends, Over, meet, over_both, until};
use tokio::sync::Notify;

over_both!(
    a_listener_that_blocks_delays_no_other,
    a_call_that_is_cancelled_behind_a_block_never_starts,
    the_end_of_the_session_reaches_what_is_behind_a_block,
);

/// Blocks at a call that says so; others are noted, in their order.
struct Blocks {
    blocked: Notify,
    may_end: Mutex<mpsc::Receiver<()>>,
    hangs: AtomicUsize,
    noted: Mutex<Vec<String>>,
}

impl Listener for Blocks {
    async fn changed(&self, msg: String) -> Result<()> {
        match &*msg {
            "block" => {
                tokio::task::yield_now().await; // off the connection's own task
                self.blocked.notify_one();
                let may_end = self.may_end.lock().unwrap();
                tokio::task::block_in_place(|| may_end.recv().unwrap());
            }
            "hang" => {
                self.hangs.fetch_add(1, SeqCst);
                std::future::pending().await
            }
            _ => self.noted.lock().unwrap().push(msg),
        }
        Ok(())
    }
}

struct Blocked {
    object: Arc<Blocks>,
    end: mpsc::Sender<()>,
    to_blocked: ListenerProxy,
    to_other: ListenerProxy,
    shelf: Arc<Shelf>,
    ends: Ends,
    call: tokio::task::JoinHandle<Result<()>>,
}

async fn blocked(over: Over) -> Blocked {
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let (end, may_end) = mpsc::channel();
    let object = Arc::new(Blocks {
        blocked: Notify::new(),
        may_end: Mutex::new(may_end),
        hangs: AtomicUsize::new(0),
        noted: Mutex::default(),
    });
    let keeper: KeeperClient = ends.service();
    keeper.keep(object.clone()).await.unwrap();
    let to_blocked = shelf.last();
    keeper.keep(async |_msg: String| Ok(())).await.unwrap();
    let to_other = shelf.last();
    let call = spawn_call(&to_blocked, "block");
    object.blocked.notified().await;
    Blocked {
        object,
        end,
        to_blocked,
        to_other,
        shelf,
        ends,
        call,
    }
}

fn spawn_call(listener: &ListenerProxy, msg: &str) -> tokio::task::JoinHandle<Result<()>> {
    let (listener, msg) = (listener.clone(), msg.to_owned());
    tokio::spawn(async move { listener.changed(msg).await })
}

async fn a_listener_that_blocks_delays_no_other(over: Over) {
    let all = blocked(over).await;
    let keeper: KeeperClient = all.ends.service();
    let mut behind = Vec::new();
    for no in 0..50 {
        behind.push(spawn_call(&all.to_blocked, &no.to_string()));
        let served = || all.ends.client.session().stats().calls_served;
        until("it has come", || served() == behind.len() + 1).await;
        all.to_other.changed("hello".into()).await.unwrap();
        assert_eq!(keeper.kept().await.unwrap().len(), 2);
    }
    assert_eq!(all.object.noted.lock().unwrap().len(), 0);
    all.end.send(()).unwrap();
    all.call.await.unwrap().unwrap();
    for call in behind {
        call.await.unwrap().unwrap();
    }
    let in_order: Vec<_> = (0..50).map(|no| no.to_string()).collect();
    assert_eq!(*all.object.noted.lock().unwrap(), in_order);
    drop((all.to_blocked, all.to_other));
    all.shelf.clear();
    all.ends.idle().await;
}

async fn a_call_that_is_cancelled_behind_a_block_never_starts(over: Over) {
    let all = blocked(over).await;
    let hangs = spawn_call(&all.to_blocked, "hang");
    let served = || all.ends.client.session().stats().calls_served;
    until("it has come", || served() == 2).await;
    hangs.abort();
    hangs.await.unwrap_err();
    all.to_other
        .changed("behind the cancel".into())
        .await
        .unwrap();
    all.end.send(()).unwrap();
    all.call.await.unwrap().unwrap();
    all.to_blocked.changed("last".into()).await.unwrap();
    assert_eq!(all.object.hangs.load(SeqCst), 0);
    drop((all.to_blocked, all.to_other));
    all.shelf.clear();
    all.ends.idle().await;
}

async fn the_end_of_the_session_reaches_what_is_behind_a_block(over: Over) {
    let all = blocked(over).await;
    let behind = [
        spawn_call(&all.to_blocked, "hang"),
        spawn_call(&all.to_blocked, "later"),
    ];
    let served = || all.ends.client.session().stats().calls_served;
    until("they have come", || served() == 3).await;
    all.ends.client.close();
    for call in behind.into_iter().chain([all.call]) {
        call.await.unwrap().unwrap_err();
    }
    all.end.send(()).unwrap();
    all.shelf.clear();
    until("nobody holds it", || Arc::strong_count(&all.object) == 1).await;
    assert_eq!(all.object.hangs.load(SeqCst), 0);
    assert!(all.object.noted.lock().unwrap().is_empty());
}
