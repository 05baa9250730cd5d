//! What the judge says of a past made by hand.

use super::Past;
use crate::oracle::belief::Belief;
use crate::oracle::evidence::Evidence;
use crate::oracle::replay::Replay;
use crate::oracle::{Judgement, judge};
use crate::oracle::{OracleId, Violation};
use crate::script::MessageIndex;
use crate::world::World;

impl Past {
    /// The world at its horizon.
    fn world_at_horizon(&self) -> World {
        let mut past = self.clone();
        past.world.advance(past.world.script().plan.horizon);
        past.post();
        past.world
    }

    /// Everything that the judge finds.
    pub(in crate::oracle) fn violations(&self) -> Vec<Violation> {
        judge(&self.world_at_horizon())
    }

    /// The messages of which nothing is owed any more.
    pub(in crate::oracle) fn settled(&self) -> Vec<MessageIndex> {
        Judgement::of(&self.world_at_horizon()).settled.into_iter().collect()
    }

    /// Nothing is wrong.
    #[track_caller]
    pub(in crate::oracle) fn acquitted(&self) {
        let found = self.violations();
        assert!(found.is_empty(), "{found:#?}");
    }

    /// One oracle is content.
    #[track_caller]
    pub(in crate::oracle) fn acquitted_by(&self, oracle: OracleId) {
        let found: Vec<_> = self.violations().into_iter().filter(|v| v.oracle == oracle).collect();
        assert!(found.is_empty(), "{found:#?}");
    }

    /// One oracle is not content; what it says first.
    #[track_caller]
    pub(in crate::oracle) fn convicted_by(&self, oracle: OracleId) -> Violation {
        let found = self.violations();
        let Some(first) = found.iter().find(|violation| violation.oracle == oracle) else {
            panic!("{oracle} is content: {found:#?}");
        };
        first.clone()
    }

    /// One oracle is not content, and says why in these words among others.
    #[track_caller]
    pub(in crate::oracle) fn convicted_for(&self, oracle: OracleId, words: &str) {
        let found = self.violations();
        let said =
            |violation: &Violation| violation.oracle == oracle && violation.what.contains(words);
        assert!(found.iter().any(said), "{oracle} does not say `{words}`: {found:#?}");
    }

    /// What the living boot may go by about a message.
    pub(in crate::oracle) fn goes_by(&self, message: MessageIndex) -> Vec<Belief> {
        let world = self.world_at_horizon();
        Replay::of(&Evidence::new(&world)).messages[message].now.clone()
    }

    /// What the next boot may find about a message.
    pub(in crate::oracle) fn next_finds(&self, message: MessageIndex) -> Vec<Belief> {
        let world = self.world_at_horizon();
        Replay::of(&Evidence::new(&world)).messages[message].durable.clone()
    }
}
