//! An object that is passed on to a third party: its end reaches whoever holds it.

use ringback::{Client, ErrorKind};
use ringback_tests::keeper::{Keeper, KeeperClient, Shelf};
use ringback_tests::services::{Idle, Listener, ListenerProxy};
use ringback_tests::{Living, Over, Serving, over_both};

over_both!(
    its_owner_vanishes,
    its_owner_revokes_it,
    it_was_closed_before_it_was_passed_on,
);

async fn its_owner_vanishes(over: Over) {
    let (shelf, server) = Shelf::serve();
    let serving = Serving::start(over, server).await;
    let owner = serving.connect(Client::builder()).await;
    let third = serving.connect(Client::builder()).await;
    let living = Living::default();
    let keeper: KeeperClient = owner.service();
    keeper.keep(Idle(living.one())).await.unwrap();
    let keeper: KeeperClient = third.service();
    let held = keeper.kept().await.unwrap().remove(0);
    held.changed("there".into()).await.unwrap();

    owner.client.close();
    let why = held.closed().await;
    assert_eq!(why.kind(), ErrorKind::Revoked, "{why}");
    assert!(why.to_string().contains("passed it on"), "{why}");
    assert!(held.is_closed() && !third.client.session().is_closed());

    drop(held);
    shelf.clear();
    living.none().await;
    third.idle().await;
}

async fn its_owner_revokes_it(over: Over) {
    let (shelf, server) = Shelf::serve();
    let serving = Serving::start(over, server).await;
    let owner = serving.connect(Client::builder()).await;
    let third = serving.connect(Client::builder()).await;
    let living = Living::default();
    let (object, lease) = ListenerProxy::leased(Idle(living.one()));
    let keeper: KeeperClient = owner.service();
    keeper.keep(object).await.unwrap();
    let keeper: KeeperClient = third.service();
    let held = keeper.kept().await.unwrap().remove(0);

    lease.revoke();
    assert_eq!(held.closed().await.kind(), ErrorKind::Revoked);
    living.none().await;
    drop(held);
    shelf.clear();
    owner.idle().await;
    third.idle().await;
}

async fn it_was_closed_before_it_was_passed_on(over: Over) {
    let (shelf, server) = Shelf::serve();
    let serving = Serving::start(over, server).await;
    let owner = serving.connect(Client::builder()).await;
    let third = serving.connect(Client::builder()).await;
    let living = Living::default();
    let keeper: KeeperClient = owner.service();
    keeper.keep(Idle(living.one())).await.unwrap();
    let kept = shelf.last();
    owner.client.close();
    kept.closed().await;

    let keeper: KeeperClient = third.service();
    let held = keeper.kept().await.unwrap().remove(0);
    assert_eq!(held.closed().await.kind(), ErrorKind::Revoked);
    drop((held, kept));
    shelf.clear();
    third.idle().await;
}
