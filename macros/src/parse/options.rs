//! The arguments of `#[service(..)]`.

use proc_macro2::TokenStream;
use syn::{LitStr, Path};

use super::argument_list::{Argument, arguments};
use crate::model::ServiceOptions;
use crate::report::Report;

const KNOWN: &str = "`name = \"…\"`, `version = \"…\"`, `crate = path` and `group`";

pub(crate) fn options(tokens: TokenStream, report: &mut Report) -> ServiceOptions {
    let mut options = ServiceOptions::default();
    let form = format!("`#[service]` takes {KNOWN}");
    for argument in arguments(tokens, &form, report) {
        match argument.key.to_string().as_str() {
            "name" => {
                let name = text(&argument, report);
                argument.set(&mut options.name, name, report);
            }
            "version" => {
                let version = text(&argument, report);
                argument.set(&mut options.version, version, report);
            }
            "crate" => {
                let path = path(&argument, report);
                argument.set(&mut options.runtime, path, report);
            }
            "group" => {
                let group = argument.flag(report);
                argument.set(&mut options.group, group, report);
            }
            key => {
                let message = format!("`#[service]` has no argument `{key}`: it takes {KNOWN}");
                report.at(&argument.key, message);
            }
        }
    }
    options
}

/// A part of the name that travels.
fn text(argument: &Argument, report: &mut Report) -> Option<LitStr> {
    let text = argument.text(report)?;
    if text.value().is_empty() || text.value().contains(['@', '\0']) {
        report.at(
            &text,
            format!(
                "the {} of a service is not empty and has no `@`, which joins name and version",
                argument.key
            ),
        );
        return None;
    }
    Some(text)
}

/// Where the crate `ringback` is.
fn path(argument: &Argument, report: &mut Report) -> Option<Path> {
    let form = "write `crate = path`, with the path of the crate `ringback` and without quotes, \
                such as `crate = my_crate::ringback`";
    argument.value(Path::parse_mod_style, form, report)
}
