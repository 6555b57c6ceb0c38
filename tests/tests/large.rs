//! Large values: sent from where they lie, and read into memory that is used again.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use ringback::testing::Network;
use ringback::{
    Client, ErrorKind, Group, Limits, Result, Server, ServerBuilder, SessionEvent, service,
};
use ringback_tests::until::until;
use ringback_tests::{Over, meet, over_both};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

over_both!(
    every_form_of_bytes_comes_back_as_it_was,
    arguments_behind_large_ones_come_as_well,
    large_values_that_are_no_bytes_come_back_as_they_were,
    many_large_calls_and_small_ones_at_once,
    events_large_and_small_keep_their_order,
    bytes_that_are_kept_stay_as_they_are,
    what_is_too_large_is_refused_and_the_session_goes_on,
);

/// Around the lengths from which something is done in another way.
const LENGTHS: [usize; 9] = [
    0,
    1,
    8_000,
    (32 << 10) - 1,
    32 << 10,
    65_530,
    65_540,
    1 << 20,
    5_000_001,
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Document {
    title: String,
    #[serde(with = "serde_bytes")]
    content: Vec<u8>,
    lines: Vec<String>,
}

#[service(group)]
trait Reader {
    #[oneway]
    async fn page(&self, number: u32, bytes: Bytes) -> Result<()>;
}

#[service]
trait Store {
    async fn borrowed(&self, bytes: &[u8]) -> Result<Vec<u8>>;
    async fn owned(&self, bytes: Vec<u8>) -> Result<Vec<u8>>;
    async fn shared(&self, bytes: Bytes) -> Result<Bytes>;
    async fn mixed(&self, one: Bytes, name: &str, two: &[u8], three: Bytes) -> Result<Bytes>;
    async fn document(&self, document: Document) -> Result<Document>;
    async fn keep(&self, bytes: Bytes) -> Result<u32>;
    async fn kept(&self, at: u32) -> Result<Bytes>;
    async fn make(&self, length: u32) -> Result<Vec<u8>>;
    /// Tells so many pages, to a member and to a group of which it is one.
    async fn read_to(&self, pages: u32, #[callback] reader: impl Reader) -> Result<()>;
}

#[derive(Default)]
struct Shelf {
    kept: Mutex<Vec<Bytes>>,
}

impl Store for Shelf {
    async fn borrowed(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        Ok(bytes.to_vec())
    }

    async fn owned(&self, bytes: Vec<u8>) -> Result<Vec<u8>> {
        Ok(bytes)
    }

    async fn shared(&self, bytes: Bytes) -> Result<Bytes> {
        Ok(bytes)
    }

    async fn mixed(&self, one: Bytes, name: &str, two: &[u8], three: Bytes) -> Result<Bytes> {
        Ok([&one, name.as_bytes(), two, &three].concat().into())
    }

    async fn document(&self, document: Document) -> Result<Document> {
        Ok(document)
    }

    async fn keep(&self, bytes: Bytes) -> Result<u32> {
        let mut kept = self.kept.lock().unwrap();
        kept.push(bytes);
        Ok(kept.len() as u32 - 1)
    }

    async fn kept(&self, at: u32) -> Result<Bytes> {
        Ok(self.kept.lock().unwrap()[at as usize].clone())
    }

    async fn make(&self, length: u32) -> Result<Vec<u8>> {
        Ok(bytes(0, length as usize))
    }

    async fn read_to(&self, pages: u32, reader: impl Reader) -> Result<()> {
        let reader = ReaderProxy::new(reader);
        let group = Group::<(), ReaderProxy>::default();
        group.insert((), reader.clone());
        for number in 0..pages {
            let page = page(number);
            match number % 2 {
                0 => reader.page(number, page).await?,
                _ => group.page(number, page).await?,
            }
        }
        Ok(())
    }
}

/// Bytes that differ from those of another seed, and from place to place.
fn bytes(seed: usize, length: usize) -> Vec<u8> {
    let places = 0..length;
    places.map(|at| (at * 31 + at / 251 + seed) as u8).collect()
}

fn page(number: u32) -> Bytes {
    let length = [4, 100_000, 40_000, 1, 700_000][number as usize % 5];
    bytes(number as usize, length).into()
}

fn server() -> ServerBuilder {
    Server::builder().service(StoreServer::new(Shelf::default()))
}

async fn every_form_of_bytes_comes_back_as_it_was(over: Over) {
    let ends = meet(over, server(), Client::builder()).await;
    let store: StoreClient = ends.service();
    for (seed, length) in LENGTHS.into_iter().enumerate() {
        let bytes = bytes(seed, length);
        let shared = Bytes::from(bytes.clone());
        assert!(store.borrowed(&bytes).await.unwrap() == bytes, "{length}");
        assert!(
            store.owned(bytes.clone()).await.unwrap() == bytes,
            "{length}"
        );
        assert!(store.shared(shared).await.unwrap() == bytes, "{length}");
    }
    ends.idle().await;
}

async fn arguments_behind_large_ones_come_as_well(over: Over) {
    let ends = meet(over, server(), Client::builder()).await;
    let store: StoreClient = ends.service();
    for lengths in [
        [0, 0, 0],
        [70_000, 3, 70_000],
        [3, 70_000, 3],
        [40_000, 40_000, 40_000],
    ] {
        let [one, two, three] = [0, 1, 2].map(|seed| bytes(seed, lengths[seed]));
        let expected = [&one[..], b"name", &two, &three].concat();
        let mixed = store.mixed(one.into(), "name", &two, three.into()).await;
        assert!(mixed.unwrap() == expected, "{lengths:?}");
    }
}

async fn large_values_that_are_no_bytes_come_back_as_they_were(over: Over) {
    let ends = meet(over, server(), Client::builder()).await;
    let store: StoreClient = ends.service();
    for length in [10, 50_000, 3_000_000, 100, 40_000] {
        let document = Document {
            title: "large".to_owned(),
            content: bytes(length, length),
            lines: vec!["line".repeat(10); length / 50],
        };
        assert!(store.document(document.clone()).await.unwrap() == document);
    }
}

async fn many_large_calls_and_small_ones_at_once(over: Over) {
    let ends = meet(over, server(), Client::builder()).await;
    let store: StoreClient = ends.service();
    let calls = (0..60).map(|seed| {
        let store = store.clone();
        async move {
            let bytes = bytes(seed, [300_000, 5, 33_000][seed % 3]);
            assert!(store.borrowed(&bytes).await.unwrap() == bytes, "{seed}");
        }
    });
    join_all(calls).await;
    ends.idle().await;
}

/// Notes what it is told.
struct Notes(mpsc::UnboundedSender<(u32, Bytes)>);

impl Reader for Notes {
    async fn page(&self, number: u32, bytes: Bytes) -> Result<()> {
        let noted = self.0.send((number, bytes));
        noted.map_err(ringback::Error::application)
    }
}

async fn events_large_and_small_keep_their_order(over: Over) {
    const PAGES: u32 = 60;
    let ends = meet(over, server(), Client::builder()).await;
    let store: StoreClient = ends.service();
    let (sender, mut pages) = mpsc::unbounded_channel();
    store.read_to(PAGES, Notes(sender)).await.unwrap();
    for number in 0..PAGES {
        let (told, bytes) = pages.recv().await.expect("a page");
        assert!(told == number && bytes == page(number), "{told}, {number}");
    }
    assert!(pages.recv().await.is_none(), "the reader is let go of");
    ends.idle().await;
}

async fn bytes_that_are_kept_stay_as_they_are(over: Over) {
    let ends = meet(over, server(), Client::builder()).await;
    let store: StoreClient = ends.service();
    let lengths = [200_000, 10, 40_000, 1_000_000, 70_000];
    let mut here = Vec::new();
    for (seed, length) in lengths.into_iter().enumerate() {
        let bytes = Bytes::from(bytes(seed, length));
        assert_eq!(store.keep(bytes.clone()).await.unwrap(), seed as u32);
        here.push(store.shared(bytes).await.unwrap());
    }
    // The memory of those that are not kept is used again.
    for seed in 0..20 {
        store.borrowed(&bytes(seed + 100, 300_000)).await.unwrap();
    }
    for (seed, length) in lengths.into_iter().enumerate() {
        let bytes = bytes(seed, length);
        assert!(here[seed] == bytes, "{length}");
        let kept = store.kept(seed as u32).await.unwrap();
        assert!(kept == bytes, "{length}");
    }
}

async fn what_is_too_large_is_refused_and_the_session_goes_on(over: Over) {
    let mut limits = Limits::default();
    limits.max_frame = 100_000;
    let client = Client::builder().limits(limits);
    let ends = meet(over, server().limits(limits), client).await;
    let store: StoreClient = ends.service();
    let large = Bytes::from(bytes(1, 100_001));
    for _ in 0..3 {
        let errors = [
            store.shared(large.clone()).await.unwrap_err(),
            store.borrowed(&large).await.unwrap_err(),
            store.make(100_001).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
        }
        let fits = large.slice(..99_900);
        assert!(store.shared(fits.clone()).await.unwrap() == fits);
    }
    ends.idle().await;
}

const MS: Duration = Duration::from_millis(1);

/// A server in a network of its own.
fn listening(seed: u64, server: ServerBuilder) -> Network {
    let network = Network::new(seed);
    let server = server.listen(network.listen("store"));
    tokio::spawn(server.run());
    network
}

#[tokio::test(start_paused = true)]
async fn a_cut_in_the_middle_of_large_values_loses_and_doubles_nothing() {
    const GRACE: Duration = Duration::from_secs(60);
    const PAGES: u32 = 100;
    let network = listening(7, server().resume(GRACE));
    let link = network.link();
    let client = Client::builder().resume(GRACE).connect_with({
        let link = link.clone();
        async move || link.connect("store").await
    });
    let client = client.await.unwrap();
    let mut events = client.events();
    let store = client.service::<StoreClient>();
    let breaking = tokio::spawn(async move {
        link.throttle(10_000_000);
        let mut bytes = 40;
        loop {
            bytes = (bytes * 7 + 3) % 500_000;
            link.cut_after(bytes);
            tokio::time::sleep(MS * 60).await;
            link.heal();
            tokio::time::sleep(MS * 200).await; // a page may cross
        }
    });
    let (sender, mut pages) = mpsc::unbounded_channel();
    let reading = tokio::spawn({
        let store = store.clone();
        async move { store.read_to(PAGES, Notes(sender)).await }
    });
    for seed in 0..60 {
        let bytes = bytes(seed, [200_000, 35_000, 7][seed % 3]);
        let shared = Bytes::from(bytes.clone());
        let (one, other) = tokio::join!(store.borrowed(&bytes), store.shared(shared));
        assert!(one.unwrap() == bytes && other.unwrap() == bytes, "{seed}");
    }
    reading.await.unwrap().unwrap();
    for number in 0..PAGES {
        let (told, bytes) = pages.recv().await.expect("a page");
        assert!(told == number && bytes == page(number), "{told}, {number}");
    }
    assert!(pages.try_recv().is_err());
    breaking.abort();
    let mut resumed = 0;
    while let Ok(Some(event)) = tokio::time::timeout(MS, events.next()).await {
        assert!(matches!(event, SessionEvent::Resumed { .. }), "{event:?}");
        resumed += 1;
    }
    assert!(resumed > 5, "{resumed}");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_does_not_let_large_values_pile_up() {
    const LENGTH: usize = 300_000;
    let network = listening(8, server().heartbeat(Duration::ZERO));
    let link = network.link();
    let mut limits = Limits::default();
    limits.max_queued_bytes = 1 << 20;
    let stream = link.connect("store").await.unwrap();
    let client = Client::builder().limits(limits).heartbeat(Duration::ZERO);
    let client = client.connect_io(stream).await.unwrap();
    let store = client.service::<StoreClient>();
    link.stall();
    let bytes = Bytes::from(bytes(3, LENGTH));
    let calls = (0..100).map(|_| {
        let (store, bytes) = (store.clone(), bytes.clone());
        tokio::spawn(async move { assert!(store.shared(bytes.clone()).await.unwrap() == bytes) })
    });
    let calls: Vec<_> = calls.collect();
    tokio::time::sleep(MS * 100).await;
    let queued = client.session().stats().queued_bytes;
    assert!(
        (1 << 19..(1 << 20) + LENGTH + 1000).contains(&queued),
        "{queued}"
    );
    link.heal();
    for call in calls {
        call.await.unwrap();
    }
    until("all is written", || {
        client.session().stats().queued_bytes == 0
    })
    .await;
}

/// Tells when it is dropped.
struct Lent(Vec<u8>, Arc<Mutex<usize>>);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        *self.1.lock().unwrap() += 1;
    }
}

#[tokio::test(start_paused = true)]
async fn bytes_of_the_users_own_are_let_go_of_whatever_becomes_of_the_call() {
    let network = listening(9, server().resume(MS * 500));
    let link = network.link();
    let mut limits = Limits::default();
    limits.max_queued_bytes = 1 << 20;
    let client = Client::builder().limits(limits).resume(MS * 500);
    let client = client.connect_with({
        let link = link.clone();
        async move || link.connect("store").await
    });
    let client = client.await.unwrap();
    let store = client.service::<StoreClient>();
    let dropped = Arc::new(Mutex::new(0));
    let lent = || Bytes::from_owner(Lent(bytes(1, 400_000), Arc::clone(&dropped)));
    store.shared(lent()).await.unwrap();
    until("it is acknowledged", || *dropped.lock().unwrap() == 1).await;
    link.cut();
    // Some are sent, some wait for room, some are given up.
    let calls = (0..10).map(|_| {
        let (store, bytes) = (store.clone(), lent());
        tokio::spawn(async move { store.shared(bytes).await })
    });
    let mut calls: Vec<_> = calls.collect();
    tokio::time::sleep(MS * 50).await;
    for call in calls.drain(7..) {
        call.abort();
    }
    for call in calls {
        call.await.unwrap().unwrap_err();
    }
    until("all are let go of", || *dropped.lock().unwrap() == 11).await;
}
