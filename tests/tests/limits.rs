//! What is granted is kept to: callbacks, sizes of messages, calls in flight.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use ringback::{Client, ErrorKind, Limits, Result, Server, service};
use ringback_tests::keeper::{Keeper, KeeperClient, Shelf};
use ringback_tests::services::{Idle, Listener, ListenerProxy};
use ringback_tests::{Living, Over, Serving, meet, over_both, until};
use tokio::sync::Semaphore;

over_both!(
    a_server_takes_so_many_callbacks_of_each_connection,
    a_client_takes_so_many_callbacks,
    none_of_many_callbacks_is_half_registered,
    what_is_passed_back_or_again_does_not_count,
    a_message_has_a_largest_size,
    an_answer_has_a_largest_size,
    no_more_calls_run_than_the_server_grants,
    no_more_calls_of_an_object_run_than_are_granted,
);

fn names_max_callbacks(error: &ringback::Error, limit: u32, method: &str) {
    assert_eq!(error.kind(), ErrorKind::TooManyCallbacks);
    let text = error.to_string();
    let parts = [
        "max_callbacks",
        &format!("at most {limit} callbacks"),
        method,
    ];
    assert!(parts.iter().all(|part| text.contains(part)), "{text}");
}

async fn a_server_takes_so_many_callbacks_of_each_connection(over: Over) {
    let (shelf, server) = Shelf::serve();
    let serving = Serving::start(over, server.max_callbacks(3)).await;
    let [one, other] = [
        serving.connect(Client::builder()).await,
        serving.connect(Client::builder()).await,
    ];
    let (keeper, living) = (one.service::<KeeperClient>(), Living::default());
    for _ in 0..3 {
        keeper.keep(Idle(living.one())).await.unwrap();
    }
    let error = keeper.keep(Idle(living.one())).await.unwrap_err();
    names_max_callbacks(&error, 3, "`Keeper.keep`");
    assert!(!error.is_remote());
    let error = keeper.keep_quietly(Idle(living.one())).await.unwrap_err();
    names_max_callbacks(&error, 3, "`Keeper.keep_quietly`");
    assert_eq!(living.count(), 3);
    assert_eq!(one.client.session().stats().exported, 3);

    // Other calls go on, and other connections have their own three.
    assert_eq!(keeper.kept().await.unwrap().len(), 3);
    shelf.last().changed("hello".into()).await.unwrap();
    other
        .service::<KeeperClient>()
        .keep(Idle(living.one()))
        .await
        .unwrap();

    // Where one goes another may come.
    drop(shelf.kept.lock().unwrap().remove(0));
    living.at_most(3).await;
    one.idle_but(2).await;
    keeper.keep(Idle(living.one())).await.unwrap();
    shelf.clear();
    living.none().await;
    one.idle().await;
    other.idle().await;
}

