//! A transport inside one process, for tests and for parts of a program that may move apart later.

use tokio::io::DuplexStream;

/// How many bytes may be under way in each direction.
const CAPACITY: usize = 256 << 10;

/// Two ends, joined: what one writes the other reads. Dropping one closes both. Which one is given to
/// the server makes no difference.
///
/// ```
/// use ringback::{Client, Result, Server, service, transport::memory};
///
/// #[service]
/// trait Sums {
///     async fn sum(&self, numbers: Vec<u64>) -> Result<u64>;
/// }
/// struct Adder;
/// impl Sums for Adder {
///     async fn sum(&self, numbers: Vec<u64>) -> Result<u64> {
///         Ok(numbers.iter().sum())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let (here, there) = memory::pair();
/// let server = Server::builder().service(SumsServer::new(Adder));
/// let (server, client) = tokio::join!(server.serve_io(there), Client::builder().connect_io(here));
/// let sums = client?.service::<SumsClient>();
/// assert_eq!(sums.sum(vec![1, 2, 3]).await?, 6);
/// # drop(server);
/// # Ok(())
/// # }
/// ```
pub fn pair() -> (DuplexStream, DuplexStream) {
    tokio::io::duplex(CAPACITY)
}
