//! From whatever the last boot left behind to a boot that serves.
mod apply;
mod boot;
mod decide;
mod dispatch;
mod fence;
mod gather;

pub(crate) use boot::{Boot, boot};
