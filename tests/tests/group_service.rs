//! `#[service(group)]`: a service that is called on all members of a group.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

use futures_util::future::{Either, join, select};
use ringback::{Callback, Client, ErrorKind, Group, Limits, Result, Server, service};
use ringback_tests::{Ends, Over, Serving, over_both, until};
use serde::{Deserialize, Serialize, Serializer};
use tokio::sync::Semaphore;

over_both!(
    a_call_reaches_every_member_near_and_far,
    arguments_are_serialised_once_for_each_form,
    callbacks_are_passed_to_every_member,
    who_fails_is_told_and_harms_no_other,
    who_panics_is_told_and_harms_no_other,
    a_destructor_that_panics_harms_no_other,
    who_closes_leaves_by_itself,
    one_that_stalls_is_waited_for_last,
    a_group_is_a_member_and_a_callback_itself,
    errors_of_ones_own_and_default_methods_work_as_well,
);

/// Counts how often it is serialised.
#[derive(Clone, Debug, Default, Deserialize)]
struct Event {
    no: u32,
    #[serde(skip)]
    serialised: Arc<AtomicUsize>,
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Event {
            no: u32,
        }
        self.serialised.fetch_add(1, SeqCst);
        Event { no: self.no }.serialize(serializer)
    }
}

#[service(group)]
trait Listener {
    async fn changed(&self, event: Event) -> Result<()>;
    #[oneway]
    async fn noticed(&self, no: u32) -> Result<()>;
    async fn asked(&self, #[callback] answer: impl Callback<u32>) -> Result<()>;
}

#[service]
trait Room {
    async fn join(
        &self,
        no: u32,
        #[callback(overflow = "latest")] listener: impl Listener,
    ) -> Result<()>;
}

#[derive(Default)]
struct Hall(Group<u32, ListenerProxy>);

impl Room for Hall {
    async fn join(&self, no: u32, listener: impl Listener) -> Result<()> {
        self.0.insert(no, ListenerProxy::new(listener));
        Ok(())
    }
}

/// Writes down what it hears.
struct Hears {
    no: u32,
    heard: Mutex<Vec<u32>>,
    may_go_on: Semaphore,
}

impl Hears {
    fn new(no: u32) -> Arc<Self> {
        Self::with(no, Semaphore::MAX_PERMITS)
    }

    fn stalled(no: u32) -> Arc<Self> {
        Self::with(no, 0)
    }

    fn with(no: u32, permits: usize) -> Arc<Self> {
        Arc::new(Self {
            no,
            heard: Mutex::default(),
            may_go_on: Semaphore::new(permits),
        })
    }

    fn heard(&self) -> Vec<u32> {
        self.heard.lock().unwrap().clone()
    }
}

impl Listener for Hears {
    async fn changed(&self, event: Event) -> Result<()> {
        self.noticed(event.no).await
    }

    async fn noticed(&self, no: u32) -> Result<()> {
        self.heard.lock().unwrap().push(no);
        let _permit = self.may_go_on.acquire().await;
        Ok(())
    }

    async fn asked(&self, answer: impl Callback<u32>) -> Result<()> {
        answer.call(self.no).await
    }
}

fn event(no: u32) -> Event {
    Event {
        no,
        ..Event::default()
    }
}

struct Meeting {
    hall: Arc<Hall>,
    serving: Serving,
}

impl Meeting {
    async fn start(over: Over) -> Self {
        let hall = Arc::<Hall>::default();
        let server = Server::builder().service(RoomServer::new(hall.clone()));
        let serving = Serving::start(over, server).await;
        Self { hall, serving }
    }

    fn group(&self) -> &Group<u32, ListenerProxy> {
        &self.hall.0
    }

