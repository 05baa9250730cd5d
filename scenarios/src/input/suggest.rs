//! Names near a name that nobody knows.

/// How alike two names must be to be worth a question; 1 is a name that holds the other.
const ALIKE: f64 = 0.6;

/// The nearest names, best first, at most three.
pub fn near<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let lower = name.to_lowercase();
    let likeness = |known: &str| {
        let known = known.to_lowercase();
        if !lower.is_empty() && known.contains(&lower) {
            // Whoever stops in the middle of a name has written its beginning.
            return if known.starts_with(&lower) { 2.0 } else { 1.0 };
        }
        strsim::normalized_damerau_levenshtein(&lower, &known)
    };
    let mut found: Vec<(f64, &str)> = known
        .into_iter()
        .map(|known| (likeness(known), known))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    found.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    found.into_iter().take(3).map(|(_, known)| known).collect()
}

/// A sentence fragment that names near names, if there are any, and then all of them.
pub fn one_of<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let near = near(name, known.iter().copied());
    let all = format!("expected one of {}", quoted(&known));
    if near.is_empty() { all } else { format!("did you mean {}? {all}", quoted(&near)) }
}

/// Names in backquotes with commas between them.
pub fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_name_that_was_meant() {
        assert_eq!(near("NOTHING-LOSt", ["NOTHING-LOST", "ORDER"]), ["NOTHING-LOST"]);
        assert_eq!(near("horizom", ["horizon", "seed"]), ["horizon"]);
        assert_eq!(near("027856", ["clean-restart", "027856-killed"]), ["027856-killed"]);
    }

    #[test]
    fn a_name_like_no_other_gets_the_whole_list() {
        assert_eq!(one_of("zzz", ["core", "e1"]), "expected one of `core`, `e1`");
    }
}
