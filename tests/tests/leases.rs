//! Leases: the owner's end of what it passed out.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use ringback::{Callback, CallbackProxy, Client, ErrorKind, Lease, Result, Server, service};
use ringback_tests::keeper::{Keeper, KeeperClient, Shelf};
use ringback_tests::services::{Idle, Listener, ListenerProxy};
use ringback_tests::{Ends, Living, Over, Serving, meet, over_both, until};
use std::sync::Mutex;
use tokio::sync::{Notify, Semaphore};

over_both!(
    the_last_proxy_anywhere_releases_the_lease,
    a_revoked_object_is_closed_to_its_holders,
    dropping_a_lease_revokes,
    detaching_a_lease_lets_the_object_live,
    calls_that_have_begun_outlive_a_revocation,
    a_leased_object_is_one_of_its_own,
    a_revoked_object_can_still_be_passed_and_is_closed,
    what_comes_back_to_its_owner_is_revoked_too,
    what_is_revoked_counts_until_it_is_released,
    a_lease_spans_sessions,
    a_revocation_reaches_third_parties,
    a_third_party_holds_a_leased_object,
    an_object_of_a_service_is_leased,
    the_end_of_a_session_releases_its_part_of_a_lease,
);

/// What is leased here is a plain function.
type Number = CallbackProxy<u32, u32>;

#[service]
trait Numbers {
    async fn keep(&self, function: Number) -> Result<()>;
    async fn ignore(&self, function: Number) -> Result<()>;
    async fn echo(&self, function: Number) -> Result<Number>;
    async fn kept(&self) -> Result<Vec<Number>>;
}

#[derive(Default)]
struct Store(Mutex<Vec<Number>>);

impl Store {
    fn last(&self) -> Number {
        self.0.lock().unwrap().last().unwrap().clone()
    }

    fn clear(&self) {
        let gone = std::mem::take(&mut *self.0.lock().unwrap());
        drop(gone);
    }
}

impl Numbers for Store {
    async fn keep(&self, function: Number) -> Result<()> {
        self.0.lock().unwrap().push(function);
        Ok(())
    }

    async fn ignore(&self, _function: Number) -> Result<()> {
        Ok(())
    }

    async fn echo(&self, function: Number) -> Result<Number> {
        Ok(function)
    }

    async fn kept(&self) -> Result<Vec<Number>> {
        Ok(self.0.lock().unwrap().clone())
    }
}

async fn start(over: Over) -> (Arc<Store>, Serving) {
    let store = Arc::new(Store::default());
    let server = Server::builder().service(NumbersServer::new(store.clone()));
    (store, Serving::start(over, server).await)
}

async fn store(over: Over) -> (Arc<Store>, NumbersClient, Ends) {
    let store = Arc::new(Store::default());
    let server = Server::builder().service(NumbersServer::new(store.clone()));
    let ends = meet(over, server, Client::builder()).await;
    (store, ends.service(), ends)
}

fn successor(living: &Living) -> (Number, Lease) {
    let life = living.one();
    CallbackProxy::leased(async move |number: u32| {
        let _ = &life;
        Ok(number + 1)
    })
}

async fn the_last_proxy_anywhere_releases_the_lease(over: Over) {
    let (store, numbers, ends) = store(over).await;
    let living = Living::default();
    let (function, lease) = successor(&living);
    numbers.keep(function.clone()).await.unwrap();
    assert_eq!(store.last().call(1).await.unwrap(), 2);
    let far = store.last();
    store.clear();
    drop(function);
    numbers.ignore(successor(&living).0).await.unwrap(); // a round trip
    assert!(!lease.is_released(), "a proxy is left at the far end");
    assert_eq!(far.call(1).await.unwrap(), 2);
    drop(far);
    lease.released().await;
    assert!(lease.is_released());
    living.none().await;
    ends.idle().await;

    // A proxy of this process counts as well.
    let (function, lease) = successor(&living);
    numbers.keep(function.clone()).await.unwrap();
    store.clear();
    ends.idle().await;
    assert!(!lease.is_released());
    drop(function);
    lease.released().await;
    living.none().await;
}

