//! A scene with three guests: they talk, one leaves and comes back, and one vanishes.

use ringback::{Client, Result};
use tokio::sync::mpsc;

use crate::service::{Chat, ChatClient, Line, Room, RoomProxy};

/// Plays it.
///
/// # Errors
/// If the curtain falls too early.
pub async fn play() -> Result<()> {
    let server = crate::server().bind("127.0.0.1:0").await?;
    let address = server.local_addr().to_string();
    tokio::spawn(server.run());

    let mut ann = Actor::enter(&address, "Ann").await?;
    let ben = Actor::enter(&address, "Ben").await?;
    ann.hears("Ben: (enters)").await;
    ben.seat.say("hello, Ann".into()).await?;
    ann.hears("Ben: hello, Ann").await;

    let cleo = Actor::enter(&address, "Cleo").await?;
    ann.hears("Cleo: (enters)").await;
    println!("   in here: {}", ann.seat.names().await?.join(", "));

    drop(ben.seat); // that is all it takes to leave
    ann.hears("Ben: (leaves)").await;
    let ben = Actor::enter(&address, "Ben").await?;
    ann.hears("Ben: (enters)").await;

    cleo.client.close(); // as if the cable had been pulled
    ann.hears("Cleo: (is gone)").await;
    ben.seat.say("just the two of us".into()).await?;
    ann.hears("Ben: just the two of us").await;
    println!("   in here: {}", ann.seat.names().await?.join(", "));
    Ok(())
}

/// A guest who does as told.
struct Actor {
    name: &'static str,
    client: Client,
    seat: RoomProxy,
    lines: mpsc::UnboundedReceiver<String>,
}

impl Actor {
    async fn enter(address: &str, name: &'static str) -> Result<Self> {
        let client = Client::builder().connect(address).await?;
        let (hear, lines) = mpsc::unbounded_channel();
        let guest = async move |line: Line| {
            hear.send(format!("{}: {}", line.name, line.text)).ok();
            Ok(())
        };
        let chat: ChatClient = client.service();
        let seat = chat.enter("lobby".into(), name.into(), guest).await?;
        Ok(Self {
            name,
            client,
            seat,
            lines,
        })
    }

    /// Waits for a line, and prints what is heard.
    async fn hears(&mut self, awaited: &str) {
        while let Some(line) = self.lines.recv().await {
            println!("{:>5} hears  {line}", self.name);
            if line == awaited {
                return;
            }
        }
        panic!("{} never hears {awaited:?}", self.name);
    }
}
