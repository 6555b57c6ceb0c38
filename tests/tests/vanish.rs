//! A thousand peers come, leave an object and are gone: nothing of them stays.

use std::collections::HashSet;

use futures_util::future::join_all;
use ringback::{Client, ErrorKind, Server, Session};
use ringback_tests::keeper::{Keeper, KeeperClient, Shelf};
use ringback_tests::raw::{PREFACE, Raw, frame, request, text};
use ringback_tests::run::run;
use ringback_tests::services::{Idle, Listener};
use ringback_tests::{Living, Over, Serving, until};
use tokio::io::AsyncWriteExt;

/// So many at a time; there are limits on open files.
const BATCH: usize = 50;
const BATCHES: usize = 20;

/// Connections of the library that are left in every manner.
#[test]
fn a_thousand_clients_that_leave_stay_nowhere() {
    run(async {
        let (shelf, server) = Shelf::serve();
        let serving = Serving::start(Over::Tcp, server).await;
        let address = serving.address();
        let (objects, mut sessions) = (Living::default(), Vec::<Session>::new());
        for batch in 0..BATCHES {
            let clients = join_all((0..BATCH).map(async |_| {
                let client = Client::builder().connect(address).await.unwrap();
                let keeper: KeeperClient = client.service();
                keeper.keep(Idle(objects.one())).await.unwrap();
                client
            }))
            .await;
            assert_eq!(shelf.len(), BATCH);
            until("all are known", || {
                serving.handle().sessions().len() == BATCH
            })
            .await;
            let listener = shelf.last();
            listener.changed("hello".into()).await.unwrap();
            sessions.extend(serving.handle().sessions());
            sessions.extend(clients.iter().map(|client| client.session()));
            match batch % 3 {
                0 => clients.iter().for_each(Client::close),
                1 => serving.handle().sessions().iter().for_each(Session::close),
                // Those that hold no handle on it leave by being dropped.
                _ => sessions.truncate(sessions.len() - BATCH),
            }
            drop(clients);
            objects.none().await;
            assert_eq!(listener.closed().await.kind(), ErrorKind::Closed);
            until("the server has no session", || {
                serving.handle().sessions().is_empty()
            })
            .await;
            shelf.clear();
        }
        assert!(sessions.len() > BATCH * BATCHES);
        for session in sessions {
            assert!(session.is_closed());
            ringback_tests::until::idle(&session).await;
        }
    });
}

/// Sockets that are reset in the middle of everything: without a goodbye, with a call that hangs,
/// half a frame, and answers on the way.
#[test]
fn a_thousand_sockets_that_vanish_stay_nowhere() {
    run(async {
        let (shelf, server) = Shelf::serve();
        let serving = Serving::start(Over::Tcp, server).await;
        let address = serving.address();
        let bystander = serving.connect(Client::builder()).await;
        let keeper: KeeperClient = bystander.service();
        let mut sessions = Vec::<Session>::new();
        for _ in 0..BATCHES {
            let peers = join_all((0..BATCH).map(async |no| {
                let mut peer = Raw::greeted(address).await;
                // It passes object 1, and means it.
                let object = [0x91, 0xd4, 1, 0];
                peer.say(&request(1, &text("Keeper"), "keep", &[0x91, 1], &object))
                    .await;
                let answer = peer.read_frame().await.unwrap();
                assert_eq!(answer, [0x96, 1, 0xc0, 1, 0, 0x90, 0xc0]);
                let hang = request(2, &text("Keeper"), "hang", &[0x91, 1], &object);
                match no % 4 {
                    0 => {}
                    1 => peer.say(&hang).await,
                    2 => peer.say(&hang[..hang.len() - 3]).await,
                    _ => {
                        let kept = request(3, &text("Keeper"), "kept", &[0x90], &[0x90]);
                        peer.say(&kept).await;
                    }
                }
                peer
            }))
            .await;
            until("all are known", || {
                serving.handle().sessions().len() == BATCH + 1
            })
            .await;
            assert_eq!(shelf.len(), BATCH);
            sessions.extend(serving.handle().sessions());
            // Somebody waits for them, too.
            let calls = shelf
                .kept
                .lock()
                .unwrap()
                .clone()
                .into_iter()
                .map(|listener| {
                    tokio::spawn(async move { listener.changed("hello".into()).await })
                });
            let calls: Vec<_> = calls.collect();
            peers.into_iter().for_each(Raw::vanish);
            for call in calls {
                let error = call.await.unwrap().unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Closed);
            }
            until("only the bystander is left", || {
                serving.handle().sessions().len() == 1
            })
            .await;
            shelf.clear();
            keeper.ignore(async |_msg: String| Ok(())).await.unwrap();
        }
        let ids: HashSet<u64> = sessions.iter().map(Session::id).collect();
        assert_eq!(ids.len(), BATCH * BATCHES + 1, "an id was used twice");
        sessions.retain(|session| session.id() != bystander.session.id());
        for session in &sessions {
            assert!(session.is_closed());
            ringback_tests::until::idle(session).await;
        }
        bystander.idle().await;
    });
}

