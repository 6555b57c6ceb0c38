//! A server, or a client, that leaves when what is in flight has finished.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use ringback::{
    Callback, CallbackProxy, Client, ErrorKind, Limits, Result, Server, ServerHandle, Session,
    service,
};
use ringback_tests::raw::{HELLO, PREFACE, Raw, request, text};
use ringback_tests::run::run;
use ringback_tests::{Ends, Over, Serving, meet, over_both, until};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::JoinHandle;

over_both!(
    what_is_in_flight_finishes_and_nothing_new_begins,
    a_handler_goes_on_calling_back,
    a_handler_of_one_session_calls_objects_of_another,
    callbacks_of_the_servers_own_finish,
    one_way_calls_finish,
    a_call_that_crosses_the_goaway_is_served,
    what_takes_too_long_is_told,
    a_client_that_shuts_down_lets_both_directions_finish,
    a_server_without_work_ends_at_once,
);

#[service]
trait Work {
    /// Ends when it is told to.
    async fn slow(&self) -> Result<u32>;
    /// Calls back when it is told to, so many times.
    async fn question(&self, #[callback] ask: impl Callback<u32, u32>, times: u32) -> Result<u32>;
    /// Keeps a callback.
    async fn keep(&self, #[callback] kept: impl Callback<u32, u32>) -> Result<()>;
    /// Calls all that was kept when it is told to.
    async fn tell_all(&self, value: u32) -> Result<u32>;
    /// As `slow`, without an answer.
    #[oneway]
    async fn slow_quietly(&self) -> Result<()>;
    async fn quick(&self) -> Result<()>;
}

struct Worker {
    /// Whoever works says so, and waits for a permit.
    begun: mpsc::UnboundedSender<()>,
    go_on: Semaphore,
    ended: Mutex<u32>,
    kept: Mutex<Vec<CallbackProxy<u32, u32>>>,
}

impl Worker {
    /// One at work, and who hears when it begins something.
    fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<()>) {
        let (sender, begun) = mpsc::unbounded_channel();
        let worker = Self {
            begun: sender,
            go_on: Semaphore::new(0),
            ended: Mutex::default(),
            kept: Mutex::default(),
        };
        (Arc::new(worker), begun)
    }

    async fn pause(&self) {
        self.begun.send(()).ok();
        self.go_on.acquire().await.unwrap().forget();
    }
}

impl Work for Worker {
    async fn slow(&self) -> Result<u32> {
        self.pause().await;
        Ok(7)
    }

    async fn question(&self, ask: impl Callback<u32, u32>, times: u32) -> Result<u32> {
        self.pause().await;
        let mut sum = 0;
        for no in 0..times {
            sum += ask.call(no).await?;
        }
        Ok(sum)
    }

    async fn keep(&self, kept: impl Callback<u32, u32>) -> Result<()> {
        self.kept.lock().unwrap().push(CallbackProxy::new(kept));
        Ok(())
    }

    async fn tell_all(&self, value: u32) -> Result<u32> {
        self.pause().await;
        let kept = self.kept.lock().unwrap().clone();
        let mut sum = 0;
        for one in kept {
            sum += one.call(value).await?;
        }
        Ok(sum)
    }

    async fn slow_quietly(&self) -> Result<()> {
        self.pause().await;
        *self.ended.lock().unwrap() += 1;
        Ok(())
    }

    async fn quick(&self) -> Result<()> {
        Ok(())
    }
}

struct Stage {
    serving: Serving,
    worker: Arc<Worker>,
    begun: mpsc::UnboundedReceiver<()>,
}

/// Nobody waits for so long but in vain.
const LONG: Duration = Duration::from_secs(50);

impl Stage {
    async fn set(over: Over) -> Self {
        let (worker, begun) = Worker::new();
        let server = Server::builder().service(WorkServer::new(Arc::clone(&worker)));
        Self {
            serving: Serving::start(over, server).await,
            worker,
            begun,
        }
    }

