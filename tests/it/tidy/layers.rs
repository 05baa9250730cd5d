//! Which crate may see which, and what is switched on in all of them.

use toml::{Table, Value};

use super::tree::{Finding, Source, Tree};

/// The crates, each seeing only those before it.
const LAYERS: [&str; 5] = ["gateway-core", "sim", "core-mutants", "scenarios", "tests"];

/// Where a manifest names what a crate sees.
const SEEN: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// The crates that run simulated, and therefore under the long list of bans.
const SIMULATED: [&str; 2] = ["gateway-core/clippy.toml", "sim/clippy.toml"];

/// What clippy's configuration bans.
const BANS: [&str; 2] = ["disallowed-types", "disallowed-methods"];

/// A crate depends on crates before it only.
pub(super) fn depends_downwards(file: &Source) -> Vec<Finding> {
    let Some((name, manifest)) = manifest(file) else { return Vec::new() };
    let Some(layer) = LAYERS.iter().position(|layer| *layer == name) else {
        return vec![file.finding(1, format!("`{name}` has no place among {LAYERS:?}"))];
    };
    let tables = SEEN.iter().filter_map(|seen| manifest.get(*seen)?.as_table());
    let seen = tables.flatten().map(|(key, value)| {
        let renamed = value.get("package").and_then(Value::as_str);
        (key, renamed.unwrap_or(key))
    });
    seen.filter(|(_, seen)| LAYERS[layer..].contains(seen))
        .map(|(key, seen)| {
            let line = line_of(&file.text, key);
            file.finding(line, format!("`{name}` may not depend on `{seen}`: {LAYERS:?}"))
        })
        .collect()
}

/// The lints of the workspace hold in every crate.
pub(super) fn lints_are_on(file: &Source) -> Option<Finding> {
    let (_, manifest) = manifest(file)?;
    let on = manifest.get("lints").and_then(|lints| lints.get("workspace"));
    let wanted = "the lints are off: `[lints] workspace = true`";
    (on.and_then(Value::as_bool) != Some(true)).then(|| file.finding(1, wanted))
}

/// A ban says what to use instead, and is pronounced once.
pub(super) fn bans_have_reasons(file: &Source) -> Vec<Finding> {
    if file.path.rsplit('/').next() != Some("clippy.toml") {
        return Vec::new();
    }
    let Ok(table) = file.text.parse::<Table>() else {
        return vec![file.finding(1, "not TOML")];
    };
    let mut seen = Vec::new();
    let mut findings = Vec::new();
    for ban in BANS.iter().filter_map(|bans| table.get(*bans)?.as_array()).flatten() {
        let path = ban.get("path").and_then(Value::as_str).unwrap_or_default();
        let line = line_of(&file.text, &format!("{{ path = \"{path}\""));
        if ban.get("reason").and_then(Value::as_str).unwrap_or_default().is_empty() {
            findings.push(file.finding(line, format!("`{path}`: say what to use instead")));
        }
        if seen.contains(&path) {
            findings.push(file.finding(line, format!("`{path}` is banned twice")));
        }
        seen.push(path);
    }
    findings
}

/// The crates that are simulated keep to the same bans.
pub(super) fn simulated_crates_share_one_ban_list(tree: &Tree) -> Option<Finding> {
    let [first, second] = SIMULATED.map(|path| tree.file(path).map(|file| file.text.as_str()));
    let what = format!("not the list of {}", SIMULATED[0]);
    let here = Source::new(SIMULATED[1], "");
    (first.is_none() || first != second).then(|| here.finding(1, what))
}

/// The crate that a manifest describes; none if `file` is no manifest of a crate.
fn manifest(file: &Source) -> Option<(String, Table)> {
    file.path.ends_with("Cargo.toml").then_some(())?;
    let manifest = file.text.parse::<Table>().ok()?;
    let name = manifest.get("package")?.get("name")?.as_str()?.to_owned();
    Some((name, manifest))
}

/// The first line that begins with `key`, from 1.
fn line_of(text: &str, key: &str) -> usize {
    let found = text.lines().position(|line| line.trim_start().starts_with(key));
    found.map_or(1, |line| line + 1)
}

#[test]
fn a_dependency_upwards_is_found() {
    let check = |text: &str| {
        let findings = depends_downwards(&Source::new("a/Cargo.toml", text));
        super::tree::lines(findings)
    };
    let sim = "[package]\nname = \"sim\"\n[dependencies]\n";
    assert!(check(&format!("{sim}gateway-core.workspace = true\ntoml = \"1\"\n")).is_empty());
    assert_eq!(check(&format!("{sim}scenarios.workspace = true\n")), [4]);
    assert_eq!(
        check(&format!("{sim}[dev-dependencies]\ntests = {{ path = \"../tests\" }}\n")),
        [5]
    );
    assert_eq!(check(&format!("{sim}a = {{ package = \"scenarios\", path = \"..\" }}\n")), [4]);
    let core = "[package]\nname = \"gateway-core\"\n[build-dependencies]\nsim.workspace = true\n";
    assert_eq!(check(core), [4]);
    assert_eq!(check("[package]\nname = \"stranger\"\n"), [1]);
    assert!(check("[workspace]\nmembers = [\"sim\"]\n").is_empty());
}

#[test]
fn a_crate_without_lints_is_found() {
    let check = |text: &str| lints_are_on(&Source::new("a/Cargo.toml", text)).is_some();
    assert!(check("[package]\nname = \"sim\"\n"));
    assert!(!check("[package]\nname = \"sim\"\n[lints]\nworkspace = true\n"));
}

#[test]
fn a_ban_without_a_reason_is_found() {
    let check = |text: &str| bans_have_reasons(&Source::new("a/clippy.toml", text)).len();
    let good = "{ path = \"a::b\", reason = \"use c\" },";
    assert_eq!(check(&format!("disallowed-types = [{good}]")), 0);
    assert_eq!(check("disallowed-methods = [{ path = \"a::b\" }]"), 1);
    assert_eq!(check("disallowed-methods = [\"a::b\"]"), 1);
    assert_eq!(check(&format!("disallowed-types = [{good}{good}]")), 1);
    assert_eq!(check("disallowed-types ="), 1);
}

#[test]
fn a_ban_list_of_ones_own_is_found() {
    let file = |path, text| Source::new(path, text);
    let check = |files| {
        let tree = Tree { files, paths: Vec::new() };
        simulated_crates_share_one_ban_list(&tree).is_some()
    };
    assert!(check(vec![file(SIMULATED[0], "a"), file(SIMULATED[1], "b")]));
    assert!(check(vec![file(SIMULATED[0], "a")]));
    assert!(check(Vec::new()));
    assert!(!check(vec![file(SIMULATED[0], "a"), file(SIMULATED[1], "a")]));
}
