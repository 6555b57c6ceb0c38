//! `#[callback(overflow = "…")]`: what becomes of one-way calls to an object that does not keep up.

use std::pin::pin;
use std::sync::{Arc, Mutex};

use ringback::{Client, ErrorKind, Limits, Result, Server, service};
use ringback_tests::{Ends, Over, meet, over_both, until};
use tokio::sync::Semaphore;

over_both!(
    latest_keeps_the_newest_event,
    latest_keeps_the_newest_event_of_each_method,
    drop_oldest_keeps_as_many_as_it_can,
    close_gives_the_object_up,
    what_was_closed_is_open_anew_once_it_was_let_go,
    wait_holds_the_caller,
    every_form_of_parameter_has_the_policy,
    calls_that_are_answered_are_never_dropped,
);

#[service]
trait Listener {
    #[oneway]
    async fn changed(&self, no: u32) -> Result<()>;
    #[oneway]
    async fn moved(&self, no: u32) -> Result<()>;
    async fn asked(&self, no: u32) -> Result<u32>;
}

#[service]
trait Feed {
    async fn latest(&self, #[callback(overflow = "latest")] to: impl Listener) -> Result<()>;
    async fn oldest(&self, #[callback(overflow = "drop_oldest")] to: impl Listener) -> Result<()>;
    async fn close(&self, #[callback(overflow = "close")] to: impl Listener) -> Result<()>;
    async fn wait(&self, #[callback(overflow = "wait")] to: impl Listener) -> Result<()>;
    async fn forms(
        &self,
        #[callback(overflow = "latest")] one: Option<impl Listener>,
        #[callback(overflow = "latest")] many: Vec<impl Listener>,
        #[callback(overflow = "latest")] proxy: ListenerProxy,
        #[callback(overflow = "latest")] proxies: Vec<ListenerProxy>,
    ) -> Result<()>;
}

/// Keeps what it is given.
#[derive(Default)]
struct Keeps(Mutex<Vec<ListenerProxy>>);

impl Keeps {
    fn keep(&self, listener: impl Listener) -> Result<()> {
        self.0.lock().unwrap().push(ListenerProxy::new(listener));
        Ok(())
    }

    fn first(&self) -> ListenerProxy {
        self.0.lock().unwrap()[0].clone()
    }
}

impl Feed for Keeps {
    async fn latest(&self, to: impl Listener) -> Result<()> {
        self.keep(to)
    }
    async fn oldest(&self, to: impl Listener) -> Result<()> {
        self.keep(to)
    }
    async fn close(&self, to: impl Listener) -> Result<()> {
        self.keep(to)
    }
    async fn wait(&self, to: impl Listener) -> Result<()> {
        self.keep(to)
    }
    async fn forms(
        &self,
        one: Option<impl Listener>,
        many: Vec<impl Listener>,
        proxy: ListenerProxy,
        proxies: Vec<ListenerProxy>,
    ) -> Result<()> {
        one.map_or(Ok(()), |one| self.keep(one))?;
        for one in many {
            self.keep(one)?;
        }
        for one in proxies.into_iter().chain([proxy]) {
            self.keep(one)?;
        }
        Ok(())
    }
}

/// Writes down what it gets, and does not go on before it may.
struct Stalls {
    got: Mutex<Vec<u32>>,
    may_go_on: Semaphore,
}

impl Stalls {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            got: Mutex::default(),
            may_go_on: Semaphore::new(0),
        })
    }

    fn got(&self) -> Vec<u32> {
        self.got.lock().unwrap().clone()
    }

    /// Lets it go on, and waits until it has that many events.
    async fn goes_on_to(&self, events: usize) -> Vec<u32> {
        self.may_go_on.close();
        until("it has all that is left", || self.got().len() >= events).await;
        self.got()
    }
}

impl Listener for Stalls {
    async fn changed(&self, no: u32) -> Result<()> {
        self.got.lock().unwrap().push(no);
        let _permit = self.may_go_on.acquire().await;
        Ok(())
    }

    async fn moved(&self, no: u32) -> Result<()> {
        self.changed(no).await
    }