    async fn connect(&self) -> (Ends, WorkClient) {
        let ends = self.serving.connect(Client::builder()).await;
        let work = ends.service();
        (ends, work)
    }

    fn shut_down(&self, grace: Duration) -> JoinHandle<()> {
        let handle: ServerHandle = self.serving.handle().clone();
        tokio::spawn(async move { handle.shutdown(grace).await })
    }
}

/// Calls until a call fails, and gives the error.
async fn first_refusal(work: &WorkClient) -> ringback::Error {
    loop {
        if let Err(error) = work.quick().await {
            return error;
        }
        tokio::task::yield_now().await;
    }
}

fn assert_leaving(error: &ringback::Error) {
    assert_eq!(error.kind(), ErrorKind::Closed);
    let text = error.to_string();
    let tells = text.contains("the peer is leaving: the server is shutting down");
    assert!(tells, "{text}");
}

async fn what_is_in_flight_finishes_and_nothing_new_begins(over: Over) {
    let mut stage = Stage::set(over).await;
    let (ends, work) = stage.connect().await;
    let slow = tokio::spawn({
        let work = work.clone();
        async move { work.slow().await }
    });
    stage.begun.recv().await.unwrap();
    let ending = stage.shut_down(LONG);
    assert_leaving(&first_refusal(&work).await);
    assert!(!slow.is_finished() && !ending.is_finished());
    assert!(!ends.client.session().is_closed());

    stage.worker.go_on.add_permits(1);
    assert_eq!(slow.await.unwrap().unwrap(), 7);
    ending.await.unwrap();
    assert_leaving(&ends.client.session().closed().await);
    let why = ends.session.closed().await;
    assert!(why.to_string().contains("all was done"), "{why}");
    assert!(stage.serving.handle().sessions().is_empty());
    ends.idle().await;
}

async fn a_handler_goes_on_calling_back(over: Over) {
    let mut stage = Stage::set(over).await;
    let (_ends, work) = stage.connect().await;
    let ask = tokio::spawn({
        let work = work.clone();
        async move { work.question(async |no: u32| Ok(no * 2), 100).await }
    });
    stage.begun.recv().await.unwrap();
    let ending = stage.shut_down(LONG);
    assert_leaving(&first_refusal(&work).await);
    stage.worker.go_on.add_permits(1);
    assert_eq!(ask.await.unwrap().unwrap(), 9900);
    ending.await.unwrap();
}

/// Its own session has nothing in flight, and is kept for it.
async fn a_handler_of_one_session_calls_objects_of_another(over: Over) {
    let mut stage = Stage::set(over).await;
    let (_caller, work) = stage.connect().await;
    let (_listener, other) = stage.connect().await;
    for _ in 0..3 {
        other.keep(async |value: u32| Ok(value)).await.unwrap();
    }
    let tell = tokio::spawn({
        let work = work.clone();
        async move { work.tell_all(5).await }
    });
    stage.begun.recv().await.unwrap();
    let ending = stage.shut_down(LONG);
    assert_leaving(&first_refusal(&work).await);
    assert_leaving(&first_refusal(&other).await);
    stage.worker.go_on.add_permits(1);
    assert_eq!(tell.await.unwrap().unwrap(), 15);
    ending.await.unwrap();
}

async fn callbacks_of_the_servers_own_finish(over: Over) {
    let stage = Stage::set(over).await;
    let (_ends, work) = stage.connect().await;
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let listener = {
        let (begun, go_on) = (begun.clone(), go_on.clone());
        async move |value: u32| {
            begun.notify_one();
            go_on.notified().await;
            Ok(value + 1)
        }
    };
    work.keep(listener).await.unwrap();
    let kept = stage.worker.kept.lock().unwrap()[0].clone();
    let call = tokio::spawn({
        let kept = kept.clone();
        async move { kept.call(1).await }
    });
    begun.notified().await;
    let ending = stage.shut_down(LONG);
    assert_leaving(&first_refusal(&work).await);
    // When all is served, the server begins nothing new either.
    let error = loop {
        let attempt = kept.call(2);
        tokio::pin!(attempt);
        match futures::poll!(&mut attempt) {
            std::task::Poll::Ready(result) => break result.unwrap_err(),
            std::task::Poll::Pending => tokio::task::yield_now().await,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Closed);
    let text = error.to_string();
    assert!(text.contains("this end is leaving"), "{text}");
    assert!(!call.is_finished() && !ending.is_finished());
    go_on.notify_waiters();
    go_on.notify_one();
    assert_eq!(call.await.unwrap().unwrap(), 2);
    ending.await.unwrap();
}

async fn one_way_calls_finish(over: Over) {
    let mut stage = Stage::set(over).await;
    let (_ends, work) = stage.connect().await;
    for _ in 0..3 {
        work.slow_quietly().await.unwrap();
        stage.begun.recv().await.unwrap();
    }
    let ending = stage.shut_down(LONG);
    assert_leaving(&first_refusal(&work).await);
    stage.worker.go_on.add_permits(3);
    ending.await.unwrap();
    assert_eq!(*stage.worker.ended.lock().unwrap(), 3);
}

/// Calls are made all the time; each is either answered or refused.
async fn a_call_that_crosses_the_goaway_is_served(over: Over) {
    for _ in 0..20 {
        let stage = Stage::set(over).await;
        let (_ends, work) = stage.connect().await;
        let callers: Vec<_> = (0..8)
            .map(|_| {
                let work = work.clone();
                tokio::spawn(async move { first_refusal(&work).await })
            })
            .collect();
        work.quick().await.unwrap();
        stage.shut_down(LONG).await.unwrap();
        for caller in callers {
            assert_leaving(&caller.await.unwrap());
        }
    }
}

async fn what_takes_too_long_is_told(over: Over) {
    let mut stage = Stage::set(over).await;
    let (ends, work) = stage.connect().await;
    let slow = tokio::spawn({
        let work = work.clone();
        async move { work.slow().await }
    });
    stage.begun.recv().await.unwrap();
    let start = Instant::now();
    stage.shut_down(Duration::from_millis(200)).await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(200));
    assert_leaving(&slow.await.unwrap().unwrap_err());
    let why = ends.session.closed().await;
    assert!(why.to_string().contains("its time was over"), "{why}");
    ends.idle().await;
}

async fn a_client_that_shuts_down_lets_both_directions_finish(over: Over) {
    let mut stage = Stage::set(over).await;
    let (ends, work) = stage.connect().await;
    let ask = tokio::spawn({
        let work = work.clone();
        async move { work.question(async |no: u32| Ok(no + 1), 3).await }
    });
    stage.begun.recv().await.unwrap();
    work.keep(async |value: u32| Ok(value)).await.unwrap();
    let leaving = tokio::spawn({
        let client = ends.client.clone();
        async move { client.shutdown(LONG).await }
    });
    let error = first_refusal(&work).await;
    assert_eq!(error.kind(), ErrorKind::Closed);
    let text = error.to_string();
    assert!(text.contains("this end is leaving"), "{text}");
    // The server calls no more on its own account.
    let kept = stage.worker.kept.lock().unwrap()[0].clone();
    let error = loop {
        if let Err(error) = kept.call(1).await {
            break error;
        }
    };
    let text = error.to_string();
    assert!(text.contains("the peer is leaving"), "{text}");
    assert!(!leaving.is_finished());
    stage.worker.go_on.add_permits(1);
    assert_eq!(ask.await.unwrap().unwrap(), 6);
    leaving.await.unwrap();
    assert!(ends.client.session().is_closed());
    stage.worker.kept.lock().unwrap().clear();
    drop(kept);
    ends.idle().await;
}

async fn a_server_without_work_ends_at_once(over: Over) {
    let stage = Stage::set(over).await;
    let (_ends, work) = stage.connect().await;
    work.quick().await.unwrap();
    let start = Instant::now();
    stage.shut_down(LONG).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(10));
}

