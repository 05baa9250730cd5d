//! A gateway that sees its journal through somebody who tampers with it.
//!
//! Only the files of the journal are touched; every other verb goes straight to the world.

use std::io;
use std::sync::Arc;

use gateway_core::env::{Effect, Env, Exit, File, Fs, Gateway};

use super::journal::{JournalFile, Tamper};

/// The names that the journal of the core goes by.
const JOURNAL: [&str; 2] = ["journal", "journal.new"];

/// A gateway whose journal is tampered with.
pub(super) struct Tampered<G> {
    gateway: G,
    tamper: Tamper,
}

impl<G: Gateway> Tampered<G> {
    /// `gateway` with a journal that is tampered with.
    pub(super) fn new(gateway: G, tamper: Tamper) -> Tampered<G> {
        Tampered { gateway, tamper }
    }
}

impl<G: Gateway> Gateway for Tampered<G> {
    fn boot(&self, env: Env) -> Effect<Exit> {
        let fs = Arc::new(TamperedFs { fs: env.fs.clone(), tamper: self.tamper });
        self.gateway.boot(Env { fs, ..env })
    }
}

struct TamperedFs {
    fs: Arc<dyn Fs>,
    tamper: Tamper,
}

impl TamperedFs {
    fn file(
        &self,
        path: &str,
        file: Effect<io::Result<Arc<dyn File>>>,
    ) -> Effect<io::Result<Arc<dyn File>>> {
        if !JOURNAL.contains(&path) {
            return file;
        }
        let tamper = self.tamper;
        Box::pin(
            async move { Ok(Arc::new(JournalFile::new(file.await?, tamper)) as Arc<dyn File>) },
        )
    }
}

impl Fs for TamperedFs {
    fn create_new(&self, path: &str) -> Effect<io::Result<Arc<dyn File>>> {
        self.file(path, self.fs.create_new(path))
    }

    fn open(&self, path: &str) -> Effect<io::Result<Arc<dyn File>>> {
        self.file(path, self.fs.open(path))
    }

    fn rename(&self, from: &str, to: &str) -> Effect<io::Result<()>> {
        self.fs.rename(from, to)
    }

    fn link(&self, from: &str, to: &str) -> Effect<io::Result<()>> {
        self.fs.link(from, to)
    }

    fn remove(&self, path: &str) -> Effect<io::Result<()>> {
        self.fs.remove(path)
    }

    fn mkdir(&self, path: &str) -> Effect<io::Result<()>> {
        self.fs.mkdir(path)
    }

    fn remove_dir(&self, path: &str) -> Effect<io::Result<()>> {
        self.fs.remove_dir(path)
    }

    fn list(&self, path: &str) -> Effect<io::Result<Vec<String>>> {
        self.fs.list(path)
    }

    fn sync_dir(&self, path: &str) -> Effect<io::Result<()>> {
        self.fs.sync_dir(path)
    }

    fn display(&self, path: &str) -> String {
        self.fs.display(path)
    }
}
