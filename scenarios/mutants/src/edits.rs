//! The errors, as edits of the core's text.
//!
//! Where two are planted in one place, one edit has both. What a mutant has to remember and the
//! core has not is added for all of them; only its mutant reads it.

use crate::edit::Edit;

/// Every edit.
pub(crate) const EDITS: &[Edit] = &[
    // Whatever a boot spawns has the error of its boot.
    Edit {
        file: "tasks.rs",
        original: "set.spawn(async move {",
        changed: "let task = crate::planted::inherited(task);
        set.spawn(async move {",
    },
    Edit {
        file: "fold.rs",
        original: "turn.deaths = 0;",
        changed: "if !$StepsKeepDeaths { turn.deaths = 0; }",
    },
    Edit {
        file: "serve/intake.rs",
        original: "if upto <= known {",
        changed: "if upto < known || upto == known && !$FalseAlarm {",
    },
    Edit {
        file: "transcript.rs",
        original: r#"file.sync_data().await.map_err(failed(fs, "sync transcript", &path))?;"#,
        changed: r#"if is_new || !$TranscriptUnsynced {
            file.sync_data().await.map_err(failed(fs, "sync transcript", &path))?;
        }"#,
    },
    Edit {
        file: "transcript.rs",
        original: "bytes.truncate(usize::try_from(synced.bytes).unwrap_or(usize::MAX));",
        changed: "if !$TranscriptUncut {
            bytes.truncate(usize::try_from(synced.bytes).unwrap_or(usize::MAX));
        }",
    },
    // When a boot first found the turn cut, and what age is measured by then.
    Edit {
        file: "state.rs",
        original: "pub(crate) cut_at: UnixMs,",
        changed: "pub(crate) cut_at: UnixMs, pub(crate) found_at: UnixMs,",
    },
    Edit {
        file: "fold.rs",
        original: "turn.cut_at = cut_at;",
        changed: "(turn.cut_at, turn.found_at) = (cut_at, at);",
    },
    Edit {
        file: "fold.rs",
        original: "Turn { id, message, taken_at, boot, seen, steps, reply, cut, cut_at, deaths }",
        changed: "Turn {
            id, message, taken_at, boot, seen, steps, reply, cut, cut_at, deaths, found_at: cut_at,
        }",
    },
    Edit {
        file: "recovery/decide.rs",
        original: "    match (Awaited::of(&turn.message), turn.seen) {",
        changed: "    if $AgeIgnored { return false; }
    let now = if $AgedWhenFound { turn.found_at } else { now };
    match (Awaited::of(&turn.message), turn.seen || $UnseenStale) {",
    },
    Edit {
        file: "fold.rs",
        original: "            if let Some(session) = session {
                entry.session",
        changed: "            if let Some(session) = session && !$ResetKeepsSession {
                entry.session",
    },
    // The journal is told of a stop where there was a reset; this boot knows better.
    Edit {
        file: "journal/writer.rs",
        original: "let commit = json(batch.iter().flat_map(|commit| &commit.records));",
        changed: "let told = batch.iter().flat_map(|commit| commit.records.clone());
        let told = told.map(|record| match record {
            Record::SessionReset { id, chat, .. }
                if $ResetForgotten && self.state().chats.contains_key(&chat) =>
            {
                Record::UserStopped { id, chat }
            }
            record => record,
        });
        let commit = json(told);",
    },
    Edit {
        file: "serve/turn.rs",
        original: "let mut next = run.next();
        if !self.owned() {",
        changed: "let mut next = run.next();
        if !self.owned() && !$StopInterruptsNobody {",
    },
    Edit {
        file: "serve/turn.rs",
        original: "if !self.owned() {
                        self.interrupt(run);",
        changed: "if !self.owned() && !$StopInterruptsNobody {
                        self.interrupt(run);",
    },
    Edit {
        file: "fold.rs",
        original: "            if let Some(turn) = entry.abandon() {",
        changed: "            if !$StopKeepsTurn && let Some(turn) = entry.abandon() {",
    },
    Edit {
        file: "recovery/apply.rs",
        original: "        serve::kick(live, &chat);",
        changed: "        serve::kick(live, &chat);
        let owes = $RecoveryInTurn && live.state().chats.get(&chat).is_some_and(|entry| {
            let replied = entry.turn.as_ref().is_some_and(|turn| turn.reply.is_some());
            replied || !entry.owed.is_empty()
        });
        if owes {
            live.workers.idle_in(|other| *other == chat).await;
        }",
    },
    // What failed is put aside, and goes into the queue with the chat's next message.
    Edit {
        file: "record.rs",
        original: "    /// The agent took a step.",
        changed: "    PromptFailed { turn: TurnId },
    /// The agent took a step.",
    },
    Edit {
        file: "state.rs",
        original: "    pub(crate) queue: VecDeque<Queued>,",
        changed: r#"    pub(crate) queue: VecDeque<Queued>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failed: Option<Queued>,"#,
    },
    Edit {
        file: "fold.rs",
        original: "            queue: VecDeque::new(),",
        changed: "            queue: VecDeque::new(), failed: None,",
    },
    Edit {
        file: "fold.rs",
        original: "            Record::Suspended { turn } =>",
        changed: "            Record::PromptFailed { turn } => {
                let Some(chat) = self.active.get(turn) else { return };
                let Some(chat) = chat_mut(&mut self.chats, chat) else { return };
                let failed = chat.turn.as_ref().map(|turn| {
                    let message = turn.message.clone();
                    Queued::Message { message, at: turn.taken_at }
                });
                chat.failed = failed;
            }
            Record::Suspended { turn } =>",
    },
    Edit {
        file: "fold.rs",
        original: "            entry.queue.push_back(item);",
        changed: "            let failed = entry.failed.take();
            entry.queue.extend(failed);
            entry.queue.push_back(item);",
    },
    Edit {
        file: "serve/turn.rs",
        original: "            TurnEvent::Reply(text) | TurnEvent::Failed(text) => {",
        changed: "            TurnEvent::Failed(text) if $FailedAgain => {
                self.live.commit(Record::PromptFailed { turn: self.id }).await?;
                self.finish(text).await?;
                Ok(After::Over)
            }
            TurnEvent::Reply(text) | TurnEvent::Failed(text) => {",
    },
    Edit {
        file: "serve/turn.rs",
        original: "live.commit(Record::TurnResumed { turn: id, boot, reason, at }).await?;",
        changed: "if !$AttemptsUncounted {
            live.commit(Record::TurnResumed { turn: id, boot, reason, at }).await?;
        }",
    },
    Edit {
        file: "journal/store.rs",
        original: r#"self.file.sync_data().await.map_err(failed("sync journal"))?;"#,
        changed: r#"if !$CommitsUnsynced {
            self.file.sync_data().await.map_err(failed("sync journal"))?;
        }"#,
    },
    Edit {
        file: "serve/turn.rs",
        original: "        if known {",
        changed: "        if known || $NobodySeen {",
    },
];
