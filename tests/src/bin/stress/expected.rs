//! What the tables of all sessions have to hold when nothing is under way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ringback::{ErrorKind, Session, Stats};

use crate::client::Client;
use crate::ear::{Ear, EarProxy};
use crate::hub::Keeper;
use crate::ledger::Ledger;
use crate::venue::House;

/// How many objects each client's session has to have: passed to the hub, and got from it.
#[derive(Default)]
pub struct Expected(BTreeMap<usize, (usize, usize)>);

impl Expected {
    /// Asks every proxy that is held for its object.
    pub async fn of(hub: &Keeper, house: &House, clients: &[Arc<Client>], ledger: &Ledger) -> Self {
        let kept: Vec<_> = hub.slots.lock().unwrap().values().cloned().collect();
        let mut of_owner: BTreeMap<usize, BTreeSet<u64>> = BTreeMap::new();
        for ear in kept {
            if let Some(number) = number_of(&ear, ledger).await {
                of_owner
                    .entry(ledger.owner(number))
                    .or_default()
                    .insert(number);
            }
        }
        for number in house.objects() {
            of_owner
                .entry(ledger.owner(number))
                .or_default()
                .insert(number);
        }
        let mut held = BTreeMap::new();
        for client in clients {
            let mut numbers = BTreeSet::new();
            for ear in client.live_proxies() {
                if let Some(number) = number_of(&ear, ledger).await
                    && ledger.owner(number) != client.number
                {
                    numbers.insert(number);
                    of_owner
                        .entry(ledger.owner(number))
                        .or_default()
                        .insert(number);
                }
            }
            held.insert(client.number, numbers.len());
        }
        Self(
            held.into_iter()
                .map(|(client, held)| {
                    (
                        client,
                        (of_owner.get(&client).map_or(0, BTreeSet::len), held),
                    )
                })
                .collect(),
        )
    }

    /// Whether nobody holds anything any more, so that every object is gone.
    pub fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    pub fn wrong(&self, clients: &[Arc<Client>]) -> Option<String> {
        clients.iter().find_map(|client| {
            let (passed, got) = self.0.get(&client.number).copied().unwrap_or_default();
            let connection = client.connection();
            let end = |session: &Session, exported, imported| {
                let stats = session.stats();
                (!is_idle(&stats, exported, imported)).then(|| {
                    format!(
                        "client {}: {stats:?}, not {exported} exported and {imported} imported",
                        client.number
                    )
                })
            };
            end(&connection.client.session(), passed, got)
                .or_else(|| end(&connection.hub_end, got, passed))
        })
    }
}

/// The number of a proxy's object; `None` if that is gone by now, or revoked.
async fn number_of(ear: &EarProxy, ledger: &Ledger) -> Option<u64> {
    match ear.number().await {
        Ok(number) => Some(number),
        Err(error) if matches!(error.kind(), ErrorKind::Closed | ErrorKind::Revoked) => None,
        Err(error) => {
            ledger.fail(format!("a proxy that is held answers {error:?}"));
            None
        }
    }
}

fn is_idle(stats: &Stats, exported: usize, imported: usize) -> bool {
    stats.calls_in_flight == 0
        && stats.calls_served == 0
        && stats.queued_bytes == 0
        && stats.exported == exported
        && stats.imported == imported
}
