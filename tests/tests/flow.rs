//! A slow listener slows those who call it, and nobody else; and nothing piles up meanwhile.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringback::{Client, ErrorKind, Limits, Result, Server, Session, service};
use ringback_tests::{Ends, Over, Serving, meet, over_both, until};
use tokio::sync::Semaphore;

over_both!(
    one_that_stalls_among_a_thousand_delays_no_other,
    a_stalled_listener_costs_no_more_with_time,
    a_service_is_reached_past_stalled_listeners,
    many_that_stall_leave_credit_to_the_others,
    many_long_answers_harm_nobody,
    who_has_no_room_loses_his_turn_to_the_next,
);

#[service]
trait Feed {
    async fn attach(&self, #[callback] reader: impl Reader) -> Result<()>;
    async fn ping(&self) -> Result<()>;
    async fn book(&self, bytes: u32) -> Result<String>;
}

#[service]
trait Reader {
    #[oneway]
    async fn tell(&self, no: u32, text: &str) -> Result<()>;
    async fn put(&self, no: u32, text: &str) -> Result<()>;
}

#[derive(Default)]
struct Readers(Mutex<Vec<ReaderProxy>>);

impl Feed for Readers {
    async fn attach(&self, reader: impl Reader) -> Result<()> {
        let reader = ReaderProxy::new(reader);
        self.0.lock().unwrap().push(reader);
        Ok(())
    }

    async fn ping(&self) -> Result<()> {
        Ok(())
    }

    async fn book(&self, bytes: u32) -> Result<String> {
        Ok("x".repeat(bytes as usize))
    }
}

/// Counts what it gets, and waits each time until it may go on.
struct Reads {
    begun: AtomicUsize,
    ended: AtomicUsize,
    may_end: Semaphore,
}

impl Reads {
    fn new(permits: usize) -> Arc<Self> {
        Arc::new(Self {
            begun: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            may_end: Semaphore::new(permits),
        })
    }

    fn fast() -> Arc<Self> {
        Self::new(Semaphore::MAX_PERMITS)
    }

    fn stalled() -> Arc<Self> {
        Self::new(0)
    }

    fn ended(&self) -> usize {
        self.ended.load(SeqCst)
    }
}

impl Reader for Reads {
    async fn tell(&self, no: u32, text: &str) -> Result<()> {
        self.put(no, text).await
    }

