//! Attributes that contradict the signature or each other.

use syn::Type;

use crate::model::Method;
use crate::parse::types::{is_unit, last_segment, type_arguments, written};
use crate::report::Report;

pub(super) fn check(method: &Method<'_>, report: &mut Report) {
    let options = &method.options;
    if options.oneway.is_some()
        && let Some(value) = value(method.output)
    {
        report.at(
            value,
            format!(
                "a `#[oneway]` call returns before its handler runs, so there is no `{}` to \
                 return: write `Result<()>`, or leave `#[oneway]` out",
                written(value)
            ),
        );
    }
    if let (Some(_), Some(spawn)) = (options.serial, options.spawn) {
        report.at(
            spawn,
            "`#[spawn]` gives up the order that `#[serial]` asks for: keep one of them",
        );
    }
}

/// The `T` of a `Result<T, ..>`, unless it is `()`. An alias is judged by rustc, with a bound.
pub(super) fn value(output: &Type) -> Option<&Type> {
    let result = last_segment(output).filter(|segment| segment.ident == "Result")?;
    let value = type_arguments(result).next()?;
    (!is_unit(value)).then_some(value)
}
