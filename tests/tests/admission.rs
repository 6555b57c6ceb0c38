//! How many connections a server takes, and how long it keeps those that nobody uses.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use ringback::testing::{Link, Network};
use ringback::{Client, ErrorKind, Server, ServerBuilder, ServerHandle};
use ringback_tests::keeper::{Keeper, KeeperClient, KeeperServer, Shelf};
use ringback_tests::raw::{PREFACE, Raw};
use ringback_tests::run::run;
use ringback_tests::services::{Idle, Listener};
use ringback_tests::{Living, Over, Serving, until};

/// One that is refused hears why, in words that name the limit; and there is room again later.
async fn takes_two(server: ServerBuilder, limit: &str) {
    let serving = Serving::start(Over::Tcp, server).await;
    let first = serving.connect(Client::builder()).await;
    let second = serving.connect(Client::builder()).await;
    for _ in 0..3 {
        let error = Client::builder()
            .connect(serving.address())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        let text = error.to_string();
        assert!(text.contains("at most 2 connections"), "{text}");
        assert!(text.contains(limit), "{text}");
    }
    assert_eq!(serving.handle().sessions().len(), 2);
    let keeper: KeeperClient = first.service();
    keeper.kept().await.unwrap();

    drop(second.client);
    second.session.closed().await;
    // Its seat is free when its last byte has left.
    loop {
        match Client::builder().connect(serving.address()).await {
            Ok(client) => {
                let keeper: KeeperClient = client.service();
                keeper.kept().await.unwrap();
                break;
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::Refused),
        }
    }
}

#[test]
fn a_server_takes_so_many_connections() {
    run(takes_two(
        Shelf::serve().1.max_connections(2),
        "max_connections",
    ));
}

#[test]
fn a_server_takes_so_many_connections_from_one_address() {
    run(takes_two(
        Shelf::serve().1.max_connections_per_address(2),
        "max_connections_per_address",
    ));
}

/// Connections count before they have greeted, so nobody can hold more by never doing so.
#[test]
fn who_has_not_greeted_counts_and_is_given_up() {
    run(async {
        let server = Shelf::serve()
            .1
            .max_connections(5)
            .handshake_timeout(Duration::from_millis(300));
        let serving = Serving::start(Over::Tcp, server).await;
        let mut half_open = Vec::new();
        for _ in 0..5 {
            let mut peer = Raw::connect(serving.address()).await;
            peer.say(PREFACE).await;
            half_open.push(peer);
        }
        let error = Client::builder()
            .connect(serving.address())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        // They are closed, and there is room.
        let ended = join_all(half_open.iter_mut().map(Raw::read_to_end)).await;
        assert!(ended.iter().all(Vec::is_empty), "{ended:?}");
        drop(half_open);
        let client = loop {
            match Client::builder().connect(serving.address()).await {
                Ok(client) => break client,
                Err(error) => assert_eq!(error.kind(), ErrorKind::Refused),
            }
        };
        let keeper: KeeperClient = client.service();
        keeper.kept().await.unwrap();
    });
}

/// Hundreds of refused connections at a time, which do not read why.
#[test]
fn a_flood_of_connections_is_refused_and_leaves_nothing() {
    run(async {
        let serving = Serving::start(Over::Tcp, Shelf::serve().1.max_connections(1)).await;
        let ends = serving.connect(Client::builder()).await;
        let keeper: KeeperClient = ends.service();
        for _ in 0..3 {
            let address = serving.address();
            let flood = join_all((0..200).map(|_| Raw::connect(address))).await;
            keeper.kept().await.unwrap();
            assert_eq!(serving.handle().sessions().len(), 1);
            drop(flood);
        }
    });
}

