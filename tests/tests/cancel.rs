//! Dropping a call's future ends its handler at the far end, across callbacks and both ways.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, mpsc};

use ringback::{Client, Limits, Result, Server, service};
use ringback_tests::keeper::{Keeper, KeeperClient, Shelf};
use ringback_tests::living::Life;
use ringback_tests::raw::{Raw, frame, request, text};
use ringback_tests::run::run;
use ringback_tests::services::{Idle, Listener, ListenerProxy};
use ringback_tests::{Living, Over, Serving, meet, over_both, until};
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};

over_both!(
    dropping_a_call_drops_its_handler,
    dropping_a_callback_drops_its_handler,
    a_cancel_crosses_the_callback_hop,
    a_cancel_crosses_a_third_party,
    a_call_that_waits_for_credit_is_simply_forgotten,
    the_loser_of_a_race_is_cancelled,
    what_was_answered_already_is_not_disturbed,
    a_handler_that_ignores_its_cancel_holds_its_permit,
    cancels_in_great_number_leave_nothing_behind,
);

/// Its calls never end. Each holds a life meanwhile, and tells of its beginning.
struct Hangs {
    begun: Semaphore,
    calls: Living,
}

impl Hangs {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            begun: Semaphore::new(0),
            calls: Living::default(),
        })
    }

    async fn begins(&self) {
        self.begun.acquire().await.unwrap().forget();
    }
}

impl Listener for Hangs {
    async fn changed(&self, _msg: String) -> Result<()> {
        let _life = self.calls.one();
        self.begun.add_permits(1);
        std::future::pending().await
    }
}

async fn dropping_a_call_drops_its_handler(over: Over) {
    use ringback_tests::services::{ListenerClient, ListenerServer};

    let hangs = Hangs::new();
    let server = Server::builder().service(ListenerServer::new(hangs.clone()));
    let ends = meet(over, server, Client::builder()).await;
    let listener: ListenerClient = ends.service();
    for _ in 0..20 {
        let listener = listener.clone();
        let call = tokio::spawn(async move { listener.changed("hang".into()).await });
        hangs.begins().await;
        assert_eq!(hangs.calls.count(), 1);
        call.abort();
        hangs.calls.none().await;
    }
    ends.idle().await;
}

async fn dropping_a_callback_drops_its_handler(over: Over) {
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let hangs = Hangs::new();
    ends.service::<KeeperClient>()
        .keep(hangs.clone())
        .await
        .unwrap();
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let listener = shelf.last();
            tokio::spawn(async move { listener.changed("hang".into()).await })
        })
        .collect();
    for _ in 0..20 {
        hangs.begins().await;
    }
    assert_eq!(hangs.calls.count(), 20);
    for (ended, call) in calls.into_iter().enumerate() {
        call.abort();
        hangs.calls.at_most(19 - ended).await;
        assert_eq!(hangs.calls.count(), 19 - ended, "the others go on");
    }
    shelf.clear();
    ends.idle().await;
}

/// The client calls the server, which calls the client back, which hangs.
async fn a_cancel_crosses_the_callback_hop(over: Over) {
    let (_shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let (keeper, hangs) = (ends.service::<KeeperClient>(), Hangs::new());
    let object = hangs.clone();
    let call = tokio::spawn(async move { keeper.tell(object, "hang".into()).await });
    hangs.begins().await;
    assert_eq!(ends.session.stats().calls_served, 1);
    call.abort();
    hangs.calls.none().await;
    ends.idle().await;
    until("the object is released", || Arc::strong_count(&hangs) == 1).await;
}

/// And the same where the callback is another client's, and reached through the server.
async fn a_cancel_crosses_a_third_party(over: Over) {
    let (shelf, server) = Shelf::serve();
    let serving = Serving::start(over, server).await;
    let [owner, third] = [
        serving.connect(Client::builder()).await,
        serving.connect(Client::builder()).await,
    ];
    let hangs = Hangs::new();
    owner
        .service::<KeeperClient>()
        .keep(hangs.clone())
        .await
        .unwrap();
    let far = third
        .service::<KeeperClient>()
        .kept()
        .await
        .unwrap()
        .remove(0);
    let call = tokio::spawn(async move { far.changed("hang".into()).await });
    hangs.begins().await;
    call.abort();
    hangs.calls.none().await;
    shelf.clear();
    owner.idle().await;
    third.idle().await;
}

async fn a_call_that_waits_for_credit_is_simply_forgotten(over: Over) {
    let mut limits = Limits::default();
    limits.max_object_calls = 1;
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder().limits(limits)).await;
    let hangs = Hangs::new();
    ends.service::<KeeperClient>()
        .keep(hangs.clone())
        .await
        .unwrap();
    let spawn_call = || {
        let listener = shelf.last();
        tokio::spawn(async move { listener.changed("hang".into()).await })
    };
    let first = spawn_call();
    hangs.begins().await;
    let waiting: Vec<_> = (0..5).map(|_| spawn_call()).collect();
    until("five wait", || ends.session.stats().calls_in_flight == 6).await;
    for call in &waiting[..4] {
        call.abort();
    }
    until("four left", || ends.session.stats().calls_in_flight == 2).await;
    assert_eq!(hangs.calls.count(), 1);
    first.abort();
    hangs.begins().await; // the fifth has its turn now
    assert_eq!(
        hangs.begun.available_permits(),
        0,
        "none of the others had one"
    );
    waiting[4].abort();
    hangs.calls.none().await;
    shelf.clear();
    ends.idle().await;
}

