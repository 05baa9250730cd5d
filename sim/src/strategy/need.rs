//! How much time a healthy gateway needs for what a plan asks of it, on the safe side: it is free
//! on the direct stage as long as nothing happens.

use crate::plan::{MessagePlan, Outcome, Plan};
use crate::time::Ms;

/// How many calls of the disk a boot, a turn and a step of one make at most, one after the other.
const CALLS: [u64; 3] = [48, 16, 8];

/// A pause before something is sent again doubles up to so many times the first one.
const PAUSES: u64 = 64;

/// How much time a healthy gateway needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    /// What the agents of all turns take and what the gateway does on the disk for them, one turn
    /// after the other, and the pauses before those that go on.
    pub(super) work: Ms,
    /// What is sent for them, again and again.
    sends: Ms,
    /// What a boot takes besides: its start and its stop.
    boot: Ms,
    /// How often the process may end because of the turns themselves.
    ends: u64,
}

impl Need {
    pub(super) fn of(plan: &Plan) -> Need {
        let [of_boot, of_turn, of_step] = CALLS.map(|calls| calls * plan.disk.latency.0);
        let ms = |span: std::time::Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let (settings, supervisor) = (&plan.settings, &plan.supervisor);
        let platform = plan.platform.send_latency.0 + plan.platform.answer_latency.0;
        // Sent, perhaps taken, sent once more.
        let send = 2 * (platform + ms(settings.send_timeout)) + PAUSES * ms(settings.send_retry);
        let requests = || plan.messages.iter().filter(|message| message.body.is_request());
        let work: u64 = requests().map(agent).sum();
        let calls = requests().map(|m| of_turn + of_step * u64::from(m.turn.steps)).sum::<u64>();
        let each = requests().count() as u64;
        let staggered = ms(settings.resume_stagger) * each;
        // Somebody may have to mend what a bit has damaged before a start succeeds.
        let mended = if plan.bit_rots.is_empty() { 0 } else { supervisor.remedy_after.0 };
        let boot = supervisor.restart_delay.0 + supervisor.stop_budget.0 + of_boot + mended;
        let ends = requests().map(|message| ends(message, plan)).sum();
        // Chats are served beside each other, and what is sent to them is: one after the other is
        // more than enough, but for sends that is too much.
        let work = work + calls + staggered;
        Need { work: Ms(work), sends: Ms(4 * send), boot: Ms(boot + send), ends }
    }

    /// Until the turns of a boot have ended.
    pub(super) fn a_boot(&self) -> Ms {
        self.boot.plus(self.work).plus(self.sends)
    }

    /// Until everything has, whatever the turns do to the process.
    pub(super) fn settled(&self) -> Ms {
        Ms(self.a_boot().0.saturating_mul(self.ends + 2))
    }
}

/// How long the agent of a turn is at work at most.
fn agent(message: &MessagePlan) -> u64 {
    let turn = &message.turn;
    turn.prepare.0 + turn.step.0 * u64::from(turn.steps) + turn.reply.0
}

/// How often a turn takes the process down or has it started again.
fn ends(message: &MessagePlan, plan: &Plan) -> u64 {
    let attempts = message.turn.attempts;
    let ends = match message.turn.outcome {
        Outcome::Finish | Outcome::Fail | Outcome::Hang => 0,
        Outcome::AskRestart => attempts.unwrap_or(1),
        Outcome::KillProcess => {
            attempts.unwrap_or(u32::MAX).min(plan.settings.suspend_after.max(1))
        }
    };
    u64::from(ends)
}

/// How many boots it takes to let go of every agent that hangs.
pub(super) fn hangs(plan: &Plan) -> usize {
    let hanging = plan.messages.iter().filter(|m| m.turn.outcome == Outcome::Hang);
    hanging.map(|message| message.turn.attempts.unwrap_or(1) as usize).sum()
}