    async fn asked(&self, no: u32) -> Result<u32> {
        self.changed(no).await?;
        Ok(no)
    }
}

/// So many calls may be under way before anything waits.
const WINDOW: u32 = 4;

async fn feed(over: Over) -> (Arc<Keeps>, FeedClient, Ends) {
    let keeps = Arc::<Keeps>::default();
    let server = Server::builder().service(FeedServer::new(keeps.clone()));
    let mut limits = Limits::default();
    limits.max_object_calls = WINDOW;
    let ends = meet(over, server, Client::builder().limits(limits)).await;
    (keeps, ends.service(), ends)
}

async fn latest_keeps_the_newest_event(over: Over) {
    let (keeps, feed, ends) = feed(over).await;
    let stalls = Stalls::new();
    feed.latest(stalls.clone()).await.unwrap();
    let listener = keeps.first();
    for no in 0..100 {
        listener.changed(no).await.unwrap();
    }
    assert_eq!(stalls.goes_on_to(5).await, [0, 1, 2, 3, 99]);
    assert_eq!(listener.dropped(), 95);
    assert_eq!(ends.session.stats().dropped, 95);
    assert_eq!(listener.clone().dropped(), 95, "it counts for the object");

    // It keeps up again, and nothing more is dropped.
    for no in 100..200 {
        listener.changed(no).await.unwrap();
        until("it has that too", || stalls.got().last() == Some(&no)).await;
    }
    assert_eq!(listener.dropped(), 95);
}

async fn latest_keeps_the_newest_event_of_each_method(over: Over) {
    let (keeps, feed, _ends) = feed(over).await;
    let stalls = Stalls::new();
    feed.latest(stalls.clone()).await.unwrap();
    let listener = keeps.first();
    for no in 0..50 {
        listener.changed(2 * no).await.unwrap();
        listener.moved(2 * no + 1).await.unwrap();
    }
    assert_eq!(stalls.goes_on_to(6).await, [0, 1, 2, 3, 98, 99]);
    assert_eq!(listener.dropped(), 94);
}

async fn drop_oldest_keeps_as_many_as_it_can(over: Over) {
    let (keeps, feed, _ends) = feed(over).await;
    let stalls = Stalls::new();
    feed.oldest(stalls.clone()).await.unwrap();
    let listener = keeps.first();
    for no in 0..200 {
        listener.changed(no).await.unwrap();
    }
    let got = stalls.goes_on_to(4 + 64).await;
    assert_eq!(got[..4], [0, 1, 2, 3]);
    assert_eq!(got[4..], (136..200).collect::<Vec<_>>());
    assert_eq!(listener.dropped(), 200 - 4 - 64);
}

async fn close_gives_the_object_up(over: Over) {
    let (keeps, feed, _ends) = feed(over).await;
    feed.close(Stalls::new()).await.unwrap();
    let listener = keeps.first();
    for no in 0..WINDOW {
        listener.changed(no).await.unwrap();
    }
    let error = listener.changed(WINDOW).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Overloaded, "{error}");
    assert_eq!(listener.closed().await.kind(), ErrorKind::Overloaded);
    assert_eq!(listener.dropped(), 0);
}

/// What is closed is the object, also for a proxy of it that comes later.
async fn what_was_closed_is_open_anew_once_it_was_let_go(over: Over) {
    let (keeps, feed, ends) = feed(over).await;
    let stalls = Stalls::new();
    feed.close(stalls.clone()).await.unwrap();
    let listener = keeps.first();
    for no in 0..WINDOW {
        listener.changed(no).await.unwrap();
    }
    listener.changed(WINDOW).await.unwrap_err();
    stalls.goes_on_to(WINDOW as usize).await;
    ends.idle_but(1).await;
    feed.wait(stalls.clone()).await.unwrap();
    let again = keeps.0.lock().unwrap().pop().unwrap();
    assert!(again == listener && again.is_closed());
    let error = again.changed(5).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Overloaded);

    keeps.0.lock().unwrap().clear();
    drop((again, listener));
    ends.idle().await;
    feed.wait(stalls.clone()).await.unwrap();
    keeps.first().changed(6).await.unwrap();
    assert_eq!(stalls.goes_on_to(5).await, [0, 1, 2, 3, 6]);
}

async fn wait_holds_the_caller(over: Over) {
    let (keeps, feed, _ends) = feed(over).await;
    let stalls = Stalls::new();
    feed.wait(stalls.clone()).await.unwrap();
    let listener = keeps.first();
    for no in 0..WINDOW {
        listener.changed(no).await.unwrap();
    }
    let mut held = pin!(listener.changed(WINDOW));
    assert!(futures_util::poll!(held.as_mut()).is_pending());
    until("the window is used up", || stalls.got().len() == 4).await;
    assert!(futures_util::poll!(held.as_mut()).is_pending());
    stalls.may_go_on.close();
    held.await.unwrap();
    assert_eq!(stalls.goes_on_to(5).await, [0, 1, 2, 3, 4]);
}

async fn every_form_of_parameter_has_the_policy(over: Over) {
    let (keeps, feed, _ends) = feed(over).await;
    let all: Vec<_> = (0..5).map(|_| Stalls::new()).collect();
    let proxy = |no: usize| ListenerProxy::new(all[no].clone());
    let many = vec![all[1].clone(), all[2].clone()];
    feed.forms(Some(all[0].clone()), many, proxy(3), vec![proxy(4)])
        .await
        .unwrap();
    let kept = keeps.0.lock().unwrap().clone();
    assert_eq!(kept.len(), 5);
    for listener in &kept {
        for no in 0..10 {
            listener.changed(no).await.unwrap();
        }
        assert_eq!(listener.dropped(), 5);
    }
    for stalls in &all {
        assert_eq!(stalls.goes_on_to(5).await, [0, 1, 2, 3, 9]);
    }
}

async fn calls_that_are_answered_are_never_dropped(over: Over) {
    let (keeps, feed, _ends) = feed(over).await;
    let stalls = Stalls::new();
    feed.latest(stalls.clone()).await.unwrap();
    let listener = keeps.first();
    let calls: Vec<_> = (0..20)
        .map(|no| {
            let listener = listener.clone();
            tokio::spawn(async move { listener.asked(no).await })
        })
        .collect();
    let mut got = stalls.goes_on_to(20).await;
    got.sort_unstable();
    assert_eq!(got, (0..20).collect::<Vec<_>>());
    for (no, call) in (0..).zip(calls) {
        assert_eq!(call.await.unwrap().unwrap(), no);
    }
    assert_eq!(listener.dropped(), 0);
}
