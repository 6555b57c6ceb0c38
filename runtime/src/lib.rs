//! Typed RPC in which the server calls you back.
