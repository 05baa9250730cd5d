//! Named random streams, each a pure function of the plan's seed.
//!
//! A draw from one stream never shifts another, and what a boot draws does not depend on how much
//! an earlier boot drew.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::world::World;

/// The `draw`-th value of the stream `name` of a boot.
pub fn value(seed: u64, name: &str, boot: u32, draw: u64) -> u64 {
    let mut key = Vec::with_capacity(name.len() + 12);
    key.extend_from_slice(name.as_bytes());
    key.extend_from_slice(&boot.to_le_bytes());
    key.extend_from_slice(&draw.to_le_bytes());
    xxh3_64_with_seed(&key, seed)
}

/// The next identifier of a living boot.
pub(crate) fn draw_id(world: &mut World, boot: u32) -> u64 {
    let seed = world.script.plan.seed;
    let process = world.process_mut(boot);
    process.drawn += 1;
    value(seed, "ids", boot, process.drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_independent_of_each_other() {
        assert_ne!(value(1, "ids", 1, 1), value(1, "disk", 1, 1));
        assert_ne!(value(1, "ids", 1, 1), value(2, "ids", 1, 1));
        assert_eq!(value(1, "ids", 1, 1), value(1, "ids", 1, 1));
    }
}
