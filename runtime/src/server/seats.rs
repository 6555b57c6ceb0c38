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
    /// Whether there would be one without somebody whose seat is counted at that address.
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
        self.take_or_displace(peer, |_| false)
    }

    /// Takes a seat. If there is none, `displace` may have somebody leave without whom there would be one, and
    /// says whether it did.
    pub(super) fn take_or_displace(
        self: &Arc<Self>,
        peer: SocketAddr,
        displace: impl FnOnce(&NoSeat) -> bool,
    ) -> Result<Seat, NoSeat> {
        let address = self.places.per_address.and_then(|_| counted(peer.ip()));
        let mut table = self.table();
        // Still under the lock: of two who come at once, the second finds what the first one took.
        if let Some(no_seat) = table.no_seat(self.places, address)
            && !displace(&no_seat)
        {
            return Err(no_seat);
        }
        // Whoever finds no seat leaves no entry either.
        if let Some(address) = address {
            *table.by_address.entry(address).or_default() += 1;
        }
        table.taken += 1;
        drop(table);
        Ok(Seat {
            seats: Arc::clone(self),
            address,
        })
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

impl Table {
    fn no_seat(&self, places: Places, address: Option<IpAddr>) -> Option<NoSeat> {
        // The address comes first: one that has all of its own gets none of others, even if the server is full.
        if let (Some(address), Some(most)) = (address, places.per_address)
            && self.by_address.get(&address).copied().unwrap_or_default() >= most
        {
            let why = format!(
                "the server takes at most {most} connections from one address \
                 (max_connections_per_address)"
            );
            let address = Some(address);
            return Some(NoSeat { why, address });
        }
        (self.taken >= places.in_all).then(|| {
            let most = places.in_all;
            let why = format!("the server takes at most {most} connections (max_connections)");
            NoSeat { why, address: None }
        })
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
    fn an_address_that_is_full_gets_no_seat_of_others_when_the_server_is_full_too() {
        let seats = seats(2, Some(1));
        let (_one, other) = (seats.take(peer("1.1.1.1")), seats.take(peer("2.2.2.2")));
        let refused = seats.take(peer("1.1.1.1")).err().unwrap();
        assert!(refused.would_be_free_without(Some(peer("1.1.1.1"))));
        assert!(!refused.would_be_free_without(Some(peer("2.2.2.2"))));
        assert!(!refused.would_be_free_without(None));
        let refused = seats.take(peer("3.3.3.3")).err().unwrap();
        assert!(refused.would_be_free_without(Some(peer("2.2.2.2"))));

        let displaces = |by| {
            let whose = Some(peer("2.2.2.2"));
            seats.take_or_displace(peer(by), |no_seat| no_seat.would_be_free_without(whose))
        };
        assert!(displaces("1.1.1.1").is_err());
        // Of two that come before anybody has left, the second is one too many of its address.
        let third = displaces("3.3.3.3");
        assert!(third.is_ok() && displaces("3.3.3.3").is_err());
        drop((other, third));
        assert_eq!(seats.table().taken, 1);
    }

    #[test]
    fn nobody_is_displaced_while_a_seat_is_free() {
        let seats = seats(1, Some(1));
        let taken = seats.take_or_displace(peer("1.1.1.1"), |_| panic!("there is a seat"));
        assert!(taken.is_ok());
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
