//! A handler that panics fails its own call, and nothing else.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;

use ringback::{Client, ErrorKind, Result, Server, service};
use ringback_tests::keeper::{Keeper, KeeperClient, Shelf};
use ringback_tests::services::{Listener, ListenerProxy};
use ringback_tests::{Ends, Living, Over, meet, over_both, until};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokio::sync::Notify;

over_both!(
    a_panic_fails_its_own_call,
    a_panic_in_a_callback_fails_that_callback,
    a_panic_does_not_end_its_neighbours,
    a_panic_in_a_one_way_call_is_survived,
    a_panic_in_code_of_serde_is_one_of_the_handler,
    a_panic_in_a_destructor_is_survived,
    a_panic_in_the_destructor_of_what_is_being_called_is_survived,
    a_destructor_that_panics_keeps_no_revocation_back,
);

#[service]
trait Traps {
    /// Panics with that text, before or after it has waited.
    async fn spring(&self, text: String, at_once: bool) -> Result<()>;
    #[oneway]
    async fn spring_quietly(&self, at_once: bool) -> Result<()>;
    /// Panics with something that is no text.
    async fn spring_with_a_number(&self) -> Result<()>;
    async fn take(&self, trap: Trap) -> Result<()>;
    async fn give(&self, springs: bool) -> Result<Trap>;
    /// Panics when it is dropped.
    async fn wait_for_cancel(&self) -> Result<()>;
    async fn answer(&self) -> Result<u32>;
}

/// Panics when it is written or read, if it is set.
#[derive(Debug)]
struct Trap {
    on_write: bool,
    on_read: bool,
}

impl Serialize for Trap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(!self.on_write, "a trap on writing");
        self.on_read.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Trap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let on_read = bool::deserialize(deserializer)?;
        assert!(!on_read, "a trap on reading");
        Ok(Self {
            on_write: false,
            on_read,
        })
    }
}

#[derive(Default)]
struct Field {
    waits: Notify,
    springs: Living,
}

struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("a trap on dropping");
        }
    }
}

impl Traps for Field {
    async fn spring(&self, text: String, at_once: bool) -> Result<()> {
        let _life = self.springs.one();
        if !at_once {
            tokio::task::yield_now().await;
        }
        panic!("{text}")
    }

    async fn spring_quietly(&self, at_once: bool) -> Result<()> {
        self.spring("quietly".into(), at_once).await
    }

    async fn spring_with_a_number(&self) -> Result<()> {
        std::panic::panic_any(7)
    }

    async fn take(&self, _trap: Trap) -> Result<()> {
        Ok(())
    }

    async fn give(&self, springs: bool) -> Result<Trap> {
        Ok(Trap {
            on_write: springs,
            on_read: false,
        })
    }

    async fn wait_for_cancel(&self) -> Result<()> {
        let _trap = PanicsOnDrop;
        self.waits.notify_one();
        std::future::pending().await
    }

    async fn answer(&self) -> Result<u32> {
        Ok(42)
    }
}

async fn field(over: Over) -> (Arc<Field>, TrapsClient, Ends) {
    let field = Arc::<Field>::default();
    let server = Server::builder().service(TrapsServer::new(field.clone()));
    let ends = meet(over, server, Client::builder()).await;
    (field, ends.service(), ends)
}

async fn a_panic_fails_its_own_call(over: Over) {
    let (field, traps, ends) = field(over).await;
    for at_once in [true, false] {
        let error = traps.spring("a hole".into(), at_once).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Panicked);
        let text = error.to_string();
        assert!(
            text.contains("`Traps.spring`") && text.contains("a hole"),
            "{text}"
        );
        assert_eq!(traps.answer().await.unwrap(), 42);
    }
    let error = traps.spring_with_a_number().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Panicked);
    // However long the text is, it is told.
    let error = traps.spring("ä".repeat(100_000), true).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Panicked);
    assert!(error.to_string().contains("ää"));
    assert_eq!(field.springs.count(), 0);
    ends.idle().await;
}

async fn a_panic_in_a_callback_fails_that_callback(over: Over) {
    let (_shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let keeper: KeeperClient = ends.service();
    let listener = async |msg: String| -> Result<()> { panic!("what is {msg}?") };
    let error = keeper.tell(listener, "coal".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Panicked);
    assert!(error.is_remote(), "the keeper met it in a call of its own");
    assert!(error.to_string().contains("what is coal?"), "{error}");
    keeper
        .tell(async |_msg: String| Ok(()), "tea".into())
        .await
        .unwrap();
    ends.idle().await;
}

/// Calls of the same object, of which some are waiting.
async fn a_panic_does_not_end_its_neighbours(over: Over) {
    struct Picky(Arc<Notify>);
    impl Listener for Picky {
        async fn changed(&self, msg: String) -> Result<()> {
            match &*msg {
                "wait" => self.0.notified().await,
                "later" => {
                    tokio::task::yield_now().await;
                    panic!("I don't like {msg}");
                }
                _ => panic!("I don't like {msg}"),
            }
            Ok(())
        }
    }

    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let go_on = Arc::new(Notify::new());
    ends.service::<KeeperClient>()
        .keep(Picky(go_on.clone()))
        .await
        .unwrap();
    let spawn_call = |msg: &str| {
        let (listener, msg) = (shelf.last(), msg.to_owned());
        tokio::spawn(async move { listener.changed(msg).await })
    };
    let waits = [spawn_call("wait"), spawn_call("wait")];
    until("two wait", || {
        ends.client.session().stats().calls_served == 2
    })
    .await;
    for _ in 0..20 {
        for msg in ["now", "later"] {
            let error = spawn_call(msg).await.unwrap().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Panicked);
        }
    }
    assert!(waits.iter().all(|call| !call.is_finished()));
    until("both wait for it", || {
        go_on.notify_waiters();
        waits.iter().all(tokio::task::JoinHandle::is_finished)
    })
    .await;
    for call in waits {
        call.await.unwrap().unwrap();
    }
    shelf.clear();
    ends.idle().await;
}

