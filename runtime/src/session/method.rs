//! One method of a service, and how it is called.

use std::fmt;
use std::time::Duration;

use crate::id::method_id;

/// One method of a service as the wire knows it. Made by the macro, in a `static`.
#[derive(Debug)]
pub struct Method {
    service: &'static str,
    name: &'static str,
    id: u32,
    timeout: Option<Duration>,
    one_way: bool,
    idempotent: bool,
}

impl Method {
    /// A method called `name`.
    pub const fn new(service: &'static str, name: &'static str) -> Self {
        Self {
            service,
            name,
            id: method_id(name),
            timeout: None,
            one_way: false,
            idempotent: false,
        }
    }

    /// `#[timeout]`.
    #[must_use]
    pub const fn timeout(mut self, millis: u64) -> Self {
        self.timeout = Some(Duration::from_millis(millis));
        self
    }

    /// `#[oneway]`.
    #[must_use]
    pub const fn oneway(mut self) -> Self {
        self.one_way = true;
        self
    }

    /// `#[idempotent]`.
    #[must_use]
    pub const fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// The hash of the name.
    pub const fn id(&self) -> u32 {
        self.id
    }

    pub(crate) fn default_timeout(&self) -> Option<Duration> {
        self.timeout
    }

    pub(crate) fn is_one_way(&self) -> bool {
        self.one_way
    }

    /// Whether a call is made once more that was not answered before its session was lost.
    pub(crate) fn may_be_made_again(&self) -> bool {
        self.idempotent && !self.one_way
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}.{}`", self.service, self.name)
    }
}
