//! Pasts made by hand, for the tests of the judge.
//!
//! A past is told like a story: `past(&[(1, "a")]).boot(0).handed(0).acked(0).begins(0).seen()`.
//! Each call lets a real world do one thing, so that history and ledger are what a run would have
//! left. A call is about the boot that began last, unless `by` says otherwise, and about its latest
//! agent and its latest send. Time moves only with `at`, with `boot`, with an end, and with the
//! handing of a message that is not written yet. Messages count from 0, boots from 1.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway_core::env::{Exit, Signal, Token};
use gateway_core::message::Outbound;

use crate::history::SendIndex;
use crate::ledger::BootFacts;
use crate::plan::{Death, DeathKind, DiskChoice, InFlight};
use crate::script::Script;
use crate::time::Ms;
use crate::world::{Answer, EffectId, Event, RunId, Verb, Whom, World};

mod sends;
mod turns;
mod verdict;

/// A past under construction.
#[derive(Clone)]
pub(super) struct Past {
    world: World,
    /// The boot that the next call is about.
    boot: u32,
    /// The agent that each boot has asked for, until it is there.
    opening: BTreeMap<u32, EffectId>,
    /// The latest agent of each boot.
    runs: BTreeMap<u32, RunId>,
    /// What has left, and from which boot.
    sent: Vec<(u32, SendIndex, Arc<Outbound>)>,
    /// What is special about the next send.
    next: Special,
    /// Answers that nobody has looked at.
    answers: BTreeMap<(u32, EffectId), Answer>,
}

/// What is special about a send.
#[derive(Clone, Default)]
struct Special {
    held_up: bool,
    key: Option<String>,
    chat: Option<String>,
}

/// Nothing has happened yet under a plan with these messages, each `(seconds, chat)`. Every turn
/// has three steps.
pub(super) fn past(messages: &[(u64, &str)]) -> Past {
    let message = |(at, chat): &(u64, &str)| text(*at, chat, "");
    past_of(&messages.iter().map(message).collect::<String>())
}

/// A message of a plan that is written out, with what else there is to say of it. Its turn has
/// three steps unless that says something else.
pub(super) fn text(at: u64, chat: &str, more: &str) -> String {
    let turn = if more.contains("turn") { "" } else { "turn = { steps = 3 }" };
    format!("[[message]]\nat = \"{at}s\"\nchat = \"{chat}\"\n{turn}\n{more}\n")
}

/// Nothing has happened yet under a plan that is written out. Its horizon is after 10,000 seconds,
/// and so long may a message wait unless the plan says something else.
pub(super) fn past_of(plan: &str) -> Past {
    let patience = if plan.contains("patience") { "" } else { "patience = \"10000s\"" };
    let plan = format!("horizon = \"10000s\"\n{patience}\n{plan}");
    let plan = toml::from_str(&plan).expect("a plan");
    let mut world = World::new(Arc::new(Script::new(&plan)));
    // Nothing of the plan happens by itself: each test tells what does.
    world.queue.extract(|_| true);
    Past {
        world,
        boot: 0,
        opening: BTreeMap::new(),
        runs: BTreeMap::new(),
        sent: Vec::new(),
        next: Special::default(),
        answers: BTreeMap::new(),
    }
}

/// What happens to boots.
impl Past {
    /// It is so many seconds after the beginning.
    pub(super) fn at(self, seconds: u64) -> Past {
        self.at_ms(seconds * 1_000)
    }

    /// The same by milliseconds.
    pub(super) fn at_ms(mut self, at: u64) -> Past {
        assert!(self.world.now() <= Ms(at), "it is {} already", self.world.now());
        self.world.advance(Ms(at));
        self.post();
        self
    }

    fn post(&mut self) {
        let messages = &self.world.script().messages;
        let written = messages.iter().take_while(|message| message.at <= self.world.now()).count();
        let posted = usize::try_from(self.world.platform.posted).expect("few");
        (posted..written).for_each(|message| self.world.post(message));
    }

    /// A boot begins at some second, beside those that live.
    pub(super) fn boot(self, at: u64) -> Past {
        self.at(at).boot_now()
    }

    /// The same at once.
    pub(super) fn boot_now(mut self) -> Past {
        let beside = std::mem::take(&mut self.world.processes);
        self.world.start();
        self.world.processes.extend(beside);
        self.boot = u32::try_from(self.world.ledger().boots.len()).expect("few");
        self
    }

    /// From now on calls are about this boot.
    pub(super) fn by(mut self, boot: u32) -> Past {
        self.boot = boot;
        self
    }

    /// It is killed.
    pub(super) fn killed(self, at: u64) -> Past {
        self.dies(at, DeathKind::Process)
    }

