//! A guest at a terminal.

use ringback::{Error, Result};
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

use crate::service::{Chat, ChatClient, Line, Room};

/// Enters a room, says what is typed, and prints what is said, until the input ends.
pub async fn join(address: &str, room: &str, name: &str) -> Result<()> {
    let chat = ChatClient::connect(address).await?;
    let print = async |line: Line| {
        println!("{}: {}", line.name, line.text);
        Ok(())
    };
    let seat = chat.enter(room.to_owned(), name.to_owned(), print).await?;
    println!("in here: {}", seat.names().await?.join(", "));
    let mut typed = BufReader::new(stdin()).lines();
    loop {
        tokio::select! {
            line = typed.next_line() => match line.map_err(Error::application)? {
                Some(line) => seat.say(line).await?,
                None => return Ok(()), // leaves: the seat is dropped
            },
            error = seat.closed() => return Err(error),
        }
    }
}
