//! The page about a failure as text. It ends with the line that shows it again.

use std::io::{self, Write};

use super::exhibit::{Exhibit, FileRow, Found, Origin};
use super::table;

/// A terminal of an ordinary width holds a page without folding it again.
const COLUMNS: usize = 118;

/// Writes the whole page.
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn write_page(out: &mut dyn Write, exhibit: &Exhibit) -> io::Result<()> {
    let Exhibit { oracle, gateway, scenario, statement, timeline, .. } = exhibit;
    writeln!(out, "{oracle} violated by {gateway} in {scenario}\n")?;
    tell(out, "it demands:", statement)?;
    for Found { what, believed } in &exhibit.found {
        tell(out, "it found:", what)?;
        for (index, held) in believed.iter().enumerate() {
            tell(out, if index == 0 { "believed:" } else { "or:" }, held)?;
        }
    }
    for place in &exhibit.places {
        tell(out, "where:", place)?;
    }
    if exhibit.places.is_empty() {
        tell(out, "where:", "nothing had to be killed")?;
    }
    if let Some(Origin { places, steps }) = &exhibit.origin {
        for place in places {
            tell(out, "found at:", place)?;
        }
        tell(out, "shrunk:", steps)?;
    }
    let shrunk = if exhibit.origin.is_some() { "shrunk plan" } else { "plan" };
    writeln!(out, "\nthe {shrunk}, without what has its default value:\n")?;
    for line in exhibit.plan.lines() {
        writeln!(out, "{}", format!("  {line}").trim_end())?;
    }
    writeln!(out, "\nwhat happened (hold: an effect takes hold; **: the world moves):\n")?;
    for line in &timeline.lines {
        writeln!(
            out,
            "{}",
            cut(&format!("{} {}", if line.central { ">" } else { " " }, line.text))
        )?;
    }
    let (left_out, following) = (timeline.left_out, timeline.following);
    writeln!(
        out,
        "\n  {left_out} lines before the last of these are left out, {following} follow"
    )?;
    write_disk(out, exhibit)?;
    writeln!(out, "\nthe same trace again, to the byte:\n\n  {}", exhibit.replay)
}

/// Writes a sentence behind its label, folded.
fn tell(out: &mut dyn Write, label: &str, text: &str) -> io::Result<()> {
    let mut line = format!("  {label:<11}");
    for word in text.split_whitespace() {
        if line.len() + 1 + word.len() > COLUMNS && !line.trim().is_empty() {
            writeln!(out, "{line}")?;
            line = " ".repeat(13);
        }
        line.push(' ');
        line.push_str(word);
    }
    writeln!(out, "{line}")
}

/// The beginning of a line that is too long: the capsule has all of it.
fn cut(line: &str) -> String {
    if line.chars().count() <= COLUMNS {
        return line.to_owned();
    }
    line.chars().take(COLUMNS - 3).chain("...".chars()).collect()
}

fn write_disk(out: &mut dyn Write, exhibit: &Exhibit) -> io::Result<()> {
    let Some(boot) = exhibit.disk_boot else { return Ok(()) };
    writeln!(out, "\nthe disk before and after the death of boot {boot}:\n")?;
    if exhibit.disk.is_empty() {
        return writeln!(out, "  it is empty");
    }
    let mut files = table::new(&["file", "bytes before", "bytes after", ""]);
    for FileRow { path, before, after, differs } in &exhibit.disk {
        let bytes = |len: &Option<usize>| len.map_or("none".to_owned(), |len| len.to_string());
        let mark = if *differs { "differs" } else { "" };
        files.add_row([path.clone(), bytes(before), bytes(after), mark.to_owned()]);
    }
    table::align_right(&mut files, 1..=2);
    writeln!(out, "{files}")
}

/// Writes two lines: what is broken, and how to see it.
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn write_brief(out: &mut dyn Write, exhibit: &Exhibit) -> io::Result<()> {
    let Exhibit { oracle, gateway, scenario, replay, .. } = exhibit;
    let what = exhibit.found.first().map_or("", |found| found.what.as_str());
    writeln!(out, "{oracle} violated by {gateway} in {scenario}: {what}\n  {replay}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_sentence_is_folded_behind_its_label() {
        let mut out = Vec::new();
        tell(&mut out, "it found:", &"word ".repeat(30)).expect("memory");
        let text = String::from_utf8(out).expect("text");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[0].starts_with("  it found:   word") && lines[0].len() <= COLUMNS);
        assert!(lines[1].starts_with("              word"), "{text}");
    }

    #[test]
    fn a_long_line_of_a_trace_is_cut() {
        let line = cut(&"x".repeat(200));
        assert!(line.len() == COLUMNS && line.ends_with("x..."), "{line}");
        assert_eq!(cut("short"), "short");
    }
}
