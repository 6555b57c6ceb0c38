//! What a service may say but must not: rules about names, attributes and their combinations.

mod collision;
mod combination;
mod reserved;

use crate::model::Service;
use crate::report::Report;

pub(crate) fn check(service: &Service<'_>, report: &mut Report) {
    for method in &service.methods {
        reserved::check(method, report);
        combination::check(method, report);
    }
    collision::check(&service.methods, report);
}
