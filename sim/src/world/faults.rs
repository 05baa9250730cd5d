//! The disk as a plan wants it: its calls, and what goes wrong with them.

use super::effect::{Answer, EffectId, Verb};
use super::queue::Event;
use super::world::World;
use crate::delivered::Planned;
use crate::disk::Disk;
use crate::plan::{DiskEffect, DiskVerb};
use crate::time::Ms;

impl Verb {
    /// What kind of call of the disk it is, if it is one.
    pub(crate) fn on_disk(&self) -> Option<DiskVerb> {
        Some(match self {
            Verb::CreateNew(_) => DiskVerb::Create,
            Verb::Open(_) => DiskVerb::Open,
            Verb::Rename(..) => DiskVerb::Rename,
            Verb::Link(..) => DiskVerb::Link,
            Verb::Remove(_) | Verb::RemoveDir(_) => DiskVerb::Remove,
            Verb::Mkdir(_) => DiskVerb::Mkdir,
            Verb::List(_) => DiskVerb::List,
            Verb::SyncDir(_) => DiskVerb::SyncDir,
            Verb::Write(..) => DiskVerb::Write,
            Verb::Read(_) => DiskVerb::Read,
            Verb::Truncate(..) => DiskVerb::Truncate,
            Verb::SyncFile(_) | Verb::SyncData(_) => DiskVerb::Sync,
            Verb::TryLock(_) | Verb::Unlock(_) => DiskVerb::Lock,
            Verb::Fence(..)
            | Verb::Poll(_)
            | Verb::Ack(_)
            | Verb::Acknowledged
            | Verb::Send(_)
            | Verb::OpenRun(_)
            | Verb::Next(_)
            | Verb::Interrupt(_)
            | Verb::Signal => return None,
        })
    }

    /// The paths that a call of the disk is about.
    pub(crate) fn paths(&self, disk: &Disk) -> Vec<String> {
        match self {
            Verb::Rename(from, to) | Verb::Link(from, to) => vec![from.clone(), to.clone()],
            Verb::CreateNew(path)
            | Verb::Open(path)
            | Verb::Remove(path)
            | Verb::RemoveDir(path)
            | Verb::Mkdir(path)
            | Verb::List(path)
            | Verb::SyncDir(path) => vec![path.clone()],
            verb => verb.fd().map(|fd| disk.name_of(fd)).into_iter().collect(),
        }
    }
}

impl World {
    /// How long a call of the disk takes until it takes hold.
    pub(super) fn disk_delay(&mut self, boot: u32, verb: &Verb, phase: &str) -> Ms {
        let stalled = self.hit(boot, verb, phase, |effect| effect == DiskEffect::Stall);
        let latency = self.script.plan.disk.latency;
        let plan = &self.script.plan;
        let delay = |fault: usize| plan.shorter_if_healed(self.now, plan.disk_faults[fault].delay);
        let delay = stalled.map_or(latency, |fault| latency.plus(delay(fault)));
        if delay > Ms(0) {
            self.slow_down(boot, delay);
        }
        delay
    }

    /// The files that the next event is about, if that is a call of the disk.
    pub(crate) fn next_paths(&self) -> Vec<String> {
        let Some((_, Event::Hold(boot, effect))) = self.due() else { return Vec::new() };
        let verb = self.verb_of(*boot, *effect);
        verb.map_or_else(Vec::new, |verb| verb.paths(&self.disk))
    }

    /// A call of the disk takes hold, or a fault does.
    pub(super) fn hold_on_disk(&mut self, boot: u32, effect: EffectId, verb: Verb) -> Answer {
        let phase = self.process_mut(boot).pending_mut(effect).phase;
        let Some(fault) = self.hit(boot, &verb, phase, |effect| effect != DiskEffect::Stall) else {
            return answer(&mut self.disk, verb);
        };
        let fault = self.script.plan.disk_faults[fault].effect;
        let Some(errno) = fault.errno() else {
            let now = self.now;
            self.ledger.flush_lied_at.get_or_insert(now);
            return Answer::Done(Ok(()));
        };
        // The files are open and the paths were found when the call was made: whatever these say,
        // the call fails with the fault's errno.
        let _ = match (fault, &verb) {
            (DiskEffect::EnospcPartial, Verb::Write(fd, offset, bytes)) => {
                self.disk.write(*fd, *offset, &bytes[..bytes.len() / 2])
            }
            (DiskEffect::EioDropsDirty, Verb::SyncFile(fd) | Verb::SyncData(fd)) => {
                self.disk.drop_dirty_file(*fd)
            }
            (DiskEffect::EioDropsDirty, Verb::SyncDir(path)) => self.disk.drop_dirty_dir(path),
            _ => Ok(()),
        };
        self.process_mut(boot).pending_mut(effect).spoiled = true;
        failed(&verb, errno)
    }

