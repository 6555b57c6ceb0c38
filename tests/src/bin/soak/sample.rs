//! What is measured every second.

use std::fs;

use ringback::ServerHandle;
use tokio::runtime::Handle;

use crate::HEAP;

/// The figures of one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// Seconds since the clients began.
    pub at: f64,
    /// Bytes of the process that are in memory.
    pub resident: u64,
    /// Bytes that are allocated.
    pub heap: u64,
    pub descriptors: u64,
    pub server_tasks: u64,
    pub client_tasks: u64,
    pub sessions: u64,
    /// Sums over the server's sessions, as of their `Stats`.
    pub calls_in_flight: u64,
    pub calls_served: u64,
    pub exported: u64,
    pub imported: u64,
    pub queued_bytes: u64,
}

/// Where the figures come from.
pub struct Meter {
    pub server: Handle,
    pub clients: Handle,
}

impl Meter {
    /// The figures, but for those of sessions.
    pub fn read(&self) -> Sample {
        let tasks = |runtime: &Handle| runtime.metrics().num_alive_tasks() as u64;
        Sample {
            resident: resident(),
            heap: HEAP.allocated() as u64,
            descriptors: descriptors(),
            server_tasks: tasks(&self.server),
            client_tasks: tasks(&self.clients),
            ..Sample::default()
        }
    }

    /// All figures.
    pub fn read_with(&self, server: &ServerHandle) -> Sample {
        let mut sample = self.read();
        for session in server.sessions() {
            let stats = session.stats();
            sample.sessions += 1;
            sample.calls_in_flight += stats.calls_in_flight as u64;
            sample.calls_served += stats.calls_served as u64;
            sample.exported += stats.exported as u64;
            sample.imported += stats.imported as u64;
            sample.queued_bytes += stats.queued_bytes as u64;
        }
        sample
    }
}

/// The second figure of this file is the number of pages that are in memory.
fn resident() -> u64 {
    const PAGE: u64 = 4096;
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or_default() * PAGE
}

/// Without the one that reading them takes.
fn descriptors() -> u64 {
    let open = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    (open as u64).saturating_sub(1)
}
