//! The same object, passed twice, is one object; one that comes back to its owner is its own.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ringback::{Callback, CallbackProxy, Client, Result, Server, service};
use ringback_tests::keeper::{Keeper, KeeperClient, Shelf};
use ringback_tests::services::{Idle, Listener, ListenerProxy, Notes};
use ringback_tests::{Living, Over, Serving, meet, over_both};
use tokio::sync::mpsc;

over_both!(
    the_same_object_is_equal_in_one_call,
    the_same_object_is_equal_in_many_calls,
    a_proxy_is_a_key,
    what_comes_back_is_called_with_no_wire,
    what_comes_back_to_the_server_is_its_own,
    a_forwarded_object_comes_back_as_the_holders_proxy,
    objects_of_two_sessions_are_two,
    an_object_that_was_released_gets_a_new_number,
    one_object_under_two_traits_is_two,
);

async fn the_same_object_is_equal_in_one_call(over: Over) {
    let (_shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let keeper: KeeperClient = ends.service();
    let living = Living::default();
    let arc = Arc::new(Idle(living.one()));
    let other = Arc::new(Idle(living.one()));
    let proxy = ListenerProxy::new(arc.clone());
    let equal = async |one: ListenerProxy, other: ListenerProxy| {
        keeper.are_equal(one, other).await.unwrap()
    };
    assert!(keeper.are_equal(arc.clone(), arc.clone()).await.unwrap());
    assert!(keeper.are_equal(arc.clone(), proxy.clone()).await.unwrap());
    assert!(equal(proxy.clone(), proxy.clone()).await);
    // A proxy of a proxy, or of an `Arc` of one, is that proxy.
    assert!(equal(ListenerProxy::new(proxy.clone()), proxy.clone()).await);
    assert!(equal(ListenerProxy::new(Arc::new(proxy.clone())), proxy.clone()).await);
    assert!(!keeper.are_equal(arc.clone(), other.clone()).await.unwrap());
    // Values are passed as objects of their own, also where they are clones.
    let idle = Idle(living.one());
    assert!(!keeper.are_equal(idle.clone(), idle).await.unwrap());
    drop((arc, proxy, other));
    living.none().await;
    ends.idle().await;
}

async fn the_same_object_is_equal_in_many_calls(over: Over) {
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let keeper: KeeperClient = ends.service();
    let living = Living::default();
    let (one, other) = (Arc::new(Idle(living.one())), Arc::new(Idle(living.one())));
    for _ in 0..10 {
        keeper.keep(one.clone()).await.unwrap();
        keeper.keep(other.clone()).await.unwrap();
    }
    let kept: HashSet<_> = shelf.kept.lock().unwrap().iter().cloned().collect();
    assert_eq!(kept.len(), 2);
    assert_eq!(ends.client.session().stats().exported, 2);
    assert_eq!(ends.session.stats().imported, 2);
    // As long as one of the twenty is left the object is.
    shelf.kept.lock().unwrap().truncate(1);
    drop((kept, one, other));
    living.at_most(1).await;
    shelf.last().changed("hello".into()).await.unwrap();
    shelf.clear();
    living.none().await;
    ends.idle().await;
}

async fn a_proxy_is_a_key(over: Over) {
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let keeper: KeeperClient = ends.service();
    let living = Living::default();
    let objects: Vec<_> = (0..50).map(|_| Arc::new(Idle(living.one()))).collect();
    let mut numbers = HashMap::new();
    for (no, object) in objects.iter().enumerate() {
        keeper.keep(object.clone()).await.unwrap();
        numbers.insert(shelf.last(), no);
    }
    for (no, object) in objects.iter().enumerate() {
        keeper.keep(object.clone()).await.unwrap();
        assert_eq!(numbers[&shelf.last()], no);
        // Whatever it is called with, it is the same object.
        let configured = shelf.last().with_metadata("tenant", "acme");
        assert_eq!(numbers[&configured], no);
    }
}

async fn what_comes_back_is_called_with_no_wire(over: Over) {
    let (_shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let keeper: KeeperClient = ends.service();
    let (living, (sender, mut heard)) = (Living::default(), mpsc::unbounded_channel());
    let own = ListenerProxy::new(Notes(sender, living.one()));
    let back = keeper.echo(own.clone()).await.unwrap();
    assert_eq!(back, own);
    ends.idle().await; // nothing of it is passed any more
    ends.client.close();
    ends.client.session().closed().await;
    back.changed("by myself".into()).await.unwrap();
    assert_eq!(heard.recv().await.unwrap(), "by myself");
    assert!(!back.is_closed());
    drop((own, back));
    living.none().await;
}

async fn what_comes_back_to_the_server_is_its_own(over: Over) {
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let keeper: KeeperClient = ends.service();
    let living = Living::default();
    let own = ListenerProxy::new(Idle(living.one()));
    shelf.kept.lock().unwrap().push(own.clone());
    let received = keeper.kept().await.unwrap().remove(0);
    let again = keeper.kept().await.unwrap().remove(0);
    assert_eq!(received, again);
    assert!(
        received != own,
        "the far end's proxy is not the object's own"
    );
    keeper.keep(received.clone()).await.unwrap();
    assert_eq!(shelf.last(), own);
    assert!(keeper.are_equal(received, again).await.unwrap());
    ends.client.close();
    ends.session.closed().await;
    shelf.last().changed("hello".into()).await.unwrap();
    drop(own);
    shelf.clear();
    living.none().await;
}

async fn a_forwarded_object_comes_back_as_the_holders_proxy(over: Over) {
    let (shelf, server) = Shelf::serve();
    let serving = Serving::start(over, server).await;
    let owner = serving.connect(Client::builder()).await;
    let third = serving.connect(Client::builder()).await;
    let living = Living::default();
    let object = ListenerProxy::new(Idle(living.one()));
    let keeper: KeeperClient = owner.service();
    keeper.keep(object.clone()).await.unwrap();
    let holders = shelf.last();
    let keeper: KeeperClient = third.service();
    let received = keeper.kept().await.unwrap().remove(0);
    keeper.keep(received).await.unwrap();
    assert_eq!(shelf.last(), holders);
    // And from there to its owner, for whom it is the object itself.
    let keeper: KeeperClient = owner.service();
    for back in keeper.kept().await.unwrap() {
        assert_eq!(back, object);
    }
    drop((object, holders));
    shelf.clear();
    living.none().await;
    owner.idle().await;
    third.idle().await;
}

/// Both owners give their first object the same number.
async fn objects_of_two_sessions_are_two(over: Over) {
    let (shelf, server) = Shelf::serve();
    let serving = Serving::start(over, server).await;
    let [one, other] = [
        serving.connect(Client::builder()).await,
        serving.connect(Client::builder()).await,
    ];
    let (living, (sender, mut heard)) = (Living::default(), mpsc::unbounded_channel());
    let keep = async |keeper: KeeperClient, name: &'static str| {
        let (sender, life) = (sender.clone(), living.one());
        let listener = async move |msg: String| {
            let _ = &life;
            sender.send(format!("{name}: {msg}")).ok();
            Ok(())
        };
        keeper.keep(listener).await.unwrap();
        shelf.last()
    };
    let first = keep(one.service(), "one").await;
    let second = keep(other.service(), "other").await;
    assert!(first != second);
    assert_eq!(HashSet::from([first.clone(), second.clone()]).len(), 2);
    second.changed("hello".into()).await.unwrap();
    assert_eq!(heard.recv().await.unwrap(), "other: hello");
    // The one's object is passed to the other by reference to the one, not by its number.
    let kept = other.service::<KeeperClient>().kept().await.unwrap();
    kept[0].changed("hi".into()).await.unwrap();
    assert_eq!(heard.recv().await.unwrap(), "one: hi");
    // A third client is passed both.
    let third = serving.connect(Client::builder()).await;
    let kept = third.service::<KeeperClient>().kept().await.unwrap();
    assert!(kept[0] != kept[1]);
    for (listener, name) in kept.iter().zip(["one", "other"]) {
        listener.changed("ho".into()).await.unwrap();
        assert_eq!(heard.recv().await.unwrap(), format!("{name}: ho"));
    }
}

async fn an_object_that_was_released_gets_a_new_number(over: Over) {
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let keeper: KeeperClient = ends.service();
    let living = Living::default();
    let object = Arc::new(Idle(living.one()));
    let mut names = HashSet::new();
    for no in 1..=5 {
        keeper.keep(object.clone()).await.unwrap();
        let name = format!("{:?}", shelf.last());
        assert!(name.starts_with("ListenerProxy(object "), "{name}");
        names.insert(name);
        assert_eq!(names.len(), no, "a number was used again: {names:?}");
        shelf.clear();
        ends.idle().await;
    }
}

#[service]
trait Twice {
    async fn both(
        &self,
        #[callback] a: impl Listener,
        #[callback] b: impl Callback<String>,
    ) -> Result<usize>;
}

struct Sees;

impl Twice for Sees {
    async fn both(&self, a: impl Listener, b: impl Callback<String>) -> Result<usize> {
        a.changed("as a listener".into()).await?;
        b.call("as a function".into()).await?;
        let session = ringback::context().session().unwrap();
        Ok(session.stats().imported)
    }
}

/// A closure may be several things.
async fn one_object_under_two_traits_is_two(over: Over) {
    let server = Server::builder().service(TwiceServer::new(Sees));
    let ends = meet(over, server, Client::builder()).await;
    let (sender, mut heard) = mpsc::unbounded_channel();
    let closure = Arc::new(async move |msg: String| {
        sender.send(msg).ok();
        Ok(())
    });
    let twice: TwiceClient = ends.service();
    let function = CallbackProxy::new(closure.clone());
    assert_eq!(twice.both(closure, function).await.unwrap(), 2);
    assert_eq!(heard.recv().await.unwrap(), "as a listener");
    assert_eq!(heard.recv().await.unwrap(), "as a function");
    ends.idle().await;
}

/// Equality needs no session.
#[test]
fn local_proxies_compare_by_their_object() {
    let living = Living::default();
    let arc = Arc::new(Idle(living.one()));
    let (one, same) = (ListenerProxy::new(arc.clone()), ListenerProxy::new(arc));
    let other = ListenerProxy::new(Idle(living.one()));
    assert_eq!(one, same);
    assert!(one != other);
    assert_eq!(HashSet::from([one, same, other]).len(), 2);
}
