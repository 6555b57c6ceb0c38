#![doc = include_str!("guide.md")]

// Only documentation, but compiled with the crate: the chapters' code runs with its doctests. They are
// files of Markdown, so that they can be read as such.

pub mod pass_one {
    #![doc = include_str!("pass_one.md")]
}

pub mod keep_one {
    #![doc = include_str!("keep_one.md")]
}

pub mod let_go {
    #![doc = include_str!("let_go.md")]
}

pub mod identity {
    #![doc = include_str!("identity.md")]
}

pub mod order {
    #![doc = include_str!("order.md")]
}

pub mod limits {
    #![doc = include_str!("limits.md")]
}

pub mod what_can_fail {
    #![doc = include_str!("what_can_fail.md")]
}

pub mod broken {
    #![doc = include_str!("broken.md")]
}

pub mod testing {
    #![doc = include_str!("testing.md")]
}

pub mod compiler {
    #![doc = include_str!("compiler.md")]
}
