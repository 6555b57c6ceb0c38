//! Whatever becomes of a call, what it passed is let go.

use std::sync::Arc;

use ringback::{Callback, CallbackProxy, Client, Error, ErrorKind, Result, Server, service};
use ringback_tests::keeper::{Keeper, KeeperClient, Shelf};
use ringback_tests::services::{Idle, Listener, ListenerProxy};
use ringback_tests::{Ends, Living, Over, meet, over_both};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

over_both!(
    a_call_that_fails_lets_go,
    a_call_that_panics_lets_go,
    a_call_that_is_cancelled_lets_go,
    a_call_that_runs_out_of_time_lets_go,
    a_one_way_call_lets_go,
    a_call_that_nobody_understands_lets_go,
    a_call_to_nobody_lets_go,
    a_call_that_is_never_sent_lets_go,
    an_answer_that_nobody_awaits_lets_go,
    an_answer_that_is_not_understood_lets_go,
    an_answer_that_cannot_be_sent_lets_go,
    an_error_carries_objects_like_any_value,
    an_introduction_in_flight_survives_a_release,
);

async fn shelf(over: Over) -> (Arc<Shelf>, KeeperClient, Ends) {
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    (shelf, ends.service(), ends)
}

async fn a_call_that_fails_lets_go(over: Over) {
    let (_shelf, keeper, ends) = shelf(over).await;
    let living = Living::default();
    let error = keeper.fail(Idle(living.one())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Application);
    assert_eq!(living.count(), 0);
    ends.idle().await;
}

async fn a_call_that_panics_lets_go(over: Over) {
    let (_shelf, keeper, ends) = shelf(over).await;
    let living = Living::default();
    let error = keeper.panic(Idle(living.one())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Panicked);
    living.none().await;
    ends.idle().await;
}

async fn a_call_that_is_cancelled_lets_go(over: Over) {
    let (shelf, keeper, ends) = shelf(over).await;
    let living = Living::default();
    let life = living.one();
    let call = tokio::spawn(async move { keeper.hang(Idle(life)).await });
    shelf.hangs.notified().await;
    assert_eq!(living.count(), 1);
    call.abort();
    living.none().await;
    ends.idle().await;
}

