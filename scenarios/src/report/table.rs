//! Tables in plain ASCII that look the same everywhere.

use std::ops::RangeInclusive;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

/// A table with a header and no rows.
pub fn new(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.iter().copied());
    table
}

/// Aligns columns of numbers.
pub fn align_right(table: &mut Table, columns: RangeInclusive<usize>) {
    for index in columns {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}
