//! What the tests of Ringback share.
