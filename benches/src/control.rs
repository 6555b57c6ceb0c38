//! The server answers questions about itself at a port of its own, on a thread of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use serde::{Deserialize, Serialize};

use crate::measure::{Usage, failures};

/// The state of a server.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) usage: Usage,
    /// See [`failures::noted`].
    pub(crate) failed: u64,
    pub(crate) last_failed: u64,
}

/// Answers, until the process ends. Gives the address.
pub(crate) fn answer() -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = converse(stream);
        }
    });
    Ok(address)
}

fn converse(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let questions = BufReader::new(stream.try_clone()?);
    for question in questions.lines() {
        question?;
        let (failed, last_failed) = failures::noted();
        let state = State {
            usage: Usage::now(),
            failed,
            last_failed,
        };
        let mut line = serde_json::to_vec(&state)?;
        line.push(b'\n');
        stream.write_all(&line)?;
    }
    Ok(())
}

/// The asking end.
pub(crate) struct Control {
    answers: BufReader<TcpStream>,
}

impl Control {
    /// Connects to a server's port for questions.
    pub(crate) fn connect(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            answers: BufReader::new(stream),
        })
    }

    /// The server's state now. Waits for it without the runtime: nothing is measured meanwhile.
    pub(crate) fn state(&mut self) -> std::io::Result<State> {
        self.answers.get_mut().write_all(b"\n")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }
}
