//! Who listens under which name, and who connects.

use std::io::ErrorKind;

use ringback::Client;
use ringback::testing::Network;
use ringback_tests::keeper::{Keeper, KeeperClient, Shelf};
use ringback_tests::services::Idle;
use ringback_tests::{Living, Over, Serving};
use tokio::time::{Instant, sleep};

use crate::millis;

#[tokio::test(start_paused = true)]
async fn a_server_is_reached_by_its_name_while_it_listens() {
    let network = Network::new(1);
    let link = network.link();
    let error = link.connect("server").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(error.to_string(), "nobody listens as `server`");

    let (shelf, server) = Shelf::serve();
    let first = server.clone().listen(network.listen("server"));
    let (handle, address) = (first.handle(), first.local_addr());
    let running = tokio::spawn(first.run());
    let client = Client::builder().connect_io(link.connect("server").await.unwrap());
    let keeper: KeeperClient = client.await.unwrap().service();
    let living = Living::default();
    keeper.keep(Idle(living.one())).await.unwrap();
    assert_eq!(shelf.len(), 1);
    handle.close();
    running.await.unwrap().unwrap();
    let error = link.connect("server").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);

    // And again.
    let second = server.listen(network.listen("server"));
    assert_ne!(second.local_addr(), address);
    tokio::spawn(second.run());
    let client = Client::builder().connect_io(link.connect("server").await.unwrap());
    let keeper: KeeperClient = client.await.unwrap().service();
    keeper.keep(Idle(living.one())).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn each_link_has_an_address_of_its_own() {
    let (_shelf, server) = Shelf::serve();
    let serving = Serving::start(Over::Memory, server).await;
    let (one, other) = (serving.link(), serving.link());
    let mut addresses = Vec::new();
    for link in [&one, &one, &other] {
        let ends = serving.connect_over(link, Client::builder()).await;
        addresses.push(ends.session.peer_addr().expect("an address"));
    }
    assert_eq!(addresses[0].ip(), addresses[1].ip());
    assert_ne!(addresses[0].port(), addresses[1].port());
    assert_ne!(addresses[0].ip(), addresses[2].ip());
}

#[tokio::test(start_paused = true)]
async fn connecting_takes_there_and_back_again() {
    let network = Network::new(1);
    let _listener = network.listen("server");
    let link = network.link();
    link.delay(millis(30));
    let start = Instant::now();
    link.connect("server").await.unwrap();
    assert!((millis(60)..millis(63)).contains(&start.elapsed()));

    let connecting = tokio::spawn({
        let link = link.clone();
        async move { link.connect("server").await }
    });
    sleep(millis(40)).await;
    link.cut();
    link.heal();
    let error = connecting.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}
