//! Who but the gateway can end its duty for a message: the user who wrote it, and the operator.
//!
//! Each is a fact of the plan and of the lives of the boots, and asks nothing of any gateway.

use std::sync::Arc;

use gateway_core::message::Notice;

use super::case::Case;
use crate::ledger::{BootFacts, RunFact};
use crate::plan::MessageBody;
use crate::script::MessageIndex;
use crate::time::Ms;

impl Case<'_> {
    /// Whether somebody who may has ended the gateway's duty for a message.
    pub(crate) fn is_released(&self, message: MessageIndex) -> bool {
        self.withdrawal(message).is_some() || self.is_barred(message) || self.is_dropped(message)
    }

    /// Whether the chat of a message had no access at some time after it was written at which a
    /// boot lived, which could find out.
    fn is_barred(&self, message: MessageIndex) -> bool {
        self.revoked_after(message).any(|(from, end)| {
            let boots = self.ledger.boots.iter();
            boots.into_iter().any(|boot| {
                let seen = from.max(boot.began_at);
                seen < end && seen <= boot.ended_at()
            })
        })
    }

    /// Whether the chat of a message had no access at some time after it was written, whoever
    /// lived then.
    pub(crate) fn may_be_barred(&self, message: MessageIndex) -> bool {
        self.revoked_after(message).next().is_some()
    }

    /// Whether a message was written before a boot that had to grant a wish to start clean: the
    /// first one under it, and the ones after that as long as none has lived for long enough to
    /// have done it for sure. A boot that waits for the end of another one finds what that leaves,
    /// and cannot know what had been there when its operator asked: there it counts as written
    /// before as well, if its chat was told that it was dropped.
    fn is_dropped(&self, message: MessageIndex) -> bool {
        let written = self.script.messages[message].at;
        let handed_to = &self.ledger.messages[message].handed_to;
        let written_before = |boot: &BootFacts| {
            let seen = || handed_to.iter().any(|&earlier| earlier < boot.number);
            written < boot.began_at || (written == boot.began_at && seen())
        };
        // A chat is told once, whatever number of its messages were dropped.
        let told = self.ledger.deliveries.iter().filter(|delivery| {
            let here = delivery.chat == Some(self.script.messages[message].chat);
            delivery.notice() == Some(Notice::Dropped) && here
        });
        let waited = |boot: &BootFacts| {
            let alone = self.alone_from(boot);
            let told = told.clone().any(|told| alone <= told.at);
            boot.began_at < alone && written <= alone && told
        };
        self.script.plan.clean_starts.iter().any(|wish| {
            let boots = self.ledger.boots.iter().map(Arc::as_ref);
            let meant = boots.filter(|boot| wish.is_about(boot.began_at));
            let mut granting = self.may_note_first(meant, |boot| self.alone_from(boot));
            granting.any(|boot| written_before(boot) || waited(boot))
        })
    }

    /// When a boot began, or when the last of those ended that lived then: one at a time serves.
    fn alone_from(&self, boot: &BootFacts) -> Ms {
        let before = self.ledger.boots.iter().filter(|other| other.number < boot.number);
        before.map(|other| other.ended_at()).fold(boot.began_at, Ms::max)
    }

    /// Whether it is a matter of time whether a message is dropped by a clean start.
    pub(crate) fn may_be_dropped(&self, message: MessageIndex) -> bool {
        let written = self.script.messages[message].at;
        self.script.plan.clean_starts.iter().any(|wish| written < wish.until)
    }

    /// Whether a run goes on with a turn that had begun before the operator started clean, in a
    /// boot that was started so.
    pub(crate) fn is_resumed_clean(&self, run: &RunFact) -> bool {
        let started = run.message.and_then(|message| self.ledger.messages[message].started_at);
        let Some(started) = started else { return false };
        self.script.plan.clean_starts.iter().any(|wish| {
            let mut boots = self.ledger.boots.iter().filter(|boot| wish.is_about(boot.began_at));
            let first = boots.next().map(|boot| boot.began_at);
            let is_about = wish.is_about(self.ledger.boot(run.boot).began_at);
            is_about && first.is_some_and(|first| started < first)
        })
    }

    /// Whether a message is a job that its chat was told is too old, when it was: by simulated
    /// time, or by a wall clock that went forward meanwhile.
    pub(crate) fn is_missed_job(&self, message: MessageIndex) -> bool {
        let written = &self.script.messages[message];
        let notices = self.ledger.deliveries.iter().filter(|delivery| {
            delivery.notice() == Some(Notice::Stale) && self.about(delivery) == Some(message)
        });
        let window = self.script.plan.settings.job_window.as_millis();
        let mut ages = notices.map(|notice| {
            let jumps = self.script.plan.clock_jumps.iter();
            let jumps = jumps.filter(|jump| written.at <= jump.at && jump.at <= notice.at);
            let gained: u64 = jumps.filter_map(|jump| u64::try_from(jump.by.0).ok()).sum();
            u128::from(notice.at.since(written.at).0.saturating_add(gained))
        });
        written.body == MessageBody::Job && ages.any(|age| age > window)
    }

    /// Whether it is a matter of time whether a message is a job that is missed.
    pub(crate) fn may_be_missed(&self, message: MessageIndex) -> bool {
        let (plan, written) = (&self.script.plan, &self.script.messages[message]);
        let left = u128::from(plan.horizon.since(written.at).0);
        written.body == MessageBody::Job && left > plan.settings.job_window.as_millis()
    }

    /// The spans of time after a message was written in which its chat had no access.
    fn revoked_after(&self, message: MessageIndex) -> impl Iterator<Item = (Ms, Ms)> {
        let written = &self.script.messages[message];
        let revocations = self.script.plan.revocations.iter();
        let here = revocations.filter(|one| one.chat == self.script.chats[written.chat]);
        let spans = here.map(|one| (one.at.max(written.at), one.end()));
        spans.filter(|(from, end)| from < end)
    }
}

