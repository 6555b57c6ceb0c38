//! Groups: many callbacks that are called as one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use ringback::{
    Client, ClientBuilder, Error, ErrorKind, Group, Result, Server, ServerBuilder, service,
};
use ringback_tests::{Living, Over, Serving, living::Life, over_both, until};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc};

/// Counts how often it is serialised.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
pub struct Text(String);

static WRITTEN: AtomicUsize = AtomicUsize::new(0);
/// Held by the test that counts, and by every other one that serialises a text.
static COUNTING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Serialize for Text {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        WRITTEN.fetch_add(1, Ordering::SeqCst);
        if self.0 == "not to be written" {
            return Err(serde::ser::Error::custom("it is not to be written"));
        }
        self.0.serialize(serializer)
    }
}

/// What the members do.
#[service(group)]
pub trait Member {
    /// Is told something, and answers.
    async fn changed(&self, text: Text) -> Result<()>;
    /// Is told something.
    #[oneway]
    async fn event(&self, number: u32) -> Result<()>;
    /// Gets an object of its own caller's.
    async fn meet(&self, #[callback] other: impl Greeter) -> Result<()>;
}

/// What a member can be passed.
#[service]
pub trait Greeter {
    /// Greets.
    async fn greet(&self, name: String) -> Result<()>;
}

/// Whom a server asks.
#[service]
pub trait Voter {
    /// Votes.
    async fn vote(&self, plan: &str) -> Result<bool>;
}

/// Where clients come in.
#[service]
pub trait Door {
    /// Becomes a member.
    async fn join(&self, name: String, #[callback] member: impl Member) -> Result<()>;
    /// Becomes one who is asked.
    async fn stand(&self, name: String, #[callback] voter: impl Voter) -> Result<()>;
}

struct Hall {
    members: Group<String, MemberProxy>,
    voters: Group<String, VoterProxy>,
}

impl Hall {
    fn serve() -> (Arc<Self>, ServerBuilder) {
        let hall = Arc::new(Self {
            members: Group::new(),
            voters: Group::new(),
        });
        let server = Server::builder().service(DoorServer::new(Arc::clone(&hall)));
        (hall, server)
    }
}

impl Door for Hall {
    async fn join(&self, name: String, member: impl Member) -> Result<()> {
        self.members.insert(name, MemberProxy::new(member));
        Ok(())
    }

    async fn stand(&self, name: String, voter: impl Voter) -> Result<()> {
        self.voters.insert(name, VoterProxy::new(voter));
        Ok(())
    }
}

/// Writes down what it hears.
struct Notes {
    heard: mpsc::UnboundedSender<String>,
    /// As long as it is set, it waits for the notification.
    gate: Option<Arc<Notify>>,
    fails: bool,
    _life: Life,
}

impl Member for Notes {
    async fn changed(&self, text: Text) -> Result<()> {
        if self.fails {
            return Err(Error::application("no"));
        }
        self.heard.send(text.0).ok();
        if let Some(gate) = &self.gate {
            gate.notified().await;
        }
        Ok(())
    }

    async fn event(&self, number: u32) -> Result<()> {
        self.heard.send(number.to_string()).ok();
        if let Some(gate) = &self.gate {
            gate.notified().await;
        }
        Ok(())
    }

    async fn meet(&self, other: impl Greeter) -> Result<()> {
        other.greet("a member".into()).await
    }
}

fn notes(living: &Living) -> (Notes, mpsc::UnboundedReceiver<String>) {
    let (heard, hears) = mpsc::unbounded_channel();
    let notes = Notes {
        heard,
        gate: None,
        fails: false,
        _life: living.one(),
    };
    (notes, hears)
}

over_both!(
    every_member_is_called_with_one_serialisation_for_each_form,
    a_member_that_fails_harms_no_other,
    closed_members_leave_by_themselves,
    a_slow_member_delays_no_other_and_order_is_kept,
    giving_a_call_up_cancels_it_where_it_waits,
    an_object_can_be_passed_to_all,
    arguments_that_cannot_be_written_fail_the_call,
    the_first_answers_cancel_the_rest,
    members_are_replaced_and_removed,
    a_strict_group_puts_out_who_fails,
);

async fn every_member_is_called_with_one_serialisation_for_each_form(over: Over) {
    let _counting = COUNTING.lock().await;
    let (hall, server) = Hall::serve();
    let serving = Serving::start(over, server).await;
    let living = Living::default();
    let mut members = Vec::new();
    for number in 0..6 {
        let compact = number % 2 == 0;
        let ends = serving.connect(Client::builder().compact(compact)).await;
        let (notes, hears) = notes(&living);
        let door: DoorClient = ends.service();
        door.join(number.to_string(), notes).await.unwrap();
        members.push((ends, hears));
    }
    // And one of this process.
    let (local, mut hears_locally) = notes(&living);
    hall.members.insert("local".into(), MemberProxy::new(local));

    WRITTEN.store(0, Ordering::SeqCst);
    hall.members.changed(Text("hello".into())).await.unwrap();
    assert_eq!(WRITTEN.load(Ordering::SeqCst), 2, "one for each form");
    for (_, hears) in &mut members {
        assert_eq!(hears.try_recv().unwrap(), "hello");
    }
    assert_eq!(hears_locally.try_recv().unwrap(), "hello");
    assert_eq!(hall.members.take_failures().len(), 0);
    assert_eq!(hall.members.keys(), ["0", "1", "2", "3", "4", "5", "local"]);
}

async fn a_member_that_fails_harms_no_other(over: Over) {
    let _counting = COUNTING.lock().await;
    let (hall, server) = Hall::serve();
    let serving = Serving::start(over, server).await;
    let (ends, living) = (serving.connect(Client::builder()).await, Living::default());
    let door: DoorClient = ends.service();
    let (mut bad, mut bad_hears) = notes(&living);
    bad.fails = true;
    door.join("bad".into(), bad).await.unwrap();
    let (good, mut hears) = notes(&living);
    door.join("good".into(), good).await.unwrap();

    hall.members.changed(Text("hello".into())).await.unwrap();
    assert_eq!(hears.try_recv().unwrap(), "hello");
    assert!(bad_hears.try_recv().is_err());
    let failure = hall.members.failed().await;
    assert_eq!(failure.key, "bad");
    assert_eq!(failure.error.kind(), ErrorKind::Application);
    assert!(failure.error.is_remote());
    assert_eq!(hall.members.len(), 2, "who fails stays");
}

async fn closed_members_leave_by_themselves(over: Over) {
    let _counting = COUNTING.lock().await;
    let (hall, server) = Hall::serve();
    let serving = Serving::start(over, server).await;
    let living = Living::default();
    let [one, other] = [
        serving.connect(Client::builder()).await,
        serving.connect(Client::builder()).await,
    ];
    let (first, _) = notes(&living);
    one.service::<DoorClient>()
        .join("one".into(), first)
        .await
        .unwrap();
    let (leased, lease) = MemberProxy::leased(notes(&living).0);
    other
        .service::<DoorClient>()
        .join("leased".into(), leased)
        .await
        .unwrap();
    let (third, mut hears) = notes(&living);
    other
        .service::<DoorClient>()
        .join("stays".into(), third)
        .await
        .unwrap();

    // Nobody calls the group: it hears of it.
    one.client.close();
    let failure = hall.members.failed().await;
    assert_eq!(
        (&*failure.key, failure.error.kind()),
        ("one", ErrorKind::Closed)
    );
    lease.revoke();
    let failure = hall.members.failed().await;
    assert_eq!(
        (&*failure.key, failure.error.kind()),
        ("leased", ErrorKind::Revoked)
    );
    assert_eq!(hall.members.keys(), ["stays"]);
    hall.members.changed(Text("hello".into())).await.unwrap();
    assert_eq!(hears.try_recv().unwrap(), "hello");

    hall.members.remove("stays").unwrap();
    living.none().await;
    other.idle().await;
    // Of one that is closed already there is nothing to wait for.
    let (closed, lease) = MemberProxy::leased(notes(&living).0);
    lease.revoke();
    hall.members.insert("late".into(), closed);
    assert!(hall.members.is_empty());
}

async fn a_slow_member_delays_no_other_and_order_is_kept(over: Over) {
    const EVENTS: u32 = 3000;
    let (hall, server) = Hall::serve();
    let serving = Serving::start(over, server).await;
    let living = Living::default();
    let (slow, quick) = (
        serving.connect(Client::builder()).await,
        serving.connect(Client::builder()).await,
    );
    let gate = Arc::new(Notify::new());
    let (mut stalls, mut slow_hears) = notes(&living);
    stalls.gate = Some(Arc::clone(&gate));
    slow.service::<DoorClient>()
        .join("slow".into(), stalls)
        .await
        .unwrap();
    let (good, mut hears) = notes(&living);
    quick
        .service::<DoorClient>()
        .join("quick".into(), good)
        .await
        .unwrap();

    let group = hall.members.clone();
    let sending = tokio::spawn(async move {
        // Not one after the other: what waits for the slow member would hold up the next event.
        let sent = (0..EVENTS).map(|number| group.event(number));
        futures_util::future::join_all(sent).await
    });
    for number in 0..EVENTS {
        assert_eq!(hears.recv().await.unwrap(), number.to_string());
    }
    assert!(
        !sending.is_finished(),
        "the slow member has no room for so many"
    );
    for number in 0..EVENTS {
        assert_eq!(slow_hears.recv().await.unwrap(), number.to_string());
        gate.notify_one();
    }
    for sent in sending.await.unwrap() {
        sent.unwrap();
    }
}

async fn giving_a_call_up_cancels_it_where_it_waits(over: Over) {
    let _counting = COUNTING.lock().await;
    let (hall, server) = Hall::serve();
    let serving = Serving::start(over, server).await;
    let (ends, living) = (serving.connect(Client::builder()).await, Living::default());
    let (mut stalls, mut hears) = notes(&living);
    stalls.gate = Some(Arc::new(Notify::new()));
    ends.service::<DoorClient>()
        .join("slow".into(), stalls)
        .await
        .unwrap();
    let call = hall.members.changed(Text("hello".into()));
    let mut call = Box::pin(call);
    tokio::select! {
        _ = &mut call => panic!("nobody opens the gate"),
        heard = hears.recv() => assert_eq!(heard.unwrap(), "hello"),
    }
    drop(call);
    hall.members.remove("slow").unwrap();
    ends.idle().await;
    living.none().await;
}

async fn an_object_can_be_passed_to_all(over: Over) {
    let (hall, server) = Hall::serve();
    let serving = Serving::start(over, server).await;
    let living = Living::default();
    let mut ends = Vec::new();
    for name in ["one", "other"] {
        let client = serving.connect(Client::builder()).await;
        client
            .service::<DoorClient>()
            .join(name.into(), notes(&living).0)
            .await
            .unwrap();
        ends.push(client);
    }
    let (greetings, mut greeted) = mpsc::unbounded_channel();
    let greeter = async move |name: String| {
        greetings.send(name).ok();
        Ok(())
    };
    hall.members.meet(greeter).await.unwrap();
    assert_eq!(greeted.recv().await.unwrap(), "a member");
    assert_eq!(greeted.recv().await.unwrap(), "a member");
    assert_eq!(greeted.recv().await, None, "nobody kept the greeter");
    assert_eq!(hall.members.take_failures().len(), 0);
}

async fn arguments_that_cannot_be_written_fail_the_call(over: Over) {
    let _counting = COUNTING.lock().await;
    let (hall, server) = Hall::serve();
    let serving = Serving::start(over, server).await;
    let (ends, living) = (serving.connect(Client::builder()).await, Living::default());
    let (good, mut hears) = notes(&living);
    ends.service::<DoorClient>()
        .join("good".into(), good)
        .await
        .unwrap();
    let error = hall
        .members
        .changed(Text("not to be written".into()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode);
    assert!(
        error.to_string().contains("`text` of `Member.changed`"),
        "{error}"
    );
    hall.members.changed(Text("hello".into())).await.unwrap();
    assert_eq!(hears.try_recv().unwrap(), "hello");
}

/// Votes yes at once, no at once, or never.
struct Vote(Option<bool>, Arc<Mutex<Vec<&'static str>>>);

struct GivenUp<'a>(&'a Mutex<Vec<&'static str>>);

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        self.0.lock().unwrap().push("given up");
    }
}

impl Voter for Vote {
    async fn vote(&self, plan: &str) -> Result<bool> {
        assert_eq!(plan, "tea");
        match self.0 {
            Some(vote) => Ok(vote),
            None => {
                let _given_up = GivenUp(&self.1);
                std::future::pending().await
            }
        }
    }
}

async fn the_first_answers_cancel_the_rest(over: Over) {
    let (hall, server) = Hall::serve();
    let serving = Serving::start(over, server).await;
    let given_up = Arc::new(Mutex::new(Vec::new()));
    let mut ends = Vec::new();
    for (name, vote) in [("yes", Some(true)), ("never", None), ("no", Some(false))] {
        let client = serving.connect(Client::builder()).await;
        let door: DoorClient = client.service();
        door.stand(name.into(), Vote(vote, Arc::clone(&given_up)))
            .await
            .unwrap();
        ends.push(client);
    }
    let plan = String::from("tea");
    let answers = hall.voters.ask(async |voter| voter.vote(&plan).await);
    assert_eq!(answers.len(), 3);
    // A quorum of two.
    let mut quorum: Vec<_> = answers
        .take(2)
        .map(|(name, vote)| (name, vote.unwrap()))
        .collect()
        .await;
    quorum.sort();
    assert_eq!(quorum, [("no".to_owned(), false), ("yes".to_owned(), true)]);
    until("the one who never votes is told", || {
        given_up.lock().unwrap().len() == 1
    })
    .await;
    for ends in &ends {
        ends.idle_but(1).await;
    }
}

async fn members_are_replaced_and_removed(over: Over) {
    let (hall, server) = Hall::serve();
    let serving = Serving::start(over, server).await;
    let builder: ClientBuilder = Client::builder();
    let (ends, living) = (serving.connect(builder).await, Living::default());
    let door: DoorClient = ends.service();
    let (first, mut first_hears) = notes(&living);
    let first = Arc::new(first);
    door.join("one".into(), Arc::clone(&first)).await.unwrap();
    let (second, mut second_hears) = notes(&living);
    door.join("one".into(), second).await.unwrap();
    assert_eq!(hall.members.len(), 1);
    ends.idle_but(1).await;

    let member = hall.members.get("one").unwrap();
    assert!(hall.members.contains_key("one"));
    hall.members.event(7).await.unwrap();
    assert_eq!(second_hears.recv().await.unwrap(), "7");
    assert_eq!(hall.members.remove("one"), Some(member));
    assert_eq!(hall.members.remove("one"), None);
    hall.members.event(8).await.unwrap();
    ends.idle_but(0).await;
    assert_eq!(second_hears.recv().await, None);
    drop(first);
    assert_eq!(first_hears.recv().await, None);
    let nothing = tokio::time::timeout(Duration::ZERO, hall.members.failed());
    assert!(nothing.await.is_err(), "who is removed has not failed");
}

async fn a_strict_group_puts_out_who_fails(over: Over) {
    let _counting = COUNTING.lock().await;
    let (_, server) = Hall::serve();
    let serving = Serving::start(over, server).await;
    let hall = Arc::new(Hall {
        members: Group::strict(),
        voters: Group::new(),
    });
    let local = Client::builder().service(DoorServer::new(Arc::clone(&hall)));
    // This time it is the client who holds the group.
    let (ends, living) = (serving.connect(local).await, Living::default());
    let door: DoorClient = ends.session.service();
    let (mut bad, _) = notes(&living);
    bad.fails = true;
    door.join("bad".into(), bad).await.unwrap();
    let (good, mut hears) = notes(&living);
    let good = MemberProxy::new(good);
    door.join("good".into(), good.clone()).await.unwrap();

    hall.members.changed(Text("hello".into())).await.unwrap();
    assert_eq!(hears.try_recv().unwrap(), "hello");
    assert_eq!(hall.members.keys(), ["good"]);
    assert_eq!(hall.members.failed().await.key, "bad");

    let member = hall.members.get("good").unwrap();
    let (other, _) = notes(&living);
    hall.members.insert("good".into(), MemberProxy::new(other));
    assert!(
        !hall.members.remove_member("good", &member),
        "another one has its key"
    );
    hall.members.insert("good".into(), member.clone());
    assert!(hall.members.remove_member("good", &member));
    assert!(hall.members.is_empty());
    drop((good, member));
    ends.idle().await;
    living.none().await;
}
