//! The examples of Ringback are in `examples/`: each is a program, and each of its files one idea.
//!
//! - `listener`: a provider that calls its consumers back.