async fn a_client_takes_so_many_callbacks(over: Over) {
    #[service]
    trait Talk {
        async fn talk(&self, #[callback] to: impl Hears) -> Result<usize>;
    }
    #[service]
    trait Hears {
        async fn hear(&self, #[callback] from: impl Listener) -> Result<()>;
    }
    struct Talks(Living);
    impl Talk for Talks {
        async fn talk(&self, to: impl Hears) -> Result<usize> {
            let mut heard = 0;
            loop {
                match to.hear(Idle(self.0.one())).await {
                    Ok(()) => heard += 1,
                    Err(error) if error.kind() == ErrorKind::TooManyCallbacks => break,
                    Err(error) => return Err(error),
                }
            }
            names_max_callbacks(
                &to.hear(Idle(self.0.one())).await.unwrap_err(),
                5,
                "`Hears.hear`",
            );
            Ok(heard)
        }
    }

    let living = Living::default();
    let server = Server::builder().service(TalkServer::new(Talks(living.clone())));
    let ends = meet(over, server, Client::builder().max_callbacks(5)).await;
    let kept = Arc::new(std::sync::Mutex::new(Vec::new()));
    let keep = kept.clone();
    let hears = async move |from: ListenerProxy| {
        keep.lock().unwrap().push(from);
        Ok(())
    };
    let talk: TalkClient = ends.service();
    assert_eq!(talk.talk(hears).await.unwrap(), 5);
    assert_eq!(living.count(), 5);
    kept.lock().unwrap().clear();
    living.none().await;
    ends.idle().await;
}

#[service]
trait Many {
    async fn take(&self, #[callback] listeners: Vec<impl Listener>) -> Result<usize>;
}

struct Takes;

impl Many for Takes {
    async fn take(&self, listeners: Vec<impl Listener>) -> Result<usize> {
        Ok(listeners.len())
    }
}

async fn none_of_many_callbacks_is_half_registered(over: Over) {
    let server = Server::builder().service(ManyServer::new(Takes));
    let ends = meet(over, server.max_callbacks(4), Client::builder()).await;
    let (many, living) = (ends.service::<ManyClient>(), Living::default());
    let some = |count| (0..count).map(|_| Idle(living.one())).collect::<Vec<_>>();
    for _ in 0..3 {
        let error = many.take(some(5)).await.unwrap_err();
        names_max_callbacks(&error, 4, "`Many.take`");
        assert_eq!(living.count(), 0);
        ends.idle().await;
        assert_eq!(many.take(some(4)).await.unwrap(), 4);
    }
    // The same one, many times over, is one.
    let same = ListenerProxy::new(Idle(living.one()));
    assert_eq!(many.take(vec![same; 100]).await.unwrap(), 100);
    living.none().await;
    ends.idle().await;
}

async fn what_is_passed_back_or_again_does_not_count(over: Over) {
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server.max_callbacks(1), Client::builder()).await;
    let (keeper, living) = (ends.service::<KeeperClient>(), Living::default());
    let own = ListenerProxy::new(Idle(living.one()));
    let theirs = ListenerProxy::new(Idle(living.one()));
    shelf.kept.lock().unwrap().push(theirs);
    let theirs = keeper.kept().await.unwrap().remove(0);
    keeper.keep(own.clone()).await.unwrap();
    for _ in 0..5 {
        keeper.keep(own.clone()).await.unwrap();
        keeper.keep(theirs.clone()).await.unwrap();
    }
    let error = keeper.keep(Idle(living.one())).await.unwrap_err();
    names_max_callbacks(&error, 1, "`Keeper.keep`");
}

#[service]
trait Sizes {
    async fn measure(&self, bytes: &[u8]) -> Result<usize>;
    async fn make(&self, size: usize) -> Result<String>;
    async fn refuse(&self, size: usize) -> Result<()>;
}

struct Scales;

impl Sizes for Scales {
    async fn measure(&self, bytes: &[u8]) -> Result<usize> {
        Ok(bytes.len())
    }

    async fn make(&self, size: usize) -> Result<String> {
        Ok("x".repeat(size))
    }

    async fn refuse(&self, size: usize) -> Result<()> {
        Err(ringback::Error::application("x".repeat(size)))
    }
}

fn frames(max_frame: usize) -> Limits {
    let mut limits = Limits::default();
    limits.max_frame = max_frame;
    limits
}

async fn a_message_has_a_largest_size(over: Over) {
    let server = Server::builder().service(SizesServer::new(Scales));
    let ends = meet(over, server.limits(frames(5000)), Client::builder()).await;
    let sizes: SizesClient = ends.service();
    assert_eq!(sizes.measure(&[7; 4900]).await.unwrap(), 4900);
    let error = sizes.measure(&[7; 5001]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    let text = error.to_string();
    let parts = ["`Sizes.measure`", "at most 5000", "max_frame"];
    assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    // What the server says has another limit.
    assert_eq!(sizes.make(100_000).await.unwrap().len(), 100_000);
    ends.idle().await;
}

async fn an_answer_has_a_largest_size(over: Over) {
    let server = Server::builder().service(SizesServer::new(Scales));
    let ends = meet(over, server, Client::builder().limits(frames(2000))).await;
    let sizes: SizesClient = ends.service();
    assert_eq!(sizes.make(1900).await.unwrap().len(), 1900);
    let error = sizes.make(2001).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    let text = error.to_string();
    let parts = ["`Sizes.make`", "at most 2000", "max_frame"];
    assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    // An error can be too large, too.
    let error = sizes.refuse(2001).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(sizes.measure(&[7; 100_000]).await.unwrap(), 100_000);
    ends.idle().await;
}

/// How many run now, and how many ran at most.
#[derive(Default)]
struct Load {
    now: AtomicUsize,
    most: AtomicUsize,
    may_end: Option<Arc<Semaphore>>,
}

impl Listener for Load {
    async fn changed(&self, _msg: String) -> Result<()> {
        let now = self.now.fetch_add(1, SeqCst) + 1;
        self.most.fetch_max(now, SeqCst);
        if let Some(may_end) = &self.may_end {
            may_end.acquire().await.unwrap().forget();
        }
        self.now.fetch_sub(1, SeqCst);
        Ok(())
    }
}

async fn load(listener: &(impl Listener + Clone), load: &Load, granted: usize) {
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let listener = listener.clone();
            tokio::spawn(async move { listener.changed("more".into()).await })
        })
        .collect();
    until("so many run", || load.now.load(SeqCst) == granted).await;
    load.may_end.as_ref().unwrap().add_permits(50);
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(load.most.load(SeqCst), granted);
}

fn waiting_load() -> Arc<Load> {
    Arc::new(Load {
        may_end: Some(Arc::new(Semaphore::new(0))),
        ..Load::default()
    })
}

async fn no_more_calls_run_than_the_server_grants(over: Over) {
    use ringback_tests::services::{ListenerClient, ListenerServer};

    let waiting = waiting_load();
    let mut limits = Limits::default();
    limits.max_calls = 4;
    let server = Server::builder()
        .service(ListenerServer::new(waiting.clone()))
        .limits(limits);
    let ends = meet(over, server, Client::builder()).await;
    let listener: ListenerClient = ends.service();
    load(&listener, &waiting, 4).await;
    ends.idle().await;
}

async fn no_more_calls_of_an_object_run_than_are_granted(over: Over) {
    let waiting = waiting_load();
    let mut limits = Limits::default();
    limits.max_object_calls = 3;
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder().limits(limits)).await;
    let keeper: KeeperClient = ends.service();
    keeper.keep(waiting.clone()).await.unwrap();
    load(&shelf.last(), &waiting, 3).await;
    shelf.clear();
    ends.idle().await;
}