    /// Connects a client whose listener joins. `compact` is the form in which it wants structs.
    async fn joins(&self, listener: Arc<Hears>, compact: bool) -> Ends {
        let mut limits = Limits::default();
        limits.max_object_calls = 2;
        let client = Client::builder().limits(limits).compact(compact);
        let ends = self.serving.connect(client).await;
        let no = listener.no;
        let room: RoomClient = ends.service();
        room.join(no, listener).await.unwrap();
        ends
    }
}

async fn a_call_reaches_every_member_near_and_far(over: Over) {
    let meeting = Meeting::start(over).await;
    let all: Vec<_> = (0..4).map(Hears::new).collect();
    let mut ends = Vec::new();
    for listener in &all[..3] {
        ends.push(meeting.joins(listener.clone(), false).await);
    }
    let group = meeting.group();
    group.insert(3, ListenerProxy::new(all[3].clone()));

    group.changed(event(1)).await.unwrap();
    for listener in &all {
        assert_eq!(listener.heard(), [1], "it was answered");
    }
    group.noticed(2).await.unwrap();
    for listener in &all {
        until("the one-way call is there", || listener.heard() == [1, 2]).await;
    }
    group.remove(&1);
    group.changed(event(3)).await.unwrap();
    assert_eq!(all[0].heard(), [1, 2, 3]);
    assert_eq!(all[1].heard(), [1, 2]);
    assert!(group.take_failures().is_empty());
}

async fn arguments_are_serialised_once_for_each_form(over: Over) {
    let meeting = Meeting::start(over).await;
    let all: Vec<_> = (0..6).map(Hears::new).collect();
    let mut ends = Vec::new();
    for listener in &all[..3] {
        ends.push(meeting.joins(listener.clone(), false).await);
    }
    let one = event(1);
    meeting.group().changed(one.clone()).await.unwrap();
    assert_eq!(one.serialised.load(SeqCst), 1);

    for listener in &all[3..] {
        ends.push(meeting.joins(listener.clone(), true).await);
    }
    let two = event(2);
    meeting.group().changed(two.clone()).await.unwrap();
    assert_eq!(two.serialised.load(SeqCst), 2);
    assert!(all.iter().all(|listener| listener.heard().contains(&2)));

    let local = Group::new();
    local.insert("near", ListenerProxy::new(all[0].clone()));
    let three = event(3);
    local.changed(three.clone()).await.unwrap();
    assert_eq!(three.serialised.load(SeqCst), 0);
    assert_eq!(all[0].heard(), [1, 2, 3]);
}

async fn callbacks_are_passed_to_every_member(over: Over) {
    let meeting = Meeting::start(over).await;
    let mut ends = Vec::new();
    for no in 0..3 {
        ends.push(meeting.joins(Hears::new(no), false).await);
    }
    meeting.group().insert(3, ListenerProxy::new(Hears::new(3)));
    let answers = Arc::new(Mutex::new(Vec::new()));
    let log = answers.clone();
    let answer = async move |no: u32| {
        log.lock().unwrap().push(no);
        Ok(())
    };
    meeting.group().asked(answer).await.unwrap();
    let mut answers = answers.lock().unwrap().clone();
    answers.sort_unstable();
    assert_eq!(answers, [0, 1, 2, 3]);
    for ends in &ends {
        ends.idle_but(1).await;
    }
}

async fn who_fails_is_told_and_harms_no_other(over: Over) {
    let meeting = Meeting::start(over).await;
    let (one, two) = (Hears::new(1), Hears::new(2));
    let _one = meeting.joins(one.clone(), false).await;
    let group = meeting.group();
    group.insert(7, ListenerProxy::new(Refuses));
    let _two = meeting.joins(two.clone(), false).await;

    group.changed(event(1)).await.unwrap();
    assert_eq!((one.heard(), two.heard()), (vec![1], vec![1]));
    let failure = group.failed().await;
    assert_eq!(
        (failure.key, failure.error.kind()),
        (7, ErrorKind::Application)
    );
    assert!(
        failure.error.to_string().contains("no"),
        "{}",
        failure.error
    );
    assert_eq!(group.len(), 3, "a failure is no reason to leave");
}

struct Refuses;

impl Listener for Refuses {
    async fn changed(&self, _event: Event) -> Result<()> {
        Err(ringback::Error::application("no"))
    }
    async fn noticed(&self, _no: u32) -> Result<()> {
        Ok(())
    }
    async fn asked(&self, _answer: impl Callback<u32>) -> Result<()> {
        Ok(())
    }
}

/// Panics before it waits, after it has waited, or when it is given up.
enum Panics {
    AtOnce,
    Later,
    GivenUp,
}

struct Trap;

impl Drop for Trap {
    fn drop(&mut self) {
        panic!("I can't be given up");
    }
}

impl Listener for Panics {
    async fn changed(&self, _event: Event) -> Result<()> {
        match self {
            Self::AtOnce => {}
            Self::Later => tokio::task::yield_now().await,
            Self::GivenUp => {
                let _trap = Trap;
                std::future::pending().await
            }
        }
        panic!("I don't like it")
    }
    async fn noticed(&self, _no: u32) -> Result<()> {
        Ok(())
    }
    async fn asked(&self, _answer: impl Callback<u32>) -> Result<()> {
        Ok(())
    }
}

async fn who_panics_is_told_and_harms_no_other(over: Over) {
    let meeting = Meeting::start(over).await;
    let slow = Hears::stalled(1);
    let ends = meeting.joins(slow.clone(), false).await;
    let group = meeting.group();
    group.insert(2, ListenerProxy::new(Panics::AtOnce));
    group.insert(3, ListenerProxy::new(Panics::Later));
    let room: RoomClient = ends.service();
    room.join(4, Panics::AtOnce).await.unwrap();

    let call = tokio::spawn({
        let group = group.clone();
        async move { group.changed(event(1)).await }
    });
    let mut panicked = Vec::new();
    for _ in 0..3 {
        let failure = group.failed().await;
        assert_eq!(failure.error.kind(), ErrorKind::Panicked);
        let text = failure.error.to_string();
        assert!(
            text.contains("`Listener.changed`") && text.contains("I don't like it"),
            "{text}"
        );
        panicked.push(failure.key);
    }
    panicked.sort_unstable();
    assert_eq!(panicked, [2, 3, 4]);
    until("the slow one has it", || slow.heard() == [1]).await;
    assert!(!call.is_finished());
    slow.may_go_on.close();
    call.await.unwrap().unwrap();
    assert!(group.take_failures().is_empty(), "it was not given up");
    assert_eq!(group.len(), 4);
}

async fn a_destructor_that_panics_harms_no_other(over: Over) {
    let meeting = Meeting::start(over).await;
    let slow = Hears::stalled(1);
    let ends = meeting.joins(slow.clone(), false).await;
    meeting
        .group()
        .insert(2, ListenerProxy::new(Panics::GivenUp));
    let call = {
        let group = meeting.group().clone();
        Box::pin(async move { group.changed(event(1)).await })
    };
    let heard = Box::pin(until("the slow one has it", || slow.heard() == [1]));
    let Either::Right(((), call)) = select(call, heard).await else {
        panic!("nobody has answered");
    };
    drop(call);
    ends.idle_but(1).await; // the slow one's call was cancelled
}

async fn who_closes_leaves_by_itself(over: Over) {
    let meeting = Meeting::start(over).await;
    let stays = Hears::new(1);
    let _stays = meeting.joins(stays.clone(), false).await;
    let goes = meeting.joins(Hears::new(2), false).await;
    let group = meeting.group();
    let (leased, lease) = ListenerProxy::leased(Hears::new(3));
    group.insert(3, leased);
    assert_eq!(group.keys(), [1, 2, 3]);

    lease.revoke();
    goes.client.close();
    until("both have left", || group.keys() == [1]).await;
    group.changed(event(1)).await.unwrap();
    assert_eq!(stays.heard(), [1]);
}

async fn one_that_stalls_is_waited_for_last(over: Over) {
    let meeting = Meeting::start(over).await;
    let (slow, fast) = (Hears::stalled(1), Hears::new(2));
    let _slow = meeting.joins(slow.clone(), false).await;
    let _fast = meeting.joins(fast.clone(), false).await;
    let group = meeting.group();

    // Its policy is to drop: it holds up nobody, and gets the newest.
    for no in 0..10 {
        group.noticed(no).await.unwrap();
        until("the fast one has it", || fast.heard().last() == Some(&no)).await;
    }
    let slow_one = group.get(&1).unwrap();
    assert_eq!(slow_one.dropped(), 7);

    // A call that is answered waits for it, but the other one has it before.
    let both = group.changed(event(10));
    let meanwhile = async {
        until("the fast one has it", || fast.heard().last() == Some(&10)).await;
        assert!(!slow.heard().contains(&10));
        slow.may_go_on.close();
    };
    join(async { both.await.unwrap() }, meanwhile).await;
    assert_eq!(slow.heard(), [0, 1, 9, 10]);
}

async fn a_group_is_a_member_and_a_callback_itself(over: Over) {
    let inner = Group::new();
    let all: Vec<_> = (0..3).map(Hears::new).collect();
    for (no, listener) in all.iter().enumerate() {
        inner.insert(no, ListenerProxy::new(listener.clone()));
    }
    // A group at the client, which the server calls as one.
    let meeting = Meeting::start(over).await;
    let ends = meeting.serving.connect(Client::builder()).await;
    ends.service::<RoomClient>().join(0, inner).await.unwrap();
    meeting.group().changed(event(5)).await.unwrap();
    for listener in &all {
        assert_eq!(listener.heard(), [5]);
    }
    assert_eq!(meeting.group().len(), 1);
}

/// An error of its own, through an alias.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Refusal {
    Full,
    Call(String),
}

