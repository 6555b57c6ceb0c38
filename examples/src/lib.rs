//! The examples of Ringback are in `examples/`: each is a program, and each of its files one idea.
//!
//! - `listener`: a provider that calls its consumers back. The first one to read.
//! - `progress`: a plain closure as a progress callback, drawn as a bar.
//! - `approval`: a long job that asks for approval in mid-call, one approver or the first of several,
//!   with a deadline and with a customer who leaves.
//! - `chat`: rooms that are groups of callbacks, with guests who leave, return and vanish.
