//! How many connections there are, in all and from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// How many connections a server takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    pub(super) in_all: usize,
    pub(super) per_address: Option<usize>,
}

/// The connections that there are, each in a seat, from its first byte to its last.
pub(super) struct Seats {
    places: Places,
    table: Mutex<Table>,
    left: Notify,
}

#[derive(Default)]
struct Table {
    taken: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Counts a connection until it is dropped.
pub(super) struct Seat {
    seats: Arc<Seats>,
    address: Option<IpAddr>,
}

/// Why there is no seat for a connection.
pub(super) struct NoSeat {
    pub(super) why: String,
    /// The address that has taken all of its own, if it is that.
    address: Option<IpAddr>,
}

impl NoSeat {
    /// Whether there would be one if somebody left who is there.
    pub(super) fn would_be_free_without(&self, peer: Option<SocketAddr>) -> bool {
        self.address.is_none() || self.address == peer.and_then(|peer| counted(peer.ip()))
    }
}

impl Seats {
    pub(super) fn new(places: Places) -> Arc<Self> {
        Arc::new(Self {
            places,
            table: Mutex::default(),
            left: Notify::new(),
        })
    }

    /// Takes a seat, or tells why there is none.
    pub(super) fn take(self: &Arc<Self>, peer: SocketAddr) -> Result<Seat, NoSeat> {
        let address = self.places.per_address.and_then(|_| counted(peer.ip()));
        let mut table = self.table();
        if table.taken >= self.places.in_all {
            let most = self.places.in_all;
            let why = format!("the server takes at most {most} connections (max_connections)");
            let address = None;
            return Err(NoSeat { why, address });
        }
        if let (Some(address), Some(most)) = (address, self.places.per_address) {
            // Whoever finds no seat leaves no entry either.
            let taken = table.by_address.get(&address).copied().unwrap_or_default();
            if taken >= most {
                let why = format!(
                    "the server takes at most {most} connections from one address \
                     (max_connections_per_address)"
                );
                let address = Some(address);
                return Err(NoSeat { why, address });
            }
            table.by_address.insert(address, taken + 1);
        }
        table.taken += 1;
        drop(table);
        Ok(Seat {
            seats: Arc::clone(self),
            address,
        })
    }

    /// Takes the seat of somebody who is about to leave it.
    pub(super) fn take_over(self: &Arc<Self>, peer: SocketAddr) -> Seat {
        let address = self.places.per_address.and_then(|_| counted(peer.ip()));
        let mut table = self.table();
        if let Some(address) = address {
            *table.by_address.entry(address).or_default() += 1;
        }
        table.taken += 1;
        Seat {
            seats: Arc::clone(self),
            address,
        }
    }

    /// Waits until every connection is gone.
    pub(super) async fn all_left(&self) {
        loop {
            let left = self.left.notified();
            tokio::pin!(left);
            left.as_mut().enable();
            if self.table().taken == 0 {
                return;
            }
            left.await;
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut table = self.seats.table();
        table.taken -= 1;
        if let Some(address) = self.address
            && let Some(taken) = table.by_address.get_mut(&address)
        {
            *taken -= 1;
            if *taken == 0 {
                table.by_address.remove(&address);
            }
        }
        let is_last = table.taken == 0;
        drop(table);
        if is_last {
            self.seats.left.notify_waiters();
        }
    }
}

/// What counts as one address: of IPv6 the network, since a host is given 2^64 addresses and may use
/// them all. Transports without addresses give none.
fn counted(ip: IpAddr) -> Option<IpAddr> {
    match ip.to_canonical() {
        ip if ip.is_unspecified() => None,
        IpAddr::V6(ip) if !ip.is_loopback() => {
            let network = ip.to_bits() >> 64 << 64;
            Some(IpAddr::V6(Ipv6Addr::from_bits(network)))
        }
        ip => Some(ip),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(in_all: usize, per_address: Option<usize>) -> Arc<Seats> {
        Seats::new(Places {
            in_all,
            per_address,
        })
    }

    fn peer(address: &str) -> SocketAddr {
        SocketAddr::new(address.parse().unwrap(), 1)
    }

    #[test]
    fn a_seat_is_free_again_when_it_is_left() {
        let seats = seats(2, None);
        let (one, _other) = (seats.take(peer("1.1.1.1")), seats.take(peer("1.1.1.1")));
        let refused = seats.take(peer("2.2.2.2")).err().unwrap().why;
        assert!(refused.contains("max_connections"), "{refused}");
        drop(one);
        assert!(seats.take(peer("2.2.2.2")).is_ok());
    }

    #[test]
    fn an_address_has_a_limit_of_its_own_and_leaves_no_trace() {
        let seats = seats(100, Some(1));
        let one = seats.take(peer("1.1.1.1"));
        for same in ["1.1.1.1", "::ffff:1.1.1.1"] {
            let refused = seats.take(peer(same)).err().unwrap().why;
            assert!(refused.contains("max_connections_per_address"), "{refused}");
        }
        let other = seats.take(peer("2.2.2.2"));
        assert!(other.is_ok());
        drop((one, other));
        let table = seats.table();
        assert!(table.taken == 0 && table.by_address.is_empty());
    }

    #[test]
    fn the_addresses_of_a_host_are_one() {
        let seats = seats(100, Some(1));
        let _one = seats.take(peer("2001:db8::1"));
        assert!(seats.take(peer("2001:db8::2")).is_err());
        assert!(seats.take(peer("2001:db8:0:1::1")).is_ok());
    }

    #[test]
    fn who_has_no_address_is_not_counted_by_it() {
        let seats = seats(100, Some(1));
        let taken: Vec<_> = (0..10).map(|_| seats.take(peer("0.0.0.0"))).collect();
        assert!(taken.iter().all(Result::is_ok));
    }
}
