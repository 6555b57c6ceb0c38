//! The examples of Ringback are in `examples/`, one file each.