async fn a_panic_in_a_one_way_call_is_survived(over: Over) {
    let (field, traps, ends) = field(over).await;
    for no in 0..20 {
        traps.spring_quietly(no % 2 == 0).await.unwrap();
    }
    assert_eq!(traps.answer().await.unwrap(), 42);
    field.springs.none().await;
    ends.idle().await;
}

async fn a_panic_in_code_of_serde_is_one_of_the_handler(over: Over) {
    let (_field, traps, ends) = field(over).await;
    let on_read = Trap {
        on_write: false,
        on_read: true,
    };
    let error = traps.take(on_read).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Panicked);
    assert!(error.to_string().contains("a trap on reading"), "{error}");
    let error = traps.give(true).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Panicked);
    assert!(error.to_string().contains("a trap on writing"), "{error}");
    // Where the caller's own value panics, the caller does, as in any call.
    let caller = tokio::spawn({
        let traps = traps.clone();
        async move {
            let on_write = Trap {
                on_write: true,
                on_read: false,
            };
            traps.take(on_write).await
        }
    });
    assert!(caller.await.unwrap_err().is_panic());
    traps.give(false).await.unwrap();
    ends.idle().await;
}

async fn a_panic_in_a_destructor_is_survived(over: Over) {
    let (field, traps, ends) = field(over).await;
    let call = tokio::spawn({
        let traps = traps.clone();
        async move { traps.wait_for_cancel().await }
    });
    field.waits.notified().await;
    call.abort();
    until("the call is over", || {
        ends.session.stats().calls_served == 0
    })
    .await;
    assert_eq!(traps.answer().await.unwrap(), 42);
    ends.idle().await;

    // An object's destructor, when its holder lets go.
    struct Fragile(#[allow(dead_code)] PanicsOnDrop, Arc<AtomicBool>);
    impl Listener for Fragile {
        async fn changed(&self, _msg: String) -> Result<()> {
            self.1.store(true, SeqCst);
            Ok(())
        }
    }
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let (keeper, called) = (ends.service::<KeeperClient>(), Arc::<AtomicBool>::default());
    keeper
        .keep(Fragile(PanicsOnDrop, called.clone()))
        .await
        .unwrap();
    shelf.last().changed("hello".into()).await.unwrap();
    shelf.clear();
    ends.idle().await;
    assert!(called.load(SeqCst));
    keeper.ignore(async |_msg: String| Ok(())).await.unwrap();
}

/// The last call and the release may come together: then the object goes where its call was handled.
async fn a_panic_in_the_destructor_of_what_is_being_called_is_survived(over: Over) {
    struct Fragile;
    impl Drop for Fragile {
        fn drop(&mut self) {
            panic!("a trap on dropping"); // whatever else is panicking
        }
    }
    impl Button for Fragile {
        async fn press(&self, springs: bool) -> Result<()> {
            assert!(!springs, "a trap");
            Ok(())
        }
    }
    let server = Server::builder().service(HandsServer::new(Bare));
    let ends = meet(over, server, Client::builder()).await;
    let hands: HandsClient = ends.service();
    for _ in 0..200 {
        let hands = hands.clone();
        let touched = tokio::spawn(async move { hands.touch(Fragile).await });
        match touched.await {
            Ok(answer) => answer.unwrap(),
            Err(end) => assert!(end.is_panic(), "or the caller had the last of it"),
        }
    }
    ends.idle().await;
}

#[service]
trait Button {
    #[oneway]
    async fn press(&self, springs: bool) -> Result<()>;
}

#[service]
trait Hands {
    async fn touch(&self, #[callback] button: impl Button) -> Result<()>;
}

struct Bare;

impl Hands for Bare {
    /// Lets go of it behind the last of its calls.
    async fn touch(&self, button: impl Button) -> Result<()> {
        for springs in [false, false, true] {
            button.press(springs).await?;
        }
        Ok(())
    }
}

async fn a_destructor_that_panics_keeps_no_revocation_back(over: Over) {
    struct Fragile(#[allow(dead_code)] PanicsOnDrop);
    impl Listener for Fragile {
        async fn changed(&self, _msg: String) -> Result<()> {
            Ok(())
        }
    }
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let keeper: KeeperClient = ends.service();
    for explicit in [true, false] {
        let (listener, lease) = ListenerProxy::leased(Fragile(PanicsOnDrop));
        keeper.keep(listener.clone()).await.unwrap();
        if explicit {
            lease.revoke();
        } else {
            drop(lease);
        }
        assert_eq!(listener.closed().await.kind(), ErrorKind::Revoked);
        assert_eq!(shelf.last().closed().await.kind(), ErrorKind::Revoked);
        shelf.clear();
    }
    ends.idle().await;
}

/// A call of an object in one's own process is a call: its panic unwinds.
#[tokio::test]
async fn a_local_panic_unwinds() {
    let listener = ListenerProxy::new(async |_msg: String| -> Result<()> { panic!("here") });
    let call = tokio::spawn(async move { listener.changed("hello".into()).await });
    assert!(call.await.unwrap_err().is_panic());
}