#[cfg(test)]
mod tests {
    use gateway_core::message::{Cut, Notice};

    use crate::oracle::OracleId;
    use crate::oracle::past::{Past, killed, past_of};

    /// One message at 1 s in chat `a`, which is revoked as the rest of the table says.
    fn revoked(rest: &str) -> Past {
        past_of(&format!(
            "horizon = \"1000s\"\n[[message]]\nat = \"1s\"\nchat = \"a\"\n\
             [[revoke]]\nchat = \"a\"\n{rest}\n"
        ))
    }

    #[test]
    fn a_message_of_a_revoked_chat_need_not_be_answered() {
        let cut = revoked("at = \"40s\"").boot(0, 50, killed()).run(0, 1).cut(0).alive(51);
        cut.acquitted_by(OracleId::NothingLost);
        cut.acquitted_by(OracleId::Resumed);
        let acked = revoked("at = \"40s\"").boot(0, 50, crate::ledger::End::PowerLost);
        acked.acked(0, 2).alive(51).acquitted_by(OracleId::HonestIo);
    }

    #[test]
    fn a_revocation_that_was_over_or_that_nobody_lived_to_see_excuses_nothing() {
        let over = revoked("at = \"0s\"\nuntil = \"1s\"").boot(0, 50, killed()).run(0, 1).cut(0);
        let over = over.alive(51);
        over.convicted_by(OracleId::NothingLost);
        over.convicted_by(OracleId::Resumed);
        // The millisecond in which a boot dies is one of its life.
        let last = revoked("at = \"50s\"\nuntil = \"51s\"").boot(0, 50, killed()).run(0, 1);
        last.cut(0).alive(51).acquitted_by(OracleId::NothingLost);
        let unseen = revoked("at = \"60s\"\nuntil = \"70s\"").boot(0, 50, killed()).run(0, 1);
        unseen.cut(0).alive(71).convicted_by(OracleId::NothingLost);
        let another = past_of(
            "horizon = \"1000s\"\n[[message]]\nat = \"1s\"\nchat = \"a\"\n\
             [[message]]\nat = \"1s\"\nchat = \"b\"\n[[revoke]]\nchat = \"b\"\nat = \"2s\"\n",
        );
        another.alive(0).run(0, 1).convicted_by(OracleId::NothingLost);
    }

    #[test]
    fn a_job_is_discharged_by_a_notice_only_once_it_is_older_than_its_window() {
        let told = |rest: &str, at_ms: u64| {
            let plan = format!(
                "horizon = \"1000s\"\nsettings = {{ job_window = \"50s\" }}\n{rest}\n\
                 [[message]]\nat = \"1s\"\nchat = \"a\"\n"
            );
            let job = format!("{plan}body = \"job\"\n");
            let by = |plan: &str| past_of(plan).alive(0).notice(Notice::Stale, 0, at_ms);
            (by(&job), by(&plan))
        };
        let (job, message) = told("", 51_001);
        job.acquitted_by(OracleId::NothingLost);
        message.convicted_by(OracleId::NothingLost);
        told("", 51_000).0.convicted_by(OracleId::NothingLost);
        let jump = "clock_jump = [{ at = \"20s\", by = \"40s\" }]";
        told(jump, 30_000).0.acquitted_by(OracleId::NothingLost);
        let early = jump.replace("20s", "0s");
        told(&early, 30_000).0.convicted_by(OracleId::NothingLost);
    }

