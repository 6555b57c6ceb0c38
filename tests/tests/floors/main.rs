//! The floors of the runtime: imports go down only, and the protocol core knows no input, output,
//! clock or task. `docs/ARCHITECTURE.md` draws them.
//!
//! The sources are read as tokens, so comments and strings do not count, and macros do.

mod map;
mod rooms;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use source::{Named, Source};

/// The modules of the crate, from the ground up.
const FLOORS: [&[&str]; 5] = [
    &["error", "id", "codec", "limits"],
    &["frame", "transport"],
    &["proto"],
    &["session"],
    &[
        "client", "server", "config", "callback", "group", "guide", "testing",
    ],
];

/// On this floor no module imports its neighbour.
const SEPARATE: usize = 1;

/// The module that takes bytes and the time, and gives bytes and events.
const CORE: &str = "proto";

/// Words that do not occur in the core.
const NOT_IN_THE_CORE: [&str; 10] = [
    "tokio",
    "futures",
    "transport",
    "async",
    "Arc",
    "Mutex",
    "Waker",
    "AtomicWaker",
    "SystemTime",
    "elapsed",
];

/// Paths that do not occur in the core, nor any that begin so.
const NO_PATHS_OF_THE_CORE: [&[&str]; 8] = [
    &["Instant", "now"],
    &["std", "time", "Instant", "now"],
    &["std", "fs"],
    &["std", "io"],
    &["std", "net"],
    &["std", "sync"],
    &["std", "task"],
    &["std", "thread"],
];

#[test]
fn the_runtime_keeps_to_its_floors() {
    let violations = violations(&runtime());
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn the_sources_are_found() {
    let files = runtime();
    for file in [
        "lib.rs",
        "error.rs",
        "proto/mod.rs",
        "session/io/driver.rs",
        "client/mod.rs",
    ] {
        assert!(files.contains_key(file), "no {file}");
    }
}

#[test]
fn imports_may_go_down_and_stay_inside_of_a_module() {
    allowed(
        "session/link/mod.rs",
        "use crate::proto::{Connection, Host};",
    );
    allowed("session/link/mod.rs", "use super::calls::Caller;");
    allowed(
        "session/mod.rs",
        "use self::link::Link; fn f(_: super::Error) {}",
    );
    allowed("server.rs", "use crate::config::{Settings, settings};");
    allowed(
        "frame/read.rs",
        "use crate::codec::scan; use super::Cursor;",
    );
    allowed("frame/read.rs", "mod inner { use super::super::Frame; }");
    allowed("error.rs", "use crate::codec::encode;");
    allowed(
        "lib.rs",
        "pub use client::Client; pub use crate::server::Server;",
    );
    allowed(
        "proto/mod.rs",
        "// use crate::session;\nconst A: &str = \"crate::session::Link\";",
    );
    allowed(
        "proto/mod.rs",
        "/// As [`crate::Server`] does.\npub(crate) struct S;",
    );
}

#[test]
fn an_import_that_goes_up_is_found() {
    refused("proto/mod.rs", "use crate::session::Link;");
    refused(
        "proto/mod.rs",
        "use crate::{error::Error, session::{link::Link, Call}};",
    );
    refused("proto/a/b.rs", "use super::super::super::session::Link;");
    refused("frame/read.rs", "fn f(_: &crate::proto::Fault) {}");
    refused("limits.rs", "use super::frame::Frame;");
    refused("limits.rs", "use super::*;");
    refused(
        "session/method.rs",
        "mod inner { use super::super::super::client::Client; }",
    );
    refused(
        "codec/mod.rs",
        "#[cfg(test)] mod tests { use crate::session::Session; }",
    );
}

#[test]
fn an_import_by_another_name_is_found() {
    refused("session/method.rs", "fn f(_: crate::Server) {}");
    refused(
        "session/method.rs",
        "macro_rules! m { () => { $crate::client::connect() } }",
    );
    refused(
        "session/method.rs",
        "tracing::info!(a = crate::server::NAME);",
    );
    refused("session/method.rs", "use ringback::Client;");
    refused("session/method.rs", "use crate::{client as other};");
    refused("session/method.rs", "use crate::__private::Place;");
}

#[test]
fn frame_and_transport_do_not_know_each_other() {
    refused("frame/mod.rs", "use crate::transport::Transport;");
    refused("transport/tcp.rs", "use crate::frame::Frame;");
}

#[test]
fn a_module_without_a_floor_is_found() {
    refused("misc.rs", "");
}

#[test]
fn the_core_stays_without_input_output_clock_and_tasks() {
    allowed(
        "proto/mod.rs",
        "use std::time::{Duration, Instant}; fn f(now: Instant) {}",
    );
    allowed(
        "proto/mod.rs",
        "#[cfg(test)] mod tests { fn f() { Instant::now(); } }",
    );
    allowed(
        "session/mod.rs",
        "use std::sync::Arc; use tokio::sync::Notify;",
    );
    for source in [
        "use tokio::sync::oneshot;",
        "use tokio as t;",
        "use futures_util::task::AtomicWaker;",
        "use std::sync::atomic::AtomicU64;",
        "use std::{collections::HashMap, task::Waker};",
        "fn f(_: Arc<u8>) {}",
        "fn f() { let now = Instant::now(); }",
        "fn f() { let now = std::time::Instant::now(); }",
        "fn f() { let now = std::time::SystemTime::UNIX_EPOCH; }",
        "fn f(at: Instant) -> Duration { at.elapsed() }",
        "async fn f() {}",
        "use crate::transport::Transport;",
        "use std::net::SocketAddr;",
        "#[cfg(test)] mod tests {} fn f() { Instant::now(); }",
    ] {
        refused("proto/mod.rs", source);
    }
}

#[test]
fn tests_of_the_core_in_a_file_of_their_own_may_read_the_clock() {
    let with = |attribute: &str| {
        let root = format!("{attribute} mod tests;");
        violations(&BTreeMap::from([
            ("lib.rs".to_owned(), String::new()),
            ("proto/mod.rs".to_owned(), root),
            (
                "proto/tests/pair.rs".to_owned(),
                "fn f() { Instant::now(); }".to_owned(),
            ),
        ]))
    };
    assert_eq!(with("#[cfg(test)]"), Vec::<String>::new());
    assert_eq!(with("").len(), 1);
}

/// The sources of the crate `ringback`, by their paths under `src`.
fn runtime() -> BTreeMap<String, String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/src");
    let mut files = BTreeMap::new();
    read_folder(&src, &src, &mut files);
    files
}

