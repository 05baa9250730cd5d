//! Campaigns on real threads: random plans by the thousand, until there have been enough or one
//! of them breaks something.
//!
//! It knows gateways only by name and by how they are made, so that anybody's may be tried. It
//! prints nothing; whoever runs it shows what it came to.

mod crew;
mod running;
mod shard;

pub use crew::{Campaign, Divergence, Failed, Limit, Outcome, Progress};
pub use shard::Shard;
