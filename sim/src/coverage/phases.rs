//! What a gateway under test calls the parts of its stop, and what its files are.
//!
//! Only the goals look at it, and only those that ask for a certain part: whether a boot is in a
//! stop or in a recovery is seen from outside.

/// Names of phases, as their spans have them, and of files. What a gateway does not have or name is
/// empty, and nobody asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// In which a stop marks what is unfinished.
    pub premark: &'static [&'static str],
    /// In which it tells the chats.
    pub notify: &'static [&'static str],
    /// In which it waits for turns to finish.
    pub drain: &'static [&'static str],
    /// Between its drain and its clearing.
    pub settle: &'static [&'static str],
    /// In which it takes its marks back.
    pub clear: &'static [&'static str],
    /// In which it writes its receipt.
    pub seal: &'static [&'static str],
    /// After that, until its exit.
    pub release: &'static [&'static str],
    /// How the names of the files begin that hold whole conversations.
    pub histories: &'static [&'static str],
}
