//! What rustc says about code that is wrong, word for word, and code of all forms that is right.
//!
//! The message of each mistake stands on the user's own token, says what to write instead, and
//! appears once. The `.stderr` files hold rustc's own words too: `TRYBUILD=overwrite` renews them.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    for folder in [
        "attribute",
        "bound",
        "group",
        "implement",
        "method",
        "parameter",
        "trait",
    ] {
        cases.compile_fail(format!("ui/{folder}/*.rs"));
    }
}
