//! Calls of one peer to one object start in the order in which they were made, and a callback that
//! was made before a reply starts before that reply is seen.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt};
use ringback::{Client, Limits, Result, Server, service};
use ringback_tests::{Ends, Over, meet, over_both, until};
use tokio::sync::{Semaphore, mpsc};

over_both!(
    events_that_are_taken_at_once_keep_their_order,
    events_into_a_full_channel_keep_their_order,
    events_that_wait_for_credit_keep_their_order,
    events_of_many_tasks_keep_the_order_of_their_making,
    a_burst_beyond_the_budget_keeps_its_order,
    a_callback_starts_before_the_reply_is_seen,
    a_callback_to_a_waiting_object_starts_before_the_reply_is_seen,
    whoever_wakes_an_earlier_call_waits_for_a_later_one_to_start,
    both_ends_keep_the_order,
);

#[service]
trait Sink {
    async fn put(&self, no: u32) -> Result<()>;
    #[oneway]
    async fn tell(&self, no: u32) -> Result<()>;
}

#[service]
trait Source {
    async fn attach(&self, #[callback] sink: impl Sink) -> Result<()>;
    /// Tells the sink so many events and returns, without waiting for any of them to end.
    async fn announce(&self, #[callback] sink: impl Sink, count: u32) -> Result<()>;
}

#[derive(Default)]
struct Spring(Mutex<Option<SinkProxy>>);

impl Source for Spring {
    async fn attach(&self, sink: impl Sink) -> Result<()> {
        *self.0.lock().unwrap() = Some(SinkProxy::new(sink));
        Ok(())
    }

    async fn announce(&self, sink: impl Sink, count: u32) -> Result<()> {
        for no in 0..count {
            sink.tell(no).await?;
        }
        Ok(())
    }
}

/// A client's sink as the server has it.
async fn attached(over: Over, limits: Limits, sink: impl Sink) -> (Ends, SinkProxy) {
    let spring = Arc::new(Spring::default());
    let server = Server::builder().service(SourceServer::new(spring.clone()));
    let ends = meet(over, server, Client::builder().limits(limits)).await;
    let source: SourceClient = ends.service();
    source.attach(sink).await.unwrap();
    let proxy = spring.0.lock().unwrap().take().unwrap();
    (ends, proxy)
}

type Made = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// Makes calls in order, one-way and two-way mixed, with up to `ahead` of them open at a time.
async fn make_calls(sink: SinkProxy, numbers: std::ops::Range<u32>, ahead: usize) {
    let mut open = FuturesUnordered::<Made>::new();
    for no in numbers {
        let sink = sink.clone();
        let mut call: Made = if no % 3 == 0 {
            Box::pin(async move { sink.put(no).await })
        } else {
            Box::pin(async move { sink.tell(no).await })
        };
        // A call is made when it is first polled.
        if futures_util::poll!(&mut call).is_pending() {
            open.push(call);
        }
        while open.len() > ahead {
            open.next().await.unwrap().unwrap();
        }
    }
    while let Some(ended) = open.next().await {
        ended.unwrap();
    }
}

/// Takes events at once.
#[derive(Clone, Default)]
struct Takes(Arc<Mutex<Vec<u32>>>);

impl Sink for Takes {
    async fn put(&self, no: u32) -> Result<()> {
        self.0.lock().unwrap().push(no);
        Ok(())
    }

    async fn tell(&self, no: u32) -> Result<()> {
        self.put(no).await
    }
}

impl Takes {
    async fn has_in_order(&self, count: u32) {
        until("all have come", || {
            self.0.lock().unwrap().len() == count as usize
        })
        .await;
        let seen = std::mem::take(&mut *self.0.lock().unwrap());
        assert_in_order(&seen);
    }
}

fn assert_in_order(seen: &[u32]) {
    let inverted: Vec<_> = seen
        .windows(2)
        .filter(|pair| pair[0] >= pair[1])
        .take(5)
        .collect();
    assert!(inverted.is_empty(), "out of order: {inverted:?} …");
}

/// Forwards events into a channel, and waits where that is full.
struct Forwards(mpsc::Sender<u32>);

impl Sink for Forwards {
    async fn put(&self, no: u32) -> Result<()> {
        self.0.send(no).await.map_err(ringback::Error::application)
    }

    async fn tell(&self, no: u32) -> Result<()> {
        self.put(no).await
    }
}

async fn events_that_are_taken_at_once_keep_their_order(over: Over) {
    let takes = Takes::default();
    let (ends, sink) = attached(over, Limits::default(), takes.clone()).await;
    make_calls(sink, 0..10_000, 500).await;
    takes.has_in_order(10_000).await;
    ends.idle().await;
}

/// Takes what comes in bursts, so that the channel is full, then empty, then full.
async fn take_in_bursts(mut channel: mpsc::Receiver<u32>, count: u32) -> Vec<u32> {
    let mut seen = Vec::new();
    while seen.len() < count as usize {
        seen.push(channel.recv().await.unwrap());
        for _ in 0..seen.len() % 23 {
            seen.extend(channel.try_recv().ok());
        }
        for _ in 0..seen.len() % 7 {
            tokio::task::yield_now().await;
        }
    }
    seen
}

async fn forwarded(over: Over, limits: Limits, count: u32, ahead: usize, capacity: usize) {
    let (sender, receiver) = mpsc::channel(capacity);
    let (ends, sink) = attached(over, limits, Forwards(sender)).await;
    let seen = tokio::spawn(take_in_bursts(receiver, count));
    make_calls(sink, 0..count, ahead).await;
    assert_in_order(&seen.await.unwrap());
    ends.idle().await;
}

async fn events_into_a_full_channel_keep_their_order(over: Over) {
    for capacity in [1, 2, 16] {
        forwarded(over, Limits::default(), 10_000, 500, capacity).await;
    }
}

async fn events_that_wait_for_credit_keep_their_order(over: Over) {
    for window in [1, 3] {
        let mut limits = Limits::default();
        limits.max_object_calls = window;
        forwarded(over, limits, 3_000, 200, 4).await;
        limits.max_calls = window;
        limits.max_queued_bytes = 64;
        forwarded(over, limits, 3_000, 200, 4).await;
    }
}

/// Whoever makes a call after another has, in whatever task, comes after it.
async fn events_of_many_tasks_keep_the_order_of_their_making(over: Over) {
    let (sender, receiver) = mpsc::channel(8);
    let (ends, sink) = attached(over, Limits::default(), Forwards(sender)).await;
    let seen = tokio::spawn(take_in_bursts(receiver, 10_000));
    let next = Arc::new(tokio::sync::Mutex::new(0));
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let (next, sink) = (next.clone(), sink.clone());
            tokio::spawn(async move {
                let mut open = FuturesUnordered::<Made>::new();
                loop {
                    let mut no = next.lock().await;
                    if *no == 10_000 {
                        break;
                    }
                    let (sink, this) = (sink.clone(), *no);
                    let mut call: Made = Box::pin(async move { sink.tell(this).await });
                    if futures_util::poll!(&mut call).is_pending() {
                        open.push(call);
                    }
                    *no += 1;
                    drop(no);
                    while open.len() > 100 {
                        open.next().await.unwrap().unwrap();
                    }
                }
                while let Some(ended) = open.next().await {
                    ended.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_in_order(&seen.await.unwrap());
    drop(sink);
    ends.idle().await;
}

/// Tokio suspends a task that has used up its budget, for no reason of the task's own. A listener
/// that sends into a channel, which has room, is to be spared that.
async fn a_burst_beyond_the_budget_keeps_its_order(over: Over) {
    let (sender, mut receiver) = mpsc::channel(10_000);
    let (ends, sink) = attached(over, Limits::default(), Forwards(sender)).await;
    make_calls(sink, 0..10_000, 1000).await;
    let mut seen = Vec::new();
    while seen.len() < 10_000 {
        seen.push(receiver.recv().await.unwrap());
    }
    assert_in_order(&seen);
    ends.idle().await;
}

/// The case for which a peer of Ringback inverts a quarter of the events.
#[test]
fn a_hundred_thousand_events_into_a_full_channel_keep_their_order() {
    ringback_tests::run::run(forwarded(Over::Tcp, Limits::default(), 100_000, 2000, 16));
}

/// Counts what has begun; those that it is told to hang do not end.
#[derive(Clone)]
struct Begins {
    begun: Arc<AtomicU32>,
    go_on: Arc<Semaphore>,
}

impl Begins {
    fn new(permits: usize) -> Self {
        Self {
            begun: Arc::default(),
            go_on: Arc::new(Semaphore::new(permits)),
        }
    }
}

impl Sink for Begins {
    async fn put(&self, no: u32) -> Result<()> {
        self.tell(no).await
    }

    async fn tell(&self, _no: u32) -> Result<()> {
        self.begun.fetch_add(1, SeqCst);
        let _permit = self.go_on.acquire().await;
        Ok(())
    }
}

async fn a_callback_starts_before_the_reply_is_seen(over: Over) {
    let source = Arc::new(Spring::default());
    let server = Server::builder().service(SourceServer::new(source));
    let ends = meet(over, server, Client::builder()).await;
    let source: SourceClient = ends.service();
    for count in 1..200 {
        let sink = Begins::new(Semaphore::MAX_PERMITS);
        source.announce(sink.clone(), count).await.unwrap();
        assert_eq!(sink.begun.load(SeqCst), count);
    }
    ends.idle().await;
}

/// The same where an earlier call to the object has not ended.
async fn a_callback_to_a_waiting_object_starts_before_the_reply_is_seen(over: Over) {
    let source = Arc::new(Spring::default());
    let server = Server::builder().service(SourceServer::new(source));
    let ends = meet(over, server, Client::builder()).await;
    let source: SourceClient = ends.service();
    for count in 1..200 {
        let sink = Arc::new(Begins::new(0));
        source.announce(sink.clone(), 1).await.unwrap();
        source.announce(sink.clone(), count).await.unwrap();
        assert_eq!(sink.begun.load(SeqCst), 1 + count);
        sink.go_on.close();
    }
    ends.idle().await;
}

/// Its call 0 waits until it is woken by hand; its call 1 has that done while it starts.
#[derive(Clone)]
struct Woken {
    waker: Arc<Mutex<Option<Waker>>>,
    wake: std::sync::mpsc::Sender<()>,
    was_woken: Arc<Mutex<std::sync::mpsc::Receiver<()>>>,
    overtook: Arc<AtomicU32>,
}

impl Sink for Woken {
    async fn put(&self, no: u32) -> Result<()> {
        if no == 0 {
            poll_fn(|cx| {
                *self.waker.lock().unwrap() = Some(cx.waker().clone());
                std::task::Poll::<()>::Pending
            })
            .await;
        }
        // Whoever wakes the other one is not to go on before this one has started: it could make
        // room for it. It waits for 20 ms at most; a machine that sleeps for so long shows nothing.
        let start = Instant::now();
        self.wake.send(()).unwrap();
        let was_woken = self.was_woken.lock().unwrap();
        let woken = was_woken.recv_timeout(Duration::from_millis(5)).is_ok();
        let woken = woken && start.elapsed() < Duration::from_millis(15);
        self.overtook.fetch_add(u32::from(woken), SeqCst);
        Ok(())
    }

    async fn tell(&self, _no: u32) -> Result<()> {
        Ok(())
    }
}

/// What makes a listener that forwards into a full channel safe: room that is made for an earlier
/// event on another thread is not taken by a later one that starts at that moment.
async fn whoever_wakes_an_earlier_call_waits_for_a_later_one_to_start(over: Over) {
    let (wake, to_wake) = std::sync::mpsc::channel();
    let (woken, was_woken) = std::sync::mpsc::channel();
    let waker = Arc::<Mutex<Option<Waker>>>::default();
    let count = Arc::<AtomicU32>::default();
    let by_hand = std::thread::spawn({
        let (waker, wakes) = (waker.clone(), count.clone());
        move || {
            while to_wake.recv().is_ok() {
                let waker = waker.lock().unwrap().clone();
                waker.expect("a call that waits").wake();
                let _ = woken.send(());
                wakes.fetch_add(1, SeqCst);
            }
        }
    });
    let sink = Woken {
        waker: waker.clone(),
        wake,
        was_woken: Arc::new(Mutex::new(was_woken)),
        overtook: Arc::default(),
    };
    let (ends, proxy) = attached(over, Limits::default(), sink.clone()).await;
    let waits = tokio::spawn({
        let proxy = proxy.clone();
        async move { proxy.put(0).await }
    });
    until("it waits", || waker.lock().unwrap().is_some()).await;
    for wakes in 1..=5 {
        proxy.put(1).await.unwrap();
        let overtook = sink.overtook.load(SeqCst);
        assert_eq!(overtook, 0, "it was woken before the later one had started");
        until("it is woken after all", || count.load(SeqCst) == wakes).await;
        while sink.was_woken.lock().unwrap().try_recv().is_ok() {}
    }
    waits.abort();
    drop((proxy, sink));
    ends.idle().await;
    by_hand.join().unwrap();
}

/// Both ends make calls to each other's object at the same time.
async fn both_ends_keep_the_order(over: Over) {
    #[service]
    trait Swap {
        async fn swap(&self, #[callback] sink: impl Sink) -> Result<SinkProxy>;
    }
    struct Swaps(Takes, Mutex<Option<SinkProxy>>);
    impl Swap for Swaps {
        async fn swap(&self, sink: impl Sink) -> Result<SinkProxy> {
            *self.1.lock().unwrap() = Some(SinkProxy::new(sink));
            Ok(SinkProxy::new(self.0.clone()))
        }
    }

    let (here, there) = (Takes::default(), Takes::default());
    let swaps = Arc::new(Swaps(there.clone(), Mutex::default()));
    let server = Server::builder().service(SwapServer::new(swaps.clone()));
    let ends = meet(over, server, Client::builder()).await;
    let far = ends
        .service::<SwapClient>()
        .swap(here.clone())
        .await
        .unwrap();
    let near = swaps.1.lock().unwrap().take().unwrap();
    let to_far = tokio::spawn(make_calls(far, 0..5_000, 300));
    make_calls(near, 0..5_000, 300).await;
    to_far.await.unwrap();
    here.has_in_order(5_000).await;
    there.has_in_order(5_000).await;
    ends.idle().await;
}
