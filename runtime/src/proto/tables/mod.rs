//! What the two ends owe each other: the tables of a connection.
//!
//! | file | what it keeps |
//! |---|---|
//! | `calls` | the requests that this end made and whose response is to come |
//! | `served` | the requests that the peer made and that are being handled |
//! | `exports` | this end's objects that the peer knows |
//! | `imports` | the peer's objects that this end knows |
//! | `numbered` | what these four are: entries by the numbers of requests or objects |
//! | `window` | how much credit the peer uses, and what to tell it |
//! | `credit` | who may send, and who waits in which line |

mod calls;
mod credit;
mod exports;
mod imports;
mod numbered;
mod served;
mod window;

pub(super) use calls::{CallTable, Made, State, Waiting};
pub(super) use credit::{Credit, Line, Right};
pub(super) use exports::ExportTable;
pub(super) use imports::{Closed, ImportTable};
pub(super) use served::{ServedTable, Serving};
#[cfg(test)]
pub(super) use window::Window;
