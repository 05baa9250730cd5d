//! The exit codes of the command. They are stable: scripts and CI act on them.

use sim::verdict::Verdict;

/// How the command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Everything is as it should be.
    Passed,
    /// No verdict can be relied on: the harness contradicts itself, a gateway is not what a file
    /// expects, or something that the plan has in store never happened.
    Harness,
    /// The command line, a scenario or a capsule cannot be understood.
    Usage,
    /// A safety oracle convicts the gateway.
    Unsafe,
    /// A liveness oracle convicts the gateway, or it never becomes idle.
    NotLive,
    /// The gateway panicked.
    Panicked,
    /// The same plan made another trace.
    Diverged,
}

impl Status {
    /// Every status, in the order of codes.
    pub const ALL: [Status; 7] = [
        Status::Passed,
        Status::Harness,
        Status::Usage,
        Status::Unsafe,
        Status::NotLive,
        Status::Panicked,
        Status::Diverged,
    ];

    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Status::Passed => 0,
            Status::Harness => 1,
            Status::Usage => 2,
            Status::Unsafe => 10,
            Status::NotLive => 11,
            Status::Panicked => 12,
            Status::Diverged => 13,
        }
    }

    /// What it means, in one line.
    pub fn meaning(self) -> &'static str {
        match self {
            Status::Passed => "passed",
            Status::Harness => {
                "harness error, or not as the file expects: a verdict, or an event that never fired"
            }
            Status::Usage => "usage: bad arguments, scenario or capsule",
            Status::Unsafe => "safety violated",
            Status::NotLive => "not live: something that must end did not",
            Status::Panicked => "the gateway panicked",
            Status::Diverged => "diverged: the same plan made another trace",
        }
    }

    /// The status that tells a verdict.
    pub fn of(verdict: Verdict) -> Status {
        match verdict {
            Verdict::Passed => Status::Passed,
            Verdict::NotLive => Status::NotLive,
            Verdict::Unsafe => Status::Unsafe,
            Verdict::Panicked => Status::Panicked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_that_scripts_rely_on() {
        assert_eq!(Status::ALL.map(Status::code), [0, 1, 2, 10, 11, 12, 13]);
    }

    #[test]
    fn a_verdict_has_the_code_that_it_says_it_has() {
        for verdict in [Verdict::Passed, Verdict::NotLive, Verdict::Unsafe, Verdict::Panicked] {
            assert_eq!(Status::of(verdict).code(), verdict.exit_code());
        }
    }
}
