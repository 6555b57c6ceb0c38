//! A way to a server over TCP that can be closed, and opened again at the same address.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Carries connections to a server. While it is closed, nobody listens at its address.
#[derive(Debug)]
pub struct Road {
    address: SocketAddr,
    to: SocketAddr,
    carries: JoinSet<()>,
}

impl Road {
    /// A new one, which is open.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn to(to: SocketAddr) -> Self {
        let mut road = Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            to,
            carries: JoinSet::new(),
        };
        road.open().await;
        road
    }

    /// Where it begins.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Opens it again.
    ///
    /// # Panics
    /// If somebody else has taken its port.
    pub async fn open(&mut self) {
        let listener = TcpListener::bind(self.address).await.expect("its port");
        self.address = listener.local_addr().expect("an address");
        let to = self.to;
        self.carries.spawn(async move {
            let mut all = JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                all.spawn(async move {
                    let Ok(mut far) = TcpStream::connect(to).await else {
                        return;
                    };
                    let _ = near.set_nodelay(true).and(far.set_nodelay(true));
                    // Either end may break it.
                    let _ = copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
    }

    /// Breaks its connections, and takes no others.
    pub async fn close(&mut self) {
        self.carries.shutdown().await;
    }
}
