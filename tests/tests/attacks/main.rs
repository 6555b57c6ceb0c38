//! What hostile peers try. Each attack is repeated while somebody else is being served: it ends with an
//! error that says what it was, or harms nothing; memory stays flat, and the other one's calls are as fast
//! as before.

mod bytes;
mod calls;
mod objects;
mod stage;
mod time;
mod wire;

use std::alloc::System;

use cap::Cap;

/// Counts what is allocated.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);
