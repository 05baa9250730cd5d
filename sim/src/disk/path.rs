//! Paths, walked as Linux walks them.
//!
//! The state directory is the root, as it is after a chroot: `..` leads from the root to the root,
//! so no path leaves it, and a leading slash means nothing. The empty path is `.`, for that is how
//! the seam names the root; to the kernel alone it would be no path at all.
//!
//! A verb that makes, moves or removes a name walks to the directory that holds it and looks the
//! last component up by itself: what it answers to `.`, `..` and a trailing slash is its own.

use super::tree::{Ino, ROOT, Tree, errno};

/// The longest path in bytes: PATH_MAX without its zero byte.
const PATH_BYTES: usize = 4095;

/// The longest name in bytes, NAME_MAX.
const NAME_BYTES: usize = 255;

/// The last component of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last<'p> {
    /// No component: the path is nothing but slashes.
    Root,
    /// `.`, or the empty path.
    Dot,
    /// `..`.
    DotDot,
    /// A name, which may or may not be there.
    Name(&'p str),
}

/// Where a path leads, but for its last component.
#[derive(Clone, Debug)]
pub(crate) struct Place<'p> {
    /// The directories from the root to the one that the last component is looked up in.
    pub(crate) trail: Vec<Ino>,
    /// The last component.
    pub(crate) last: Last<'p>,
    /// Whether a slash comes after it, as only after a directory one may.
    pub(crate) slash: bool,
}

impl Place<'_> {
    /// The directory that the last component is looked up in.
    pub(crate) fn dir(&self) -> Ino {
        *self.trail.last().expect("a trail begins with the root")
    }
}

impl Tree {
    /// The inode at a path, or the errno that Linux gives.
    pub(crate) fn resolve(&self, path: &str) -> Result<Ino, i32> {
        check(path)?;
        let ino = *self.walk(path)?.last().expect("a trail begins with the root");
        if path.ends_with('/') {
            self.dir(ino).ok_or(errno::ENOTDIR)?;
        }
        Ok(ino)
    }

    /// Everything of a path but its last component.
    pub(crate) fn place<'p>(&self, path: &'p str) -> Result<Place<'p>, i32> {
        check(path)?;
        let bare = path.trim_end_matches('/');
        let (parents, last) = bare.rsplit_once('/').unwrap_or(("", bare));
        let trail = self.walk(parents)?;
        let place = Place {
            trail,
            last: match last {
                "" if !path.is_empty() => Last::Root,
                "" | "." => Last::Dot,
                ".." => Last::DotDot,
                name => Last::Name(name),
            },
            slash: path.ends_with('/'),
        };
        self.dir(place.dir()).ok_or(errno::ENOTDIR)?;
        Ok(place)
    }

    /// What a name in a directory leads to, if there is one.
    pub(crate) fn lookup(&self, dir: Ino, name: &str) -> Result<Option<Ino>, i32> {
        let names = self.dir(dir).ok_or(errno::ENOTDIR)?;
        if name.len() > NAME_BYTES {
            return Err(errno::ENAMETOOLONG);
        }
        Ok(names.get(name).copied())
    }

    /// The inodes from the root to where a path leads. The way up is the way back: there are no
    /// symbolic links.
    fn walk(&self, path: &str) -> Result<Vec<Ino>, i32> {
        let mut trail = vec![ROOT];
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let here = *trail.last().expect("the root is never popped");
            self.dir(here).ok_or(errno::ENOTDIR)?;
            match name {
                "." => {}
                ".." if trail.len() == 1 => {}
                ".." => {
                    trail.pop();
                }
                name => trail.push(self.lookup(here, name)?.ok_or(errno::ENOENT)?),
            }
        }
        Ok(trail)
    }
}

/// Whether the kernel would look at a path at all.
fn check(path: &str) -> Result<(), i32> {
    if path.contains('\0') {
        return Err(errno::EINVAL);
    }
    if path.len() > PATH_BYTES {
        return Err(errno::ENAMETOOLONG);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::disk::Disk;

    #[test]
    fn no_path_leaves_the_state_directory() {
        let mut disk = Disk::new();
        disk.mkdir("d").expect("new");
        disk.mkdir("../../e").expect("the root is above itself");
        assert_eq!(disk.list(".."), Ok(vec!["d".to_owned(), "e".to_owned()]));
        assert_eq!(disk.list("/d/../.."), disk.list(""));
    }

    #[test]
    fn the_empty_path_is_the_root_and_stays() {
        let mut disk = Disk::new();
        assert_eq!(disk.list(""), Ok(Vec::new()));
        assert_eq!(disk.mkdir(""), Err(17), "EEXIST");
        assert_eq!(disk.remove(""), Err(21), "EISDIR");
        assert_eq!(disk.remove_dir(""), Err(22), "EINVAL");
        assert_eq!(disk.remove_dir("/"), Err(16), "EBUSY");
        assert_eq!(disk.rename("", "x"), Err(16), "EBUSY");
    }
}
