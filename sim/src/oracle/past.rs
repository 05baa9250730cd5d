//! Pasts made by hand, for the tests of the oracles: one chat or two, a few boots, and exactly
//! what an oracle looks at.

use std::sync::Arc;

use gateway_core::env::{Exit, Signal};
use gateway_core::message::{Cut, Kind, Notice};

use super::OracleId;
use super::old_judge as judge;
use crate::ledger::{BarredOpen, BootFacts, Delivery, End, RunFact, StopFacts};
use crate::script::{MessageIndex, Script, message_id};
use crate::time::Ms;
use crate::world::World;

/// A past under construction.
pub(super) struct Past {
    world: World,
}

/// A plan with these messages, each `(seconds, chat)`.
pub(super) fn past(messages: &[(u64, &str)]) -> Past {
    let mut text = "horizon = \"1000s\"\n".to_owned();
    for (at, chat) in messages {
        text.push_str(&format!("[[message]]\nat = \"{at}s\"\nchat = \"{chat}\"\n"));
    }
    past_of(&text)
}

/// A past under a plan that is written out.
pub(super) fn past_of(plan: &str) -> Past {
    let plan = toml::from_str(plan).expect("a plan");
    let mut world = World::new(Arc::new(Script::new(&plan)));
    while world.due().is_some() {
        // Everything that users and operators do happens, and no process lives to hear it.
        world.processes.clear();
        world.step();
    }
    world.processes.clear();
    world.ledger.boots.clear();
    Past { world }
}

impl Past {
    /// A boot from one second to another that ended this way.
    pub(super) fn boot(mut self, from: u64, until: u64, end: End) -> Past {
        let ended = Some((Ms(until * 1_000), end));
        self.push_boot(from, ended);
        self
    }

    /// The same by milliseconds.
    pub(super) fn boot_ms(mut self, from: u64, until: u64, end: End) -> Past {
        self = self.boot(from / 1_000, until / 1_000, end);
        let boot = self.last_boot();
        boot.began_at = Ms(from);
        boot.ended = boot.ended.take().map(|(_, end)| (Ms(until), end));
        self
    }

    /// The boot that still lives.
    pub(super) fn alive(mut self, from: u64) -> Past {
        self.push_boot(from, None);
        let process = crate::world::test_process(self.world.ledger.boots.len());
        self.world.processes.insert(process.boot, process);
        self
    }

    fn push_boot(&mut self, from: u64, ended: Option<(Ms, End)>) {
        let number = u32::try_from(self.world.ledger.boots.len()).expect("few") + 1;
        self.world.ledger.boots.push(Arc::new(BootFacts {
            number,
            began_at: Ms(from * 1_000),
            ended,
            stop: None,
            cut: Vec::new(),
            disk_errors: 0,
            disk_error_at: None,
            disk_sick: None,
            held_back: Ms(0),
            slowed: Ms(0),
            slowed_in_stop: Ms(0),
            frozen: None,
            errors: Vec::new(),
        }));
    }

    fn last_boot(&mut self) -> &mut BootFacts {
        Arc::make_mut(self.world.ledger.boots.last_mut().expect("a boot"))
    }

    /// The last boot was asked to stop, and told a chat if `announced` says when.
    pub(super) fn stopping(mut self, signal: Signal, at: u64, announced: Option<u64>) -> Past {
        self.last_boot().stop = Some(StopFacts {
            signal: Some(signal),
            asked_by_agent: false,
            asked_at: Ms(at * 1_000),
            announced_at: announced.map(|at| Ms(at * 1_000)),
        });
        self
    }

    /// The end of the last boot cut the turn of a message.
    pub(super) fn cut(mut self, message: MessageIndex) -> Past {
        self.last_boot().cut.push(message);
        self
    }

    /// A message was acknowledged.
    pub(super) fn acked(mut self, message: MessageIndex, at: u64) -> Past {
        self.facts(message).acked_at = Some(Ms(at * 1_000));
        self
    }

    /// A sync of the disk did nothing and said that it did.
    pub(super) fn flush_lied(mut self, at: u64) -> Past {
        self.world.ledger.flush_lied_at = Some(Ms(at * 1_000));
        self
    }

    /// A planned fault hit a send about a message.
    pub(super) fn send_fault(mut self, message: MessageIndex) -> Past {
        self.facts(message).send_fault = true;
        self
    }

    /// The last boot was given a message.
    pub(super) fn handed(mut self, message: MessageIndex) -> Past {
        let number = self.last_boot().number;
        self.facts(message).handed_to.push(number);
        self
    }

    fn facts(&mut self, message: MessageIndex) -> &mut crate::ledger::MessageFacts {
        Arc::make_mut(&mut self.world.ledger.messages[message])
    }

    /// The last boot was given an error of the disk, after it was given a message.
    pub(super) fn disk_error(mut self, message: MessageIndex) -> Past {
        let boot = self.last_boot();
        boot.disk_errors += 1;
        boot.disk_error_at = Some(boot.began_at);
        boot.disk_sick = Some((boot.began_at, boot.began_at));
        self.handed(message)
    }

    /// The plan kept the last boot waiting for so long in all.
    pub(super) fn held_back(mut self, by_ms: u64) -> Past {
        self.last_boot().held_back = Ms(by_ms);
        self
    }

