//! Tells the binary which commit it was built from, if it was built in a checkout.
//!
//! It never fails: outside a checkout, or without git, the commit is `unknown`.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // The scenario files are embedded, and a macro cannot tell cargo about a directory.
    println!("cargo:rerun-if-changed=files");
    let commit = git(&["rev-parse", "--verify", "--quiet", "HEAD"]);
    println!("cargo:rustc-env=HOLDFAST_COMMIT={}", commit.as_deref().unwrap_or("unknown"));
    let Some(directory) = git(&["rev-parse", "--absolute-git-dir"]) else { return };
    for name in ["HEAD", "refs/heads", "packed-refs"] {
        let path = Path::new(&directory).join(name);
        if path.exists() {
            println!("cargo:rerun-if-changed={}", path.display());
        }
    }
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}