impl From<ringback::Error> for Refusal {
    fn from(error: ringback::Error) -> Self {
        Self::Call(error.to_string())
    }
}

type Done = std::result::Result<(), Refusal>;

#[service(group)]
trait Door {
    async fn open(&self, key: String) -> Done;
    async fn knock(&self) -> Done {
        self.open("knock".to_owned()).await
    }
}

/// Takes a closure, an object, a proxy, an `Arc` or a group.
async fn opens(door: &impl Door) -> Done {
    door.open("key".to_owned()).await?;
    door.knock().await
}

async fn errors_of_ones_own_and_default_methods_work_as_well(_over: Over) {
    let opened = Arc::new(AtomicUsize::new(0));
    let count = opened.clone();
    let door = async move |key: String| {
        count.fetch_add(key.len(), SeqCst);
        Ok(())
    };
    let full = async |_key: String| Err(Refusal::Full);
    let group = Group::<&str, DoorProxy>::new();
    opens(&group).await.unwrap();
    group.insert("closure", DoorProxy::new(door.clone()));
    group.insert("arc", DoorProxy::new(Arc::new(door.clone())));
    group.insert("full", DoorProxy::new(full));
    opens(&door).await.unwrap();
    opens(&Arc::new(door)).await.unwrap();
    assert_eq!(opens(&full).await, Err(Refusal::Full));
    assert_eq!(opened.swap(0, SeqCst), 2 * (3 + 5));

    opens(&group).await.unwrap();
    assert_eq!(opened.load(SeqCst), 2 * (3 + 5));
    let failures = group.take_failures();
    assert_eq!(failures.len(), 2);
    assert!(failures.iter().all(|failure| failure.key == "full"));
}