async fn the_loser_of_a_race_is_cancelled(over: Over) {
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let (keeper, hangs) = (ends.service::<KeeperClient>(), Hangs::new());
    keeper.keep(hangs.clone()).await.unwrap();
    keeper.keep(async |_msg: String| Ok(())).await.unwrap();
    let [slow, fast] = [0, 1].map(|no: usize| shelf.kept.lock().unwrap()[no].clone());
    for _ in 0..20 {
        tokio::select! {
            biased;
            ended = slow.changed("race".into()) => panic!("it hangs: {ended:?}"),
            ended = fast.changed("race".into()) => ended.unwrap(),
        }
        hangs.begins().await;
        hangs.calls.none().await;
    }
    drop((slow, fast));
    shelf.clear();
    ends.idle().await;
}

/// The answer and the cancel cross each other.
async fn what_was_answered_already_is_not_disturbed(over: Over) {
    let (_shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let (keeper, living) = (ends.service::<KeeperClient>(), Living::default());
    for turns in 0..300 {
        let mut call = Box::pin(keeper.echo(Idle(living.one())));
        for _ in 0..turns % 30 {
            if let std::task::Poll::Ready(echoed) = futures_util::poll!(&mut call) {
                drop(echoed.unwrap());
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    living.none().await;
    assert!(keeper.kept().await.unwrap().is_empty());
    ends.idle().await;
}

/// Computes on, whatever becomes of its call: only its end gives the permit back.
#[service]
trait Stubborn {
    async fn compute(&self) -> Result<()>;
}

#[derive(Default)]
struct Computes {
    begun: Notify,
    times: AtomicUsize,
    may_end: Notify,
}

impl Stubborn for Computes {
    async fn compute(&self) -> Result<()> {
        tokio::task::yield_now().await; // off the connection's own task
        self.times.fetch_add(1, SeqCst);
        self.begun.notify_one();
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(self.may_end.notified());
        });
        Ok(())
    }
}

async fn a_handler_that_ignores_its_cancel_holds_its_permit(over: Over) {
    let mut limits = Limits::default();
    limits.max_calls = 1;
    let computes = Arc::<Computes>::default();
    let server = Server::builder()
        .service(StubbornServer::new(computes.clone()))
        .limits(limits);
    let (shelf, client) = (Arc::<Shelf>::default(), Client::builder());
    let client = client.service(ringback_tests::keeper::KeeperServer::new(shelf));
    let ends = meet(over, server, client).await;
    let stubborn: StubbornClient = ends.service();
    let spawn_call = || {
        let stubborn = stubborn.clone();
        tokio::spawn(async move { stubborn.compute().await })
    };
    let first = spawn_call();
    computes.begun.notified().await;
    first.abort();
    first.await.unwrap_err();
    let second = spawn_call();
    // The cancel has long come: calls the other way, behind it, are answered.
    let back: KeeperClient = ends.session.service();
    for _ in 0..50 {
        assert!(back.kept().await.unwrap().is_empty());
    }
    assert_eq!(computes.times.load(SeqCst), 1, "the second one waits");
    assert_eq!(ends.session.stats().calls_served, 1);
    computes.may_end.notify_one();
    computes.begun.notified().await;
    computes.may_end.notify_one();
    second.await.unwrap().unwrap();
    drop(back);
    ends.idle().await;
}

async fn cancels_in_great_number_leave_nothing_behind(over: Over) {
    struct Slow(Life);
    impl Listener for Slow {
        async fn changed(&self, msg: String) -> Result<()> {
            let _life = self.0.clone();
            for _ in 0..msg.len() {
                tokio::task::yield_now().await;
            }
            Ok(())
        }
    }

    let (_shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let (keeper, living) = (ends.service::<KeeperClient>(), Living::default());
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let (keeper, living) = (keeper.clone(), living.clone());
            tokio::spawn(async move {
                for no in 0..100_usize {
                    let msg = "x".repeat((no * 7 + task) % 13);
                    let mut call = Box::pin(keeper.tell(Slow(living.one()), msg));
                    if futures_util::poll!(&mut call).is_ready() {
                        continue;
                    }
                    for _ in 0..(no * 5 + task) % 11 {
                        tokio::task::yield_now().await;
                    }
                    if no % 3 == 0 {
                        call.await.unwrap();
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    living.none().await;
    ends.idle().await;
}

/// What a cancelled handler holds is dropped in its context, and may make calls of its own.
#[tokio::test]
async fn destructors_of_a_cancelled_handler_run() {
    struct Farewell(ListenerProxy);
    impl Drop for Farewell {
        fn drop(&mut self) {
            let listener = self.0.clone();
            tokio::spawn(async move { listener.changed("goodbye".into()).await });
        }
    }
    #[service]
    trait Waits {
        async fn wait(&self, #[callback] listener: impl Listener) -> Result<()>;
    }
    struct Leaves(Notify);
    impl Waits for Leaves {
        async fn wait(&self, listener: impl Listener) -> Result<()> {
            let _farewell = Farewell(ListenerProxy::new(listener));
            self.0.notify_one();
            std::future::pending().await
        }
    }

    let leaves = Arc::new(Leaves(Notify::new()));
    let server = Server::builder().service(WaitsServer::new(leaves.clone()));
    let ends = meet(Over::Memory, server, Client::builder()).await;
    let (sender, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let listener = async move |msg: String| sender.send(msg).map_err(ringback::Error::application);
    let waits: WaitsClient = ends.service();
    let call = tokio::spawn(async move { waits.wait(listener).await });
    leaves.0.notified().await;
    call.abort();
    assert_eq!(heard.recv().await.unwrap(), "goodbye");
    ends.idle().await;
}

/// A handler may itself be the one that gives up a call.
#[tokio::test]
async fn a_handler_gives_up_a_call_of_its_own() {
    #[service]
    trait Middle {
        async fn try_it(&self, #[callback] listener: impl Listener) -> Result<bool>;
    }
    struct Impatient;
    impl Middle for Impatient {
        async fn try_it(&self, listener: impl Listener) -> Result<bool> {
            tokio::select! {
                ended = listener.changed("hang".into()) => ended.map(|()| true),
                () = tokio::task::yield_now() => Ok(false),
            }
        }
    }

    let hangs = Hangs::new();
    let server = Server::builder().service(MiddleServer::new(Impatient));
    let ends = meet(Over::Memory, server, Client::builder()).await;
    let middle: MiddleClient = ends.service();
    assert!(!middle.try_it(hangs.clone()).await.unwrap());
    hangs.calls.none().await;
    ends.idle().await;
}

#[service]
trait Lingering {
    /// Never ends by itself; its end may take a while.
    async fn hang(&self, lingers: bool) -> Result<()>;
}

struct Lingers {
    begun: Semaphore,
    calls: Living,
    may_end: Mutex<mpsc::Receiver<()>>,
}

/// Waits while it is dropped.
struct Lingerer<'a>(&'a Lingers);

impl Drop for Lingerer<'_> {
    fn drop(&mut self) {
        let may_end = self.0.may_end.lock().unwrap();
        tokio::task::block_in_place(|| may_end.recv().unwrap());
    }
}

impl Lingering for Lingers {
    async fn hang(&self, lingers: bool) -> Result<()> {
        let _life = self.calls.one();
        let _lingerer = lingers.then(|| Lingerer(self));
        self.begun.add_permits(1);
        std::future::pending().await
    }
}

/// A peer may use an id again once it was answered, though it should not. The handler that had it
/// before may still be about to end then, and its end is not that of the newer one.
#[test]
fn a_cancel_means_the_request_that_has_the_id_now() {
    run(async {
        let (end_it, may_end) = mpsc::channel();
        let lingers = Arc::new(Lingers {
            begun: Semaphore::new(0),
            calls: Living::default(),
            may_end: Mutex::new(may_end),
        });
        let server = Server::builder().service(LingeringServer::new(lingers.clone()));
        let serving = Serving::start(Over::Tcp, server).await;
        let mut peer = Raw::greeted(serving.address()).await;
        let begins = async || lingers.begun.acquire().await.unwrap().forget();
        let tasks = || Handle::current().metrics().num_alive_tasks();

        let (service, method) = (text("Lingering"), text("hang"));
        let head = [&[0x9a, 0, 0xc0, 1][..], &service, &method].concat();
        let one_millisecond_left = [0xc0, 1, 0xc0, 0x90, 0x91, 0xc3];
        peer.say(&frame(&[&head[..], &one_millisecond_left].concat()))
            .await;
        begins().await;
        let answer = peer.read_frame().await.unwrap();
        assert_eq!(answer[..5], [0x96, 1, 0xc0, 1, 2], "the time is over");
        let without_the_newer = tasks();
        peer.say(&request(1, &service, "hang", &[0x90], &[0x91, 0xc2]))
            .await;
        begins().await;
        until("it waits", || tasks() == without_the_newer + 1).await;
        end_it.send(()).unwrap();
        until("the older one is over", || tasks() == without_the_newer).await;
        assert_eq!(lingers.calls.count(), 1);
        peer.say(&request(2, &text("Nobody"), "hang", &[0x90], &[0x90]))
            .await;
        let answer = peer.read_frame().await.unwrap();
        assert_eq!(answer[..4], [0x96, 1, 0xc0, 2], "the newer is not answered");

        peer.say(&frame(&[0x93, 3, 0xc0, 1])).await;
        lingers.calls.none().await;
        let answer = peer.read_frame().await.unwrap();
        assert_eq!(answer[..5], [0x96, 1, 0xc0, 1, 2], "it was cancelled");
    });
}
