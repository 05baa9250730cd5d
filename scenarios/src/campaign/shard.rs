//! A part of a campaign: one of several that share its plans without a word between them.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

/// The `index`-th of `count` parts; indices are from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: NonZeroU64,
    count: NonZeroU64,
}

/// Where a system that runs a job many times says which of them this is.
struct Source {
    index: &'static str,
    count: &'static str,
    /// The variable that holds the first index, or the index itself.
    first: First,
}

enum First {
    Is(u64),
    In(&'static str),
}

/// The usual systems, in the order in which they are asked.
const SOURCES: [Source; 7] = [
    // Kubernetes says nothing of how many there are: the manifest has to.
    Source { index: "JOB_COMPLETION_INDEX", count: "HOLDFAST_SHARDS", first: First::Is(0) },
    Source { index: "CI_NODE_INDEX", count: "CI_NODE_TOTAL", first: First::Is(1) },
    Source { index: "CIRCLE_NODE_INDEX", count: "CIRCLE_NODE_TOTAL", first: First::Is(0) },
    Source {
        index: "BUILDKITE_PARALLEL_JOB",
        count: "BUILDKITE_PARALLEL_JOB_COUNT",
        first: First::Is(0),
    },
    Source { index: "SEMAPHORE_JOB_INDEX", count: "SEMAPHORE_JOB_COUNT", first: First::Is(1) },
    Source {
        index: "AWS_BATCH_JOB_ARRAY_INDEX",
        count: "AWS_BATCH_JOB_ARRAY_SIZE",
        first: First::Is(0),
    },
    Source {
        index: "SLURM_ARRAY_TASK_ID",
        count: "SLURM_ARRAY_TASK_COUNT",
        first: First::In("SLURM_ARRAY_TASK_MIN"),
    },
];

impl Shard {
    /// The whole campaign.
    pub const WHOLE: Shard = Shard { index: NonZeroU64::MIN, count: NonZeroU64::MIN };

    /// The number of this part's `ordinal`-th plan, from 0, among all plans of the campaign.
    pub fn number(self, ordinal: u64) -> u64 {
        ordinal.saturating_mul(self.count.get()).saturating_add(self.index.get() - 1)
    }

    /// How many of the first `plans` plans of the campaign are this part's.
    pub fn share(self, plans: u64) -> u64 {
        (plans + self.count.get() - self.index.get()) / self.count.get()
    }

    /// Whether this is all of it.
    pub fn is_whole(self) -> bool {
        self.count == NonZeroU64::MIN
    }

    /// The part that the environment names, and the variable that does.
    ///
    /// # Errors
    ///
    /// If a variable that names a part makes no sense: to take it for the whole would be to do
    /// the same work many times, and nobody would notice.
    pub fn of_environment(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<(Shard, &'static str)>, String> {
        let said = |source: &&Source| variable(source.index).is_some();
        let Some(source) = SOURCES.iter().find(said) else { return Ok(None) };
        let number = |name: &str| {
            let text = variable(name).ok_or_else(|| {
                let index = source.index;
                format!("`{index}` is set and `{name}` is not: set it, or say --shard K/N")
            })?;
            let number = text.trim().parse::<u64>();
            number.map_err(|_| format!("`{name}` is `{text}`: expected a whole number"))
        };
        let first = match source.first {
            First::Is(first) => first,
            First::In(name) => number(name)?,
        };
        let (index, count) = (number(source.index)?, number(source.count)?);
        let from_one = index.checked_sub(first).map(|index| index + 1);
        let shard = from_one.and_then(|index| Shard::new(index, count));
        let shard = shard.ok_or_else(|| {
            let (name, count_name) = (source.index, source.count);
            format!("`{name}` is {index} and `{count_name}` is {count}: there is no such part")
        })?;
        Ok(Some((shard, source.index)))
    }

    fn new(index: u64, count: u64) -> Option<Shard> {
        let (index, count) = (NonZeroU64::new(index)?, NonZeroU64::new(count)?);
        (index <= count).then_some(Shard { index, count })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let parts = text.split_once('/').and_then(|(index, count)| {
            Shard::new(index.trim().parse().ok()?, count.trim().parse().ok()?)
        });
        parts.ok_or_else(|| {
            format!("`{text}` is no shard: expected K/N with K from 1 to N, as in 2/8")
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn shards_share_all_plans_and_none_twice() {
        let mut numbers = BTreeSet::new();
        for index in 1..=3 {
            let shard: Shard = format!("{index}/3").parse().expect("a shard");
            for ordinal in 0..shard.share(100) {
                assert!(numbers.insert(shard.number(ordinal)));
            }
        }
        assert_eq!(numbers, (0..100).collect());
        assert_eq!((Shard::WHOLE.share(100), Shard::WHOLE.number(7)), (100, 7));
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        for text in ["", "1", "0/3", "4/3", "1/0", "a/b", "1/3/5"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    fn environment(set: &[(&str, &str)]) -> Result<Option<(Shard, &'static str)>, String> {
        let find = |name: &str| set.iter().find(|(key, _)| *key == name);
        Shard::of_environment(|name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_usual_systems_are_understood() {
        let whole = environment(&[("HOME", "here")]);
        assert_eq!(whole, Ok(None));
        for (set, expected) in [
            (vec![("JOB_COMPLETION_INDEX", "0"), ("HOLDFAST_SHARDS", "8")], "1/8"),
            (vec![("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "4")], "2/4"),
            (vec![("CIRCLE_NODE_INDEX", "3"), ("CIRCLE_NODE_TOTAL", "4")], "4/4"),
            (
                vec![
                    ("SLURM_ARRAY_TASK_ID", "12"),
                    ("SLURM_ARRAY_TASK_COUNT", "5"),
                    ("SLURM_ARRAY_TASK_MIN", "10"),
                ],
                "3/5",
            ),
        ] {
            let found = environment(&set).expect("it makes sense").expect("a shard");
            assert_eq!((found.0.to_string().as_str(), found.1), (expected, set[0].0));
        }
    }

    #[test]
    fn half_of_what_is_needed_is_an_error_and_never_the_whole() {
        let error = environment(&[("JOB_COMPLETION_INDEX", "3")]).expect_err("no count");
        assert!(error.contains("HOLDFAST_SHARDS"), "{error}");
        assert!(environment(&[("CI_NODE_INDEX", "x"), ("CI_NODE_TOTAL", "4")]).is_err());
        assert!(environment(&[("CI_NODE_INDEX", "5"), ("CI_NODE_TOTAL", "4")]).is_err());
    }
}
