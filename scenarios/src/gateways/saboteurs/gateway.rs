//! A gateway whose every boot sees its files through a sabotage of its own.
//!
//! Everything but the file system is the world's, untouched.

use std::io;
use std::sync::Arc;

use gateway_core::env::{Effect, Env, Exit, File, Fs, Gateway};

use super::sabotage::{Done, Handle, Opening, Sabotage};

/// How the sabotage of a boot begins.
pub(super) type Begin = fn(&Env) -> Arc<dyn Sabotage>;

/// A gateway on a file system that is spoilt.
pub(super) struct Sabotaged<G> {
    gateway: G,
    begin: Begin,
}

impl<G: Gateway> Sabotaged<G> {
    /// `gateway` on a file system that is spoilt by what begins with each boot.
    pub(super) fn new(gateway: G, begin: Begin) -> Sabotaged<G> {
        Sabotaged { gateway, begin }
    }
}

impl<G: Gateway> Gateway for Sabotaged<G> {
    fn boot(&self, env: Env) -> Effect<Exit> {
        let fs = Arc::new(SpoiltFs { fs: Arc::clone(&env.fs), sabotage: (self.begin)(&env) });
        self.gateway.boot(Env { fs, ..env })
    }
}

struct SpoiltFs {
    fs: Arc<dyn Fs>,
    sabotage: Arc<dyn Sabotage>,
}

impl SpoiltFs {
    fn spoilt(&self, path: &str, opening: Opening) -> Opening {
        let (fs, sabotage) = (Arc::clone(&self.fs), Arc::clone(&self.sabotage));
        let path = path.to_owned();
        Box::pin(async move {
            let handle = Arc::new(Handle::new(fs, path, opening.await?));
            Ok(Arc::new(SpoiltFile { handle, sabotage }) as Arc<dyn File>)
        })
    }
}

impl Fs for SpoiltFs {
    fn create_new(&self, path: &str) -> Opening {
        self.spoilt(path, self.sabotage.create_new(&self.fs, path))
    }

    fn open(&self, path: &str) -> Opening {
        self.spoilt(path, self.sabotage.open(&self.fs, path))
    }

    fn rename(&self, from: &str, to: &str) -> Done {
        self.sabotage.rename(&self.fs, from, to)
    }

    fn link(&self, from: &str, to: &str) -> Done {
        self.fs.link(from, to)
    }

    fn remove(&self, path: &str) -> Done {
        self.sabotage.remove(&self.fs, path)
    }

    fn mkdir(&self, path: &str) -> Done {
        self.sabotage.mkdir(&self.fs, path)
    }

    fn remove_dir(&self, path: &str) -> Done {
        self.fs.remove_dir(path)
    }

    fn list(&self, path: &str) -> Effect<io::Result<Vec<String>>> {
        self.fs.list(path)
    }

    fn sync_dir(&self, path: &str) -> Done {
        self.sabotage.sync_dir(&self.fs, path)
    }

    fn display(&self, path: &str) -> String {
        self.fs.display(path)
    }
}

struct SpoiltFile {
    handle: Arc<Handle>,
    sabotage: Arc<dyn Sabotage>,
}

impl File for SpoiltFile {
    fn append(&self, bytes: Vec<u8>) -> Done {
        self.sabotage.append(&self.handle, bytes)
    }

    fn write_at(&self, offset: u64, bytes: Vec<u8>) -> Done {
        self.handle.file().write_at(offset, bytes)
    }

    fn read(&self) -> Effect<io::Result<Vec<u8>>> {
        self.sabotage.read(&self.handle)
    }

    fn truncate(&self, len: u64) -> Done {
        self.sabotage.truncate(&self.handle, len)
    }

    fn sync_file(&self) -> Done {
        self.sabotage.sync_file(&self.handle)
    }

    fn sync_data(&self) -> Done {
        self.sabotage.sync_data(&self.handle)
    }

    fn try_lock(&self) -> Effect<io::Result<bool>> {
        self.sabotage.try_lock(&self.handle)
    }

    fn unlock(&self) -> Done {
        self.sabotage.unlock(&self.handle)
    }
}
