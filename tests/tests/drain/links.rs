//! What becomes of the connections of a server that leaves: slow ones, and such as break.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ringback::{Callback, Client, ErrorKind, Result, Server, Session, service};
use ringback_tests::run::run;
use ringback_tests::{Over, Serving, until};
use tokio::sync::Notify;

use crate::stage::{
    LONG, Stage, Work, WorkClient, WorkServer, Worker, assert_leaving, call_slow, first_refusal,
};

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
        let slow = call_slow(&work);
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
