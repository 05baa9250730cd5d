//! What boots send, in a past made by hand.

use std::sync::Arc;

use gateway_core::message::{ChatId, Kind, Notice, Outbound};

use super::{Past, Special};
use crate::script::{MessageIndex, message_id};

impl Past {
    /// It sends the answer that was produced last for a message, and the platform takes it.
    pub(in crate::oracle) fn answers(self, message: MessageIndex) -> Past {
        let to = Some(message_id(message));
        let text = self.produced_for(message);
        self.sends(Kind::Answer { to }, message, text)
    }

    /// The same, labelled as perhaps a copy.
    pub(in crate::oracle) fn copies(self, message: MessageIndex) -> Past {
        let to = Some(message_id(message));
        let text = self.produced_for(message);
        self.sends(Kind::Copy { to }, message, text)
    }

    /// It sends a notice about a message, and the platform takes it.
    pub(in crate::oracle) fn tells(self, notice: Notice, message: MessageIndex) -> Past {
        let to = Some(message_id(message));
        self.sends(Kind::Notice { notice, to }, message, format!("{notice:?}"))
    }

    /// The next send only leaves: it is held up on its way.
    pub(in crate::oracle) fn held_up(mut self) -> Past {
        self.next.held_up = true;
        self
    }

    /// The next send has this key, and not one that tells its kind and its message.
    pub(in crate::oracle) fn keyed(mut self, key: &str) -> Past {
        self.next.key = Some(key.to_owned());
        self
    }

    /// The next send goes into this chat, and not into that of its message.
    pub(in crate::oracle) fn into_chat(mut self, chat: &str) -> Past {
        self.next.chat = Some(chat.to_owned());
        self
    }

    /// The platform takes what was held up first, whether or not its sender lives.
    pub(in crate::oracle) fn arrives(mut self) -> Past {
        let sends = &self.world.ledger().sends;
        let mut held_up = self.sent.iter().filter(|(_, send, _)| sends[*send].taken.is_none());
        let (boot, _, outbound) = held_up.next().expect("something was held up").clone();
        self.world.deliver(boot, &outbound, None).expect("nothing is in the way");
        self
    }

    /// It is told that the platform took what it sent last.
    pub(in crate::oracle) fn confirmed(mut self) -> Past {
        let (boot, send, _) = self.sent.last().expect("it has sent something").clone();
        assert_eq!(boot, self.boot, "another boot sent it");
        assert!(self.world.ledger().sends[send].taken.is_some(), "it did not arrive");
        self.world.confirmed(boot, send);
        self
    }

    fn produced_for(&self, message: MessageIndex) -> String {
        let produced = self.world.ledger().messages[message].produced.last();
        produced.expect("there is no answer yet").clone()
    }

    fn sends(mut self, kind: Kind, message: MessageIndex, text: String) -> Past {
        let Special { held_up, key, chat } = std::mem::take(&mut self.next);
        let what = match kind {
            Kind::Answer { .. } | Kind::Copy { .. } => "answer".to_owned(),
            Kind::Notice { notice, .. } => format!("{notice:?}"),
        };
        let key = key.unwrap_or_else(|| format!("{what} to {}", message_id(message)));
        let chat = chat.map_or_else(|| self.world.script().inbound(message).chat, ChatId);
        let outbound = Arc::new(Outbound { chat, key, kind, text });
        let fault = self.world.note_send(&outbound);
        let send = self.world.left(self.boot, &outbound);
        if !held_up {
            // Whether a fault of the plan is in the way is the platform's to know.
            let _ = self.world.deliver(self.boot, &outbound, fault);
        }
        self.sent.push((self.boot, send, outbound));
        self
    }
}
