//! The report as one HTML file that needs nothing else: no script, no font, no network.

use minijinja::{Environment, context};
use serde::Serialize;

use super::exhibit::Exhibit;

/// A report.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What was done, in one line.
    pub title: String,
    /// The heads of the columns of the table.
    pub header: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
    /// What it came to, line by line.
    pub summary: Vec<String>,
    /// The failures.
    pub exhibits: Vec<Exhibit>,
}

/// The report as HTML.
pub fn render(report: &Report) -> String {
    let mut environment = Environment::new();
    // The name ends in `.html`: values are escaped.
    environment
        .add_template("report.html", include_str!("report.html"))
        .expect("the template is part of the program");
    let template = environment.get_template("report.html").expect("it was just added");
    let version = env!("CARGO_PKG_VERSION");
    template.render(context! { report, version }).expect("the template fits the report")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped() {
        let html = render(&Report {
            title: "a <b>".to_owned(),
            header: vec!["h".to_owned()],
            rows: vec![vec!["x & y".to_owned()]],
            summary: Vec::new(),
            exhibits: Vec::new(),
        });
        assert!(html.contains("a &lt;b&gt;") && html.contains("x &amp; y"), "{html}");
        assert!(html.contains("Nothing is violated"), "{html}");
    }
}