fn read_folder(src: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            read_folder(src, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(src).expect("it is inside of `src`");
            let name: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
            let source = fs::read_to_string(&path).expect("the file can be read");
            files.insert(name.join("/"), source);
        }
    }
}

/// A crate of one file beside a root as it is usual.
fn one_file(name: &str, source: &str) -> Vec<String> {
    let root = "pub use error::Error; pub use server::{Server, ServerBuilder};";
    let mut files = BTreeMap::from([("lib.rs".to_owned(), root.to_owned())]);
    files.insert(name.to_owned(), source.to_owned());
    violations(&files)
}

#[track_caller]
fn allowed(name: &str, source: &str) {
    assert_eq!(one_file(name, source), Vec::<String>::new(), "{source}");
}

#[track_caller]
fn refused(name: &str, source: &str) {
    assert_ne!(one_file(name, source), Vec::<String>::new(), "{source}");
}

/// What is wrong with a crate of these files.
fn violations(files: &BTreeMap<String, String>) -> Vec<String> {
    let mut found = Vec::new();
    let sources: Vec<_> = files
        .iter()
        .map(|(name, text)| Source::read(name, text))
        .collect();
    let root = sources.iter().find(|source| source.module.is_empty());
    let exports = root
        .map(|root| root.exports(|name| floor(name).is_some()))
        .unwrap_or_default();
    let tests: BTreeSet<_> = sources
        .iter()
        .flat_map(|source| &source.test_modules)
        .collect();
    found.extend(rooms::violations(&sources));
    for source in &sources {
        let Some(own) = source.module.first() else {
            continue; // the root is above all floors
        };
        let Some(own_floor) = floor(own) else {
            found.push(format!("{}: the module `{own}` has no floor", source.name));
            continue;
        };
        for path in &source.paths {
            let Some(target) = path.target(&exports) else {
                continue;
            };
            let target_floor = floor(&target).unwrap_or(FLOORS.len());
            let is_neighbour = target_floor == SEPARATE && own_floor == SEPARATE && target != *own;
            if target_floor > own_floor || is_neighbour {
                found.push(format!(
                    "{}: {path} leads up or aside, to `{target}`",
                    source.name
                ));
            }
        }
        let is_test =
            (1..=source.module.len()).any(|end| tests.contains(&source.module[..end].to_vec()));
        if own == CORE && !is_test {
            let unfit = source
                .paths
                .iter()
                .filter(|path| is_unfit_for_the_core(path));
            found.extend(unfit.map(|path| format!("{}: {path} in the core", source.name)));
        }
    }
    found
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

fn is_unfit_for_the_core(path: &Named) -> bool {
    let words = || path.segments.iter().map(String::as_str);
    let begins = |with: &&[&str]| {
        words().count() >= with.len() && words().zip(with.iter()).all(|(one, other)| one == *other)
    };
    !path.in_tests
        && (words().any(|word| NOT_IN_THE_CORE.contains(&word))
            || NO_PATHS_OF_THE_CORE.iter().any(begins))
}
