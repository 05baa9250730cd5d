//! What becomes of operations that were not durable when the power went: one fate for each.
//!
//! Written out, so that a crash can be repeated without the search that found it. A fate is one
//! word; the fates of a log are words in its order, with blanks between them:
//!
//! - `#` the operation survived, `.` it did not;
//! - a write has one sign for each 512-byte sector of the file that it touches: `#` survived, `.`
//!   did not, `0` reads as zeros, `?` reads as garbage;
//! - behind the signs of a write that made its file longer: `+` the new length survived, `-` it did
//!   not, `@4096` the file is that long instead;
//! - a rename that is not atomic has four signs: the replaced file was emptied, its name removed,
//!   the old name removed, the new name made.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// What becomes of one piece of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Piece {
    /// It survived.
    Kept,
    /// It did not.
    Lost,
    /// Its place reads as zeros, although something else was there.
    Zeros,
    /// Its place reads as something that nobody wrote there.
    Garbage,
}

/// What becomes of the length of a file that a write made longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Growth {
    /// The write did not make its file longer, or is none.
    None,
    /// The new length survived.
    Kept,
    /// It did not.
    Lost,
    /// The file is this long instead, in bytes.
    At(u64),
}

/// What becomes of one operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fate {
    /// Its pieces: one for each sector of a write, one or four for everything else.
    pub pieces: Vec<Piece>,
    /// The length of its file.
    pub growth: Growth,
}

impl Fate {
    /// An operation other than a write.
    pub(super) fn whole(piece: Piece) -> Fate {
        Fate { pieces: vec![piece], growth: Growth::None }
    }

    /// Whether nothing of it was lost.
    fn is_kept(&self) -> bool {
        self.pieces.iter().all(|piece| *piece == Piece::Kept)
            && matches!(self.growth, Growth::None | Growth::Kept)
    }

    /// Whether nothing of it is left.
    fn is_lost(&self) -> bool {
        self.pieces.iter().all(|piece| *piece == Piece::Lost)
            && matches!(self.growth, Growth::None | Growth::Lost)
    }
}

/// The fates of a log's operations, in its order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fates(Arc<[Fate]>);

impl Fates {
    /// These fates.
    pub fn new(fates: Vec<Fate>) -> Fates {
        Fates(fates.into())
    }

    /// The fate of an operation by its place in the log; one that has none was lost.
    pub(super) fn get(&self, place: usize) -> Option<&Fate> {
        self.0.get(place)
    }

    /// Whether nothing was lost.
    pub(crate) fn all_kept(&self) -> bool {
        self.0.iter().all(Fate::is_kept)
    }

    /// Whether nothing is left.
    pub(crate) fn all_lost(&self) -> bool {
        self.0.iter().all(Fate::is_lost)
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            f.write_str(match piece {
                Piece::Kept => "#",
                Piece::Lost => ".",
                Piece::Zeros => "0",
                Piece::Garbage => "?",
            })?;
        }
        match self.growth {
            Growth::None => Ok(()),
            Growth::Kept => f.write_str("+"),
            Growth::Lost => f.write_str("-"),
            Growth::At(len) => write!(f, "@{len}"),
        }
    }
}

impl fmt::Display for Fates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, fate) in self.0.iter().enumerate() {
            let space = if place == 0 { "" } else { " " };
            write!(f, "{space}{fate}")?;
        }
        Ok(())
    }
}

/// A word that is no fate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no fate: expected one sign for each piece (`#` kept, `.` lost, `0` zeros, `?` \
     garbage) and, behind a write that made its file longer, `+`, `-` or `@` and a length"
)]
pub struct NoFate(String);

impl FromStr for Fate {
    type Err = NoFate;

    fn from_str(word: &str) -> Result<Fate, NoFate> {
        let no_fate = || NoFate(word.to_owned());
        let (pieces, growth) = match word.split_once('@') {
            Some((pieces, len)) => (pieces, Growth::At(len.parse().map_err(|_| no_fate())?)),
            None => match (word.strip_suffix('+'), word.strip_suffix('-')) {
                (Some(pieces), _) => (pieces, Growth::Kept),
                (None, Some(pieces)) => (pieces, Growth::Lost),
                (None, None) => (word, Growth::None),
            },
        };
        let piece = |sign| match sign {
            '#' => Ok(Piece::Kept),
            '.' => Ok(Piece::Lost),
            '0' => Ok(Piece::Zeros),
            '?' => Ok(Piece::Garbage),
            _ => Err(no_fate()),
        };
        let pieces = pieces.chars().map(piece).collect::<Result<Vec<_>, _>>()?;
        if pieces.is_empty() { Err(no_fate()) } else { Ok(Fate { pieces, growth }) }
    }
}

impl FromStr for Fates {
    type Err = NoFate;

    fn from_str(words: &str) -> Result<Fates, NoFate> {
        words.split_whitespace().map(str::parse).collect::<Result<Vec<_>, _>>().map(Fates::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fates_read_back_as_they_were_written() {
        for words in ["# . ##.+ 0?- ..@4096 #..#", "#", ".-"] {
            let fates: Fates = words.parse().expect("fates");
            assert_eq!(fates.to_string(), words);
        }
    }

    #[test]
    fn what_is_no_fate_is_refused() {
        for word in ["x", "+", "##@", "#@x", "#+#"] {
            assert_eq!(word.parse::<Fates>(), Err(NoFate(word.to_owned())));
        }
    }
}