    async fn put(&self, _no: u32, _text: &str) -> Result<()> {
        self.begun.fetch_add(1, SeqCst);
        let _permit = self.may_end.acquire().await;
        self.ended.fetch_add(1, SeqCst);
        Ok(())
    }
}

async fn feed(over: Over, limits: Limits) -> (Arc<Readers>, FeedClient, Ends) {
    let readers = Arc::<Readers>::default();
    let server = Server::builder().service(FeedServer::new(readers.clone()));
    let ends = meet(over, server, Client::builder().limits(limits)).await;
    (readers, ends.service(), ends)
}

/// One connection, a thousand listeners, of which one takes nothing.
async fn one_that_stalls_among_a_thousand_delays_no_other(over: Over) {
    const EVENTS: u32 = 20;

    let mut limits = Limits::default();
    limits.max_object_calls = 8;
    let (readers, feed, ends) = feed(over, limits).await;
    let all: Vec<_> = (0..1000)
        .map(|no| {
            if no == 500 {
                Reads::stalled()
            } else {
                Reads::fast()
            }
        })
        .collect();
    for reads in &all {
        feed.attach(reads.clone()).await.unwrap();
    }
    let proxies = std::mem::take(&mut *readers.0.lock().unwrap());
    let callers: Vec<_> = proxies
        .into_iter()
        .map(|reader| {
            tokio::spawn(async move {
                for no in 0..EVENTS {
                    if no % 2 == 0 {
                        reader.tell(no, "event").await.unwrap();
                    } else {
                        reader.put(no, "event").await.unwrap();
                    }
                }
            })
        })
        .collect();
    until("everybody else has everything", || {
        let fast = all.iter().enumerate().filter(|(no, _)| *no != 500);
        fast.map(|(_, reads)| reads.ended()).sum::<usize>() == 999 * EVENTS as usize
    })
    .await;
    feed.ping().await.unwrap();
    assert_eq!(all[500].ended(), 0);
    all[500].may_end.close();
    for caller in callers {
        caller.await.unwrap();
    }
    until("the slow one has everything as well", || {
        all[500].ended() == EVENTS as usize
    })
    .await;
    ends.idle().await;
}

/// Thousands of events for somebody who does not take them.
async fn a_stalled_listener_costs_no_more_with_time(over: Over) {
    let mut limits = Limits::default();
    limits.max_object_calls = 16;
    let (readers, feed, ends) = feed(over, limits).await;
    let (slow, fast) = (Reads::stalled(), Reads::fast());
    feed.attach(slow.clone()).await.unwrap();
    feed.attach(fast.clone()).await.unwrap();
    let (to_slow, to_fast) = {
        let readers = readers.0.lock().unwrap();
        (readers[0].clone(), readers[1].clone())
    };
    let sent = Arc::new(AtomicUsize::new(0));
    let count = sent.clone();
    let flood = tokio::spawn(async move {
        for no in 0..10_000 {
            to_slow.tell(no, &"event ".repeat(100)).await.unwrap();
            count.fetch_add(1, SeqCst);
        }
    });
    until("the window is full", || slow.begun.load(SeqCst) == 16).await;
    for no in 0..1000 {
        to_fast.put(no, "event").await.unwrap();
        feed.ping().await.unwrap();
        let (near, far) = (ends.session.stats(), ends.client.session().stats());
        assert_eq!(sent.load(SeqCst), 16);
        assert_eq!(slow.begun.load(SeqCst), 16);
        assert!(near.calls_in_flight <= 2, "{near:?}");
        assert!(
            near.queued_bytes < 1000 && far.queued_bytes < 1000,
            "{near:?} {far:?}"
        );
    }
    // As soon as it goes on, so does who calls it.
    slow.may_end.close();
    flood.await.unwrap();
    until("it has everything", || slow.ended() == 10_000).await;
    drop((to_fast, std::mem::take(&mut *readers.0.lock().unwrap())));
    ends.idle().await;
}

/// Calls of named services and calls of objects have different lines.
async fn a_service_is_reached_past_stalled_listeners(over: Over) {
    let mut limits = Limits::default();
    limits.max_object_calls = 4;
    limits.max_calls = 64;
    let readers = Arc::<Readers>::default();
    let server = Server::builder()
        .service(FeedServer::new(readers.clone()))
        .limits(limits);
    let client = Client::builder()
        .service(FeedServer::new(Arc::<Readers>::default()))
        .limits(limits);
    let ends = meet(over, server, client).await;
    let feed: FeedClient = ends.service();
    let stalled: Vec<_> = (0..8).map(|_| Reads::stalled()).collect();
    for reads in &stalled {
        feed.attach(reads.clone()).await.unwrap();
    }
    let mut callers = Vec::new();
    for reader in std::mem::take(&mut *readers.0.lock().unwrap()) {
        for no in 0..20 {
            let reader = reader.clone();
            callers.push(tokio::spawn(async move { reader.put(no, "event").await }));
        }
    }
    until("all windows are full", || {
        stalled.iter().all(|reads| reads.begun.load(SeqCst) == 4)
    })
    .await;
    let back: FeedClient = ends.session.service();
    for _ in 0..100 {
        feed.ping().await.unwrap();
        back.ping().await.unwrap();
    }
    for reads in &stalled {
        reads.may_end.close();
    }
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    drop(back);
    ends.idle().await;
}

/// Each of them alone could use a quarter of the credit.
async fn many_that_stall_leave_credit_to_the_others(over: Over) {
    let mut limits = Limits::default();
    limits.max_object_calls = 64;
    limits.max_calls = 256;
    let (readers, feed, ends) = feed(over, limits).await;
    let stalled: Vec<_> = (0..12).map(|_| Reads::stalled()).collect();
    for reads in &stalled {
        feed.attach(reads.clone()).await.unwrap();
    }
    let mut callers = Vec::new();
    for reader in std::mem::take(&mut *readers.0.lock().unwrap()) {
        for no in 0..70 {
            let reader = reader.clone();
            callers.push(tokio::spawn(async move {
                if no % 2 == 0 {
                    reader.tell(no, "event").await
                } else {
                    reader.put(no, "event").await
                }
            }));
        }
    }
    until("each has some", || {
        let has = |least| move |reads: &Arc<Reads>| reads.begun.load(SeqCst) >= least;
        stalled.iter().all(has(1)) && stalled.iter().any(has(9))
    })
    .await;

    let fast = Reads::fast();
    feed.attach(fast.clone()).await.unwrap();
    let to_fast = std::mem::take(&mut *readers.0.lock().unwrap());
    for no in 0..100 {
        to_fast[0].put(no, "event").await.unwrap();
    }
    assert_eq!(fast.ended(), 100);
    // Nor do they have to wait for a word that nobody thinks is urgent.
    for no in 0..1000 {
        to_fast[0].tell(no, "event").await.unwrap();
    }
    until("it has all of them", || fast.ended() == 1100).await;

    for reads in &stalled {
        reads.may_end.close();
    }
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    drop(to_fast);
    ends.idle().await;
}

/// They were all asked for at once, and both ends ask. No more of them than fit in its queue are made
/// by an end before they leave.
async fn many_long_answers_harm_nobody(over: Over) {
    let server = Server::builder().service(FeedServer::new(Arc::<Readers>::default()));
    let client = Client::builder().service(FeedServer::new(Arc::<Readers>::default()));
    let ends = meet(over, server, client).await;
    let (there, back): (FeedClient, FeedClient) = (ends.service(), ends.session.service());
    let mut calls = Vec::new();
    for feed in [there, back] {
        for _ in 0..1500 {
            let feed = feed.clone();
            calls.push(tokio::spawn(async move { feed.book(100_000).await }));
        }
    }
    let mut most = 0;
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().len(), 100_000);
        most = most.max(ends.session.stats().queued_bytes);
    }
    assert!(most < 9 << 20, "{most} bytes at once");
    ends.idle().await;
}

