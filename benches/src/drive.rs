//! The client's process: `drive CASE PEER SERVICE CONTROL`. Prints what it measured, a line of JSON for
//! each figure.

use std::io::Write;

use crate::cases::{Case, Figure, Setting};
use crate::command::Drive;
use crate::measure::process;
use crate::peers::{Outcome, Peer, Stop, WithPeer, with_peer};
use crate::run::runtime;

/// Drives one case and prints its figures.
pub(crate) fn run(options: Drive) -> Result<(), String> {
    process::raise_file_limit();
    let name = options.process.peer.clone();
    let driven = with_peer(&name, options)
        .unwrap_or_else(|| Err(Stop::Failed(format!("there is no peer `{name}`"))));
    match driven {
        Ok(()) => Ok(()),
        Err(Stop::Unsupported(why)) => {
            print(&Figure::Unsupported(why.to_owned()));
            Ok(())
        }
        Err(why) => Err(why.to_string()),
    }
}

fn print(figure: &Figure) {
    let line = serde_json::to_string(figure).unwrap_or_default();
    let _ = writeln!(std::io::stdout(), "{line}");
}

impl WithPeer for Drive {
    type Output = Outcome<()>;

    fn run<P: Peer>(self) -> Outcome<()> {
        let mut setting = Setting::new(&self)?;
        let case: Case = self.case;
        runtime::block_on::<P, _>(&self.process, async { case.drive::<P>(&mut setting).await })??;
        setting.figures.iter().for_each(print);
        Ok(())
    }
}
