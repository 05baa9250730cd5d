//! The calls that a process made, recorded anywhere: by a tracer of a real one, or by hand.
//!
//! Plain data, so that a log that was never made in this simulator is explored by the same code
//! as one that was: it is done again on a simulated disk, which may then lose its power between
//! any two calls. Paths stand for files; who had which file open is not recorded.

use serde::{Deserialize, Serialize};

use super::volume::Disk;

/// What was on a disk, and the calls that followed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// Done before, and durable.
    #[serde(default)]
    pub before: Vec<Call>,
    /// The calls in their order.
    pub calls: Vec<Call>,
}

/// One call. Bytes are written as text of which each character is one byte (ISO 8859-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Call {
    /// A file that was not there is created.
    Create(String),
    /// Bytes are written at the end of a file.
    Append(String, #[serde(with = "latin1")] Vec<u8>),
    /// Bytes are written at an offset.
    Write(String, u64, #[serde(with = "latin1")] Vec<u8>),
    /// A file gets a length.
    Truncate(String, u64),
    /// A name takes the place of another.
    Rename(String, String),
    /// A file's name goes away.
    Remove(String),
    /// A directory is created.
    Mkdir(String),
    /// The contents of a file are made durable.
    Sync(String),
    /// The names in a directory are made durable.
    SyncDir(String),
}

/// A call that the disk refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("call {number} of the recording ({call:?}) fails with errno {errno}")]
pub struct Refused {
    /// Which one, from 1; those that came before the recording are counted first.
    pub number: usize,
    /// The call.
    pub call: Call,
    /// What the disk says.
    pub errno: i32,
}

impl Recording {
    /// The disk before the first call, between any two, and after the last.
    ///
    /// # Errors
    ///
    /// If the disk refuses a call.
    pub fn disks(&self) -> Result<Vec<Disk>, Refused> {
        let mut disk = Disk::new();
        let mut number = 0;
        let mut perform = |disk: &mut Disk, call: &Call| {
            number += 1;
            let refused = |errno| Refused { number, call: call.clone(), errno };
            call.perform(disk).map_err(refused)
        };
        for call in &self.before {
            perform(&mut disk, call)?;
        }
        disk.settle();
        let mut disks = vec![disk.clone()];
        for call in &self.calls {
            perform(&mut disk, call)?;
            disks.push(disk.clone());
        }
        Ok(disks)
    }
}

impl Call {
    fn perform(&self, disk: &mut Disk) -> Result<(), i32> {
        match self {
            Call::Create(path) => {
                let fd = disk.create_new(path)?;
                disk.close(fd)
            }
            Call::Append(path, bytes) => on(disk, path, |disk, fd| disk.append(fd, bytes)),
            Call::Write(path, at, bytes) => {
                on(disk, path, |disk, fd| disk.write_at(fd, *at, bytes))
            }
            Call::Truncate(path, len) => on(disk, path, |disk, fd| disk.truncate(fd, *len)),
            Call::Rename(from, to) => disk.rename(from, to),
            Call::Remove(path) => disk.remove(path),
            Call::Mkdir(path) => disk.mkdir(path),
            Call::Sync(path) => on(disk, path, Disk::sync_file),
            Call::SyncDir(path) => disk.sync_dir(path),
        }
    }
}

fn on(
    disk: &mut Disk,
    path: &str,
    call: impl FnOnce(&mut Disk, super::Fd) -> Result<(), i32>,
) -> Result<(), i32> {
    let fd = disk.open(path)?;
    let done = call(disk, fd);
    disk.close(fd)?;
    done
}

mod latin1 {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&bytes.iter().copied().map(char::from).collect::<String>())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        let byte = |c: char| {
            u8::try_from(c).map_err(|_| {
                D::Error::custom(format!("`{c}` is not one byte: write characters up to U+00FF"))
            })
        };
        text.chars().map(byte).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::{Bounds, Profile};

    #[test]
    fn a_recording_from_elsewhere_is_explored() {
        let text = r#"{"before": [{"create": "t"}, {"append": ["t", "old\u00ff"]}],
            "calls": [{"create": "t.new"}, {"append": ["t.new", "new"]},
                {"rename": ["t.new", "t"]}]}"#;
        let recording: Recording = serde_json::from_str(text).expect("a recording");
        let again = serde_json::to_string(&recording).expect("plain data");
        assert_eq!(serde_json::from_str::<Recording>(&again).expect("its own text"), recording);
        let disks = recording.disks().expect("all of it is possible");
        let images = disks[3].crash_images(Profile::STRICT, &Bounds::MATRIX);
        let table = |image: &crate::disk::CrashImage| {
            let files = image.files();
            files.into_iter().find(|(path, _)| path == "t").expect("it has a name").1
        };
        let tables: std::collections::BTreeSet<Vec<u8>> = images.images.iter().map(table).collect();
        let expected = [&b"old\xff"[..], b"new", b"", b"\0\0\0"].map(<[u8]>::to_vec);
        assert_eq!(tables, std::collections::BTreeSet::from(expected));
    }

    #[test]
    fn what_the_disk_refuses_is_named() {
        let calls = vec![Call::Mkdir("d".into()), Call::Remove("d".into())];
        let recording = Recording { before: Vec::new(), calls: calls.clone() };
        let refused = Refused { number: 2, call: calls[1].clone(), errno: 21 };
        assert_eq!(recording.disks().map(|disks| disks.len()), Err(refused));
    }

    #[test]
    fn text_that_is_not_bytes_is_refused() {
        let error = serde_json::from_str::<Call>("{\"append\": [\"t\", \"\u{100}\"]}");
        assert!(error.expect_err("not a byte").to_string().contains("U+00FF"));
    }
}
