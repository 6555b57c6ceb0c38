//! Both ends work at the same time: what one has done goes to the other before it has done everything.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use ringback::transport::{Transport, memory};
use ringback::{Client, Group, Result, Server, Session, service};
use ringback_tests::until;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::task::unconstrained;

#[service]
trait Shop {
    async fn echo(&self, text: String) -> Result<String>;
    async fn attach(&self, #[callback] reader: impl Reader) -> Result<()>;
    #[oneway]
    async fn post(&self, text: String) -> Result<()>;
}

#[service(group)]
trait Reader {
    #[oneway]
    async fn tell(&self, text: String) -> Result<()>;
}

#[derive(Default)]
struct Corner {
    readers: Mutex<Vec<ReaderProxy>>,
    /// How often those had to be polled that pass something on.
    polls: AtomicU32,
}

impl Corner {
    fn reader(&self) -> ReaderProxy {
        self.readers.lock().unwrap()[0].clone()
    }
}

impl Shop for Corner {
    async fn echo(&self, text: String) -> Result<String> {
        Ok(text)
    }

    async fn attach(&self, reader: impl Reader) -> Result<()> {
        let reader = ReaderProxy::new(reader);
        self.readers.lock().unwrap().push(reader);
        Ok(())
    }

    async fn post(&self, text: String) -> Result<()> {
        let reader = self.reader();
        let mut told = pin!(reader.tell(text));
        poll_fn(|cx| {
            self.polls.fetch_add(1, SeqCst);
            told.as_mut().poll(cx)
        })
        .await
    }
}

#[derive(Default)]
struct Count(AtomicU32);

impl Reader for Count {
    async fn tell(&self, _text: String) -> Result<()> {
        self.0.fetch_add(1, SeqCst);
        Ok(())
    }
}

/// How many bytes were read at most before something was written, and how often that was.
#[derive(Default)]
struct Stretch {
    now: usize,
    longest: usize,
    writes: usize,
}

/// A transport whose use is noted.
struct Noted {
    inner: DuplexStream,
    stretch: Arc<Mutex<Stretch>>,
}

impl AsyncRead for Noted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buffer))?;
        let mut stretch = self.stretch.lock().unwrap();
        stretch.now += buffer.filled().len() - before;
        stretch.longest = stretch.longest.max(stretch.now);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Noted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let mut stretch = self.stretch.lock().unwrap();
        stretch.now = 0;
        stretch.writes += 1;
        drop(stretch);
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// A pair whose first end is noted.
fn noted() -> (Noted, DuplexStream, Arc<Mutex<Stretch>>) {
    let (inner, there) = memory::pair();
    let stretch = Arc::<Mutex<Stretch>>::default();
    let noted = Noted {
        inner,
        stretch: Arc::clone(&stretch),
    };
    (noted, there, stretch)
}

/// A client that has attached a reader to its server, which counts what it is told.
struct Met {
    corner: Arc<Corner>,
    count: Arc<Count>,
    shop: ShopClient,
    _served: Session,
}

impl Met {
    async fn over(here: impl Transport, there: impl Transport) -> Self {
        let corner = Arc::new(Corner::default());
        let server = Server::builder().service(ShopServer::new(Arc::clone(&corner)));
        let (served, client) =
            tokio::try_join!(server.serve_io(there), Client::builder().connect_io(here)).unwrap();
        let shop = client.service::<ShopClient>();
        let count = Arc::new(Count::default());
        shop.attach(Arc::clone(&count)).await.unwrap();
        Self {
            corner,
            count,
            shop,
            _served: served,
        }
    }

    /// Waits until the reader was told so often, and no more than that.
    async fn is_told(&self, times: u32) {
        until("all have come", || self.count.0.load(SeqCst) >= times).await;
        assert_eq!(self.count.0.load(SeqCst), times);
    }
}