async fn a_revoked_object_is_closed_to_its_holders(over: Over) {
    let (store, numbers, ends) = store(over).await;
    let living = Living::default();
    let (function, lease) = successor(&living);
    numbers.keep(function.clone()).await.unwrap();
    let far = store.last();
    let closed = tokio::spawn({
        let far = far.clone();
        async move { far.closed().await }
    });
    assert!(!far.is_closed() && !function.is_closed());
    lease.revoke();

    // Here at once, with its object; there as soon as the word has come.
    living.none().await;
    assert!(function.is_closed());
    assert_eq!(function.closed().await.kind(), ErrorKind::Revoked);
    let error = function.call(1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Revoked);
    assert_eq!(closed.await.unwrap().kind(), ErrorKind::Revoked);
    assert!(far.is_closed());
    let error = far.call(1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Revoked);
    assert!(error.to_string().contains("`Callback.call`"), "{error}");

    // It counts until its holder has let go of it.
    assert_eq!(ends.client.session().stats().exported, 1);
    store.clear();
    drop(far);
    ends.idle().await;
    assert!(!ends.session.is_closed());
}

async fn dropping_a_lease_revokes(over: Over) {
    let (store, numbers, _ends) = store(over).await;
    let living = Living::default();
    let (function, lease) = successor(&living);
    numbers.keep(function).await.unwrap();
    drop(lease);
    living.none().await;
    assert_eq!(store.last().closed().await.kind(), ErrorKind::Revoked);
}

async fn detaching_a_lease_lets_the_object_live(over: Over) {
    let (store, numbers, ends) = store(over).await;
    let living = Living::default();
    let (function, lease) = successor(&living);
    numbers.keep(function).await.unwrap();
    lease.detach();
    assert_eq!(store.last().call(1).await.unwrap(), 2);
    assert!(!store.last().is_closed());
    store.clear();
    living.none().await;
    ends.idle().await;
}

async fn calls_that_have_begun_outlive_a_revocation(over: Over) {
    let (store, numbers, ends) = store(over).await;
    let (entered, go_on) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let living = Living::default();
    let (life, enter, go) = (living.one(), entered.clone(), go_on.clone());
    let (function, lease) = CallbackProxy::leased(async move |number: u32| {
        let _ = &life;
        enter.notify_one();
        go.acquire().await.unwrap().forget();
        Ok(number + 1)
    });
    numbers.keep(function).await.unwrap();
    let far = store.last();
    let begun = tokio::spawn({
        let far = far.clone();
        async move { far.call(1).await }
    });
    entered.notified().await;
    lease.revoke();
    far.closed().await;
    assert_eq!(far.call(2).await.unwrap_err().kind(), ErrorKind::Revoked);
    assert!(living.count() > 0, "the call that has begun holds it");
    go_on.add_permits(1);
    assert_eq!(begun.await.unwrap().unwrap(), 2);
    living.none().await;
    store.clear();
    drop(far);
    ends.idle().await;
}