    /// Two messages at 1 s and 60 s in chat `a`, and a clean start from 50 s until 100 s.
    fn cleaned() -> Past {
        past_of(
            "horizon = \"1000s\"\n[[message]]\nat = \"1s\"\nchat = \"a\"\n\
             [[message]]\nat = \"60s\"\nchat = \"a\"\n\
             [[clean]]\nfrom = \"50s\"\nuntil = \"100s\"\n",
        )
    }

    #[test]
    fn what_came_before_a_clean_start_need_not_be_answered_and_does_not_go_on() {
        let cut = || cleaned().boot(0, 50, killed()).run(0, 1).cut(0);
        let clean = cut().alive(51).run(1, 60).answer(1, 61_000);
        clean.acquitted_by(OracleId::NothingLost);
        clean.acquitted_by(OracleId::Resumed);
        clean.acquitted_by(OracleId::NoFalseResume);
        let resumed = cut().alive(51).resume(0, 51, Cut::Crash);
        resumed.convicted_by(OracleId::NoFalseResume);
        // A boot outside of the span is as any other.
        let late = cut().alive(100).run(1, 101).answer(1, 102_000);
        late.convicted_by(OracleId::NothingLost);
        cut().alive(100).resume(0, 101, Cut::Crash).acquitted_by(OracleId::NoFalseResume);
    }

    #[test]
    fn a_clean_start_that_waits_for_another_boot_drops_what_that_leaves_if_it_says_so() {
        let waited = || cleaned().boot(0, 65, killed()).run(1, 60).cut(1).alive(55);
        waited().convicted_by(OracleId::NothingLost);
        let told = |until: u64, at_ms: u64| {
            let first = cleaned().boot(0, until, killed()).run(0, 1).answer(0, 2_000).run(1, 60);
            first.cut(1).alive(55).notice(Notice::Dropped, 1, at_ms)
        };
        told(65, 66_000).acquitted_by(OracleId::NothingLost);
        // It is told of one of its messages, and all of them are meant.
        let first = cleaned().boot(0, 65, killed()).run(0, 1).run(1, 60).cut(0).cut(1).alive(55);
        let first = first.notice(Notice::Dropped, 0, 66_000);
        first.acquitted_by(OracleId::NothingLost);
        // It had not waited for anybody when that was written, or dropped it while it waited.
        told(58, 66_000).convicted_by(OracleId::NothingLost);
        told(65, 64_000).convicted_by(OracleId::NothingLost);
    }

    #[test]
    fn a_boot_that_only_waited_has_granted_no_wish() {
        let first = |until: u64| {
            let first = cleaned().boot(0, until, killed()).run(0, 1).answer(0, 2_000).run(1, 60);
            first.cut(1)
        };
        // The second one waited all its life; the third one drops.
        let third = |until| first(until).boot(55, 64, killed()).alive(66);
        third(65).acquitted_by(OracleId::NothingLost);
        third(58).convicted_by(OracleId::NothingLost);
    }

    #[test]
    fn one_wish_to_start_clean_drops_what_came_after_it_only_if_it_may_not_have_been_granted() {
        let twice = |until_ms: u64| {
            let first = cleaned().boot(0, 50, killed()).run(0, 1).cut(0);
            let second = first.boot_ms(59_500, until_ms, killed());
            second.alive(70)
        };
        twice(60_499).acquitted_by(OracleId::NothingLost);
        twice(60_500).convicted_by(OracleId::NothingLost);
        let resumed = twice(60_500).run(1, 70).answer(1, 80_000);
        resumed.acquitted_by(OracleId::NothingLost);
    }

    #[test]
    fn what_an_earlier_boot_was_given_was_written_before_a_clean_start_in_the_same_millisecond() {
        let first = || cleaned().boot(0, 60, killed()).run(0, 1).answer(0, 2_000);
        first().handed(1).alive(60).acquitted_by(OracleId::NothingLost);
        first().alive(60).handed(1).convicted_by(OracleId::NothingLost);
    }

    #[test]
    fn an_agent_for_a_chat_without_access_is_a_false_resume() {
        let cut = || revoked("at = \"40s\"").boot(0, 50, killed()).run(0, 1).cut(0).alive(51);
        cut().acquitted_by(OracleId::NoFalseResume);
        let resumed = cut().barred_open(0, 51).resume(0, 51, Cut::Crash);
        resumed.convicted_by(OracleId::NoFalseResume);
    }
}
