//! Serving: messages in, turns, answers out.
mod access;
mod chat;
mod deliver;
mod intake;
mod turn;

pub(crate) use access::allows;
pub(crate) use chat::kick;
pub(crate) use deliver::{courtesy, notice};
#[cfg(test)]
pub(crate) use intake::LARGEST_TEXT;
pub(crate) use intake::run as intake;
