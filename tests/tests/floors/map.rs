//! `docs/ARCHITECTURE.md` speaks of files and tests that are there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Where a path in the document may begin.
const ROOTS: [&str; 5] = [".", "runtime/src", "macros", "macros/src", "tests"];

#[test]
fn every_file_that_the_architecture_names_is_there() {
    let missing: Vec<_> = words(&document())
        .into_iter()
        .filter(|word| is_path(word))
        .filter(|path| !ROOTS.iter().any(|root| root_of(root).join(path).exists()))
        .collect();
    assert!(missing.is_empty(), "there is no {missing:#?}");
}

/// The tests of the core have a map of their own.
#[test]
fn every_file_of_the_runtime_is_in_the_architecture() {
    let named: BTreeSet<_> = words(&document()).into_iter().collect();
    let root = root_of("runtime/src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 100, "there are {} files", files.len());
    let unnamed: Vec<_> = files
        .iter()
        .filter_map(|file| file.strip_prefix(&root).ok())
        .filter(|file| !file.starts_with("proto/tests"))
        .filter(|file| !named.contains(&file.display().to_string()))
        .collect();
    assert!(unnamed.is_empty(), "not in the map: {unnamed:#?}");
}

#[test]
fn every_test_that_the_architecture_names_is_there() {
    let mut there = BTreeSet::new();
    for folder in ["runtime/src", "tests/tests", "macros/src"] {
        collect(&root_of(folder), &mut there);
    }
    let document = document();
    let named: Vec<_> = document
        .split("*Tests:*")
        .skip(1)
        .filter_map(|after| after.split("\n\n").next())
        .flat_map(words)
        .filter(|word| !is_path(word))
        .collect();
    assert!(named.len() > 20, "the document names few tests: {named:?}");
    let missing: Vec<_> = named
        .iter()
        .filter(|test| !there.contains(test.as_str()))
        .collect();
    assert!(missing.is_empty(), "there is no test {missing:#?}");
}

#[test]
fn what_the_architecture_finds_in_a_file_is_in_it() {
    let document = document();
    let mut looked_at = 0;
    for (at, _) in document.match_indices(".rs` (`") {
        let (before, after) = document.split_at(at);
        let file = format!("{}.rs", before.rsplit('`').next().unwrap_or_default());
        let item = after.split('`').nth(2).unwrap_or_default();
        let path = root_of("runtime/src").join(&file);
        let source = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(source.contains(item), "there is no `{item}` in {file}");
        looked_at += 1;
    }
    assert!(looked_at > 5, "the document looks into {looked_at} files");
}

#[test]
fn what_is_not_there_is_found() {
    assert_eq!(words("a `b/c.rs` d `e_f`"), ["b/c.rs", "e_f"]);
    assert!(is_path("b/c.rs") && is_path("lib.rs") && !is_path("e_f") && !is_path("a::b.rs"));
    assert!(!root_of("runtime/src").join("b/c.rs").exists());
}

fn root_of(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(folder)
}

fn document() -> String {
    fs::read_to_string(root_of("docs/ARCHITECTURE.md")).expect("the document is there")
}

/// What stands between backquotes, outside of drawings.
fn words(text: &str) -> Vec<String> {
    let prose = text.split("```").step_by(2);
    prose
        .flat_map(|prose| prose.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

fn is_path(word: &str) -> bool {
    let is_plain = word
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    is_plain && (word.ends_with(".rs") || word.ends_with(".md") || word.contains('/'))
}

/// Every word of every source below.
fn collect(folder: &Path, there: &mut BTreeSet<String>) {
    let mut files = Vec::new();
    sources(folder, &mut files);
    for file in files {
        let source = fs::read_to_string(file).expect("the file can be read");
        let words = source.split(|c: char| !c.is_alphanumeric() && c != '_');
        there.extend(words.map(str::to_owned));
    }
}

/// Every source below.
fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
