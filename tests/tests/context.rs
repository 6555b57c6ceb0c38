//! What a handler can ask about the call that it serves, at either end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringback::{Client, Result, Server, context, service};
use ringback_tests::{Ends, Over, Serving, meet, over_both};
use serde::{Deserialize, Serialize};
use tokio::sync::Barrier;

over_both!(
    a_handler_knows_who_calls,
    a_callback_knows_who_calls,
    metadata_travels_with_each_call,
    the_context_holds_through_the_whole_handler,
    handlers_at_once_have_each_their_own,
    a_spawned_task_has_none,
    a_one_way_call_has_one,
);

/// The context as it is told to a test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Seen {
    peer_addr: Option<std::net::SocketAddr>,
    session: Option<u64>,
    has_deadline: bool,
    metadata: Vec<(String, String)>,
}

fn see() -> Seen {
    let context = context();
    assert_eq!(context.deadline().is_some(), context.time_left().is_some());
    let mut metadata: Vec<_> = context
        .metadata_entries()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    for (key, value) in &metadata {
        assert_eq!(context.metadata(key), Some(&**value));
    }
    assert_eq!(context.metadata("nothing of the kind"), None);
    metadata.sort();
    Seen {
        peer_addr: context.peer_addr(),
        session: context.session().map(|session| session.id()),
        has_deadline: context.deadline().is_some(),
        metadata,
    }
}

fn nothing() -> Seen {
    Seen {
        peer_addr: None,
        session: None,
        has_deadline: false,
        metadata: Vec::new(),
    }
}

