//! The API as its documents show it: the seed's provider and consumer, and all that can be passed
//! as a listener.

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

use ringback::{Callback, Client, Result, Server, service};
use ringback_tests::services::{Listener, ListenerProxy, Provider, RegistryClient, RegistryServer};
use ringback_tests::{Ends, Living, Over, meet, over_both};
use tokio::sync::mpsc;

over_both!(
    every_form_of_a_listener_is_called,
    a_listener_is_removed_by_itself,
    the_last_clone_of_a_listener_removes_it,
    plain_functions_are_callbacks,
    arguments_are_lent,
);

#[expect(unreachable_pub, reason = "as the document has it")]
mod seed {
    use super::*;

    #[service]
    pub trait CallbackListener {
        async fn changed(&self, msg: String) -> Result<()>;
    }

    #[service]
    pub trait CallbackService {
        async fn add_listener(
            &self,
            key: String,
            #[callback] listener: impl CallbackListener,
        ) -> Result<()>;
        async fn remove_listener(
            &self,
            key: String,
            #[callback] listener: impl CallbackListener,
        ) -> Result<bool>;
    }

    pub(super) struct Provider {
        pub(super) listeners: Mutex<HashMap<String, CallbackListenerProxy>>,
    }

    fn now(key: &str) -> String {
        format!("{key} now")
    }

    impl CallbackService for Provider {
        async fn add_listener(&self, key: String, listener: impl CallbackListener) -> Result<()> {
            let listener = CallbackListenerProxy::new(listener);
            listener.changed(now(&key)).await?;
            self.listeners.lock().unwrap().insert(key, listener);
            Ok(())
        }

        async fn remove_listener(
            &self,
            key: String,
            listener: impl CallbackListener,
        ) -> Result<bool> {
            let stored = self.listeners.lock().unwrap().remove(&key);
            Ok(stored.is_some_and(|stored| stored == CallbackListenerProxy::new(listener)))
        }
    }
}

/// The first section of the documents, as it stands there.
#[tokio::test]
async fn the_seed_runs() -> Result<()> {
    use seed::{CallbackListener, CallbackService, CallbackServiceClient, CallbackServiceServer};

    let provider = Arc::new(seed::Provider {
        listeners: Mutex::default(),
    });
    let server = Server::builder()
        .service(CallbackServiceServer::new(provider.clone()))
        .max_callbacks(1000)
        .bind("127.0.0.1:0")
        .await?;
    let address = server.local_addr();
    tokio::spawn(server.run());

    let seen = Arc::new(AtomicUsize::new(0));
    let (tx, mut rx) = mpsc::channel::<String>(8);
    let length = seen.clone();

    let service = CallbackServiceClient::connect(address).await?;
    service
        .add_listener("foo.bar".into(), async |msg| {
            println!("callback1:{msg}");
            Ok(())
        })
        .await?;
    service
        .add_listener("bar".into(), async move |msg: String| {
            length.fetch_add(msg.len(), SeqCst);
            tx.send(msg).await.ok();
            Ok(())
        })
        .await?;
    assert_eq!(rx.recv().await.as_deref(), Some("bar now"));
    assert_eq!(seen.load(SeqCst), "bar now".len());

    let listener = provider.listeners.lock().unwrap()["bar"].clone();
    listener.changed("bar later".into()).await?;
    assert_eq!(rx.recv().await.as_deref(), Some("bar later"));
    Ok(())
}

async fn provided(over: Over) -> (Arc<Provider>, RegistryClient, Ends) {
    let provider = Arc::new(Provider::default());
    let server = Server::builder().service(RegistryServer::new(provider.clone()));
    let ends = meet(over, server, Client::builder()).await;
    (provider, ends.service(), ends)
}

type Log = mpsc::UnboundedSender<String>;

struct Structure(Log);

impl Listener for Structure {
    async fn changed(&self, msg: String) -> Result<()> {
        self.0.send(msg).ok();
        Ok(())
    }
}

static ITEM: Mutex<Vec<String>> = Mutex::new(Vec::new());

async fn item(msg: String) -> Result<()> {
    ITEM.lock().unwrap().push(msg);
    Ok(())
}

async fn every_form_of_a_listener_is_called(over: Over) {
    use ringback_tests::services::Registry as _;

    let (provider, registry, _ends) = provided(over).await;
    let (tx, mut rx) = mpsc::unbounded_channel();

    let key = |form: &str| format!("{over:?} {form}");
    registry
        .add_listener(key("struct"), Structure(tx.clone()))
        .await
        .unwrap();
    registry
        .add_listener(key("arc"), Arc::new(Structure(tx.clone())))
        .await
        .unwrap();
    registry
        .add_listener(key("proxy"), ListenerProxy::new(Structure(tx.clone())))
        .await
        .unwrap();
    let log = tx.clone();
    registry
        .add_listener(key("async closure"), async move |msg: String| {
            log.send(msg).ok();
            Ok(())
        })
        .await
        .unwrap();
    let log = tx.clone();
    registry
        .add_listener(key("closure"), move |msg: String| {
            let log = log.clone();
            async move {
                log.send(msg).ok();
                Ok(())
            }
        })
        .await
        .unwrap();
    let log = Arc::new(async move |msg: String| {
        tx.send(msg).ok();
        Ok(())
    });
    registry
        .add_listener(key("arc of a closure"), log)
        .await
        .unwrap();
    registry.add_listener(key("fn"), item).await.unwrap();

    for form in [
        "struct",
        "arc",
        "proxy",
        "async closure",
        "closure",
        "arc of a closure",
    ] {
        let listener = provider.listener(&key(form));
        listener.changed("later".into()).await.unwrap();
        assert_eq!(rx.recv().await.unwrap(), format!("{} is new", key(form)));
    }
    for _ in 0..6 {
        assert_eq!(rx.recv().await.unwrap(), "later");
    }
    let called = ITEM.lock().unwrap().clone();
    assert!(
        called.contains(&format!("{} is new", key("fn"))),
        "{called:?}"
    );
}