#[tokio::test]
async fn the_first_answers_leave_before_the_last_calls_are_read() {
    let (noted, there, stretch) = noted();
    let server = Server::builder().service(ShopServer::new(Corner::default()));
    let (served, client) =
        tokio::try_join!(server.serve_io(noted), Client::builder().connect_io(there)).unwrap();
    let shop = client.service::<ShopClient>();
    let text = "x".repeat(2000);
    let calls = (0..100).map(|_| {
        let (shop, text) = (shop.clone(), text.clone());
        tokio::spawn(async move { shop.echo(text).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    let longest = stretch.lock().unwrap().longest;
    assert!(longest < 50_000, "of 200,000 bytes {longest} at once");
    drop(served);
}

#[tokio::test]
async fn credit_is_given_before_the_last_events_are_read() {
    let (noted, there, stretch) = noted();
    let met = Met::over(noted, there).await;
    let reader = met.corner.reader();
    let text = "x".repeat(100);
    // All of them lie in the transport before the first is read: nothing is waited for.
    let events = unconstrained(async {
        for _ in 0..1000 {
            reader.tell(text.clone()).await.unwrap();
        }
    });
    events.await;
    met.is_told(1000).await;
    let longest = stretch.lock().unwrap().longest;
    assert!(longest < 60_000, "of 120,000 bytes {longest} at once");
    drop(met);
}

/// Lets those run that are to run already.
async fn step_back() {
    let mut is_back = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut is_back, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[tokio::test]
async fn calls_that_are_made_in_step_share_their_writes() {
    const ROUNDS: usize = 100;
    let (noted, there, stretch) = noted();
    let server = Server::builder().service(ShopServer::new(Corner::default()));
    let (served, client) =
        tokio::try_join!(server.serve_io(there), Client::builder().connect_io(noted)).unwrap();
    let before = stretch.lock().unwrap().writes;
    let callers = [false, true].map(|is_late| {
        let shop = client.service::<ShopClient>();
        tokio::spawn(async move {
            for round in 0..ROUNDS {
                if is_late && round > 0 {
                    step_back().await; // the driver runs between the two
                }
                shop.echo("a".to_owned()).await.unwrap();
            }
        })
    });
    for caller in callers {
        caller.await.unwrap();
    }
    let writes = stretch.lock().unwrap().writes - before;
    assert!(writes < ROUNDS + 10, "{writes} writes for {ROUNDS} rounds");
    drop(served);
}

/// Somebody sends events in a loop, and another task wants to run.
async fn has_a_turn_among_events(grouped: bool) {
    let (here, there) = memory::pair();
    let met = Met::over(here, there).await;
    let reader = met.corner.reader();
    let group = Group::<u8, ReaderProxy>::new();
    group.insert(0, reader.clone());

    let sent = Arc::new(AtomicU32::new(0));
    let sends = Arc::clone(&sent);
    let events = tokio::spawn(async move {
        // Less than the peer's credit, so nothing has to be waited for.
        for _ in 0..1000 {
            match grouped {
                true => group.tell("news".to_owned()).await.unwrap(),
                false => reader.tell("news".to_owned()).await.unwrap(),
            }
            sends.fetch_add(1, SeqCst);
        }
    });
    let other = tokio::spawn(async move { sent.load(SeqCst) });
    let sent_before = other.await.unwrap();
    assert!(sent_before < 1000, "all were sent before anybody else ran");
    events.await.unwrap();
    drop(met);
}

#[tokio::test]
async fn who_sends_events_without_end_lets_others_have_their_turn() {
    has_a_turn_among_events(false).await;
}

#[tokio::test]
async fn who_calls_a_group_without_end_lets_others_have_their_turn() {
    has_a_turn_among_events(true).await;
}

/// How many events are sent before another task runs, if somebody sends one over each of so many connections, and
/// then one more over each, and so on.
async fn sent_in_a_turn(connections: usize, text: String) -> u32 {
    let mut met = Vec::new();
    for _ in 0..connections {
        let (here, there) = memory::pair();
        let one = Met::over(here, there).await;
        for _ in 0..20 {
            one.corner.reader().tell("old".to_owned()).await.unwrap(); // counts no more once it is written
        }
        one.is_told(20).await;
        met.push(one);
    }
    let readers: Vec<_> = met.iter().map(|met| met.corner.reader()).collect();
    let sent = Arc::new(AtomicU32::new(0));
    let sends = Arc::clone(&sent);
    let events = tokio::spawn(async move {
        for reader in readers.iter().cycle().take(1500) {
            reader.tell(text.clone()).await.unwrap();
            sends.fetch_add(1, SeqCst);
        }
    });
    let other = tokio::spawn(async move { sent.load(SeqCst) });
    let sent = other.await.unwrap();
    events.await.unwrap();
    sent
}

#[tokio::test]
async fn a_turn_over_many_connections_is_longer_and_ends_as_well() {
    let over_one = sent_in_a_turn(1, "news".to_owned()).await;
    assert!((100..300).contains(&over_one), "{over_one}");
    let over_many = sent_in_a_turn(100, "news".to_owned()).await;
    assert!((900..1100).contains(&over_many), "{over_many}");
    let long = sent_in_a_turn(100, "news ".repeat(400)).await;
    assert!((100..300).contains(&long), "{long}");
}

#[tokio::test]
async fn what_is_passed_on_needs_no_second_poll_however_much_comes() {
    let (here, there) = memory::pair();
    let met = Met::over(here, there).await;
    // Without a pause, so that they come together.
    let posts = unconstrained(async {
        for _ in 0..1000 {
            met.shop.post("news".to_owned()).await.unwrap();
        }
    });
    posts.await;
    met.is_told(1000).await;
    assert_eq!(met.corner.polls.load(SeqCst), 1000);
    drop(met);
}

/// Tells the reader something, if it can be done now. Else it is given up.
async fn tell_now(reader: &ReaderProxy) -> bool {
    let mut told = Box::pin(reader.tell("news".to_owned()));
    poll_fn(|cx| Poll::Ready(told.as_mut().poll(cx).is_ready())).await
}

#[tokio::test]
async fn what_is_given_up_because_it_is_the_turn_of_others_was_not_sent() {
    let (here, there) = memory::pair();
    let met = Met::over(here, there).await;
    let reader = met.corner.reader();
    let told = tokio::spawn(async move {
        let mut told = 0;
        for _ in 0..500 {
            told += u32::from(tell_now(&reader).await);
        }
        tokio::task::yield_now().await;
        reader.tell("the last".to_owned()).await.unwrap();
        told + 1
    });
    let told = told.await.unwrap();
    assert!((2..500).contains(&told), "{told}");
    met.shop.echo(String::new()).await.unwrap();
    met.is_told(told).await;
    drop(met);
}
