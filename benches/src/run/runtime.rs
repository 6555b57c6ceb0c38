//! What the server's and the client's process run on.

use tokio::runtime::Builder;
use tokio::task::LocalSet;

use crate::command::Process;
use crate::measure::{allocations, process};
use crate::peers::{Outcome, Peer, Threads};

/// Makes the runtime that the peer wants, and runs `work` on it.
pub(crate) fn block_on<P: Peer, F: Future>(options: &Process, work: F) -> Outcome<F::Output> {
    if !options.pin.is_empty() {
        process::pin(&options.pin)?;
    }
    if options.counting {
        allocations::start();
    }
    if P::THREADS == Threads::One {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        return Ok(LocalSet::new().block_on(&runtime, work));
    }
    let mut builder = if options.one_thread {
        Builder::new_current_thread()
    } else {
        Builder::new_multi_thread()
    };
    Ok(builder.enable_all().build()?.block_on(work))
}