#[service]
trait Mirror {
    async fn look(&self) -> Result<Seen>;
    async fn look_twice(&self) -> Result<[Seen; 3]>;
    async fn look_back(&self, #[callback] mirror: impl Mirror) -> Result<Seen>;
    async fn look_back_as(&self, mirror: MirrorProxy, name: String) -> Result<Seen>;
    async fn look_in_a_task(&self) -> Result<Seen>;
    async fn look_together(&self, #[callback] mirror: impl Mirror) -> Result<[Seen; 2]>;
    #[oneway]
    async fn glance(&self) -> Result<()>;
    async fn glanced(&self) -> Result<Seen>;
}

struct Glass {
    together: Barrier,
    glance: Mutex<Option<Seen>>,
    glanced: tokio::sync::Notify,
}

impl Default for Glass {
    fn default() -> Self {
        Self {
            together: Barrier::new(3),
            glance: Mutex::default(),
            glanced: tokio::sync::Notify::new(),
        }
    }
}

impl Mirror for Glass {
    async fn look(&self) -> Result<Seen> {
        Ok(see())
    }

    async fn look_twice(&self) -> Result<[Seen; 3]> {
        let first = see();
        let kept = &context(); // and lent, while the handler moves from thread to thread
        tokio::task::yield_now().await;
        let second = see();
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(kept.metadata("tenant"), context().metadata("tenant"));
        Ok([first, second, see()])
    }

    async fn look_back(&self, mirror: impl Mirror) -> Result<Seen> {
        mirror.look().await
    }

    async fn look_back_as(&self, mirror: MirrorProxy, name: String) -> Result<Seen> {
        mirror.with_metadata("name", name).look().await
    }

    async fn look_in_a_task(&self) -> Result<Seen> {
        Ok(tokio::spawn(async { see() }).await.unwrap())
    }

    async fn look_together(&self, mirror: impl Mirror) -> Result<[Seen; 2]> {
        self.together.wait().await;
        let there = mirror.look().await?;
        self.together.wait().await;
        Ok([see(), there])
    }

    async fn glance(&self) -> Result<()> {
        *self.glance.lock().unwrap() = Some(see());
        self.glanced.notify_one();
        Ok(())
    }

    async fn glanced(&self) -> Result<Seen> {
        self.glanced.notified().await;
        Ok(self.glance.lock().unwrap().take().unwrap())
    }
}

async fn mirror(over: Over) -> (MirrorClient, Ends) {
    let server = Server::builder().service(MirrorServer::new(Glass::default()));
    let ends = meet(over, server, Client::builder()).await;
    (ends.service(), ends)
}

async fn a_handler_knows_who_calls(over: Over) {
    let (mirror, ends) = mirror(over).await;
    let seen = mirror.look().await.unwrap();
    assert_eq!(seen.session, Some(ends.session.id()));
    assert_eq!(seen.peer_addr, ends.session.peer_addr());
    assert!(seen.peer_addr.is_some());
    assert!(!seen.has_deadline);
    let timed = mirror.with_timeout(Duration::from_secs(9));
    assert!(timed.look().await.unwrap().has_deadline);
    assert_eq!(see(), nothing());
}

async fn a_callback_knows_who_calls(over: Over) {
    let (mirror, ends) = mirror(over).await;
    let seen = mirror.look_back(Glass::default()).await.unwrap();
    assert_eq!(seen.session, Some(ends.client.session().id()));
    assert_eq!(seen.peer_addr, ends.client.session().peer_addr());
    if over == Over::Tcp {
        assert_eq!(seen.peer_addr, Some(ends.serving().address()));
    }
    assert!(!seen.has_deadline);
    let timed = mirror.with_timeout(Duration::from_secs(9));
    assert!(
        timed
            .look_back(Glass::default())
            .await
            .unwrap()
            .has_deadline
    );
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

async fn metadata_travels_with_each_call(over: Over) {
    let (mirror, _ends) = mirror(over).await;
    let tenant = mirror.with_metadata("tenant", "acme");
    let traced = tenant.with_metadata("trace", "7").with_metadata("leer", "");
    assert_eq!(mirror.look().await.unwrap().metadata, []);
    assert_eq!(
        tenant.look().await.unwrap().metadata,
        pairs(&[("tenant", "acme")])
    );
    assert_eq!(
        traced.look().await.unwrap().metadata,
        pairs(&[("leer", ""), ("tenant", "acme"), ("trace", "7")])
    );
    let other = traced.with_metadata("tenant", "ünïcödé \u{1f514}");
    let seen = other
        .with_timeout(Duration::from_secs(9))
        .look()
        .await
        .unwrap();
    assert!(
        seen.metadata
            .contains(&("tenant".into(), "ünïcödé \u{1f514}".into()))
    );
    // And the other way; the caller's own is not passed on.
    let glass = MirrorProxy::new(Glass::default());
    let seen = tenant.look_back_as(glass.clone(), "server".into()).await;
    assert_eq!(seen.unwrap().metadata, pairs(&[("name", "server")]));
    assert_eq!(tenant.look_back(glass).await.unwrap().metadata, []);
}

async fn the_context_holds_through_the_whole_handler(over: Over) {
    let (mirror, _ends) = mirror(over).await;
    let tenant = mirror
        .with_metadata("tenant", "acme")
        .with_timeout(Duration::from_secs(9));
    let [first, second, third] = tenant.look_twice().await.unwrap();
    assert_eq!(first.metadata, pairs(&[("tenant", "acme")]));
    assert_eq!((&first, &first), (&second, &third));
}

/// Three clients, whose handlers wait for each other, and whose callbacks do.
async fn handlers_at_once_have_each_their_own(over: Over) {
    let server = Server::builder().service(MirrorServer::new(Glass::default()));
    let serving = Serving::start(over, server).await;
    let mut tasks = Vec::new();
    for no in 0..3 {
        let ends = serving.connect(Client::builder()).await;
        tasks.push(tokio::spawn(async move {
            let mirror: MirrorClient = ends.service();
            let mirror = mirror.with_metadata("no", no.to_string());
            let [there, here] = mirror.look_together(Glass::default()).await.unwrap();
            assert_eq!(there.metadata, pairs(&[("no", &no.to_string())]));
            assert_eq!(there.session, Some(ends.session.id()));
            assert_eq!(here.session, Some(ends.client.session().id()));
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

async fn a_spawned_task_has_none(over: Over) {
    let (mirror, _ends) = mirror(over).await;
    let seen = mirror
        .with_metadata("tenant", "acme")
        .look_in_a_task()
        .await;
    assert_eq!(seen.unwrap(), nothing());
}

async fn a_one_way_call_has_one(over: Over) {
    let (mirror, ends) = mirror(over).await;
    mirror
        .with_metadata("tenant", "acme")
        .glance()
        .await
        .unwrap();
    let seen = mirror.glanced().await.unwrap();
    assert_eq!(seen.session, Some(ends.session.id()));
    assert_eq!(seen.metadata, pairs(&[("tenant", "acme")]));
}

/// A session that a handler keeps is usable after the call, and keeps the peer reachable.
#[tokio::test]
async fn the_session_of_a_call_outlives_it() {
    #[service]
    trait Door {
        async fn enter(&self) -> Result<()>;
    }
    #[derive(Default)]
    struct Guests(Mutex<Vec<ringback::Session>>);
    impl Door for Guests {
        async fn enter(&self) -> Result<()> {
            self.0.lock().unwrap().extend(context().session());
            Ok(())
        }
    }

    let guests = Arc::<Guests>::default();
    let server = Server::builder().service(DoorServer::new(guests.clone()));
    let client = Client::builder().service(MirrorServer::new(Glass::default()));
    let ends = meet(Over::Tcp, server, client).await;
    ends.service::<DoorClient>().enter().await.unwrap();
    let guest = guests.0.lock().unwrap().pop().unwrap();
    let seen = guest.service::<MirrorClient>().look().await.unwrap();
    assert_eq!(seen.session, Some(ends.client.session().id()));
}
