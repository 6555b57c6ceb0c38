//! What a service may say but must not: rules about names, attributes and their combinations.

mod collision;
mod combination;
mod group;
mod reserved;

use crate::model::Service;
use crate::report::Report;

/// Refuses the methods about which something is reported.
pub(crate) fn check(service: &mut Service<'_>, report: &mut Report) {
    collision::check(&service.methods, report);
    let is_group = service.options.group.is_some();
    let (sound, refused) = std::mem::take(&mut service.methods)
        .into_iter()
        .partition(|method| {
            let before = report.len();
            reserved::check(method, is_group, report);
            combination::check(method, report);
            if is_group {
                group::check(method, report);
            }
            report.len() == before
        });
    service.methods = sound;
    let refused: Vec<_> = refused;
    service
        .refused
        .extend(refused.iter().map(|method| method.item));
}
