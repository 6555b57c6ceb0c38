//! Where a proxy may stand: in every form of `#[callback]`, inside of values, in results, and in the
//! calls of other callbacks.

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

use ringback::{Callback, CallbackProxy, Client, Result, Server, service};
use ringback_tests::services::{Listener, ListenerProxy};
use ringback_tests::{Ends, Living, Over, meet, over_both};
use serde::{Deserialize, Serialize};

over_both!(
    one_many_and_none_are_passed,
    proxies_stand_inside_of_values,
    proxies_are_returned,
    a_callback_takes_callbacks,
    a_callback_returns_callbacks,
);

#[service]
trait Crowd {
    async fn each(&self, #[callback] listeners: Vec<impl Listener>) -> Result<usize>;
    async fn perhaps(&self, #[callback] listener: Option<impl Listener>) -> Result<bool>;
    async fn concrete(&self, #[callback] listener: ListenerProxy) -> Result<()>;
    async fn subscribe(&self, subscription: Subscription) -> Result<()>;
    async fn speaker(&self) -> Result<ListenerProxy>;
    async fn speakers(&self, count: usize) -> Result<HashMap<String, Seat>>;
    async fn counter(&self, from: u32) -> Result<CallbackProxy<u32, u32>>;
}

/// Proxies in fields, in variants, in tuples, in collections.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Subscription {
    key: String,
    main: ListenerProxy,
    spare: Option<ListenerProxy>,
    seats: Vec<Seat>,
    named: HashMap<String, (u8, ListenerProxy)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Seat {
    Empty,
    Taken(ListenerProxy),
    Shared { by: Vec<ListenerProxy> },
}

/// Tells everyone what it is asked to, and whoever it hands out writes into its log.
#[derive(Default)]
struct Hall {
    log: Arc<Mutex<Vec<String>>>,
    handed_out: Living,
}

impl Hall {
    fn new_speaker(&self, name: String) -> ListenerProxy {
        let (log, life) = (self.log.clone(), self.handed_out.one());
        ListenerProxy::new(async move |msg: String| {
            let _ = &life;
            log.lock().unwrap().push(format!("{name}: {msg}"));
            Ok(())
        })
    }
}

impl Crowd for Hall {
    async fn each(&self, listeners: Vec<impl Listener>) -> Result<usize> {
        for listener in &listeners {
            listener.changed("each".into()).await?;
        }
        Ok(listeners.len())
    }

    async fn perhaps(&self, listener: Option<impl Listener>) -> Result<bool> {
        match listener {
            None => Ok(false),
            Some(listener) => listener.changed("some".into()).await.map(|()| true),
        }
    }

    async fn concrete(&self, listener: ListenerProxy) -> Result<()> {
        listener.changed("concrete".into()).await
    }

    async fn subscribe(&self, subscription: Subscription) -> Result<()> {
        let Subscription {
            key,
            main,
            spare,
            seats,
            named,
        } = subscription;
        main.changed(format!("{key} main")).await?;
        if let Some(spare) = spare {
            spare.changed(format!("{key} spare")).await?;
        }
        for seat in seats {
            match seat {
                Seat::Empty => {}
                Seat::Taken(by) => by.changed(format!("{key} taken")).await?,
                Seat::Shared { by } => {
                    for one in by {
                        one.changed(format!("{key} shared")).await?;
                    }
                }
            }
        }
        for (name, (rank, listener)) in named {
            listener.changed(format!("{key} {name} {rank}")).await?;
        }
        Ok(())
    }

    async fn speaker(&self) -> Result<ListenerProxy> {
        Ok(self.new_speaker("one".into()))
    }

    async fn speakers(&self, count: usize) -> Result<HashMap<String, Seat>> {
        let shared = (0..count).map(|no| self.new_speaker(format!("no {no}")));
        Ok(HashMap::from([
            ("free".to_owned(), Seat::Empty),
            (
                "first".to_owned(),
                Seat::Taken(self.new_speaker("first".into())),
            ),
            (
                "shared".to_owned(),
                Seat::Shared {
                    by: shared.collect(),
                },
            ),
        ]))
    }

    async fn counter(&self, from: u32) -> Result<CallbackProxy<u32, u32>> {
        let sum = Arc::new(Mutex::new(from));
        Ok(CallbackProxy::new(async move |add: u32| {
            let mut sum = sum.lock().unwrap();
            *sum += add;
            Ok(*sum)
        }))
    }
}

async fn hall(over: Over) -> (Arc<Hall>, CrowdClient, Ends) {
    let hall = Arc::new(Hall::default());
    let server = Server::builder().service(CrowdServer::new(hall.clone()));
    let ends = meet(over, server, Client::builder()).await;
    (hall, ends.service(), ends)
}

/// Listeners that write into one log.
#[derive(Clone, Default)]
struct Notes {
    log: Arc<Mutex<Vec<String>>>,
    living: Living,
}

impl Notes {
    fn listener(&self, name: &'static str) -> ListenerProxy {
        let (log, life) = (self.log.clone(), self.living.one());
        ListenerProxy::new(async move |msg: String| {
            let _ = &life;
            log.lock().unwrap().push(format!("{name}: {msg}"));
            Ok(())
        })
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock().unwrap())
    }
}

async fn one_many_and_none_are_passed(over: Over) {
    let (_, crowd, ends) = hall(over).await;
    let notes = Notes::default();
    let [a, b] = [notes.listener("a"), notes.listener("b")];

    assert_eq!(crowd.each(vec![a.clone(), b, a.clone()]).await.unwrap(), 3);
    assert_eq!(notes.take(), ["a: each", "b: each", "a: each"]);
    assert_eq!(crowd.each(Vec::<ListenerProxy>::new()).await.unwrap(), 0);

    assert!(crowd.perhaps(Some(a.clone())).await.unwrap());
    assert!(!crowd.perhaps(None::<ListenerProxy>).await.unwrap());
    assert_eq!(notes.take(), ["a: some"]);

    crowd.concrete(a).await.unwrap();
    assert_eq!(notes.take(), ["a: concrete"]);
    notes.living.none().await;
    ends.idle().await;
}

async fn proxies_stand_inside_of_values(over: Over) {
    let (_, crowd, ends) = hall(over).await;
    let notes = Notes::default();
    let subscription = Subscription {
        key: "k".into(),
        main: notes.listener("a"),
        spare: Some(notes.listener("b")),
        seats: vec![
            Seat::Empty,
            Seat::Taken(notes.listener("c")),
            Seat::Shared {
                by: vec![notes.listener("d"), notes.listener("e")],
            },
        ],
        named: HashMap::from([("n".to_owned(), (7, notes.listener("f")))]),
    };
    crowd.subscribe(subscription).await.unwrap();
    assert_eq!(
        notes.take(),
        [
            "a: k main",
            "b: k spare",
            "c: k taken",
            "d: k shared",
            "e: k shared",
            "f: k n 7"
        ]
    );
    notes.living.none().await;
    ends.idle().await;
}

async fn proxies_are_returned(over: Over) {
    let (hall, crowd, ends) = hall(over).await;
    let speaker = crowd.speaker().await.unwrap();
    speaker.changed("hello".into()).await.unwrap();
    let mut speakers = crowd.speakers(2).await.unwrap();
    let Some(Seat::Shared { by }) = speakers.remove("shared") else {
        panic!("not as it was returned: {speakers:?}");
    };
    assert_eq!((by.len(), hall.handed_out.count()), (2, 4));
    by[1].changed("hi".into()).await.unwrap();
    assert_eq!(*hall.log.lock().unwrap(), ["one: hello", "no 1: hi"]);

    let counter = crowd.counter(10).await.unwrap();
    assert_eq!(counter.call(1).await.unwrap(), 11);
    assert_eq!(counter.call(2).await.unwrap(), 13);

    assert_eq!(ends.client.session().stats().imported, 5);
    drop((speaker, speakers, by, counter));
    hall.handed_out.none().await;
    ends.idle().await;
}

#[service]
trait Interpreter {
    async fn convey(&self, #[callback] conversation: impl Conversation) -> Result<()>;
}

#[service]
trait Conversation {
    async fn meet(
        &self,
        #[callback] other: impl Listener,
        #[callback] ask: Option<impl Callback<String, String>>,
    ) -> Result<CallbackProxy<String>>;
}

struct Conveys(Arc<Mutex<Vec<String>>>);

impl Interpreter for Conveys {
    async fn convey(&self, conversation: impl Conversation) -> Result<()> {
        let log = self.0.clone();
        let other = async move |msg: String| {
            log.lock().unwrap().push(msg);
            Ok(())
        };
        let ask = Some(CallbackProxy::new(async |question: String| {
            Ok(format!("{question}? yes"))
        }));
        let farewell = conversation.meet(other, ask).await?;
        farewell.call("goodbye".into()).await
    }
}

/// Three levels: the client's callback is called with callbacks of the server, of which one asks the
/// client, and returns a callback of the client's.
async fn a_callback_takes_callbacks(over: Over) {
    let log = Arc::new(Mutex::new(Vec::new()));
    let server = Server::builder().service(InterpreterServer::new(Conveys(log.clone())));
    let ends = meet(over, server, Client::builder()).await;

    struct Guest(Arc<AtomicUsize>);
    impl Conversation for Guest {
        async fn meet(
            &self,
            other: impl Listener,
            ask: Option<impl Callback<String, String>>,
        ) -> Result<CallbackProxy<String>> {
            let answer = ask.unwrap().call("well".into()).await?;
            other.changed(answer).await?;
            let farewells = self.0.clone();
            Ok(CallbackProxy::new(async move |_farewell: String| {
                farewells.fetch_add(1, SeqCst);
                Ok(())
            }))
        }
    }

    let farewells = Arc::<AtomicUsize>::default();
    let interpreter: InterpreterClient = ends.service();
    interpreter.convey(Guest(farewells.clone())).await.unwrap();
    assert_eq!(*log.lock().unwrap(), ["well? yes"]);
    assert_eq!(farewells.load(SeqCst), 1);
    ends.idle().await;
}

/// A closure for a method with callbacks receives their proxies.
async fn a_callback_returns_callbacks(over: Over) {
    let log = Arc::new(Mutex::new(Vec::new()));
    let server = Server::builder().service(InterpreterServer::new(Conveys(log.clone())));
    let ends = meet(over, server, Client::builder()).await;
    let interpreter: InterpreterClient = ends.service();
    let closure = async |other: ListenerProxy, ask: Option<CallbackProxy<String, String>>| {
        let answer = ask.unwrap().call("so".into()).await?;
        other.changed(answer).await?;
        Ok(CallbackProxy::new(async |_farewell: String| Ok(())))
    };
    interpreter.convey(closure).await.unwrap();
    assert_eq!(*log.lock().unwrap(), ["so? yes"]);
    ends.idle().await;
}

#[test]
fn outside_of_a_call_a_proxy_is_not_serialisable() {
    let proxy = ListenerProxy::new(async |_msg: String| Ok(()));
    let error = serde_json::to_string(&proxy).unwrap_err().to_string();
    assert!(
        error.contains("`Listener`") && error.contains("part of a call"),
        "{error}"
    );
    let error = serde_json::from_str::<ListenerProxy>("7").unwrap_err();
    assert!(error.to_string().contains("reference"), "{error}");
}