    /// The last boot logged an error.
    pub(super) fn error(mut self, text: &str) -> Past {
        self.last_boot().errors.push(text.to_owned());
        self
    }

    /// The last boot ran an agent for a message.
    pub(super) fn run(self, message: MessageIndex, at: u64) -> Past {
        self.run_with(Some(message), at, |_| {})
    }

    /// The last boot ran an agent, and something about that is special.
    pub(super) fn run_with(
        mut self,
        message: Option<MessageIndex>,
        at: u64,
        change: impl FnOnce(&mut RunFact),
    ) -> Past {
        let boot = u32::try_from(self.world.ledger.boots.len()).expect("few");
        let chat = message.map_or(0, |message| self.world.script.messages[message].chat);
        let mut fact = RunFact {
            boot,
            chat,
            session: format!("session of chat {chat}"),
            message,
            given_message: message.is_some(),
            steps_given: 0,
            turns_given: u32::MAX,
            steps_acked: 0,
            resumed: None,
            asked_at: Ms(at * 1_000),
            began_at: Ms(at * 1_000),
            over_at: None,
            interrupted_at: None,
            overlapped: false,
        };
        change(&mut fact);
        self.world.ledger.runs.push(Arc::new(fact));
        if let Some(message) = message {
            self.facts(message).started_at.get_or_insert(Ms(at * 1_000));
        }
        self
    }

    /// The last boot asked for an agent for a message whose chat had no access.
    pub(super) fn barred_open(mut self, message: MessageIndex, at: u64) -> Past {
        let boot = u32::try_from(self.world.ledger.boots.len()).expect("few");
        let chat = self.world.script.messages[message].chat;
        self.world.ledger.barred_opens.push(BarredOpen { boot, chat, at: Ms(at * 1_000) });
        self
    }

    /// The last boot ran an agent for a message and told it why it had been cut.
    pub(super) fn resume(self, message: MessageIndex, at: u64, why: Cut) -> Past {
        self.run_with(Some(message), at, |run| run.resumed = Some(why))
    }

    /// The platform took an answer to a message.
    pub(super) fn answer(self, message: MessageIndex, at_ms: u64) -> Past {
        let to = Some(message_id(message));
        self.deliver(Kind::Answer { to }, message, at_ms, true)
    }

    /// The platform took an answer that an earlier boot had sent.
    pub(super) fn answer_of(self, boot: u32, message: MessageIndex, at_ms: u64) -> Past {
        self.answer(message, at_ms).sent_by(boot)
    }

    /// What the platform took last, and its sender was never told.
    pub(super) fn untold(mut self) -> Past {
        let deliveries = Arc::make_mut(&mut self.world.ledger.deliveries);
        deliveries.last_mut().expect("just taken").told = false;
        self
    }

    /// The platform took a copy of it.
    pub(super) fn copy(self, message: MessageIndex, at_ms: u64) -> Past {
        let to = Some(message_id(message));
        self.deliver(Kind::Copy { to }, message, at_ms, true)
    }

    /// The latest run was another boot's.
    pub(super) fn by(mut self, boot: u32) -> Past {
        let run = self.world.ledger.runs.last_mut().expect("a run");
        Arc::make_mut(run).boot = boot;
        self
    }

    /// What the platform took last was another boot's.
    pub(super) fn sent_by(mut self, boot: u32) -> Past {
        let deliveries = Arc::make_mut(&mut self.world.ledger.deliveries);
        deliveries.last_mut().expect("just taken").boot = boot;
        self
    }

    /// The platform took a notice about a message.
    pub(super) fn notice(self, notice: Notice, message: MessageIndex, at_ms: u64) -> Past {
        let to = Some(message_id(message));
        self.deliver(Kind::Notice { notice, to }, message, at_ms, false)
    }

    fn deliver(mut self, kind: Kind, message: MessageIndex, at_ms: u64, answers: bool) -> Past {
        let boot = u32::try_from(self.world.ledger.boots.len()).expect("few");
        let delivery = Delivery {
            at: Ms(at_ms),
            boot,
            chat: Some(self.world.script.messages[message].chat),
            kind,
            key: String::new(),
            answers: answers.then_some(message),
            told: true,
            visible: true,
        };
        Arc::make_mut(&mut self.world.ledger.deliveries).push(delivery);
        self
    }

    /// Whether one oracle is content.
    #[track_caller]
    pub(super) fn acquitted_by(&self, oracle: OracleId) {
        let found: Vec<_> = judge(&self.world).into_iter().filter(|v| v.oracle == oracle).collect();
        assert!(found.is_empty(), "{found:?}");
    }

    /// Whether one oracle is content, as an answer.
    pub(super) fn is_acquitted_by(&self, oracle: OracleId) -> bool {
        judge(&self.world).iter().all(|violation| violation.oracle != oracle)
    }

    /// Whether one oracle is not.
    #[track_caller]
    pub(super) fn convicted_by(&self, oracle: OracleId) {
        let found = judge(&self.world);
        assert!(found.iter().any(|v| v.oracle == oracle), "{oracle} is content: {found:?}");
    }
}

/// A sudden death of the process.
pub(super) fn killed() -> End {
    End::Killed
}

/// A planned end.
pub(super) fn restarted() -> End {
    End::Exited(Exit::Restart)
}
