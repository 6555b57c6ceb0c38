#![no_main]

use ringback_fuzz::{Meeting, any_session};

libfuzzer_sys::fuzz_target!(|meeting: Meeting| any_session(&meeting));
