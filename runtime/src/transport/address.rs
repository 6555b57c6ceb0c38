//! Where a server listens and a client connects to.

use std::fmt;
use std::net::SocketAddr;

/// The address of a server: a host (a name or an IP address) and a port.
///
/// Made from text such as `"127.0.0.1:20880"`, `"[::1]:20880"` or `"prices.example.org:20880"`, from
/// a [`SocketAddr`], or from a pair of host and port. It is not looked at before it is used: a text that
/// is no address fails there, with [`Connect`](crate::ErrorKind::Connect). Names are resolved at every
/// connection.
///
/// Several addresses, in an array or a `Vec`, are one, too: a client takes the first that answers, each
/// time that it connects for a new session. (A session that [resumes](crate::ClientBuilder::resume) does so where
/// it is, and nowhere else.) So one with [`on_session`](crate::ClientBuilder::on_session) moves on to the next
/// server when its own leaves. A server listens at the first that can be had.
///
/// ```
/// use ringback::Address;
///
/// assert_eq!(Address::from(("localhost", 20880)), Address::from("localhost:20880"));
///
/// let either = Address::from(["prices-1.example.org:20880", "prices-2.example.org:20880"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address(Vec<String>);

impl Address {
    /// Each of them, as text.
    pub(crate) fn each(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

impl<A: Into<Self>, const N: usize> From<[A; N]> for Address {
    fn from(addresses: [A; N]) -> Self {
        addresses.into_iter().collect()
    }
}

impl<A: Into<Self>> From<Vec<A>> for Address {
    fn from(addresses: Vec<A>) -> Self {
        addresses.into_iter().collect()
    }
}

impl<A: Into<Self>> FromIterator<A> for Address {
    fn from_iter<I: IntoIterator<Item = A>>(addresses: I) -> Self {
        Self(addresses.into_iter().flat_map(|it| it.into().0).collect())
    }
}

impl From<&str> for Address {
    fn from(text: &str) -> Self {
        Self(vec![text.to_owned()])
    }
}

impl From<String> for Address {
    fn from(text: String) -> Self {
        Self(vec![text])
    }
}

impl From<&String> for Address {
    fn from(text: &String) -> Self {
        Self(vec![text.clone()])
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self(vec![address.to_string()])
    }
}

impl From<(&str, u16)> for Address {
    fn from((host, port): (&str, u16)) -> Self {
        if host.contains(':') && !host.starts_with('[') {
            Self(vec![format!("[{host}]:{port}")])
        } else {
            Self(vec![format!("{host}:{port}")])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_host_gets_its_brackets() {
        assert_eq!(Address::from(("::1", 80)).to_string(), "[::1]:80");
        assert_eq!(
            Address::from("[::1]:80".parse::<SocketAddr>().unwrap()).to_string(),
            "[::1]:80"
        );
    }
}