/// `run` returns when nothing is left of any connection, and not before.
#[test]
fn the_answers_have_left_when_run_returns() {
    #[service]
    trait Big {
        async fn big(&self) -> Result<String>;
    }
    struct Mega(Arc<AtomicUsize>);
    impl Big for Mega {
        async fn big(&self) -> Result<String> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok("x".repeat(12 << 20))
        }
    }

    for _ in 0..5 {
        // The server has a runtime of its own, which goes when it has ended.
        let begun = Arc::new(AtomicUsize::new(0));
        let mega = Mega(begun.clone());
        let (sender, address) = std::sync::mpsc::channel();
        let server = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let server = Server::builder().service(BigServer::new(mega));
                let server = server.bind("127.0.0.1:0").await.unwrap();
                sender.send((server.local_addr(), server.handle())).unwrap();
                server.run().await.unwrap();
            });
        });
        let (address, handle) = address.recv().unwrap();
        run(async move {
            let client = Client::builder().connect(address).await.unwrap();
            let big: BigClient = client.service();
            let calls: Vec<_> = (0..3)
                .map(|_| {
                    let big = big.clone();
                    tokio::spawn(async move { big.big().await })
                })
                .collect();
            until("all are answered", || {
                let served: usize = handle
                    .sessions()
                    .iter()
                    .map(|session| session.stats().calls_served)
                    .sum();
                begun.load(Ordering::SeqCst) == 3 && served == 0
            })
            .await;
            handle.close();
            for call in calls {
                assert_eq!(call.await.unwrap().unwrap().len(), 12 << 20);
            }
        });
        server.join().unwrap();
    }
}