/// The client's side of it: what it has is let go as well when the server's machine is gone.
#[test]
fn a_server_that_vanishes_leaves_nothing_at_its_clients() {
    run(async {
        let (shelf, server) = Shelf::serve();
        let serving = Serving::start(Over::Memory, server).await;
        let (objects, hosted) = (Living::default(), Living::default());
        let own = ringback_tests::services::ListenerProxy::new(Idle(hosted.one()));
        for _ in 0..10 {
            let link = serving.link();
            let ends = serving.connect_over(&link, Client::builder()).await;
            let keeper: KeeperClient = ends.service();
            shelf.kept.lock().unwrap().push(own.clone());
            let received = keeper.kept().await.unwrap();
            keeper.keep(Idle(objects.one())).await.unwrap();
            let hang = tokio::spawn({
                let (keeper, life) = (keeper.clone(), objects.one());
                async move { keeper.hang(Idle(life)).await }
            });
            shelf.hangs.notified().await;
            link.cut();
            assert_eq!(hang.await.unwrap().unwrap_err().kind(), ErrorKind::Closed);
            assert_eq!(received[0].closed().await.kind(), ErrorKind::Closed);
            objects.none().await;
            ends.idle().await;
            drop(received);
            shelf.clear();
            until("the server lets go", || {
                serving.handle().sessions().is_empty()
            })
            .await;
        }
        drop(own);
        hosted.none().await;
    });
}

/// Ten thousand objects of one connection, called in turn.
#[test]
fn ten_thousand_objects_of_one_connection_are_called_in_turn() {
    use tokio::sync::mpsc;

    run(async {
        let (shelf, server) = Shelf::serve();
        let serving = Serving::start(Over::Tcp, server).await;
        let ends = serving.connect(Client::builder()).await;
        let keeper: KeeperClient = ends.service();
        let (sender, mut called) = mpsc::unbounded_channel();
        let living = Living::default();
        for no in 0..10_000_u32 {
            let (sender, life) = (sender.clone(), living.one());
            let listener = async move |_msg: String| {
                let _ = &life;
                sender.send(no).map_err(ringback::Error::application)
            };
            keeper.keep_quietly(listener).await.unwrap();
        }
        keeper
            .ignore(async |_msg: String| Ok(()))
            .await
            .unwrap_err(); // that is all that it takes
        until("all are kept", || shelf.len() == 10_000).await;
        let kept = shelf.kept.lock().unwrap().clone();
        for listener in &kept {
            listener.changed("your turn".into()).await.unwrap();
        }
        for no in 0..10_000 {
            assert_eq!(called.try_recv().unwrap(), no);
        }
        drop(kept);
        shelf.clear();
        living.none().await;
        ends.idle().await;
    });
}

/// A server is given up with everything that is under way.
#[test]
fn a_server_that_is_dropped_lets_everything_go() {
    run(async {
        let (shelf, server) = Shelf::serve();
        let server: Server = server.bind("127.0.0.1:0").await.unwrap();
        let (address, handle) = (server.local_addr(), server.handle());
        let running = tokio::spawn(server.run());
        let objects = Living::default();
        let clients = join_all((0..BATCH).map(async |_| {
            let client = Client::builder().connect(address).await.unwrap();
            client
                .service::<KeeperClient>()
                .keep(Idle(objects.one()))
                .await
                .unwrap();
            client
        }))
        .await;
        assert_eq!(objects.count(), BATCH);
        running.abort();
        for client in &clients {
            assert_eq!(client.session().closed().await.kind(), ErrorKind::Closed);
        }
        objects.none().await;
        until("no session is left", || handle.sessions().is_empty()).await;
        for listener in shelf.kept.lock().unwrap().drain(..) {
            assert!(listener.is_closed());
        }
    });
}

#[test]
fn what_was_not_sent_to_a_peer_that_vanished_is_not_kept() {
    run(async {
        // The pipe takes a greeting, and no call.
        let (here, mut peer) = tokio::io::duplex(256);
        let client = tokio::spawn(Client::builder().connect_io(here));
        let welcome = frame(&[0x93, 10, 1, 0x80]);
        peer.write_all(&[PREFACE, &welcome].concat()).await.unwrap();
        let client = client.await.unwrap().unwrap();

        let tell = || {
            let keeper: KeeperClient = client.service();
            let long = "x".repeat(10_000);
            tokio::spawn(async move { keeper.tell(async |_msg: String| Ok(()), long).await })
        };
        let stats = || client.session().stats();
        let first = tell();
        until("one is being written", || {
            stats().calls_in_flight == 1 && stats().queued_bytes > 0
        })
        .await;
        let second = tell();
        until("another one is to be", || stats().queued_bytes > 15_000).await;

        drop(peer);
        for call in [first, second] {
            let error = call.await.unwrap().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Closed);
        }
        ringback_tests::until::idle(&client.session()).await;
    });
}
