//! The server's process: `serve PEER`. It ends when its standard input does, so that it never outlives
//! who started it.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::thread;

use serde::{Deserialize, Serialize};

use crate::command::Process;
use crate::control;
use crate::measure::process;
use crate::peers::{Outcome, Peer, Stop, WithPeer, with_peer};
use crate::run::runtime;

/// The first and only line that a server prints.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Addresses {
    pub(crate) service: SocketAddr,
    pub(crate) control: SocketAddr,
}

/// Serves until the standard input ends.
pub(crate) fn run(options: Process) -> Result<(), String> {
    process::raise_file_limit();
    thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let control = control::answer().map_err(|why| why.to_string())?;
    let name = options.peer.clone();
    let served = with_peer(&name, Serve { options, control });
    served
        .unwrap_or_else(|| Err(Stop::Failed(format!("there is no peer `{name}`"))))
        .map_err(|why| why.to_string())
}

struct Serve {
    options: Process,
    control: SocketAddr,
}

impl WithPeer for Serve {
    type Output = Outcome<()>;

    fn run<P: Peer>(self) -> Outcome<()> {
        let control = self.control;
        let ready = |service| {
            let addresses = Addresses { service, control };
            let line = serde_json::to_string(&addresses).unwrap_or_default();
            let _ = writeln!(std::io::stdout(), "{line}");
        };
        runtime::block_on::<P, _>(&self.options, P::serve(ready))?
    }
}
