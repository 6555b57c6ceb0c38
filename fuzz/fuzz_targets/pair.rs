#![no_main]

use ringback_fuzz::{Pairing, any_pair};

libfuzzer_sys::fuzz_target!(|pairing: Pairing| any_pair(&pairing));