/// A peer that takes its last bytes one by one does not hold the server.
#[tokio::test(start_paused = true)]
async fn a_slow_reader_holds_no_server_for_ever() {
    use ringback_tests::raw::{HELLO, PREFACE, request, text};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[service]
    trait Big {
        async fn big(&self) -> Result<Vec<u8>>;
    }
    struct Mega;
    impl Big for Mega {
        async fn big(&self) -> Result<Vec<u8>> {
            Ok(vec![1; 1 << 20])
        }
    }

    let network = ringback::testing::Network::new(1);
    let server = Server::builder()
        .service(BigServer::new(Mega))
        .heartbeat(Duration::ZERO)
        .listen(network.listen("server"));
    let handle = server.handle();
    let running = tokio::spawn(server.run());
    let mut stream = network.link().connect("server").await.unwrap();
    let call = request(1, &text("Big"), "big", &[0x90], &[0x90]);
    let hello = [PREFACE, HELLO, &call].concat();
    stream.write_all(&hello).await.unwrap();
    let reader = tokio::spawn(async move {
        let mut read = 0;
        loop {
            tokio::time::sleep(Duration::from_millis(500)).await;
            match stream.read_u8().await {
                Ok(_) => read += 1,
                Err(_) => return read,
            }
        }
    });
    until("the call was served", || {
        handle
            .sessions()
            .first()
            .is_some_and(|session| session.stats().queued_bytes > 0)
    })
    .await;
    let start = tokio::time::Instant::now();
    handle.close();
    running.await.unwrap().unwrap();
    let took = start.elapsed().as_secs_f64();
    assert!((0.9..11.0).contains(&took), "{took} s");
    reader.abort();
}

