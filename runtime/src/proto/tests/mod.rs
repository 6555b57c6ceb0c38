//! Both ends of a session against each other, with a virtual clock and no transport but byte buffers.
//!
//! | file | what it is for |
//! |---|---|
//! | `attached` | what the tests attach to a connection, and a ledger of what became of it |
//! | `outgoing` | calls that a test is about to make |
//! | `end` | one end: a connection and what a session does around it |
//! | `pair` | two ends, the bytes between them, and the clock |
//! | `cable` | a pair whose connection breaks, and that goes on over another one |
//! | `frames` | bytes in words |
//! | `stranger` | a peer that sends whatever the test says |
//! | `world`, `steps` | a pair on which anything is done at any time |
//!
//! The other files are the tests, one theme a file.

mod attached;
mod cable;
mod end;
mod frames;
mod outgoing;
mod pair;
mod steps;
mod stranger;
mod world;

mod at_once;
mod carried;
mod chunking;
mod credit;
mod ending;
mod goaway;
mod greedy;
mod handshake;
mod heartbeat;
mod hostile;
mod interleaving;
mod leaving;
mod lines;
mod overflow;
mod reentry;
mod release;
mod resumed;
mod resuming;
mod revocation;
mod told;
mod undoing;
mod written;