    /// The planned fault that hits a call, by its index.
    fn hit(
        &mut self,
        boot: u32,
        verb: &Verb,
        phase: &str,
        wanted: impl Fn(DiskEffect) -> bool,
    ) -> Option<usize> {
        if self.is_healed() {
            return None;
        }
        let kind = verb.on_disk()?;
        let script = std::sync::Arc::clone(&self.script);
        let paths = if script.plan.disk_faults.iter().any(|fault| fault.path.is_some()) {
            verb.paths(&self.disk)
        } else {
            Vec::new()
        };
        for (index, fault) in script.plan.disk_faults.iter().enumerate() {
            let fits = match fault.verb {
                Some(verb) => verb == kind && fault.effect.fits(kind),
                None => fault.effect.fits_unsaid(kind),
            };
            let there = fault
                .path
                .as_ref()
                .is_none_or(|wanted| paths.iter().any(|path| is_meant(wanted, path)));
            let there = there && fault.phase.as_ref().is_none_or(|wanted| is_meant(wanted, phase));
            let then = fault.from <= self.now && fault.until.is_none_or(|until| self.now < until);
            if !wanted(fault.effect) || !fits || !there || !then {
                continue;
            }
            if let Some(nth) = fault.nth {
                self.met[index] += 1;
                if self.met[index] != nth {
                    continue;
                }
            }
            self.delivered.note(Planned::DiskFault(index));
            let delay = script.plan.shorter_if_healed(self.now, fault.delay);
            let (now, until) = (self.now, self.now.plus(delay));
            let sick = &mut self.boot_facts(boot).disk_sick;
            *sick = Some((sick.map_or(now, |(first, _)| first), until));
            return Some(index);
        }
        None
    }

    /// One bit turns over.
    pub(super) fn rot(&mut self, index: usize) {
        let rot = &self.script.plan.bit_rots[index];
        let names = self.disk.list("").unwrap_or_default();
        let path = names.into_iter().rfind(|name| is_meant(&rot.path, name));
        let path = path.unwrap_or_else(|| rot.path.clone());
        if !self.is_healed() && self.disk.rot(&path, rot.byte, rot.bit) {
            let now = self.now;
            self.ledger.rotted.push(now);
            self.delivered.note(Planned::BitRot(index));
        }
    }

    /// A process is frozen: it asks for nothing and hears of nothing until it thaws. What it has
    /// asked for before happens all the same.
    pub(super) fn stall(&mut self, index: usize) {
        let stall = self.script.plan.stalls[index].clone();
        let Some(boot) = self.meant().filter(|_| !self.is_healed()) else { return };
        self.delivered.note(Planned::Stall(index));
        let lasts = self.script.plan.shorter_if_healed(self.now, stall.lasts);
        let until = self.now.plus(lasts);
        let process = self.process_mut(boot);
        process.frozen_until = process.frozen_until.max(until);
        let answers =
            self.queue.extract(|event| matches!(event, Event::Complete(of, _) if *of == boot));
        for ((at, ..), event) in answers {
            self.file_effect(at, event);
        }
        let now = self.now;
        self.boot_facts(boot).frozen = Some((now, until));
        self.slow_down(boot, lasts);
    }

    /// The plan slows a boot down.
    pub(super) fn slow_down(&mut self, boot: u32, by: Ms) {
        let facts = self.boot_facts(boot);
        facts.slowed = facts.slowed.plus(by);
        if facts.stop.is_some() {
            facts.slowed_in_stop = facts.slowed_in_stop.plus(by);
        }
    }

    /// Every lock is forgotten, and nobody is told.
    pub(super) fn lose_locks(&mut self, index: usize) {
        if !self.is_healed() {
            self.delivered.note(Planned::LostLocks(index));
            self.disk.forget_locks();
        }
    }
}

/// Whether a path or a phase is meant by a plan, which may say how it begins.
fn is_meant(wanted: &str, name: &str) -> bool {
    wanted.strip_suffix('*').map_or(name == wanted, |begin| name.starts_with(begin))
}

/// The answer of a call that fails.
fn failed(verb: &Verb, errno: i32) -> Answer {
    match verb {
        Verb::CreateNew(_) | Verb::Open(_) => Answer::File(Err(errno)),
        Verb::Read(_) => Answer::Bytes(Err(errno)),
        Verb::List(_) => Answer::Names(Err(errno)),
        Verb::TryLock(_) => Answer::Locked(Err(errno)),
        _ => Answer::Done(Err(errno)),
    }
}

fn answer(disk: &mut Disk, verb: Verb) -> Answer {
    match verb {
        Verb::CreateNew(path) => Answer::File(disk.create_new(&path)),
        Verb::Open(path) => Answer::File(disk.open(&path)),
        Verb::Rename(from, to) => Answer::Done(disk.rename(&from, &to)),
        Verb::Link(from, to) => Answer::Done(disk.link(&from, &to)),
        Verb::Remove(path) => Answer::Done(disk.remove(&path)),
        Verb::RemoveDir(path) => Answer::Done(disk.remove_dir(&path)),
        Verb::Mkdir(path) => Answer::Done(disk.mkdir(&path)),
        Verb::List(path) => Answer::Names(disk.list(&path)),
        Verb::SyncDir(path) => Answer::Done(disk.sync_dir(&path)),
        Verb::Write(fd, offset, bytes) => Answer::Done(disk.write(fd, offset, &bytes)),
        Verb::Read(fd) => Answer::Bytes(disk.read(fd)),
        Verb::Truncate(fd, len) => Answer::Done(disk.truncate(fd, len)),
        Verb::SyncFile(fd) | Verb::SyncData(fd) => Answer::Done(disk.sync_file(fd)),
        Verb::TryLock(fd) => Answer::Locked(disk.try_lock(fd)),
        Verb::Unlock(fd) => Answer::Done(disk.unlock(fd)),
        Verb::Fence(..)
        | Verb::Poll(_)
        | Verb::Ack(_)
        | Verb::Acknowledged
        | Verb::Send(_)
        | Verb::OpenRun(_)
        | Verb::Next(_)
        | Verb::Interrupt(_)
        | Verb::Signal => unreachable!("not an operation of the disk"),
    }
}