/// It takes longer than a goodbye may, and less than the grace time.
#[tokio::test(start_paused = true)]
async fn an_answer_over_a_slow_link_arrives_before_the_end() {
    #[service]
    trait Big {
        async fn big(&self) -> Result<String>;
        async fn quick(&self) -> Result<()>;
    }
    struct Mega(Arc<Notify>, Arc<Notify>);
    impl Big for Mega {
        async fn big(&self) -> Result<String> {
            self.0.notify_one();
            self.1.notified().await;
            Ok("x".repeat(2 << 20))
        }

        async fn quick(&self) -> Result<()> {
            Ok(())
        }
    }

    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let server = Server::builder().service(BigServer::new(Mega(begun.clone(), go_on.clone())));
    let serving = Serving::start(Over::Memory, server).await;
    let link = serving.link();
    let ends = serving.connect_over(&link, Client::builder()).await;
    let big: BigClient = ends.service();
    let call = tokio::spawn({
        let big = big.clone();
        async move { big.big().await }
    });
    begun.notified().await;
    let handle = serving.handle().clone();
    let ending = tokio::spawn(async move { handle.shutdown(Duration::from_secs(300)).await });
    while big.quick().await.is_ok() {
        tokio::task::yield_now().await;
    }
    link.throttle(64 << 10);
    go_on.notify_one();
    let start = tokio::time::Instant::now();
    assert_eq!(call.await.unwrap().unwrap().len(), 2 << 20);
    assert!(start.elapsed() > Duration::from_secs(20));
    ending.await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(60));
}

/// The link breaks while the server drains: what is in flight finishes over another connection.
#[test]
fn a_session_is_resumed_while_its_server_drains() {
    run(async {
        let (worker, mut begun) = Worker::new();
        let network = ringback::testing::Network::new(1);
        let server = Server::builder()
            .service(WorkServer::new(Arc::clone(&worker)))
            .resume(LONG)
            .listen(network.listen("server"));
        let handle = server.handle();
        let running = tokio::spawn(server.run());
        let link = network.link();
        let client = Client::builder()
            .resume(LONG)
            .connect_with({
                let link = link.clone();
                async move || link.connect("server").await
            })
            .await
            .unwrap();
        let work: WorkClient = client.service();
        let slow = tokio::spawn({
            let work = work.clone();
            async move { work.slow().await }
        });
        begun.recv().await.unwrap();
        let ending = tokio::spawn(async move { handle.shutdown(LONG).await });
        assert_leaving(&first_refusal(&work).await);
        link.cut();
        link.heal();
        let late = network.link().connect("server").await.unwrap();
        let refused = Client::builder().connect_io(late).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Refused);
        worker.go_on.add_permits(1);
        assert_eq!(slow.await.unwrap().unwrap(), 7);
        ending.await.unwrap();
        running.await.unwrap().unwrap();
    });
}

/// A session whose link is broken may take its grace time; the others need not.
#[tokio::test(start_paused = true)]
async fn a_session_without_a_connection_holds_up_no_other() {
    let network = ringback::testing::Network::new(1);
    let server = Server::builder()
        .resume(LONG)
        .listen(network.listen("server"));
    let handle = server.handle();
    let running = tokio::spawn(server.run());
    let connect = async |link: ringback::testing::Link| {
        let client = Client::builder().resume(LONG);
        let client = client.connect_with(async move || link.connect("server").await);
        client.await.unwrap()
    };
    let (broken, whole) = (network.link(), network.link());
    let (lost, client) = (connect(broken.clone()).await, connect(whole).await);
    broken.cut();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let start = tokio::time::Instant::now();
    let ending = tokio::spawn({
        let handle = handle.clone();
        async move { handle.shutdown(LONG).await }
    });
    client.session().closed().await;
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
    // Nor does it hold up the server once it is back.
    assert!(!lost.session().is_closed() && !ending.is_finished());
    broken.heal();
    ending.await.unwrap();
    running.await.unwrap().unwrap();
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
}