async fn over_link(server: ServerBuilder) -> (Serving, ringback_tests::Ends) {
    let serving = Serving::start(Over::Memory, server).await;
    let ends = serving.connect(Client::builder()).await;
    (serving, ends)
}

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_connection_that_nobody_uses_is_left_after_a_while() {
    let (_serving, ends) = over_link(Shelf::serve().1.idle_timeout(MINUTE)).await;
    let keeper: KeeperClient = ends.service();
    // Calls keep it, however short they are.
    for _ in 0..5 {
        tokio::time::sleep(MINUTE * 9 / 10).await;
        keeper.kept().await.unwrap();
    }
    let idle = tokio::time::Instant::now();
    let why = ends.client.session().closed().await;
    let after = idle.elapsed().as_secs_f64();
    assert!((59.9..61.0).contains(&after), "{after}");
    assert_eq!(why.kind(), ErrorKind::Closed);
    assert!(why.to_string().contains("idle_timeout"), "{why}");
    let error = keeper.kept().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert!(error.to_string().contains("idle_timeout"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_held_keeps_its_connection() {
    let (shelf, server) = Shelf::serve();
    let (_serving, ends) = over_link(server.idle_timeout(MINUTE)).await;
    let keeper: KeeperClient = ends.service();
    let living = Living::default();
    keeper.keep(Idle(living.one())).await.unwrap();
    tokio::time::sleep(MINUTE * 100).await;
    assert!(!ends.client.session().is_closed());
    shelf.clear();
    let released = tokio::time::Instant::now();
    ends.client.session().closed().await;
    let after = released.elapsed().as_secs_f64();
    assert!((59.9..61.0).contains(&after), "{after}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_keeps_its_connection() {
    let (shelf, server) = Shelf::serve();
    let (_serving, ends) = over_link(server.idle_timeout(MINUTE)).await;
    let keeper: KeeperClient = ends.service();
    let living = Living::default();
    let hang = tokio::spawn({
        let object = Idle(living.one());
        async move { keeper.hang(object).await }
    });
    shelf.hangs.notified().await;
    tokio::time::sleep(MINUTE * 100).await;
    assert!(!ends.client.session().is_closed());
    hang.abort();
    let _ = hang.await;
    let cancelled = tokio::time::Instant::now();
    ends.client.session().closed().await;
    let after = cancelled.elapsed().as_secs_f64();
    assert!((59.9..61.0).contains(&after), "{after}");
}

/// Of a network without addresses, all are as one and none has a limit.
#[test]
fn who_has_no_address_has_no_limit_by_it() {
    run(async {
        let network = Network::new(1);
        let server = Server::builder()
            .max_connections_per_address(1)
            .listen(network.listen("server"));
        let handle = server.handle();
        tokio::spawn(server.run());
        let mut clients = Vec::new();
        for _ in 0..3 {
            let stream = network.link().connect("server").await.unwrap();
            clients.push(Client::builder().connect_io(stream).await.unwrap());
        }
        until("all are there", || handle.sessions().len() == 3).await;
    });
}

/// A session whose connection broke has its seat. Another one is not needed for its new connection.
#[test]
fn a_session_is_resumed_though_all_seats_are_taken() {
    run(async {
        let grace = Duration::from_secs(30);
        let (_shelf, server) = Shelf::serve();
        let network = Network::new(1);
        let server = server
            .resume(grace)
            .max_connections(1)
            .listen(network.listen("server"));
        let handle = server.handle();
        tokio::spawn(server.run());
        let connect = async |link: ringback::testing::Link| {
            let client = Client::builder().resume(grace);
            client
                .connect_with(async move || link.connect("server").await)
                .await
        };
        let link = network.link();
        let client = connect(link.clone()).await.unwrap();
        let keeper: KeeperClient = client.service();
        for _ in 0..5 {
            keeper.kept().await.unwrap();
            link.cut();
            link.heal();
            keeper.kept().await.unwrap();
            assert_eq!(handle.sessions().len(), 1);
            let refused = connect(network.link()).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Refused);
            let text = refused.to_string();
            assert!(text.contains("max_connections"), "{text}");
        }
    });
}

const GRACE: Duration = Duration::from_secs(30);
const MS: Duration = Duration::from_millis(1);

/// A server whose sessions resume.
fn resuming(network: &Network, server: ServerBuilder) -> ServerHandle {
    let server = server
        .resume(GRACE)
        .service(KeeperServer::new(Shelf::default()))
        .listen(network.listen("server"));
    let handle = server.handle();
    tokio::spawn(server.run());
    handle
}

async fn resumes(link: &Link) -> ringback::Result<Client> {
    let link = link.clone();
    let client = Client::builder().resume(GRACE);
    client
        .connect_with(async move || link.connect("server").await)
        .await
}

#[tokio::test(start_paused = true)]
async fn who_has_waited_longest_for_its_connection_makes_room_for_a_newcomer() {
    let network = Network::new(1);
    let handle = resuming(&network, Server::builder().max_connections(2));
    let (one, two) = (network.link(), network.link());
    let (first, second) = (resumes(&one).await.unwrap(), resumes(&two).await.unwrap());
    for link in [&one, &two] {
        link.cut();
        tokio::time::sleep(MS * 1500).await;
    }
    let third = resumes(&network.link()).await.unwrap();
    let keeper: KeeperClient = third.service();
    keeper.kept().await.unwrap();
    until("one has gone", || handle.sessions().len() == 2).await;
    one.heal();
    two.heal();
    let why = first.session().closed().await;
    assert_eq!(why.kind(), ErrorKind::SessionLost, "{why}");
    let keeper: KeeperClient = second.service();
    keeper.kept().await.unwrap();
    // All that are there have their connection, and a newcomer is refused as ever.
    let refused = resumes(&network.link()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Refused);
}

/// However full the server is, an address makes room for itself by what it has.
#[tokio::test(start_paused = true)]
async fn an_address_that_is_full_ends_no_session_of_another() {
    let network = Network::new(1);
    let server = Server::builder()
        .max_connections(2)
        .max_connections_per_address(1);
    let handle = resuming(&network, server);
    let (honest, greedy) = (network.link(), network.link());
    let waits = resumes(&honest).await.unwrap();
    let _first = resumes(&greedy).await.unwrap();
    honest.cut();
    tokio::time::sleep(MS * 1500).await;
    for _ in 0..3 {
        let refused = resumes(&greedy).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Refused, "{refused}");
    }
    assert_eq!(handle.sessions().len(), 2);
    honest.heal();
    waits.service::<KeeperClient>().kept().await.unwrap();
}

/// Whoever came when all seats were taken has its greeting read, and may find one by then.
#[tokio::test(start_paused = true)]
async fn a_seat_that_is_free_by_now_is_taken_before_a_session_is_ended() {
    let network = Network::new(1);
    let handle = resuming(&network, Server::builder().max_connections(2));
    let link = network.link();
    let (waits, leaves) = (resumes(&link).await, resumes(&network.link()).await);
    link.cut();
    tokio::time::sleep(MS * 1500).await;
    let greets_late = network.link().connect("server").await.unwrap();
    tokio::time::sleep(MS).await;
    drop(leaves);
    until("one has gone", || handle.sessions().len() == 1).await;
    tokio::time::sleep(MS * 100).await;
    let newcomer = Client::builder().connect_io(greets_late).await.unwrap();
    newcomer.service::<KeeperClient>().kept().await.unwrap();
    tokio::time::sleep(MS * 100).await;
    assert_eq!(handle.sessions().len(), 2);
    link.heal();
    let keeper: KeeperClient = waits.unwrap().service();
    keeper.kept().await.unwrap();
}

/// The same when there is no session any more that could make room.
#[tokio::test(start_paused = true)]
async fn a_seat_that_is_free_by_now_is_taken_when_nobody_waits_any_more() {
    let network = Network::new(1);
    let handle = resuming(&network, Server::builder().max_connections(1));
    let link = network.link();
    let _waits = resumes(&link).await.unwrap();
    link.cut();
    tokio::time::sleep(MS * 1500).await;
    let greets_late = network.link().connect("server").await.unwrap();
    tokio::time::sleep(MS).await;
    handle.sessions()[0].close();
    until("it has gone", || handle.sessions().is_empty()).await;
    tokio::time::sleep(MS * 100).await;
    let newcomer = Client::builder().connect_io(greets_late).await.unwrap();
    newcomer.service::<KeeperClient>().kept().await.unwrap();
    tokio::time::sleep(MS * 100).await;
    newcomer.service::<KeeperClient>().kept().await.unwrap();
    assert_eq!(handle.sessions().len(), 1);
}

/// A session has its seat where it began, wherever it goes on from.
#[tokio::test(start_paused = true)]
async fn a_session_that_moved_makes_room_where_it_began_and_nowhere_else() {
    let network = Network::new(1);
    let _handle = resuming(&network, Server::builder().max_connections_per_address(1));
    let (home, away) = (network.link(), network.link());
    let at = Arc::new(Mutex::new(home.clone()));
    let moves = Client::builder().resume(GRACE).connect_with({
        let at = Arc::clone(&at);
        async move || {
            let link = at.lock().unwrap().clone();
            link.connect("server").await
        }
    });
    let moves = moves.await.unwrap();
    let keeper: KeeperClient = moves.service();
    *at.lock().unwrap() = away.clone();
    home.cut();
    keeper.kept().await.unwrap();
    *at.lock().unwrap() = home.clone();
    away.cut();
    away.heal();
    tokio::time::sleep(MS * 1500).await;
    let _other = resumes(&away).await.unwrap();
    let refused = resumes(&away).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Refused, "{refused}");
    home.heal();
    keeper.kept().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn connections_that_say_nothing_keep_no_session_from_its_own() {
    let network = Network::new(1);
    let _handle = resuming(&network, Server::builder().max_connections(1));
    let link = network.link();
    let client = resumes(&link).await.unwrap();
    let keeper: KeeperClient = client.service();
    keeper.kept().await.unwrap();
    let flood = tokio::spawn({
        let network = network.clone();
        async move {
            let mut silent = Vec::new();
            loop {
                for _ in 0..5 {
                    silent.extend(network.link().connect("server").await);
                }
                tokio::time::sleep(MS).await;
            }
        }
    });
    tokio::time::sleep(MS * 200).await;
    link.cut();
    link.heal();
    let start = tokio::time::Instant::now();
    keeper.kept().await.unwrap();
    assert!(start.elapsed() < MS * 200, "{:?}", start.elapsed());
    flood.abort();
}

#[tokio::test(start_paused = true)]
async fn sessions_without_a_connection_keep_so_many_bytes_together() {
    #[derive(Clone)]
    struct Hears;
    impl Listener for Hears {
        async fn changed(&self, _msg: String) -> ringback::Result<()> {
            Ok(())
        }
    }
    let network = Network::new(1);
    let server = Server::builder().max_suspended_bytes(1 << 20);
    let shelf = Arc::<Shelf>::default();
    let server = server
        .resume(GRACE)
        .service(KeeperServer::new(Arc::clone(&shelf)))
        .listen(network.listen("server"));
    let handle = server.handle();
    tokio::spawn(server.run());
    // It keeps next to nothing, and waits for the longest time.
    let idle = network.link();
    let idler = resumes(&idle).await.unwrap();
    idler.service::<KeeperClient>().kept().await.unwrap();
    idle.cut();
    tokio::time::sleep(MS * 1500).await;
    let mut clients = Vec::new();
    for _ in 0..2 {
        let link = network.link();
        let client = resumes(&link).await.unwrap();
        client.service::<KeeperClient>().keep(Hears).await.unwrap();
        clients.push((link, client));
    }
    for (no, (link, _)) in clients.iter().enumerate() {
        link.cut();
        tokio::time::sleep(MS * 100).await;
        let listener = shelf.kept.lock().unwrap()[no].clone();
        tokio::spawn(async move { listener.changed("x".repeat(600 << 10)).await });
        tokio::time::sleep(MS * 2000).await;
        assert_eq!(handle.sessions().len(), 3 - no);
    }
    for (no, (link, client)) in clients.iter().enumerate() {
        link.heal();
        let kept = client.service::<KeeperClient>().kept().await;
        assert_eq!(kept.is_ok(), no == 1, "{kept:?}");
    }
    idle.heal();
    idler.service::<KeeperClient>().kept().await.unwrap();
}

/// A session that has no seat yet has none to give.
#[tokio::test(start_paused = true)]
async fn a_newcomer_that_breaks_at_once_makes_room_for_nobody() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    // What a client says first.
    let (near, mut far) = tokio::io::duplex(1 << 10);
    let near = Arc::new(Mutex::new(Some(near)));
    let greets = Client::builder().resume(GRACE).connect_with(async move || {
        let near = near.lock().unwrap().take();
        near.ok_or_else(|| std::io::Error::other("once"))
    });
    let greets = tokio::spawn(greets);
    let mut hello = [0; 1 << 10];
    let length = far.read(&mut hello).await.unwrap();
    greets.abort();

    let network = Network::new(1);
    let handle = resuming(&network, Server::builder().max_connections(1));
    let link = network.link();
    let client = resumes(&link).await.unwrap();
    link.cut();
    tokio::time::sleep(MS * 1500).await;
    let mut stays = network.link().connect("server").await.unwrap();
    let mut breaks = network.link().connect("server").await.unwrap();
    tokio::time::sleep(MS).await;
    link.heal();
    client.service::<KeeperClient>().kept().await.unwrap();
    stays.write_all(&hello[..length]).await.unwrap();
    breaks.write_all(&hello[..length]).await.unwrap();
    drop(breaks);
    tokio::time::sleep(MS * 100).await;
    let sessions = handle.sessions();
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    client.service::<KeeperClient>().kept().await.unwrap();
}
