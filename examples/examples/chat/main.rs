//! A chat: clients enter rooms, and a room is a group of callbacks.
//!
//! ```text
//! cargo run --example chat                      # a scene with three guests, in one process
//! cargo run --example chat -- serve             # or a server, and in other terminals
//! cargo run --example chat -- join --name Ann   # as many guests as you like: type, and press return
//! ```
//!
//! `room.rs` is all of the server. A guest who closes the terminal leaves by that alone.

#![allow(
    unreachable_pub,
    reason = "in a program, `pub` says what a module offers to the others"
)]

mod guest;
mod room;
mod scene;
mod service;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use ringback::{Result, Server, ServerBuilder};

use crate::room::House;
use crate::service::ChatServer;

/// A chat. Without a command, a scene with three guests is played.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Serves rooms.
    Serve {
        /// Where to listen; port 0 takes a free one.
        #[arg(long, default_value = "127.0.0.1:20881")]
        addr: String,
    },
    /// Enters a room, and says what is typed.
    Join {
        /// Where the server listens.
        #[arg(long, default_value = "127.0.0.1:20881")]
        addr: String,
        /// Which room.
        #[arg(long, default_value = "lobby")]
        room: String,
        /// Your name.
        #[arg(long)]
        name: String,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let ended = match Arguments::parse().role {
        None => scene::play().await,
        Some(Role::Serve { addr }) => serve(&addr).await,
        Some(Role::Join { addr, room, name }) => guest::join(&addr, &room, &name).await,
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(address: &str) -> Result<()> {
    let server = server().bind(address).await?;
    println!("server: listening on {}", server.local_addr());
    server.run().await
}

/// A server with a house of its own.
fn server() -> ServerBuilder {
    Server::builder().service(ChatServer::new(House::default()))
}
