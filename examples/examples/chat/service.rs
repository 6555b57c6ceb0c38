//! What servers and guests share.

use ringback::{Result, service};
use serde::{Deserialize, Serialize};

/// What is said in a room.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    pub name: String,
    pub text: String,
}

/// A guest, as the server sees it.
#[service(group)]
pub trait Guest {
    /// Somebody said something.
    #[oneway]
    async fn said(&self, line: Line) -> Result<()>;
}

/// A room, as a guest sees it.
#[service]
pub trait Room {
    /// Says something to all who are in the room.
    async fn say(&self, text: String) -> Result<()>;
    /// Who is in the room.
    async fn names(&self) -> Result<Vec<String>>;
}

/// The server.
#[service]
pub trait Chat {
    /// Enters a room. As long as the room that is returned is held, the guest is in there.
    ///
    /// A guest who does not keep up misses the oldest lines, and delays nobody.
    async fn enter(
        &self,
        room: String,
        name: String,
        #[callback(overflow = "drop_oldest")] guest: impl Guest,
    ) -> Result<RoomProxy>;
}
