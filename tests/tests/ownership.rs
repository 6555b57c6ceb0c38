//! Ownership is the lifetime: an object lives as long as the far end holds a clone of its proxy.

use std::sync::Arc;

use ringback::{Client, ErrorKind, Result, Server, service};
use ringback_tests::keeper::{Keeper, KeeperClient, Shelf};
use ringback_tests::services::{Idle, Listener, ListenerProxy, Notes};
use ringback_tests::{Living, Over, Serving, meet, over_both};
use tokio::sync::{Notify, mpsc};

over_both!(
    what_is_not_kept_is_gone_when_the_call_returns,
    what_a_handler_drops_is_gone_before_it_returns,
    what_is_kept_lives_until_it_is_dropped,
    clones_in_many_tasks_hold_the_object_together,
    an_object_inside_of_another_goes_with_it,
    an_object_that_others_hold_outlives_its_release,
    the_end_of_the_session_releases_everything,
    a_received_proxy_keeps_the_connection_open,
    objects_that_were_passed_out_do_not,
    a_third_party_is_reached_through_the_holder,
    a_third_party_loses_the_object_with_the_holders_session,
    a_loss_is_passed_on_from_holder_to_holder,
);

async fn what_is_not_kept_is_gone_when_the_call_returns(over: Over) {
    let (_shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let keeper: KeeperClient = ends.service();
    let living = Living::default();
    for _ in 0..100 {
        keeper.ignore(Idle(living.one())).await.unwrap();
        // Not only soon: its release came before the reply.
        assert_eq!(living.count(), 0);
        keeper.tell(Idle(living.one()), "now".into()).await.unwrap();
        assert_eq!(living.count(), 0);
    }
    ends.idle().await;
}

async fn what_a_handler_drops_is_gone_before_it_returns(over: Over) {
    #[service]
    trait Hasty {
        async fn drop_and_wait(&self, #[callback] listeners: Vec<impl Listener>) -> Result<()>;
    }
    struct Drops(Notify);
    impl Hasty for Drops {
        async fn drop_and_wait(&self, mut listeners: Vec<impl Listener>) -> Result<()> {
            listeners.truncate(1);
            self.0.notified().await;
            Ok(())
        }
    }

    let drops = Arc::new(Drops(Notify::new()));
    let server = Server::builder().service(HastyServer::new(drops.clone()));
    let ends = meet(over, server, Client::builder()).await;
    let (hasty, living) = (ends.service::<HastyClient>(), Living::default());
    let listeners: Vec<_> = (0..3).map(|_| Idle(living.one())).collect();
    let call = tokio::spawn(async move { hasty.drop_and_wait(listeners).await });
    living.at_most(1).await;
    assert_eq!(ends.client.session().stats().exported, 1);
    assert!(!call.is_finished());
    drops.0.notify_one();
    call.await.unwrap().unwrap();
    assert_eq!(living.count(), 0);
    ends.idle().await;
}

async fn what_is_kept_lives_until_it_is_dropped(over: Over) {
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let keeper: KeeperClient = ends.service();
    let living = Living::default();
    for _ in 0..3 {
        keeper.keep(Idle(living.one())).await.unwrap();
    }
    keeper.keep_quietly(Idle(living.one())).await.unwrap();
    ringback_tests::until("the fourth is kept", || shelf.len() == 4).await;
    assert_eq!(living.count(), 4);
    assert_eq!(ends.client.session().stats().exported, 4);
    assert_eq!(ends.session.stats().imported, 4);

    // Long after the call, and in any order.
    let first = shelf.kept.lock().unwrap().remove(0);
    first.changed("later".into()).await.unwrap();
    drop(first);
    living.at_most(3).await;
    shelf.clear();
    living.none().await;
    ends.idle().await;
}

async fn clones_in_many_tasks_hold_the_object_together(over: Over) {
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let keeper: KeeperClient = ends.service();
    let (living, (sender, mut heard)) = (Living::default(), mpsc::unbounded_channel());
    keeper.keep(Notes(sender, living.one())).await.unwrap();

    let (go, _) = tokio::sync::broadcast::channel::<()>(1);
    let tasks: Vec<_> = (0..50)
        .map(|no| {
            let (listener, mut go) = (shelf.last(), go.subscribe());
            tokio::spawn(async move {
                let again = listener.clone();
                drop(listener);
                go.recv().await.unwrap();
                again.changed(no.to_string()).await.unwrap();
            })
        })
        .collect();
    shelf.clear();
    assert_eq!(living.count(), 1);
    go.send(()).unwrap();
    for task in tasks {
        task.await.unwrap();
    }
    living.none().await;
    let mut numbers = Vec::new();
    while let Some(msg) = heard.recv().await {
        numbers.push(msg.parse::<u32>().unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (0..50).collect::<Vec<_>>());
    ends.idle().await;
}

/// The object holds a proxy of another session: its destructor lets go of that one.
async fn an_object_inside_of_another_goes_with_it(over: Over) {
    struct Outer(ListenerProxy);
    impl Listener for Outer {
        async fn changed(&self, msg: String) -> Result<()> {
            self.0.changed(msg).await
        }
    }

    let (shelf, server) = Shelf::serve();
    let serving = Serving::start(over, server).await;
    let [inner, outer] = [
        serving.connect(Client::builder()).await,
        serving.connect(Client::builder()).await,
    ];
    let living = Living::default();
    let keeper: KeeperClient = inner.service();
    keeper.keep(Idle(living.one())).await.unwrap();
    let keeper: KeeperClient = outer.service();
    let received = keeper.kept().await.unwrap().remove(0);
    shelf.clear();
    assert_eq!(living.count(), 1, "the other client holds it");
    keeper.keep(Outer(received)).await.unwrap();
    shelf.last().changed("through".into()).await.unwrap();
    shelf.clear();
    living.none().await;
    inner.idle().await;
    outer.idle().await;
}

async fn an_object_that_others_hold_outlives_its_release(over: Over) {
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let keeper: KeeperClient = ends.service();
    let living = Living::default();
    let object = Arc::new(Idle(living.one()));
    keeper.keep(object.clone()).await.unwrap();
    shelf.clear();
    ends.idle().await;
    assert_eq!(living.count(), 1);
    keeper.keep(object).await.unwrap();
    assert_eq!(living.count(), 1);
    shelf.clear();
    living.none().await;
}

async fn the_end_of_the_session_releases_everything(over: Over) {
    for client_leaves in [true, false] {
        let (shelf, server) = Shelf::serve();
        let serving = Serving::start(over, server).await;
        let ends = serving.connect(Client::builder()).await;
        let keeper: KeeperClient = ends.service();
        let living = Living::default();
        for _ in 0..10 {
            keeper.keep(Idle(living.one())).await.unwrap();
        }
        if client_leaves {
            ends.client.close();
        } else {
            ends.session.close();
        }
        living.none().await;
        ends.session.closed().await;
        ends.client.session().closed().await;
        ends.idle().await;
        // The holder's proxies are of no use any more, and do no harm.
        let error = shelf.last().changed("gone".into()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Closed);
        shelf.clear();
        ends.idle().await;
    }
}

async fn a_received_proxy_keeps_the_connection_open(over: Over) {
    let (shelf, server) = Shelf::serve();
    let serving = Serving::start(over, server).await;
    let ends = serving.connect(Client::builder()).await;
    let (living, (sender, mut heard)) = (Living::default(), mpsc::unbounded_channel());
    let own = ListenerProxy::new(Notes(sender, living.one()));
    shelf.kept.lock().unwrap().push(own);
    let received = {
        let keeper: KeeperClient = ends.service();
        keeper.kept().await.unwrap().remove(0)
    };
    let session = ends.session.clone();
    drop(ends);
    for no in 0..10 {
        received.changed(no.to_string()).await.unwrap();
        assert_eq!(heard.recv().await.unwrap(), no.to_string());
    }
    assert!(!session.is_closed());
    drop(received);
    let error = session.closed().await;
    assert_eq!(error.kind(), ErrorKind::Closed);
}

async fn objects_that_were_passed_out_do_not(over: Over) {
    let (shelf, server) = Shelf::serve();
    let serving = Serving::start(over, server).await;
    let ends = serving.connect(Client::builder()).await;
    let living = Living::default();
    let object = Arc::new(Idle(living.one()));
    let keeper: KeeperClient = ends.service();
    keeper.keep(object.clone()).await.unwrap();
    let session = ends.session.clone();
    drop((keeper, ends));
    session.closed().await;
    let error = shelf.last().closed().await;
    assert_eq!(error.kind(), ErrorKind::Closed);
    // Only the owner has it now.
    ringback_tests::until("the session lets go of it", || {
        Arc::strong_count(&object) == 1
    })
    .await;
}

async fn a_third_party_is_reached_through_the_holder(over: Over) {
    let (shelf, server) = Shelf::serve();
    let serving = Serving::start(over, server).await;
    let owner = serving.connect(Client::builder()).await;
    let third = serving.connect(Client::builder()).await;
    let (living, (sender, mut heard)) = (Living::default(), mpsc::unbounded_channel());
    let keeper: KeeperClient = owner.service();
    keeper.keep(Notes(sender, living.one())).await.unwrap();

    let keeper: KeeperClient = third.service();
    let mut clones = Vec::new();
    for _ in 0..5 {
        clones.extend(keeper.kept().await.unwrap());
    }
    assert!(clones.iter().all(|clone| *clone == clones[0]));
    clones[4].changed("hello".into()).await.unwrap();
    assert_eq!(heard.recv().await.unwrap(), "hello");
    let stats = owner.client.session().stats();
    assert_eq!(stats.exported, 1, "the owner sees one reference");

    // The holder lets go; the third party holds the object through it.
    shelf.clear();
    clones[0].changed("still there".into()).await.unwrap();
    assert_eq!(heard.recv().await.unwrap(), "still there");
    drop(clones);
    living.none().await;
    owner.idle().await;
    third.idle().await;
}

async fn a_third_party_loses_the_object_with_the_holders_session(over: Over) {
    let (shelf, server) = Shelf::serve();
    let serving = Serving::start(over, server).await;
    let owner = serving.connect(Client::builder()).await;
    let third = serving.connect(Client::builder()).await;
    let living = Living::default();
    let keeper: KeeperClient = owner.service();
    keeper.keep(Idle(living.one())).await.unwrap();
    let keeper: KeeperClient = third.service();
    let received = keeper.kept().await.unwrap().remove(0);
    received.changed("there".into()).await.unwrap();

    assert!(!received.is_closed());
    owner.client.close();
    // The third party is told, though its own session lives.
    let error = received.closed().await;
    assert_eq!(error.kind(), ErrorKind::Revoked);
    living.none().await;
    let error = received.changed("gone".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Revoked);
    // Also one who is passed it only now.
    let late = keeper.kept().await.unwrap().remove(0);
    assert_eq!(late.closed().await.kind(), ErrorKind::Revoked);
    keeper.ignore(Idle(living.one())).await.unwrap();
    assert!(!third.session.is_closed());
    drop((received, late));
    shelf.clear();
    third.idle().await;
}

/// From its owner over three sessions: each holder passes on that it has lost the object.
async fn a_loss_is_passed_on_from_holder_to_holder(over: Over) {
    let mut halls = Vec::new();
    for _ in 0..3 {
        let (shelf, server) = Shelf::serve();
        let ends = meet(over, server, Client::builder()).await;
        halls.push((shelf, ends));
    }
    let living = Living::default();
    let mut listener = ListenerProxy::new(Idle(living.one()));
    for (shelf, ends) in &halls {
        ends.service::<KeeperClient>().keep(listener).await.unwrap();
        listener = shelf.last();
    }
    listener
        .changed("through all of them".into())
        .await
        .unwrap();
    halls[0].1.client.close();
    assert_eq!(listener.closed().await.kind(), ErrorKind::Revoked);
    living.none().await;
    drop(listener);
    for (shelf, _) in &halls {
        shelf.clear();
    }
    for (_, ends) in &halls {
        ends.idle().await;
    }
}

/// The owner vanishes without a word while it is being called through the holder.
#[tokio::test]
async fn a_relayed_call_in_flight_fails_when_the_owner_vanishes() {
    let (_shelf, server) = Shelf::serve();
    let serving = Serving::start(Over::Memory, server).await;
    let link = serving.link();
    let owner = serving.connect_over(&link, Client::builder()).await;
    let third = serving.connect(Client::builder()).await;
    let (entered, mut has_entered) = mpsc::unbounded_channel();
    let hangs = async move |msg: String| {
        entered.send(msg).ok();
        std::future::pending().await
    };
    owner.service::<KeeperClient>().keep(hangs).await.unwrap();
    let received = third
        .service::<KeeperClient>()
        .kept()
        .await
        .unwrap()
        .remove(0);
    let call = tokio::spawn(async move { received.changed("wait".into()).await });
    has_entered.recv().await.unwrap();
    link.cut();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert!(error.is_remote());
    assert!(!third.client.session().is_closed());
}
