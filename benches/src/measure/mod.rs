//! What is measured: time (by the cases), the processor's time, memory, allocations, instructions and
//! system calls.

pub(crate) mod allocations;
pub(crate) mod callgrind;
pub(crate) mod failures;
pub(crate) mod process;
pub(crate) mod strace;

use serde::{Deserialize, Serialize};

/// What one process has used up to a moment.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Usage {
    /// Time on processors, in nanoseconds, user and kernel.
    pub(crate) cpu: u64,
    /// Calls of the allocator that may give memory out, since counting began.
    pub(crate) allocations: u64,
    /// Bytes that are allocated and not freed.
    pub(crate) heap: u64,
    /// Bytes that are resident.
    pub(crate) resident: u64,
}

impl Usage {
    /// That of this process.
    pub(crate) fn now() -> Self {
        Self {
            cpu: process::cpu(),
            allocations: allocations::count(),
            heap: allocations::heap(),
            resident: process::resident(),
        }
    }
}
