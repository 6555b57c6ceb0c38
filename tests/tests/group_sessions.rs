//! A group whose members are many to a session, and in many sessions: each gets every call once, in order.

use std::sync::{Arc, Mutex};

use ringback::{Callback, Client, Error, Group, Result, Server, service, transport::memory};
use ringback_tests::until;

const SESSIONS: usize = 3;
/// More than are called in a row, and no multiple of that.
const EACH: usize = 150;
const EVENTS: u32 = 40;

#[service(group)]
trait Member {
    #[oneway]
    async fn event(&self, number: u32) -> Result<()>;
    async fn question(&self, number: u32) -> Result<()>;
    async fn meet(&self, #[callback] other: impl Callback<u32>) -> Result<()>;
}

#[service]
trait Door {
    async fn join(&self, key: u32, #[callback] member: impl Member) -> Result<()>;
}

#[derive(Default)]
struct Hall(Group<u32, MemberProxy>);

impl Door for Hall {
    async fn join(&self, key: u32, member: impl Member) -> Result<()> {
        self.0.insert(key, MemberProxy::new(member));
        Ok(())
    }
}

/// What a member has heard.
#[derive(Default)]
struct Heard(Mutex<Vec<u32>>);

impl Member for Heard {
    async fn event(&self, number: u32) -> Result<()> {
        self.0.lock().unwrap().push(number);
        Ok(())
    }

    /// Answers with an error where that number was heard before.
    async fn question(&self, number: u32) -> Result<()> {
        if self.0.lock().unwrap().contains(&number) {
            return Err(Error::application("twice"));
        }
        self.event(number).await
    }

    async fn meet(&self, other: impl Callback<u32>) -> Result<()> {
        other.call(1).await
    }
}

/// A hall that members of several sessions have joined by turns, and one of the hall's own process.
struct Full {
    hall: Arc<Hall>,
    members: Vec<Arc<Heard>>,
    sessions: Vec<(ringback::Session, Client)>,
}

async fn full() -> Full {
    let hall = Arc::new(Hall::default());
    let server = Server::builder().service(DoorServer::new(Arc::clone(&hall)));
    let mut sessions = Vec::new();
    for _ in 0..SESSIONS {
        let (here, there) = memory::pair();
        let (session, client) =
            tokio::try_join!(server.serve_io(there), Client::builder().connect_io(here)).unwrap();
        sessions.push((session, client));
    }
    let members: Vec<_> = (0..=SESSIONS * EACH)
        .map(|_| Arc::<Heard>::default())
        .collect();
    for (key, member) in members.iter().enumerate() {
        // Some in runs, and some alone between those of others.
        let session = if key < 2 * EACH { key / 100 } else { key } % SESSIONS;
        let member = Arc::clone(member);
        if key == EACH {
            hall.0.insert(key as u32, MemberProxy::new(member));
        } else {
            let door = sessions[session].1.service::<DoorClient>();
            door.join(key as u32, member).await.unwrap();
        }
    }
    assert_eq!(hall.0.len(), SESSIONS * EACH + 1);
    Full {
        hall,
        members,
        sessions,
    }
}

#[tokio::test]
async fn each_member_gets_each_event_once_and_in_order() {
    let full = full().await;
    // More events together than there is credit for, so that some of a row wait.
    let events = (0..EVENTS).map(|number| full.hall.0.event(number));
    for outcome in futures_util::future::join_all(events).await {
        outcome.unwrap();
    }
    let expected: Vec<_> = (0..EVENTS).collect();
    for member in &full.members {
        let heard = || member.0.lock().unwrap().clone();
        until("the last event", || heard().len() >= EVENTS as usize).await;
        assert_eq!(heard(), expected);
    }
    full.hall.0.question(EVENTS).await.unwrap();
    for member in &full.members {
        assert_eq!(member.0.lock().unwrap().last(), Some(&EVENTS));
    }
    assert_eq!(full.hall.0.take_failures().len(), 0);
}

#[tokio::test]
async fn those_that_fail_are_named() {
    let full = full().await;
    let failing = [0, 70, 149, 150, 333, SESSIONS * EACH];
    for key in failing {
        full.members[key].0.lock().unwrap().push(5);
    }
    full.hall.0.question(5).await.unwrap();
    let failures = full.hall.0.take_failures();
    let mut named: Vec<_> = failures.iter().map(|it| it.key as usize).collect();
    named.sort_unstable();
    assert_eq!(named, failing);
}

#[tokio::test]
async fn what_is_passed_to_all_is_passed_to_each() {
    let full = full().await;
    let met = Arc::new(Mutex::new(0));
    let count = Arc::clone(&met);
    full.hall
        .0
        .meet(move |one| {
            let count = Arc::clone(&count);
            async move {
                *count.lock().unwrap() += one;
                Ok(())
            }
        })
        .await
        .unwrap();
    assert_eq!(*met.lock().unwrap(), (SESSIONS * EACH + 1) as u32);
}

#[tokio::test]
async fn a_session_that_is_gone_takes_no_other_along() {
    let full = full().await;
    full.sessions[1].1.close();
    full.sessions[1].0.closed().await;
    full.hall.0.question(7).await.unwrap();
    let asked = |member: &&Arc<Heard>| member.0.lock().unwrap().last() == Some(&7);
    let asked = full.members.iter().filter(asked).count();
    assert_eq!(asked, full.hall.0.len());
    assert!((EACH..full.members.len()).contains(&asked), "{asked}");
}
