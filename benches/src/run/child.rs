//! One run of a case: a server's process, and a client's that talks to it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::cases::{Case, Figure};
use crate::measure::{callgrind, strace};
use crate::serve::Addresses;

/// How both processes are run.
#[derive(Clone, Default)]
pub(crate) struct Manner {
    pub(crate) tool: Tool,
    pub(crate) pin: Vec<usize>,
    pub(crate) one_thread: bool,
    pub(crate) counting: bool,
    pub(crate) quick: bool,
    pub(crate) times: Option<u64>,
}

/// What watches both processes.
#[derive(Clone, Default)]
pub(crate) enum Tool {
    #[default]
    Nothing,
    /// Leaves profiles in that folder, `server` and `client`.
    Callgrind(PathBuf),
    /// Leaves tables there.
    Strace(PathBuf),
}

/// The two ends, by the names of their profiles and tables.
pub(crate) const ENDS: [&str; 2] = ["client", "server"];

impl Manner {
    fn command(&self, end: &str) -> Result<Command, String> {
        let program = std::env::current_exe().map_err(|why| why.to_string())?;
        let mut command = match &self.tool {
            Tool::Nothing => Command::new(&program),
            Tool::Callgrind(folder) => callgrind::command(&program, &folder.join(end)),
            Tool::Strace(folder) => strace::command(&program, &folder.join(end)),
        };
        if !self.pin.is_empty() {
            let processors: Vec<_> = self.pin.iter().map(usize::to_string).collect();
            command.args(["--pin", &processors.join(",")]);
        }
        for (is_on, flag) in [
            (self.one_thread, "--one-thread"),
            (self.counting, "--counting"),
            (self.quick, "--quick"),
        ] {
            if is_on {
                command.arg(flag);
            }
        }
        if let Some(times) = self.times {
            command.args(["--times", &times.to_string()]);
        }
        Ok(command)
    }
}

/// Runs a case with a peer, and gives what the client printed.
pub(crate) fn run(case: Case, peer: &str, manner: &Manner) -> Result<Vec<Figure>, String> {
    let describe = |why: String| format!("{} with {peer}: {why}", case.name());
    let server = Server::start(peer, manner).map_err(describe)?;
    let figures = drive(case, peer, server.addresses, manner).map_err(describe);
    let ended = server.end().map_err(describe);
    let figures = figures?;
    ended?;
    Ok(figures)
}

struct Server {
    child: Child,
    /// Closing it ends the server.
    input: Option<ChildStdin>,
    addresses: Addresses,
}

impl Server {
    fn start(peer: &str, manner: &Manner) -> Result<Self, String> {
        let mut child = manner
            .command("server")?
            .args(["serve", peer])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|why| format!("the server did not start: {why}"))?;
        let input = child.stdin.take();
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            let _ = BufReader::new(output).read_line(&mut line);
        }
        let addresses = serde_json::from_str(&line)
            .map_err(|why| format!("the server said {line:?}: {why}"))?;
        Ok(Self {
            child,
            input,
            addresses,
        })
    }

    fn end(mut self) -> Result<(), String> {
        drop(self.input.take());
        let status = self.child.wait().map_err(|why| why.to_string())?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("the server ended with {status}"))
        }
    }
}

fn drive(case: Case, peer: &str, at: Addresses, manner: &Manner) -> Result<Vec<Figure>, String> {
    let mut child = manner
        .command("client")?
        .args(["drive", case.name(), peer])
        .args([at.service, at.control].map(|address| address.to_string()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|why| format!("the client did not start: {why}"))?;
    let mut printed = String::new();
    if let Some(mut output) = child.stdout.take() {
        output
            .read_to_string(&mut printed)
            .map_err(|why| why.to_string())?;
    }
    let status = child.wait().map_err(|why| why.to_string())?;
    if !status.success() {
        return Err(format!("the client ended with {status}"));
    }
    let figures: Result<_, _> = printed.lines().map(serde_json::from_str).collect();
    figures.map_err(|why| format!("the client said {printed:?}: {why}"))
}

/// A folder for the files of one run, gone with it.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("ringback-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|why| why.to_string())?;
        Ok(Self(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
