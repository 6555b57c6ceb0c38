//! Names that a method may not have.
//!
//! A proxy, a stub, a group and a lease have methods of their own, and an inherent method hides the
//! trait's. The standard library's traits on them would make a call ambiguous (E0034), in the
//! user's code and in the generated code. Methods of `Iterator` and `Ord` are not refused: none of
//! the types that implement a service implements these.

use crate::model::Method;
use crate::names;
use crate::report::Report;

/// The methods of generated and built-in types.
const INHERENT: [(&str, &str); 12] = [
    ("new", "proxies and servers"),
    ("connect", "clients"),
    ("session", "clients"),
    ("with_timeout", "clients and proxies"),
    ("with_metadata", "clients and proxies"),
    ("closed", "proxies"),
    ("is_closed", "proxies"),
    ("leased", "proxies"),
    ("dropped", "proxies"),
    ("detach", "leases"),
    ("revoke", "leases"),
    ("released", "leases"),
];

/// The methods of the standard library's traits that proxies, clients, functions or `Arc`s have.
const STANDARD: [(&str, &str); 21] = [
    ("clone", "Clone"),
    ("clone_from", "Clone"),
    ("clone_into", "ToOwned"),
    ("to_owned", "ToOwned"),
    ("to_string", "ToString"),
    ("eq", "PartialEq"),
    ("ne", "PartialEq"),
    ("hash", "Hash"),
    ("fmt", "Debug"),
    ("into", "Into"),
    ("try_into", "TryInto"),
    ("from", "From"),
    ("try_from", "TryFrom"),
    ("as_ref", "AsRef"),
    ("as_mut", "AsMut"),
    ("borrow", "Borrow"),
    ("borrow_mut", "BorrowMut"),
    ("deref", "Deref"),
    ("drop", "Drop"),
    ("default", "Default"),
    ("type_id", "Any"),
];

/// The methods of groups, which only a service for groups cannot have.
const GROUP: [(&str, &str); 12] = [
    ("insert", "groups"),
    ("remove", "groups"),
    ("len", "groups"),
    ("is_empty", "groups"),
    ("ask", "groups"),
    ("get", "groups"),
    ("contains_key", "groups"),
    ("keys", "groups"),
    ("failed", "groups"),
    ("take_failures", "groups"),
    ("remove_member", "groups"),
    ("strict", "groups"),
];

pub(super) fn check(method: &Method<'_>, is_group: bool, report: &mut Report) {
    let name = method.wire_name();
    let group = if is_group { &GROUP[..] } else { &[] };
    let mut inherent = INHERENT.iter().chain(group);
    if let Some((_, owner)) = inherent.find(|(reserved, _)| *reserved == name) {
        report.at(
            method.ident(),
            format!(
                "`{name}` is a method that {owner} have of their own, which would hide this one: \
                 choose another name"
            ),
        );
    } else if let Some((_, owner)) = STANDARD.iter().find(|(reserved, _)| *reserved == name) {
        report.at(
            method.ident(),
            format!(
                "`{name}` is also a method of `{owner}`, and calls to it would be ambiguous: \
                 choose another name"
            ),
        );
    } else if names::is_generated(&name) {
        report.at(
            method.ident(),
            format!("`{name}` is a name that `#[service]` generates: choose another name"),
        );
    }
}