async fn a_leased_object_is_one_of_its_own(over: Over) {
    let (store, numbers, ends) = store(over).await;
    let calls = Arc::<AtomicUsize>::default();
    let count = calls.clone();
    let function = Arc::new(async move |number: u32| {
        count.fetch_add(1, SeqCst);
        Ok(number)
    });
    numbers
        .keep(CallbackProxy::new(function.clone()))
        .await
        .unwrap();
    let (leased, lease) = CallbackProxy::leased(function.clone());
    let (other, other_lease) = CallbackProxy::leased(function.clone());
    for leased in [leased, other] {
        numbers.keep(leased.clone()).await.unwrap();
        numbers.keep(leased).await.unwrap();
    }
    numbers.keep(CallbackProxy::new(function)).await.unwrap();
    let kept = store.0.lock().unwrap().clone();
    let [plain, one, one_again, two, two_again, plain_again] = kept.try_into().unwrap();
    assert_eq!((&plain, &one, &two), (&plain_again, &one_again, &two_again));
    assert!(plain != one && one != two && two != plain);

    lease.revoke();
    one.closed().await;
    assert_eq!(one.call(1).await.unwrap_err().kind(), ErrorKind::Revoked);
    plain.call(1).await.unwrap();
    two.call(2).await.unwrap();
    assert_eq!(calls.load(SeqCst), 2);
    drop((plain, plain_again, one, one_again, two, two_again));
    store.clear();
    other_lease.released().await;
    ends.idle().await;
}

async fn a_revoked_object_can_still_be_passed_and_is_closed(over: Over) {
    let (store, numbers, ends) = store(over).await;
    let living = Living::default();
    let (function, lease) = successor(&living);
    numbers.keep(function.clone()).await.unwrap();
    let before = store.last();
    lease.revoke();
    living.none().await;
    numbers.keep(function).await.unwrap();
    let after = store.last();
    assert_eq!(after.closed().await.kind(), ErrorKind::Revoked);
    assert_eq!(after.call(1).await.unwrap_err().kind(), ErrorKind::Revoked);
    assert_eq!(before.call(1).await.unwrap_err().kind(), ErrorKind::Revoked);
    drop((before, after));
    store.clear();
    ends.idle().await;
}

async fn what_comes_back_to_its_owner_is_revoked_too(over: Over) {
    let (_store, numbers, ends) = store(over).await;
    let living = Living::default();
    let (function, lease) = successor(&living);
    let back = numbers.echo(function.clone()).await.unwrap();
    assert_eq!(back, function);
    assert_eq!(back.call(1).await.unwrap(), 2);
    lease.revoke();
    assert!(back.is_closed());
    assert_eq!(back.call(1).await.unwrap_err().kind(), ErrorKind::Revoked);
    living.none().await;
    ends.idle().await;
}

async fn what_is_revoked_counts_until_it_is_released(over: Over) {
    let store = Arc::new(Store::default());
    let server = Server::builder()
        .service(NumbersServer::new(store.clone()))
        .max_callbacks(1);
    let ends = meet(over, server, Client::builder()).await;
    let (numbers, living) = (ends.service::<NumbersClient>(), Living::default());
    let (function, lease) = successor(&living);
    numbers.keep(function).await.unwrap();
    lease.revoke();
    living.none().await;
    let (next, _lease) = successor(&living);
    let error = numbers.keep(next.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooManyCallbacks);
    store.clear();
    ends.idle().await;
    numbers.keep(next).await.unwrap();
    assert_eq!(store.last().call(1).await.unwrap(), 2);
}

async fn a_lease_spans_sessions(over: Over) {
    let (store, serving) = start(over).await;
    let living = Living::default();
    let (function, lease) = successor(&living);
    let mut sessions = Vec::new();
    for _ in 0..3 {
        let ends = serving.connect(Client::builder()).await;
        let numbers: NumbersClient = ends.service();
        numbers.keep(function.clone()).await.unwrap();
        sessions.push(ends);
    }
    let kept = store.0.lock().unwrap().clone();
    drop(function);
    store.clear();
    let mut kept = kept.into_iter();
    drop(kept.next());
    sessions[0].idle().await;
    assert!(!lease.is_released());
    let rest: Vec<_> = kept.collect();
    lease.revoke();
    for far in rest {
        assert_eq!(far.closed().await.kind(), ErrorKind::Revoked);
    }
    living.none().await;
    for ends in sessions {
        ends.idle().await;
    }
}

