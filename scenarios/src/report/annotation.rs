//! Errors as GitHub Actions shows them beside a change.

/// A line that makes an error of a run visible there. Newlines and what else has a meaning in the
/// command language are escaped.
pub fn annotation(title: &str, message: &str) -> String {
    let message = escape(message);
    let title = escape(title).replace(':', "%3A").replace(',', "%2C");
    format!("::error title={title}::{message}")
}

fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_is_escaped() {
        assert_eq!(
            annotation("a: b, 100%", "one\ntwo: 3"),
            "::error title=a%3A b%2C 100%25::one%0Atwo: 3"
        );
    }
}
