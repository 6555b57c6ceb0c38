//! The forms of arguments that are written and read otherwise than as the value that they are.
//!
//! Each form asks of its `T` what an argument has to be and nothing else, so that rustc has one thing
//! to say about a type that cannot be one.

use super::calls::Encoder;
use super::handlers::Arguments;
use super::objects::Callbacks;
use super::values::{Arg, large};
use crate::codec::Bytes;
use crate::error::Result;

impl Encoder {
    /// Writes the next argument, a `&[T]`.
    pub fn slice<T: Arg>(&mut self, name: &'static str, values: &[T]) {
        self.arg_in_place(name, values);
    }

    /// Writes the next argument, an `Option<&[T]>`.
    pub fn optional_slice<T: Arg>(&mut self, name: &'static str, values: Option<&[T]>) {
        self.arg_in_place(name, &values);
    }

    /// Writes the next argument, an `Option<&T>`.
    pub fn optional<T: Arg>(&mut self, name: &'static str, value: Option<&T>) {
        self.arg_in_place(name, &value);
    }

    /// Writes the next argument, a `&[u8]`.
    pub fn bytes(&mut self, name: &'static str, bytes: &[u8]) {
        match large::copy(bytes) {
            None => self.arg_in_place(name, &Bytes(bytes)),
            Some(bytes) => self.large(bytes),
        }
    }

    /// Writes the next argument, an `Option<&[u8]>`.
    pub fn optional_bytes(&mut self, name: &'static str, bytes: Option<&[u8]>) {
        self.arg_in_place(name, &bytes.map(Bytes));
    }

    /// Writes the next argument, one that is marked `#[callback]`.
    pub fn callback<C: Callbacks>(&mut self, name: &'static str, callback: &C) {
        self.arg_in_place(name, callback);
    }
}

impl<'a> Arguments<'a> {
    /// The next argument, a `&[T]`.
    pub fn slice<T: Arg>(&mut self, name: &'static str) -> Result<Vec<T>> {
        self.arg_in_place(name)
    }

    /// The next argument, an `Option<&[T]>`.
    pub fn optional_slice<T: Arg>(&mut self, name: &'static str) -> Result<Option<Vec<T>>> {
        self.arg_in_place(name)
    }

    /// The next argument, an `Option<&T>`.
    pub fn optional<T: Arg>(&mut self, name: &'static str) -> Result<Option<T>> {
        self.arg_in_place(name)
    }

    /// The next argument, a `&[u8]`.
    pub fn bytes(&mut self, name: &'static str) -> Result<&'a [u8]> {
        self.arg_in_place(name)
    }

    /// The next argument, an `Option<&[u8]>`.
    pub fn optional_bytes(&mut self, name: &'static str) -> Result<Option<&'a [u8]>> {
        self.arg_in_place(name)
    }

    /// The next argument, one that is marked `#[callback]`.
    pub fn callback<C: Callbacks>(&mut self, name: &'static str) -> Result<C> {
        self.arg_in_place(name)
    }
}
