//! The client is killed while the server waits for its answers: how long until the server has failed
//! them all.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use super::{Case, Setting};
use crate::measure::process::monotonic;
use crate::peers::{Client, Outcome, Peer, Sink, Stop};

/// Calls in flight.
const CALLS: u64 = 1000;
/// Who has not noticed by then does not. Over QUIC nobody says that a process is gone: it is silent for
/// half a minute.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) async fn drive<P: Peer>(setting: &mut Setting) -> Outcome<()> {
    let mut victim = Command::new(std::env::current_exe()?)
        .args(["drive", Case::Victim.name(), &setting.peer])
        .args([setting.service, setting.control_address()].map(|address| address.to_string()))
        .stdout(Stdio::piped())
        .spawn()?;
    let Some(printed) = victim.stdout.take() else {
        return Err(Stop::Failed("the victim says nothing".to_owned()));
    };
    let mut line = String::new();
    BufReader::new(printed).read_line(&mut line)?;
    if line.trim() != READY {
        victim.wait()?;
        return Err(match line.trim() {
            "" => Stop::Failed("the victim died of itself".to_owned()),
            _ => Stop::Unsupported("cannot have calls of the server in flight"),
        });
    }
    let killed = monotonic();
    victim.kill()?; // by SIGKILL
    victim.wait()?;
    loop {
        let state = setting.server()?;
        if state.failed == CALLS {
            let took = state.last_failed.saturating_sub(killed);
            setting.less("all failed", "ms", took as f64 / 1e6);
            return Ok(());
        }
        if monotonic() - killed > PATIENCE.as_nanos() as u64 {
            return Err(Stop::Failed(format!("{} of {CALLS} failed", state.failed)));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

const READY: &str = "ready";

/// The one that is killed.
pub(super) async fn be_victim<P: Peer>(setting: &mut Setting) -> Outcome<()> {
    let client = P::connect(setting.service).await?;
    let sink = Arc::<Sink>::default();
    sink.expect(CALLS);
    client.hang(CALLS, Arc::clone(&sink)).await?;
    sink.complete().await;
    println!("{READY}");
    std::future::pending().await
}
