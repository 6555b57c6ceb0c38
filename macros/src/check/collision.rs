//! Two names that hash alike.
//!
//! A method travels as the FNV-1a hash of its name, so two of a service's methods may not share
//! one. The same name twice is not looked at: with `#[cfg]` it is right, and without it rustc has
//! a message for it.

use std::collections::HashMap;

use crate::model::Method;
use crate::report::Report;

pub(super) fn check(methods: &[Method<'_>], report: &mut Report) {
    let mut seen = HashMap::new();
    for method in methods {
        let name = method.wire_name();
        let first = seen.entry(fnv1a(&name)).or_insert_with(|| name.clone());
        if *first != name {
            report.at(
                method.ident(),
                format!(
                    "`{name}` and `{first}` have the same hash, by which methods travel: rename \
                     one of them"
                ),
            );
        }
    }
}

/// FNV-1a of 32 bits, as in the protocol. The runtime has its own, in a `const fn`.
fn fnv1a(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::fnv1a;

    #[test]
    fn hashes_as_the_published_vectors_say() {
        assert_eq!(fnv1a(""), 0x811c_9dc5);
        assert_eq!(fnv1a("a"), 0xe40c_292c);
        assert_eq!(fnv1a("foobar"), 0xbf9c_f968);
    }

    #[test]
    fn two_names_share_a_hash() {
        assert_eq!(fnv1a("costarring"), fnv1a("liquid"));
    }
}