async fn a_listener_is_removed_by_itself(over: Over) {
    use ringback_tests::services::Registry as _;

    let (_provider, registry, ends) = provided(over).await;
    let living = Living::default();
    let life = living.one();
    let listener = Arc::new(async move |_msg: String| {
        let _ = &life;
        Ok(())
    });
    let another = Arc::new(async |_msg: String| Ok(()));
    let add = registry.add_listener("foo.bar".into(), listener.clone());
    add.await.unwrap();

    let removed = registry.remove_listener("foo.bar".into(), another).await;
    assert!(!removed.unwrap(), "another object is not the listener");
    let removed = registry
        .remove_listener("bar.foo".into(), listener.clone())
        .await;
    assert!(!removed.unwrap(), "there is nothing under that key");
    assert_eq!(living.count(), 1);

    let removed = registry
        .remove_listener("foo.bar".into(), listener.clone())
        .await;
    assert!(removed.unwrap());
    let removed = registry.remove_listener("foo.bar".into(), listener).await;
    assert!(!removed.unwrap(), "it is not removed twice");
    living.none().await;
    ends.idle().await;
}

/// What is passed is the only clone that its owner still has: the provider holds the object, so it
/// is still the same one.
async fn the_last_clone_of_a_listener_removes_it(over: Over) {
    use ringback_tests::services::Registry as _;

    let (_provider, registry, ends) = provided(over).await;
    let living = Living::default();
    let life = living.one();
    let listener = ListenerProxy::new(async move |_msg: String| {
        let _ = &life;
        Ok(())
    });
    let clones = vec![listener.clone(); 10];
    let add = registry.add_listener("foo.bar".into(), listener.clone());
    add.await.unwrap();
    drop(clones);

    let removed = registry.remove_listener("foo.bar".into(), listener).await;
    assert!(removed.unwrap());
    living.none().await;
    ends.idle().await;
}

#[service]
trait Jobs {
    /// Runs a job; says how far it is, and asks whether the plan is good.
    async fn run(
        &self,
        name: String,
        #[callback] progress: impl Callback<u8>,
        #[callback] approve: impl Callback<Vec<String>, bool>,
    ) -> Result<bool>;
}

struct Worker;

impl Jobs for Worker {
    async fn run(
        &self,
        name: String,
        progress: impl Callback<u8>,
        approve: impl Callback<Vec<String>, bool>,
    ) -> Result<bool> {
        for percent in [0, 50, 100] {
            progress.call(percent).await?;
        }
        approve.call(vec![name]).await
    }
}

async fn ask_nobody(_plan: Vec<String>) -> Result<bool> {
    Ok(false)
}

async fn plain_functions_are_callbacks(over: Over) {
    let server = Server::builder().service(JobsServer::new(Worker));
    let ends = meet(over, server, Client::builder()).await;
    let jobs: JobsClient = ends.service();

    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let progress = Arc::new(async move |percent: u8| {
        log.lock().unwrap().push(percent);
        Ok(())
    });
    let approve = async |plan: Vec<String>| Ok(plan == ["tidy"]);
    assert!(
        jobs.run("tidy".into(), progress.clone(), approve)
            .await
            .unwrap()
    );
    assert!(
        !jobs
            .run("tidy".into(), progress.clone(), ask_nobody)
            .await
            .unwrap()
    );
    assert!(!jobs.run("burn".into(), progress, approve).await.unwrap());
    assert_eq!(*seen.lock().unwrap(), [0, 50, 100].repeat(3));
    ends.idle().await;
}

#[service]
trait Lines {
    async fn count(&self, text: &str, bytes: &[u8], words: &[String]) -> Result<usize>;
    async fn each(&self, text: &str, #[callback] to: impl Line) -> Result<()>;
}

#[service]
trait Line {
    async fn line(&self, number: u32, text: &str, rest: Option<&str>) -> Result<()>;
}

struct Lent;

impl Lines for Lent {
    async fn count(&self, text: &str, bytes: &[u8], words: &[String]) -> Result<usize> {
        Ok(text.len() + bytes.len() + words.len())
    }

    async fn each(&self, text: &str, to: impl Line) -> Result<()> {
        let mut rest = text.split(' ').peekable();
        let mut number = 0;
        while let Some(word) = rest.next() {
            to.line(number, word, rest.peek().copied()).await?;
            number += 1;
        }
        Ok(())
    }
}

async fn arguments_are_lent(over: Over) {
    let server = Server::builder().service(LinesServer::new(Lent));
    let ends = meet(over, server, Client::builder()).await;
    let lines: LinesClient = ends.service();
    let words = ["a".to_owned(), "b".to_owned()];
    assert_eq!(lines.count("four", &[0, 255, 7], &words).await.unwrap(), 9);

    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let to = async move |number: u32, text: &str, rest: Option<&str>| {
        let line = format!("{number} {text} {}", rest.unwrap_or("-"));
        log.lock().unwrap().push(line);
        Ok(())
    };
    lines.each("three small words", to).await.unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        ["0 three small", "1 small words", "2 words -"]
    );
}
