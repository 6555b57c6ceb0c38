//! The service that all clients share: it keeps their objects in slots and calls them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ringback::{Error, Result, service};

use crate::ear::{Counted, Ear, EarProxy, MEANT, nest};
use crate::ledger::Ledger;

/// What all clients call.
#[service]
pub trait Hub {
    /// Keeps an object, once it has told its number.
    async fn register(&self, slot: u8, #[callback] ear: impl Ear) -> Result<u64>;
    /// Keeps an object.
    #[oneway]
    async fn leave(&self, slot: u8, #[callback] ear: impl Ear) -> Result<()>;
    /// Lets go of exactly that object.
    async fn unregister(&self, slot: u8, #[callback] ear: impl Ear) -> Result<bool>;
    /// Lets go of what is in a slot.
    async fn forget(&self, slot: u8) -> Result<()>;
    /// Gives what is in a slot.
    async fn fetch(&self, slot: u8) -> Result<Option<EarProxy>>;
    /// Asks what is in a slot for its number.
    async fn poke(&self, slot: u8, millis: u64) -> Result<Option<u64>>;
    /// Makes what is in a slot panic.
    async fn provoke(&self, slot: u8) -> Result<()>;
    /// Sends so many events to what is in a slot.
    async fn burst(&self, slot: u8, events: u64) -> Result<()>;
    /// Never answers.
    async fn hang(&self, #[callback] ear: impl Ear) -> Result<()>;
    /// Panics.
    async fn boom(&self) -> Result<()>;
    /// Fails, whatever it was given.
    async fn refuse(&self, #[callback] ears: Vec<impl Ear>) -> Result<()>;
    /// Calls back and forth.
    async fn nest(&self, depth: u32, #[callback] ear: impl Ear) -> Result<u32>;
}

/// The hub's number as an owner of objects.
pub const HUB: usize = usize::MAX;

/// The hub.
pub struct Keeper {
    pub slots: Mutex<BTreeMap<u8, EarProxy>>,
    ledger: Arc<Ledger>,
}

impl Keeper {
    pub fn new(ledger: &Arc<Ledger>) -> Self {
        Self {
            slots: Mutex::default(),
            ledger: Arc::clone(ledger),
        }
    }

    fn put(&self, slot: u8, ear: EarProxy) {
        let replaced = self.slots.lock().unwrap().insert(slot, ear);
        drop(replaced);
    }

    /// Takes out whatever `is_meant` says.
    pub fn let_go(&self, is_meant: impl Fn(u8, &EarProxy) -> bool) -> usize {
        let slots = &mut *self.slots.lock().unwrap();
        let gone: Vec<_> = slots
            .extract_if(.., |slot, ear| is_meant(*slot, ear))
            .collect();
        gone.len()
    }

    fn get(&self, slot: u8) -> Option<EarProxy> {
        self.slots.lock().unwrap().get(&slot).cloned()
    }
}

impl Hub for Keeper {
    async fn register(&self, slot: u8, ear: impl Ear) -> Result<u64> {
        let ear = EarProxy::new(ear);
        let number = ear.number().await?;
        self.put(slot, ear);
        Ok(number)
    }

    async fn leave(&self, slot: u8, ear: impl Ear) -> Result<()> {
        self.put(slot, EarProxy::new(ear));
        Ok(())
    }

    async fn unregister(&self, slot: u8, ear: impl Ear) -> Result<bool> {
        let ear = EarProxy::new(ear);
        Ok(self.let_go(|other, kept| other == slot && *kept == ear) == 1)
    }

    async fn forget(&self, slot: u8) -> Result<()> {
        self.let_go(|other, _| other == slot);
        Ok(())
    }

    async fn fetch(&self, slot: u8) -> Result<Option<EarProxy>> {
        Ok(self.get(slot))
    }

    async fn poke(&self, slot: u8, millis: u64) -> Result<Option<u64>> {
        match self.get(slot) {
            Some(ear) if millis > 0 => ear.number_slowly(millis).await.map(Some),
            Some(ear) => ear.number().await.map(Some),
            None => Ok(None),
        }
    }

    async fn provoke(&self, slot: u8) -> Result<()> {
        match self.get(slot) {
            Some(ear) => ear.boom().await,
            None => Ok(()),
        }
    }

    async fn burst(&self, slot: u8, events: u64) -> Result<()> {
        let Some(ear) = self.get(slot) else {
            return Ok(());
        };
        let sender = self.ledger.sender();
        for event in 1..=events {
            ear.event(sender, event).await?;
        }
        Ok(())
    }

    async fn hang(&self, ear: impl Ear) -> Result<()> {
        let _held = EarProxy::new(ear);
        std::future::pending().await
    }

    async fn boom(&self) -> Result<()> {
        self.ledger.tally.panics.add();
        panic!("{MEANT}");
    }

    async fn refuse(&self, ears: Vec<impl Ear>) -> Result<()> {
        Err(Error::application(format_args!(
            "{} objects are refused",
            ears.len()
        )))
    }

    async fn nest(&self, depth: u32, ear: impl Ear) -> Result<u32> {
        let own = EarProxy::new(Counted::new(HUB, &self.ledger));
        nest(depth, EarProxy::new(ear), own).await
    }
}
