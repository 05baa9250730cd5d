//! NO-FALSE-RESUME: a chat with nothing unfinished is left in peace, and nobody hears the same
//! notice twice for one death.

use gateway_core::message::Notice;

use super::case::{Case, Violation};
use super::id::OracleId;
use crate::script::ChatIndex;

pub(super) fn judge(case: &Case<'_>, violations: &mut Vec<Violation>) {
    for run in &case.ledger.runs {
        let justified = match run.message {
            None => false,
            Some(message) => match case.ended_before(run.boot, run.asked_at).first() {
                // A message that came since: there is no death to misread.
                Some(last) => {
                    case.script.messages[message].at > last.ended_at()
                        || case.unfinished_at_end(message, last.number)
                }
                // Nobody has ended yet: nothing can go on but what another one is at work on.
                None => run.boot == 1 || run.resumed.is_none(),
            },
        };
        if justified {
            continue;
        }
        let what = match run.message {
            None => format!("an agent was started in boot {} with nothing to do", run.boot),
            Some(message) => format!(
                "an agent was started in boot {} for {}, which was finished",
                run.boot,
                case.world.number_of(message)
            ),
        };
        violations.push(case.chat_violation(OracleId::NoFalseResume, run.chat, what));
    }
    for open in &case.ledger.barred_opens {
        let what = format!("an agent was started in boot {} though it had no access", open.boot);
        violations.push(case.chat_violation(OracleId::NoFalseResume, open.chat, what));
    }
    for run in case.ledger.runs.iter().filter(|run| case.is_resumed_clean(run)) {
        let what = format!("a turn went on in boot {}, which was started clean", run.boot);
        violations.push(case.chat_violation(OracleId::NoFalseResume, run.chat, what));
    }
    judge_notices(case, violations);
}

fn judge_notices(case: &Case<'_>, violations: &mut Vec<Violation>) {
    let deliveries = &case.ledger.deliveries;
    for (index, delivery) in deliveries.iter().enumerate() {
        let Some(notice) = delivery.notice() else { continue };
        let Some(chat) = delivery.chat else { continue };
        let about_a_cut = matches!(
            notice,
            Notice::Interrupted
                | Notice::Resuming
                | Notice::Suspended
                | Notice::Stale
                | Notice::Dropped
        );
        let before = case.ended_before(delivery.boot, case.sent_by(delivery));
        let for_nothing = match before.first() {
            Some(last) => {
                let owed = |message| case.may_be_undelivered(message, last.number);
                let dropped = notice == Notice::Dropped && case.about(delivery).is_some_and(owed);
                !dropped && !has_unfinished(case, chat, last.number)
            }
            None => delivery.boot > 1,
        };
        if about_a_cut && for_nothing {
            let what = format!("{notice:?} in boot {} with nothing unfinished", delivery.boot);
            violations.push(case.chat_violation(OracleId::NoFalseResume, chat, what));
        }
        let message = case.about(delivery);
        let faulty = message.is_some_and(|message| case.ledger.messages[message].send_fault)
            || case.link_is_sick(delivery.at, delivery.at);
        let twice = delivery.visible
            && !faulty
            && deliveries[..index].iter().any(|earlier| {
                earlier.visible
                    && !case.link_is_sick(earlier.at, earlier.at)
                    && earlier.boot == delivery.boot
                    && earlier.chat == delivery.chat
                    && earlier.kind == delivery.kind
            });
        if twice {
            let what = format!("{notice:?} twice in boot {}", delivery.boot);
            violations.push(case.chat_violation(OracleId::NoFalseResume, chat, what));
        }
    }
}

fn has_unfinished(case: &Case<'_>, chat: ChatIndex, boot: u32) -> bool {
    case.texts().any(|message| {
        case.script.messages[message].chat == chat && case.unfinished_at_end(message, boot)
    })
}

#[cfg(test)]
mod tests {
    use gateway_core::message::Notice;

    use crate::oracle::OracleId;
    use crate::oracle::past::{killed, past_of};

    #[test]
    fn an_answer_that_may_not_have_arrived_is_dropped_although_its_user_has_stopped() {
        let stopped = || {
            let plan = "horizon = \"1000s\"\n[[message]]\nat = \"1s\"\nchat = \"a\"\n\
                        [[message]]\nat = \"20s\"\nchat = \"a\"\nbody = \"stop\"\n\
                        [[clean]]\nfrom = \"50s\"\nuntil = \"100s\"\n";
            past_of(plan).boot(0, 50, killed()).run(0, 1).answer(0, 5_000).acked(1, 20)
        };
        let clean = stopped().untold().alive(51).notice(Notice::Dropped, 0, 52_000);
        clean.acquitted_by(OracleId::NoFalseResume);
        let told = stopped().alive(51).notice(Notice::Dropped, 0, 52_000);
        told.convicted_by(OracleId::NoFalseResume);
        let stale = stopped().untold().alive(51).notice(Notice::Stale, 0, 52_000);
        stale.convicted_by(OracleId::NoFalseResume);
    }
}
