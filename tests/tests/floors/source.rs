//! A source file as the paths that stand in it.

use std::collections::BTreeMap;
use std::fmt;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A file, taken apart.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) module: Vec<String>,
    pub(crate) paths: Vec<Named>,
    /// Modules in files of their own that are there only for tests.
    pub(crate) test_modules: Vec<Vec<String>>,
}

/// A path in a source, or a single word.
pub(crate) struct Named {
    /// The module in which it stands.
    pub(crate) module: Vec<String>,
    pub(crate) segments: Vec<String>,
    line: usize,
    pub(crate) in_tests: bool,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: `{}`", self.line, self.segments.join("::"))
    }
}

impl Named {
    /// The module of the crate into which the path leads, if it leads into the crate.
    pub(crate) fn target(&self, exports: &BTreeMap<String, String>) -> Option<String> {
        let first = self.within_the_crate()?.into_iter().next();
        let first = first.unwrap_or_default();
        Some(exports.get(&first).cloned().unwrap_or(first))
    }

    /// The path from the root of the crate, if it leads into the crate.
    pub(crate) fn within_the_crate(&self) -> Option<Vec<String>> {
        let mut at = match self.segments.first()?.as_str() {
            "crate" | "ringback" if self.segments.len() > 1 => Vec::new(),
            "self" | "super" if self.segments.len() > 1 => self.module.clone(),
            _ => return None,
        };
        for segment in &self.segments {
            match segment.as_str() {
                "crate" | "ringback" if at.is_empty() => {}
                "self" => {}
                "super" => drop(at.pop()),
                other => at.push(other.to_owned()),
            }
        }
        Some(at)
    }
}

impl Source {
    pub(crate) fn read(name: &str, text: &str) -> Self {
        let path = name.trim_end_matches(".rs");
        let path = path
            .strip_suffix("mod")
            .map_or(path, |folder| folder.trim_end_matches('/'));
        let module = path
            .split('/')
            .filter(|part| *part != "lib")
            .map(str::to_owned)
            .collect();
        let mut source = Self {
            name: name.to_owned(),
            module,
            paths: Vec::new(),
            test_modules: Vec::new(),
        };
        let tokens: TokenStream = text
            .parse()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        source.walk(tokens, &source.module.clone(), false);
        source
    }

    /// Of a root, that of the crate or of a floor: in which of its modules is what it exports.
    pub(crate) fn exports(&self, is_module: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
        let inside = self
            .paths
            .iter()
            .filter(|path| is_module(&path.segments[0]));
        let pairs = inside.filter_map(|path| Some((path.segments.last()?, &path.segments[0])));
        pairs
            .map(|(name, module)| (name.clone(), module.clone()))
            .collect()
    }

    fn walk(&mut self, tokens: TokenStream, module: &[String], in_tests: bool) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        // Whether the item that stands here is only for tests.
        let mut only_tests = false;
        let mut at = 0;
        while at < tokens.len() {
            let rest = &tokens[at..];
            at += 1;
            let in_tests = in_tests || only_tests;
            match rest {
                [TokenTree::Punct(hash), TokenTree::Group(attribute), ..]
                    if hash.as_char() == '#' && attribute.stream().to_string() == "cfg (test)" =>
                {
                    only_tests = true;
                    at += 1;
                }
                [TokenTree::Ident(word), TokenTree::Ident(name), body, ..] if word == "mod" => {
                    let module = [module, &[name.to_string()]].concat();
                    match body {
                        TokenTree::Group(body) => self.walk(body.stream(), &module, in_tests),
                        _ if in_tests => self.test_modules.push(module),
                        _ => {}
                    }
                    only_tests = false;
                    at += 2;
                }
                [TokenTree::Ident(_), ..] => {
                    at += self.path(rest, &[], module, in_tests) - 1;
                }
                [TokenTree::Group(group), ..] => {
                    self.walk(group.stream(), module, in_tests);
                    only_tests &= group.delimiter() != Delimiter::Brace;
                }
                [TokenTree::Punct(end), ..] if end.as_char() == ';' => only_tests = false,
                _ => {}
            }
        }
    }

    /// Reads a path that begins at the front, behind `prefix`; gives the number of its tokens.
    fn path(
        &mut self,
        tokens: &[TokenTree],
        prefix: &[String],
        module: &[String],
        in_tests: bool,
    ) -> usize {
        let mut segments = prefix.to_vec();
        let line = tokens[0].span().start().line;
        let mut at = 0;
        loop {
            match tokens.get(at) {
                Some(TokenTree::Ident(word)) => segments.push(word.to_string()),
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    let branches: Vec<_> = group.stream().into_iter().collect();
                    for branch in branches.split(|token| is(token, ',')) {
                        if !branch.is_empty() {
                            self.path(branch, &segments, module, in_tests);
                        }
                    }
                    return at + 1;
                }
                Some(token) if is(token, '*') && at > 0 => segments.push("*".to_owned()),
                _ => break, // no path any more
            }
            at += 1;
            match tokens.get(at..at + 2) {
                Some([one, other]) if is(one, ':') && is(other, ':') => at += 2,
                _ => break,
            }
        }
        self.paths.push(Named {
            module: module.to_vec(),
            segments,
            line,
            in_tests,
        });
        at.max(1)
    }
}

fn is(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}
