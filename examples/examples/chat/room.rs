//! The server: rooms, each of which is a group of guests.

use std::collections::HashMap;
use std::sync::Mutex;

use ringback::{Error, Group, Result};

use crate::service::{Chat, Guest, GuestProxy, Line, Room, RoomProxy};

type Guests = Group<String, GuestProxy>;

/// All rooms.
#[derive(Default)]
pub struct House {
    rooms: Mutex<HashMap<String, Guests>>,
}

impl Chat for House {
    async fn enter(&self, room: String, name: String, guest: impl Guest) -> Result<RoomProxy> {
        let guests = self.room(room);
        if guests.contains_key(&name) {
            return Err(Error::application(format!("{name} is in there already")));
        }
        guests.insert(name.clone(), GuestProxy::new(guest));
        let seat = Seat { guests, name };
        seat.tell("enters").await?;
        Ok(RoomProxy::new(seat))
    }
}

impl House {
    fn room(&self, name: String) -> Guests {
        let mut rooms = self.rooms.lock().unwrap();
        rooms.entry(name).or_insert_with(watched).clone()
    }
}

/// A room that tells those who stay of everyone who vanishes.
fn watched() -> Guests {
    let guests = Guests::new();
    let room = guests.clone();
    tokio::spawn(async move {
        loop {
            let gone = room.failed().await;
            let line = Line {
                name: gone.key,
                text: "(is gone)".into(),
            };
            // It fails only for a line that cannot be written.
            let _ = room.said(line).await;
        }
    });
    guests
}

/// One guest's place in a room. The guest holds it; when it is dropped, there or with the connection,
/// the guest has left.
struct Seat {
    guests: Guests,
    name: String,
}

impl Seat {
    async fn tell(&self, what: &str) -> Result<()> {
        let line = Line {
            name: self.name.clone(),
            text: format!("({what})"),
        };
        self.guests.said(line).await
    }
}

impl Room for Seat {
    async fn say(&self, text: String) -> Result<()> {
        let name = self.name.clone();
        self.guests.said(Line { name, text }).await
    }

    async fn names(&self) -> Result<Vec<String>> {
        Ok(self.guests.keys())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if self.guests.remove(&self.name).is_some() {
            let (guests, name) = (self.guests.clone(), self.name.clone());
            let text = "(leaves)".into();
            tokio::spawn(async move { guests.said(Line { name, text }).await });
        }
    }
}
