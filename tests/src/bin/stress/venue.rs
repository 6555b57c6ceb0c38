//! The service by which clients become members of groups, and have these called.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringback::{ErrorKind, Group, Result, context, service};
use tokio::task::JoinSet;

use crate::ear::{Ear, EarProxy};
use crate::fan::{Fan, FanProxy, Follower, Mood};
use crate::hall::{Hall, Kind, Member};
use crate::hub::HUB;
use crate::ledger::Ledger;

/// How many halls there are: one whose members stay when they fail, and one whose do not.
pub const HALLS: u8 = 2;

/// What clients call. Members tell their objects' numbers.
#[service]
pub trait Venue {
    /// Enters a hall; false if the object is there under another key.
    async fn join(&self, at: (u8, u8), number: u64, #[callback] fan: impl Fan) -> Result<bool>;
    /// The same, for who need not hear all one-way casts.
    async fn join_for_the_latest(
        &self,
        at: (u8, u8),
        number: u64,
        #[callback(overflow = "latest")] fan: impl Fan,
    ) -> Result<bool>;
    /// The same, for who is closed when it does not keep up.
    async fn join_or_close(
        &self,
        at: (u8, u8),
        number: u64,
        #[callback(overflow = "close")] fan: impl Fan,
    ) -> Result<bool>;
    /// Leaves a hall, if it is there under that key.
    async fn quit(&self, at: (u8, u8), number: u64, #[callback] fan: impl Fan) -> Result<bool>;
    /// Has whoever is under that key leave.
    async fn expel(&self, at: (u8, u8)) -> Result<bool>;
    /// Lets an object of the hub's own in.
    async fn plant(&self, at: (u8, u8), mood: u8) -> Result<bool>;
    /// Makes a cast, and gives it up after so many microseconds.
    async fn cast(&self, hall: u8, method: u8, patience: Option<u64>) -> Result<()>;
    /// Adds an object to those that are asked.
    async fn gather(&self, key: u8, number: u64, #[callback] ear: impl Ear) -> Result<()>;
    /// Asks all of them, until so many have answered; tells how many did.
    async fn ask_all(&self, answers: usize, millis: u64) -> Result<usize>;
}

/// The halls, and those who are asked.
pub struct House {
    pub halls: Vec<Arc<Hall>>,
    ears: Group<u8, EarProxy>,
    /// The objects' numbers. Held when the group changes or is asked.
    numbers: Mutex<BTreeMap<u8, u64>>,
    ledger: Arc<Ledger>,
}

impl House {
    pub fn new(is_tight: bool, ledger: &Arc<Ledger>) -> Self {
        let halls = (0..HALLS).map(|number| Hall::new(number, number == 1, is_tight, ledger));
        Self {
            halls: halls.collect(),
            ears: Group::new(),
            numbers: Mutex::default(),
            ledger: Arc::clone(ledger),
        }
    }

    /// The objects that are held.
    pub fn objects(&self) -> BTreeSet<u64> {
        let mut objects: BTreeSet<_> = self.halls.iter().flat_map(|hall| hall.objects()).collect();
        let numbers = self.numbers.lock().unwrap();
        objects.extend(self.ears.keys().iter().filter_map(|key| numbers.get(key)));
        objects
    }

    /// Lets everybody go.
    pub fn empty(&self) {
        self.halls.iter().for_each(|hall| hall.empty());
        for key in self.ears.keys() {
            self.ears.remove(&key);
        }
    }

    /// What is not as it must be when nothing is under way any more.
    pub fn wrong(&self) -> Option<String> {
        for failure in self.ears.take_failures() {
            let kind = failure.error.kind();
            if !matches!(kind, ErrorKind::Closed | ErrorKind::Revoked) {
                self.ledger
                    .fail(format!("one who is asked left: {:?}", failure.error));
            }
        }
        self.halls.iter().find_map(|hall| hall.wrong())
    }

    fn let_in(
        &self,
        (hall, key): (u8, u8),
        object: u64,
        wants_latest: bool,
        fan: FanProxy,
    ) -> bool {
        let member = Member {
            key,
            object,
            session: context().session(),
            wants_latest,
        };
        self.halls[usize::from(hall)].join(member, fan)
    }
}

impl Venue for House {
    async fn join(&self, at: (u8, u8), number: u64, fan: impl Fan) -> Result<bool> {
        Ok(self.let_in(at, number, false, FanProxy::new(fan)))
    }

    async fn join_for_the_latest(&self, at: (u8, u8), number: u64, fan: impl Fan) -> Result<bool> {
        Ok(self.let_in(at, number, true, FanProxy::new(fan)))
    }

    async fn join_or_close(&self, at: (u8, u8), number: u64, fan: impl Fan) -> Result<bool> {
        self.ledger.casts.may_close(number);
        Ok(self.let_in(at, number, false, FanProxy::new(fan)))
    }

    async fn quit(&self, (hall, key): (u8, u8), number: u64, fan: impl Fan) -> Result<bool> {
        Ok(self.halls[usize::from(hall)].quit(key, number, &FanProxy::new(fan)))
    }

    async fn expel(&self, (hall, key): (u8, u8)) -> Result<bool> {
        Ok(self.halls[usize::from(hall)].expel(key))
    }

    async fn plant(&self, (hall, key): (u8, u8), mood: u8) -> Result<bool> {
        let fan = Follower::new(HUB, Mood::of(mood), &self.ledger);
        let member = Member {
            key,
            object: fan.number,
            session: None,
            wants_latest: false,
        };
        Ok(self.halls[usize::from(hall)].join(member, FanProxy::new(fan)))
    }

    async fn cast(&self, hall: u8, method: u8, patience: Option<u64>) -> Result<()> {
        let kind = [Kind::Told, Kind::Event, Kind::Met][usize::from(method % 3)];
        let hall = Arc::clone(&self.halls[usize::from(hall)]);
        // A task of its own, for a handler's calls may overtake those of others. Dropped with it.
        let mut task = JoinSet::new();
        task.spawn(hall.cast(kind, patience.map(Duration::from_micros)));
        task.join_next()
            .await
            .expect("one task")
            .expect("it does not panic");
        Ok(())
    }

    async fn gather(&self, key: u8, number: u64, ear: impl Ear) -> Result<()> {
        let mut numbers = self.numbers.lock().unwrap();
        numbers.insert(key, number);
        let replaced = self.ears.insert(key, EarProxy::new(ear));
        drop(numbers);
        drop(replaced);
        Ok(())
    }

    async fn ask_all(&self, answers: usize, millis: u64) -> Result<usize> {
        let question = async move |ear: EarProxy| ear.number_slowly(millis).await;
        let (mut asked, mut numbers) = {
            let numbers = self.numbers.lock().unwrap();
            (self.ears.ask(question), numbers.clone())
        };
        let mut answered = 0;
        while answered < answers
            && let Some((key, answer)) = asked.next().await
        {
            answered += 1;
            let number = numbers.remove(&key);
            match answer {
                Ok(told) if Some(told) == number => {}
                Err(error) if matches!(error.kind(), ErrorKind::Closed | ErrorKind::Revoked) => {}
                answer => {
                    let failure = format!("asked object {number:?}, and was told {answer:?}");
                    self.ledger.fail(failure);
                }
            }
        }
        self.ledger.tally.asks.add();
        if !asked.is_empty() {
            self.ledger.tally.asks_given_up.add();
        }
        Ok(answered)
    }
}