/// One to whom the holder has passed the object on hears of it as well.
async fn a_revocation_reaches_third_parties(over: Over) {
    let (store, serving) = start(over).await;
    let [owner, third] = [
        serving.connect(Client::builder()).await,
        serving.connect(Client::builder()).await,
    ];
    let living = Living::default();
    let (function, lease) = successor(&living);
    owner
        .service::<NumbersClient>()
        .keep(function)
        .await
        .unwrap();
    let received = third
        .service::<NumbersClient>()
        .kept()
        .await
        .unwrap()
        .remove(0);
    assert_eq!(received.call(1).await.unwrap(), 2);
    lease.revoke();
    assert_eq!(received.closed().await.kind(), ErrorKind::Revoked);
    assert!(received.is_closed());
    living.none().await;
    drop(received);
    store.clear();
    owner.idle().await;
    third.idle().await;
}

/// The lease is held by what third parties hold, too.
async fn a_third_party_holds_a_leased_object(over: Over) {
    let (store, serving) = start(over).await;
    let [owner, third] = [
        serving.connect(Client::builder()).await,
        serving.connect(Client::builder()).await,
    ];
    let living = Living::default();
    let (function, lease) = successor(&living);
    owner
        .service::<NumbersClient>()
        .keep(function)
        .await
        .unwrap();
    let received = third
        .service::<NumbersClient>()
        .kept()
        .await
        .unwrap()
        .remove(0);
    store.clear();
    assert_eq!(received.call(1).await.unwrap(), 2);
    assert!(!lease.is_released());
    drop(received);
    lease.released().await;
    living.none().await;
}

async fn the_end_of_a_session_releases_its_part_of_a_lease(over: Over) {
    let (store, serving) = start(over).await;
    let living = Living::default();
    let (function, lease) = successor(&living);
    let [first, second] = [
        serving.connect(Client::builder()).await,
        serving.connect(Client::builder()).await,
    ];
    for ends in [&first, &second] {
        let numbers: NumbersClient = ends.service();
        numbers.keep(function.clone()).await.unwrap();
    }
    drop(function);
    first.client.close();
    first.client.session().closed().await;
    first.session.closed().await;
    assert!(!lease.is_released());
    second.session.close();
    lease.released().await;
    living.none().await;
    until("both holders know", || {
        store.0.lock().unwrap().iter().all(CallbackProxy::is_closed)
    })
    .await;
    let kept: Vec<_> = store.0.lock().unwrap().iter().cloned().collect();
    for far in kept {
        assert_eq!(far.call(1).await.unwrap_err().kind(), ErrorKind::Closed);
    }
}

/// What `#[service]` makes has leases as well.
async fn an_object_of_a_service_is_leased(over: Over) {
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let (keeper, living) = (ends.service::<KeeperClient>(), Living::default());
    let object = Arc::new(Idle(living.one()));
    let (listener, lease) = ListenerProxy::leased(object.clone());
    keeper.keep(listener.clone()).await.unwrap();
    let far = shelf.last();
    far.changed("hello".into()).await.unwrap();
    lease.revoke();
    assert_eq!(far.closed().await.kind(), ErrorKind::Revoked);
    let error = far.changed("hello".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Revoked);
    assert!(error.to_string().contains("`Listener.changed`"), "{error}");
    let error = listener.changed("hello".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Revoked);
    until("only its owner has it", || Arc::strong_count(&object) == 1).await;
    // The object itself can be passed again.
    keeper.keep(object).await.unwrap();
    shelf.last().changed("hello".into()).await.unwrap();
    shelf.clear();
    drop(far);
    living.none().await;
    ends.idle().await;
}

#[tokio::test]
async fn a_lease_works_without_any_session() {
    let living = Living::default();
    let (function, lease) = successor(&living);
    let clone = function.clone();
    assert_eq!(clone.call(1).await.unwrap(), 2);
    drop(function);
    assert!(!lease.is_released());
    drop(clone);
    lease.released().await;
    living.none().await;
}