/// Its server leaves, and it knows another one.
#[test]
fn a_client_with_another_address_moves_on() {
    run(async {
        let one = Stage::set(Over::Tcp).await;
        let other = Stage::set(Over::Tcp).await;
        let client = Client::builder()
            .on_session(async |session: Session| {
                let work = session.service::<WorkClient>();
                work.keep(async |value: u32| Ok(value)).await
            })
            .connect([one.serving.address(), other.serving.address()])
            .await
            .unwrap();
        let work: WorkClient = client.service();
        work.quick().await.unwrap();
        assert_eq!(one.worker.kept.lock().unwrap().len(), 1);
        assert_eq!(other.worker.kept.lock().unwrap().len(), 0);
        one.shut_down(LONG).await.unwrap();
        // It takes a moment, of which the calls tell.
        while let Err(error) = work.quick().await {
            assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
            tokio::task::yield_now().await;
        }
        let kept = other.worker.kept.lock().unwrap()[0].clone();
        assert_eq!(kept.call(7).await.unwrap(), 7);
    });
}

/// The limits of one session's credit do not keep it from ending.
#[test]
fn calls_that_wait_for_credit_are_told() {
    run(async {
        let mut limits = Limits::default();
        limits.max_calls = 1;
        let (worker, mut begun) = Worker::new();
        let server = Server::builder()
            .limits(limits)
            .service(WorkServer::new(Arc::clone(&worker)));
        let ends = meet(Over::Tcp, server, Client::builder()).await;
        let work: WorkClient = ends.service();
        let calls: Vec<_> = (0..5)
            .map(|_| {
                let work = work.clone();
                tokio::spawn(async move { work.slow().await })
            })
            .collect();
        begun.recv().await.unwrap();
        until("four wait", || {
            ends.client.session().stats().calls_in_flight == 5
        })
        .await;
        let handle = ends.serving().handle().clone();
        let ending = tokio::spawn(async move { handle.shutdown(LONG).await });
        until("they were told", || {
            calls.iter().filter(|call| call.is_finished()).count() == 4
        })
        .await;
        worker.go_on.add_permits(1);
        ending.await.unwrap();
        let mut answered = 0;
        for call in calls {
            match call.await.unwrap() {
                Ok(seven) => answered += seven,
                Err(error) => assert_leaving(&error),
            }
        }
        assert_eq!(answered, 7);
    });
}

#[service]
trait Door {
    /// Has the server leave, and answers when it is told to.
    async fn shut(&self) -> Result<u32>;
}

#[derive(Default)]
struct Porter {
    server: OnceLock<ServerHandle>,
    go_on: Notify,
}

impl Door for Porter {
    async fn shut(&self) -> Result<u32> {
        let server = self.server.get().expect("the server's handle").clone();
        let mut leaving = pin!(server.shutdown(Duration::from_secs(10)));
        assert!(futures::poll!(&mut leaving).is_pending());
        self.go_on.notified().await;
        Ok(7)
    }
}

/// A session is open before the server has it among its own. The server may be told to leave in between, and
/// calls may have come.
#[tokio::test]
async fn a_call_of_a_session_that_has_just_been_opened_finishes() {
    const GOAWAY: u8 = 13;
    let porter = Arc::new(Porter::default());
    let server = Server::builder()
        .service(DoorServer::new(Arc::clone(&porter)))
        .bind("127.0.0.1:0")
        .await
        .unwrap();
    porter.server.set(server.handle()).unwrap();
    let mut raw = Raw::connect(server.local_addr()).await;
    let running = tokio::spawn(server.run());

    // Together, so that the handler begins where the greeting is read.
    let call = request(1, &text("Door"), "shut", &[0x90], &[0x90]);
    raw.say(&[PREFACE, HELLO, &call].concat()).await;
    assert_eq!(raw.read_bytes(8).await, PREFACE);
    raw.read_frame().await.expect("a welcome");
    let goaway = raw.read_frame().await.expect("the word that it leaves");
    assert_eq!(goaway[1], GOAWAY, "{goaway:02x?}");

    porter.go_on.notify_one();
    let answer = loop {
        let frame = raw.read_frame().await.expect("the answer");
        if frame[1] == 1 {
            break frame;
        }
    };
    assert_eq!(answer, [0x96, 1, 0xc0, 1, 0, 0x90, 7]);
    drop(raw);
    running.await.unwrap().unwrap();
}
