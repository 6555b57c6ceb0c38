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
/// ```
/// use ringback::Address;
///
/// assert_eq!(Address::from(("localhost", 20880)), Address::from("localhost:20880"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address(String);

impl Address {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Address {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Address {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&String> for Address {
    fn from(text: &String) -> Self {
        Self(text.clone())
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self(address.to_string())
    }
}

impl From<(&str, u16)> for Address {
    fn from((host, port): (&str, u16)) -> Self {
        if host.contains(':') && !host.starts_with('[') {
            Self(format!("[{host}]:{port}"))
        } else {
            Self(format!("{host}:{port}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_host_gets_its_brackets() {
        assert_eq!(Address::from(("::1", 80)).as_str(), "[::1]:80");
        assert_eq!(
            Address::from("[::1]:80".parse::<SocketAddr>().unwrap()).as_str(),
            "[::1]:80"
        );
    }
}
