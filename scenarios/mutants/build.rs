//! Copies the gateway core and plants errors into the copy.
//!
//! What the core keeps private is copied, what crosses its seam is not: `lib.rs` of the core tells
//! the two apart (`mod` and `pub mod`). A change of the core that takes away what an error was
//! planted in fails this build, which names the place and what is to be done.

#[path = "src/edit.rs"]
mod edit;
#[path = "src/edits.rs"]
mod edits;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io, process};

use edit::Edit;

fn main() {
    if let Err(error) = copy() {
        println!("cargo:warning={error}");
        process::exit(1);
    }
}

/// The core in the directory that the library includes it from.
fn copy() -> io::Result<()> {
    for path in ["build.rs", "src/edit.rs", "src/edits.rs"] {
        println!("cargo:rerun-if-changed={path}");
    }
    let variable = |name| env::var_os(name).map(PathBuf::from).ok_or_else(|| missing(name));
    let from = variable("CARGO_MANIFEST_DIR")?.join("../../gateway-core/src");
    println!("cargo:rerun-if-changed={}", from.display());
    let to = variable("OUT_DIR")?.join("copy");
    if to.exists() {
        fs::remove_dir_all(&to)?;
    }
    fs::create_dir_all(&to)?;
    let mut unused: Vec<&Edit> = edits::EDITS.iter().collect();
    let mut roots = String::new();
    for line in fs::read_to_string(from.join("lib.rs"))?.lines() {
        let module = |keyword| line.strip_prefix(keyword)?.strip_suffix(';');
        if let Some(shared) = module("pub mod ") {
            writeln!(roots, "#[allow(warnings)]\nuse gateway_core::{shared};")
                .map_err(io::Error::other)?;
        } else if let Some(private) = module("mod ") {
            writeln!(roots, "#[allow(warnings, clippy::all)]\nmod {private};")
                .map_err(io::Error::other)?;
            copy_module(&from, &to, private, &mut unused)?;
        }
    }
    if let Some(edit) = unused.first() {
        return Err(io::Error::other(format!(
            "the core has no private file {} any more: plant the error in src/edits.rs elsewhere, \
             or take it out there and in src/planted.rs",
            edit.file
        )));
    }
    fs::write(to.join("roots.rs"), roots)
}

/// Copies one module of the core and the modules in it, and forgets the edits that were made.
fn copy_module(from: &Path, to: &Path, module: &str, unused: &mut Vec<&Edit>) -> io::Result<()> {
    let mut left = vec![PathBuf::from(format!("{module}.rs")), PathBuf::from(module)];
    while let Some(path) = left.pop() {
        let source = from.join(&path);
        if source.is_dir() {
            fs::create_dir_all(to.join(&path))?;
            for entry in fs::read_dir(&source)? {
                left.push(path.join(entry?.file_name()));
            }
        } else if source.is_file() {
            let name = path.to_string_lossy();
            let (here, elsewhere) = unused.iter().partition(|edit| name == edit.file);
            *unused = elsewhere;
            let text = edit::applied(&fs::read_to_string(&source)?, &here);
            fs::write(to.join(&path), text.map_err(io::Error::other)?)?;
        }
    }
    Ok(())
}

fn missing(name: &str) -> io::Error {
    io::Error::other(format!("cargo sets {name} for every build script, and did not"))
}
