//! The page about a failure as text. It ends with the line that shows it again.

use std::io::{self, Write};

use super::exhibit::{Exhibit, FileRow};
use super::table;

/// Writes the whole page.
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn write_page(out: &mut dyn Write, exhibit: &Exhibit) -> io::Result<()> {
    let Exhibit { oracle, gateway, scenario, statement, timeline, .. } = exhibit;
    writeln!(out, "{oracle} violated by {gateway} in {scenario}\n")?;
    writeln!(out, "  it demands: {statement}")?;
    for what in &exhibit.what {
        writeln!(out, "  it found:   {what}")?;
    }
    for place in &exhibit.places {
        writeln!(out, "  where:      {place}")?;
    }
    if exhibit.places.is_empty() {
        writeln!(out, "  where:      nothing had to be killed")?;
    }
    writeln!(out, "\nthe plan, without what has its default value:\n")?;
    for line in exhibit.plan.lines() {
        writeln!(out, "{}", format!("  {line}").trim_end())?;
    }
    writeln!(out, "\nwhat happened (hold: an effect takes hold; **: the world moves):\n")?;
    for line in &timeline.lines {
        writeln!(out, "{} {}", if line.central { ">" } else { " " }, line.text)?;
    }
    let (left_out, following) = (timeline.left_out, timeline.following);
    writeln!(
        out,
        "\n  {left_out} lines before the last of these are left out, {following} follow"
    )?;
    write_disk(out, exhibit)?;
    writeln!(out, "\nthe same trace again, to the byte:\n\n  {}", exhibit.replay)
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
    let what = exhibit.what.first().map_or("", String::as_str);
    writeln!(out, "{oracle} violated by {gateway} in {scenario}: {what}\n  {replay}")
}
