//! Two floors are large, and have rooms: which of them do not know each other.

use std::collections::BTreeMap;

use super::source::{Named, Source};
use super::{allowed, refused};

/// A folder, and the rooms of its floor of which it imports nothing.
const STRANGERS: [(&str, &str, &[&str]); 8] = [
    ("proto", "tables", &["liveness", "output", "sending"]),
    ("proto", "liveness", &["tables", "output", "sending"]),
    ("proto", "output", &["tables", "liveness", "sending"]),
    ("proto", "sending", &["liveness"]),
    (
        "session",
        "values",
        &["calls", "handlers", "objects", "io", "lifetime", "link"],
    ),
    ("session", "objects", &["io", "lifetime"]),
    ("session", "calls", &["io"]),
    ("session", "handlers", &["calls", "io"]),
];

/// The files of the core that are in no room, and that no room imports: they put the rooms together.
const ABOVE_THE_ROOMS: [&str; 6] = [
    "connection",
    "inbound",
    "handshake",
    "goaway",
    "resume",
    "revoke",
];

/// What these files export by the root of their floor, every room may name: it is what the core is as a whole.
const WHOLE: [&str; 3] = ["connection", "event", "fault"];

/// What is wrong with the rooms of a crate of these files.
pub(crate) fn violations(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for (floor, room, strangers) in STRANGERS {
        let exports = exports(sources, floor);
        let is_stranger = |other: &str| {
            other == "*" || strangers.contains(&other) || ABOVE_THE_ROOMS.contains(&other)
        };
        let inside = sources
            .iter()
            .filter(|source| source.module.starts_with(&[floor.into(), room.into()]));
        for source in inside {
            let led_astray = source.paths.iter().filter(|path| {
                let other = neighbour(path, floor, &exports);
                other.is_some_and(|other| is_stranger(&other))
            });
            let name = &source.name;
            found.extend(led_astray.map(|path| format!("{name}: {path} leads out of `{room}`")));
        }
    }
    found
}

/// What the root of a floor exports, and from which of its rooms.
fn exports(sources: &[Source], floor: &str) -> BTreeMap<String, String> {
    let root = sources.iter().find(|source| source.module == [floor]);
    root.map(|root| root.exports(|_| true)).unwrap_or_default()
}

/// The room of the floor into which the path leads, by its own name or by what the floor exports of it.
fn neighbour(path: &Named, floor: &str, exports: &BTreeMap<String, String>) -> Option<String> {
    let path = path.within_the_crate()?;
    let [first, second, ..] = path.as_slice() else {
        return None;
    };
    if first != floor {
        return None;
    }
    match exports.get(second) {
        Some(room) if WHOLE.contains(&room.as_str()) => None,
        Some(room) => Some(room.clone()),
        None => Some(second.clone()),
    }
}

#[test]
fn rooms_keep_to_themselves() {
    allowed(
        "session/calls/a.rs",
        "use crate::session::handlers::Serving;",
    );
    allowed(
        "session/link/mod.rs",
        "use super::handlers::Lanes; use super::io::Direct;",
    );
    allowed(
        "session/handlers/a.rs",
        "use super::b::C; use crate::session::link::Link;",
    );
    allowed(
        "proto/sending/a.rs",
        "use crate::proto::tables::Line; use crate::proto::Connection;",
    );
    allowed("proto/connection.rs", "use super::sending::NewCall;");
    refused("session/handlers/a.rs", "use crate::session::calls::Call;");
    refused("session/handlers/a.rs", "use super::super::calls::Call;");
    refused(
        "session/handlers/a.rs",
        "fn f(_: crate::session::calls::Call) {}",
    );
    refused("session/values/a.rs", "use crate::session::link::Link;");
    refused(
        "proto/tables/a.rs",
        "use crate::proto::{Host, sending::NewCall};",
    );
    refused("proto/sending/a.rs", "use crate::proto::connection::Phase;");
}

#[test]
fn a_room_is_found_by_what_its_floor_exports() {
    let session = "mod calls; mod handlers; pub use calls::{Call, Encoder};";
    let core =
        "mod event; mod output; mod sending; pub use event::Event; pub use sending::NewCall;";
    let found = |name, text| {
        let files = [
            ("session/mod.rs", session),
            ("proto/mod.rs", core),
            (name, text),
        ];
        let sources = files.map(|(name, text)| Source::read(name, text));
        violations(&sources).len()
    };
    assert_eq!(
        found("session/handlers/a.rs", "use crate::session::Encoder;"),
        1
    );
    assert_eq!(found("session/handlers/a.rs", "use crate::session::*;"), 1);
    assert_eq!(found("proto/output/a.rs", "use crate::proto::NewCall;"), 1);
    assert_eq!(found("proto/output/a.rs", "use crate::proto::Event;"), 0);
}