    /// The power goes, and every boot with it.
    pub(super) fn power_lost(self, at: u64) -> Past {
        self.dies(at, DeathKind::Power(DiskChoice::Lost))
    }

    fn dies(self, at: u64, kind: DeathKind) -> Past {
        let mut past = self.at(at);
        past.world.kill(past.boot, &Death { kind, in_flight: InFlight::Lost }, None);
        past
    }

    /// It ends by itself.
    pub(super) fn exits(self, at: u64, exit: Exit) -> Past {
        let mut past = self.at(at);
        past.world.exit(past.boot, exit);
        past
    }

    /// The supervisor's budget for its stop is used up.
    pub(super) fn over_budget(self, at: u64) -> Past {
        let mut past = self.at(at);
        past.world.budget_over(past.boot);
        past
    }

    /// Agents and platform serve nobody but it from now on.
    pub(super) fn takes_over(mut self) -> Past {
        let token = Token { boot: u64::from(self.boot), nonce: 0 };
        for whom in [Whom::Agents, Whom::Platform] {
            let admitted = self.asks(Verb::Fence(whom, token));
            assert!(matches!(admitted, Answer::Admitted(Ok(()))), "{admitted:?}");
        }
        self
    }

    /// It is asked to stop, and hears it.
    pub(super) fn signal(mut self, signal: Signal) -> Past {
        self = self.signal_unheard(signal);
        self.world.learned(self.boot, &Answer::Signal(signal));
        self
    }

    /// It is asked to stop, and has not heard it yet.
    pub(super) fn signal_unheard(mut self, signal: Signal) -> Past {
        let now = self.world.now();
        let stop = self.world.stop_asked(self.boot);
        if stop.signal.replace(signal).is_none() {
            stop.asked_at = now;
        }
        self
    }

    /// Every boot that has nothing to do but wait is quiescent. One whose disk has failed is not
    /// before a sync has succeeded.
    pub(super) fn quiescent(mut self) -> Past {
        self.world.note_quiescence();
        self
    }

    /// From now on a request of its own is open, and it is not quiescent.
    pub(super) fn at_work(mut self) -> Past {
        self.world.request_opened(self.boot);
        self
    }

    /// It asks its disk to make a directory, and is not answered by the horizon.
    pub(super) fn mkdir_unanswered(mut self) -> Past {
        self.world.request(self.boot, Verb::Mkdir("unanswered".to_owned()));
        self
    }

    /// A call of the disk fails. The plan must have a fault of the disk now.
    pub(super) fn disk_fails(mut self) -> Past {
        let failed = self.asks(Verb::Mkdir("fails".to_owned()));
        assert!(matches!(failed, Answer::Done(Err(_))), "the plan has no fault now: {failed:?}");
        self
    }

    /// A sync succeeds.
    pub(super) fn syncs(mut self) -> Past {
        let name = format!("file {}", self.world.now().0);
        let Answer::File(Ok(file)) = self.asks(Verb::CreateNew(name)) else {
            panic!("the plan has a fault now");
        };
        let synced = self.asks(Verb::SyncFile(file));
        assert!(matches!(synced, Answer::Done(Ok(()))), "{synced:?}");
        self
    }

    /// It logs an error.
    pub(super) fn logs(mut self, error: &str) -> Past {
        self.world.heard(self.boot, vec![error.to_owned()]);
        self
    }

    /// Something else is known about it.
    pub(super) fn facts(mut self, change: impl FnOnce(&mut BootFacts)) -> Past {
        change(self.world.boot_facts(self.boot));
        self
    }

    /// A sync of the disk does nothing and says that it did.
    pub(super) fn flush_lies(mut self) -> Past {
        self.world.ledger.flush_lied_at.get_or_insert(self.world.now);
        self
    }

    /// Bits on the disk turn over.
    pub(super) fn rots(mut self) -> Past {
        self.world.ledger.rotted.push(self.world.now);
        self
    }

    fn asks(&mut self, verb: Verb) -> Answer {
        let effect = self.world.request(self.boot, verb);
        self.answer_to(self.boot, effect)
    }

    /// Lets the world go on until an effect is answered.
    fn answer_to(&mut self, boot: u32, effect: EffectId) -> Answer {
        loop {
            if let Some(answer) = self.answers.remove(&(boot, effect)) {
                return answer;
            }
            self.world
                .queue
                .extract(|event| !matches!(event, Event::Hold(..) | Event::Complete(..)));
            assert!(self.world.due().is_some(), "it is never answered");
            if let Some(done) = self.world.step() {
                self.answers.insert((done.boot, done.effect), done.answer);
            }
        }
    }
}