/// The credit is used up, and the first in line could not use any: his object is full.
async fn who_has_no_room_loses_his_turn_to_the_next(over: Over) {
    let mut limits = Limits::default();
    limits.max_calls = 2;
    limits.max_object_calls = 1;
    let (readers, feed, ends) = feed(over, limits).await;
    let (stalled, slow, fast) = (Reads::stalled(), Reads::stalled(), Reads::fast());
    for reads in [&stalled, &slow, &fast] {
        feed.attach(reads.clone()).await.unwrap();
    }
    let readers = std::mem::take(&mut *readers.0.lock().unwrap());
    let mut calls = Vec::new();
    let mut spawn_put = async |to: usize| {
        let reader = readers[to].clone();
        calls.push(tokio::spawn(async move { reader.put(0, "event").await }));
        let (session, made) = (&ends.session, calls.len());
        until("it is under way", || {
            session.stats().calls_in_flight == made
        })
        .await;
    };
    spawn_put(0).await;
    spawn_put(1).await;
    until("the credit is used up", || {
        stalled.begun.load(SeqCst) + slow.begun.load(SeqCst) == 2
    })
    .await;
    spawn_put(0).await;
    spawn_put(2).await;
    assert_eq!(fast.ended(), 0);
    slow.may_end.close();
    let next = calls.pop().unwrap();
    next.await.unwrap().unwrap();
    assert!(!calls[0].is_finished() && !calls[2].is_finished());
    stalled.may_end.close();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    drop(readers);
    ends.idle().await;
}

/// How far the bytes grow for a peer that is there and does not read.
async fn most_queued(session: &Session, reader: &ReaderProxy, limit: usize) -> usize {
    let event = "x".repeat(1000);
    let mut most = 0;
    for no in 0.. {
        let mut call = Box::pin(reader.tell(no, &event));
        let is_sent = futures_util::poll!(&mut call).is_ready();
        most = most.max(session.stats().queued_bytes);
        if !is_sent {
            // Room that the driver makes may let it go all the same.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            if futures_util::poll!(&mut call).is_pending() {
                break;
            }
        }
        assert!(no < limit as u32, "there is no end to it");
    }
    most
}

/// The consumer's end takes bytes, until its own buffers are full, and reads none.
#[tokio::test]
async fn a_consumer_that_never_reads_makes_its_callers_wait() {
    const QUEUED: usize = 64 << 10;

    let readers = Arc::<Readers>::default();
    let mut limits = Limits::default();
    limits.max_queued_bytes = QUEUED;
    let server = Server::builder()
        .service(FeedServer::new(readers.clone()))
        .limits(limits);
    let serving = Serving::start(Over::Memory, server).await;
    let link = serving.link();
    let mut granted = Limits::default();
    granted.max_calls = u32::MAX;
    granted.max_object_calls = u32::MAX;
    let deaf = serving
        .connect_over(&link, Client::builder().limits(granted))
        .await;
    let session = deaf.session.clone();
    let bystander = serving.connect(Client::builder()).await;

    deaf.service::<FeedClient>()
        .attach(Reads::fast())
        .await
        .unwrap();
    let reader = readers.0.lock().unwrap()[0].clone();
    link.stall();
    let most = most_queued(&session, &reader, 100_000).await;
    assert!(
        (QUEUED..QUEUED + 3000).contains(&most),
        "{most} bytes were queued"
    );
    // The others are served as ever, also by callbacks.
    let (feed, reads) = (bystander.service::<FeedClient>(), Reads::fast());
    feed.attach(reads.clone()).await.unwrap();
    let other = readers.0.lock().unwrap()[1].clone();
    for no in 0..1000 {
        other.put(no, "event").await.unwrap();
        assert!(session.stats().queued_bytes <= most);
    }
    assert_eq!(reads.ended(), 1000);
    // Who waits can give up, and is told of the end.
    let waiting = tokio::spawn({
        let reader = reader.clone();
        async move { reader.put(0, "event").await }
    });
    until("it waits", || session.stats().calls_in_flight == 1).await;
    let hasty = reader.with_timeout(Duration::from_millis(10));
    let error = hasty.put(0, "event").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    link.cut();
    assert_eq!(
        waiting.await.unwrap().unwrap_err().kind(),
        ErrorKind::Closed
    );
    assert_eq!(reader.closed().await.kind(), ErrorKind::Closed);
}