async fn a_call_that_runs_out_of_time_lets_go(over: Over) {
    let (_shelf, keeper, ends) = shelf(over).await;
    let living = Living::default();
    let keeper = keeper.with_timeout(std::time::Duration::from_millis(20));
    let error = keeper.hang(Idle(living.one())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    living.none().await;
    ends.idle().await;
}

async fn a_one_way_call_lets_go(over: Over) {
    let (_shelf, keeper, ends) = shelf(over).await;
    let living = Living::default();
    for _ in 0..10 {
        keeper.ignore_quietly(Idle(living.one())).await.unwrap();
    }
    living.none().await;
    ends.idle().await;
}

/// The same service as others know it.
mod otherwise {
    use super::*;

    #[service(name = "Keeper")]
    pub(super) trait Keeper {
        /// There, a listener is all that it takes.
        async fn keep(
            &self,
            #[callback] listener: impl Listener,
            #[callback] more: Vec<impl Listener>,
        ) -> Result<()>;
        /// There, the message is a text.
        async fn tell(&self, #[callback] listener: impl Listener, msg: u32) -> Result<()>;
        /// There, it takes a listener first.
        async fn echo(&self, value: Vec<ListenerProxy>) -> Result<ListenerProxy>;
        /// There, it is called otherwise.
        async fn forget(&self, #[callback] listener: impl Listener) -> Result<()>;
        /// There, it says less.
        #[oneway]
        async fn ignore_quietly(&self, #[callback] listener: impl Listener, no: u8) -> Result<()>;
        /// There, it returns a listener.
        async fn kept(&self) -> Result<Vec<u32>>;
    }
}

async fn a_call_that_nobody_understands_lets_go(over: Over) {
    use otherwise::Keeper as _;

    let (_shelf, _, ends) = shelf(over).await;
    let keeper: otherwise::KeeperClient = ends.service();
    let living = Living::default();
    let idle = || Idle(living.one());
    let proxies = || vec![ListenerProxy::new(idle()), ListenerProxy::new(idle())];

    let error = keeper.keep(idle(), proxies()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let error = keeper.tell(idle(), 7).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let error = keeper.echo(proxies()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let error = keeper.forget(idle()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownMethod);
    keeper.ignore_quietly(idle(), 7).await.unwrap();
    living.none().await;
    ends.idle().await;
}

async fn a_call_to_nobody_lets_go(over: Over) {
    #[service]
    trait Nobody {
        async fn take(&self, #[callback] listener: impl Listener) -> Result<()>;
        #[oneway]
        async fn take_quietly(&self, #[callback] listener: impl Listener) -> Result<()>;
    }

    let (shelf, keeper, ends) = shelf(over).await;
    let nobody: NobodyClient = ends.service();
    let living = Living::default();
    let error = nobody.take(Idle(living.one())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownService);
    nobody.take_quietly(Idle(living.one())).await.unwrap();
    living.none().await;

    // An object of a session that has ended is nobody, too.
    keeper.keep(Idle(living.one())).await.unwrap();
    let kept = shelf.last();
    ends.client.close();
    ends.session.closed().await;
    ends.client.session().closed().await;
    living.none().await;
    kept.changed("gone".into()).await.unwrap_err();
    let error = keeper.keep(Idle(living.one())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert_eq!(living.count(), 0);
    drop(kept);
    ends.idle().await;
}

/// It waits for credit, which never comes, and is given up.
async fn a_call_that_is_never_sent_lets_go(over: Over) {
    let (shelf, server) = Shelf::serve();
    let mut limits = ringback::Limits::default();
    limits.max_calls = 1;
    let ends = meet(over, server.limits(limits), Client::builder()).await;
    let keeper: KeeperClient = ends.service();
    let living = Living::default();
    let (first, second) = (living.one(), living.one());
    let (hangs, waits) = (keeper.clone(), keeper.clone());
    let hangs = tokio::spawn(async move { hangs.hang(Idle(first)).await });
    shelf.hangs.notified().await;
    let waits = tokio::spawn(async move { waits.keep(Idle(second)).await });
    let client = ends.client.session();
    ringback_tests::until("it waits", || client.stats().calls_in_flight == 2).await;
    assert_eq!(client.stats().exported, 1, "what waits is not passed yet");
    assert_eq!(living.count(), 2);
    waits.abort();
    living.at_most(1).await;
    assert_eq!(client.stats().calls_in_flight, 1);
    hangs.abort();
    living.none().await;
    assert!(shelf.is_empty());
    ends.idle().await;
}

#[service]
trait Source {
    async fn listeners(&self, count: usize) -> Result<Vec<ListenerProxy>>;
    async fn slow_listener(&self) -> Result<ListenerProxy>;
    async fn refuse(&self) -> Result<(), Refusal>;
}

#[derive(Debug, Serialize, Deserialize)]
enum Refusal {
    AskHim(ListenerProxy, CallbackProxy<u8, u8>),
    Call(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

#[derive(Default)]
struct Spring {
    living: Living,
    entered: Notify,
    go_on: Notify,
}

impl Spring {
    fn listener(&self) -> ListenerProxy {
        ListenerProxy::new(Idle(self.living.one()))
    }
}

impl Source for Spring {
    async fn listeners(&self, count: usize) -> Result<Vec<ListenerProxy>> {
        Ok((0..count).map(|_| self.listener()).collect())
    }

    /// Does not notice when it is cancelled: a blocking handler does not.
    async fn slow_listener(&self) -> Result<ListenerProxy> {
        self.entered.notify_one();
        tokio::task::yield_now().await; // off the connection's own task
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(self.go_on.notified());
        });
        Ok(self.listener())
    }

    async fn refuse(&self) -> Result<(), Refusal> {
        let life = self.living.one();
        let double = CallbackProxy::new(async move |number: u8| {
            let _ = &life;
            Ok(number * 2)
        });
        Err(Refusal::AskHim(self.listener(), double))
    }
}

async fn source(over: Over, client: ringback::ClientBuilder) -> (Arc<Spring>, SourceClient, Ends) {
    let spring = Arc::new(Spring::default());
    let server = Server::builder().service(SourceServer::new(spring.clone()));
    let ends = meet(over, server, client).await;
    (spring, ends.service(), ends)
}

async fn an_answer_that_nobody_awaits_lets_go(over: Over) {
    let (spring, source, ends) = source(over, Client::builder()).await;
    let call = tokio::spawn(async move { source.slow_listener().await });
    spring.entered.notified().await;
    call.abort();
    call.await.unwrap_err();
    spring.go_on.notify_one();
    ringback_tests::until("the call is over at both ends", || {
        ends.client.session().stats().calls_in_flight == 0 && ends.session.stats().calls_served == 0
    })
    .await;
    spring.living.none().await;
    ends.idle().await;
}

async fn an_answer_that_is_not_understood_lets_go(over: Over) {
    #[service(name = "Source")]
    trait Misread {
        async fn listeners(&self, count: usize) -> Result<(ListenerProxy, u64)>;
    }

    let (spring, _, ends) = source(over, Client::builder()).await;
    let misread: MisreadClient = ends.service();
    let error = misread.listeners(2).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(
        error.to_string().contains("answer of `Source.listeners`"),
        "{error}"
    );
    spring.living.none().await;
    ends.idle().await;
}

async fn an_answer_that_cannot_be_sent_lets_go(over: Over) {
    let (spring, source, ends) = source(over, Client::builder().max_callbacks(3)).await;
    let kept = source.listeners(2).await.unwrap();
    let error = source.listeners(2).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooManyCallbacks);
    assert!(error.to_string().contains("`Source.listeners`"), "{error}");
    spring.living.at_most(2).await;
    assert_eq!(
        ends.session.stats().exported,
        2,
        "nothing is half registered"
    );
    assert_eq!(source.listeners(1).await.unwrap().len(), 1);
    drop(kept);
    spring.living.none().await;
    ends.idle().await;
}

async fn an_error_carries_objects_like_any_value(over: Over) {
    let (spring, source, ends) = source(over, Client::builder()).await;
    let Err(Refusal::AskHim(him, double)) = source.refuse().await else {
        panic!("it refuses");
    };
    him.changed("well?".into()).await.unwrap();
    assert_eq!(double.call(21).await.unwrap(), 42);
    assert_eq!(spring.living.count(), 2);
    drop((him, double));
    spring.living.none().await;
    ends.idle().await;
}

/// The holder drops its proxies at any moment, while the owner passes the same object again and
/// again: at each call it is there.
async fn an_introduction_in_flight_survives_a_release(over: Over) {
    let (shelf, keeper, ends) = shelf(over).await;
    let living = Living::default();
    let object = Arc::new(Idle(living.one()));
    let drops = tokio::spawn({
        let shelf = shelf.clone();
        async move {
            loop {
                shelf.clear();
                tokio::task::yield_now().await;
            }
        }
    });
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let (keeper, object) = (keeper.clone(), object.clone());
            tokio::spawn(async move {
                for no in 0..250 {
                    match no % 4 {
                        0 => keeper.keep(object.clone()).await.unwrap(),
                        1 => keeper.keep_quietly(object.clone()).await.unwrap(),
                        2 => drop(keeper.echo(object.clone()).await.unwrap()),
                        _ => keeper
                            .tell(object.clone(), "still there".into())
                            .await
                            .unwrap(),
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    keeper.ignore(object.clone()).await.unwrap(); // behind all one-way calls
    drops.abort();
    let _ = drops.await;
    shelf.clear();
    ends.idle().await;
    ringback_tests::until("only the owner holds it", || {
        Arc::strong_count(&object) == 1
    })
    .await;
}
