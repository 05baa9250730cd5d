//! Seeds as people write them.

/// Reads a seed: decimal, `0x` hexadecimal, or a commit hash of forty digits.
///
/// # Errors
///
/// If it is none of these, or larger than a plan file can hold.
pub fn parse_seed(text: &str) -> Result<u64, String> {
    if text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        // Fifteen digits: as many whole ones as fit into the integers of TOML.
        return u64::from_str_radix(&text[..15], 16).map_err(|error| error.to_string());
    }
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    let expected = "expected a decimal number, a hexadecimal one after `0x`, or a commit hash of \
                    40 digits";
    let seed = parsed.map_err(|_| format!("`{text}` is no seed: {expected}"))?;
    if i64::try_from(seed).is_err() {
        return Err(format!("`{text}` is too large: a plan file holds seeds up to {}", i64::MAX));
    }
    Ok(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_decimal_hexadecimal_or_a_commit() {
        assert_eq!(parse_seed("10"), Ok(10));
        assert_eq!(parse_seed("0x10"), Ok(16));
        let commit = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(parse_seed(commit), Ok(0x0012_3456_789a_bcde));
    }

    #[test]
    fn anything_else_is_told_what_was_expected() {
        let error = parse_seed("abc").expect_err("no seed");
        assert!(error.contains("expected a decimal number"), "{error}");
        assert!(parse_seed("0xffffffffffffffff").is_err());
    }
}
