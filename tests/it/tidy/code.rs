//! Rust with its comments and literals blanked out.
//!
//! So that a rule about code is not taken in by what a comment or a string talks about. Offsets
//! and lines stay what they were. It knows just enough of the language for that.

/// `text` with every comment, string and character replaced by blanks of the same length.
pub(super) fn code(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = String::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let in_word = at > 0 && is_word(bytes[at - 1]);
        let length = literal(&bytes[at..], in_word);
        for &byte in &bytes[at..(at + length.max(1)).min(bytes.len())] {
            let blank = length > 0 || !byte.is_ascii();
            code.push(if blank && byte != b'\n' { ' ' } else { char::from(byte) });
        }
        at += length.max(1);
    }
    code
}

/// The number, from 1, of the line that holds the byte at `offset`.
pub(super) fn line_at(text: &str, offset: usize) -> usize {
    1 + text.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count()
}

/// Every identifier and keyword of some code, with its offset.
pub(super) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = &code.as_bytes()[at..];
        let begin = at + rest.iter().position(|byte| is_word(*byte))?;
        let rest = &code.as_bytes()[begin..];
        let length = rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
        at = begin + length;
        Some((begin, &code[begin..at]))
    })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The length of the comment or literal that `rest` begins with, in bytes; 0 if there is none.
fn literal(rest: &[u8], in_word: bool) -> usize {
    match rest {
        [b'/', b'/', ..] => rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => block_comment(rest),
        [b'"', ..] => quoted(rest, b'"'),
        [b'\'', b'\\', ..] => quoted(rest, b'\''),
        [b'\'', _, b'\'', ..] => 3,
        [b'r', ..] if !in_word => raw(rest),
        [b'b' | b'c', b'r', ..] if !in_word && raw(&rest[1..]) > 0 => 1 + raw(&rest[1..]),
        _ => 0,
    }
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

fn raw(rest: &[u8]) -> usize {
    let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return 0;
    }
    let closing = [&b"\""[..], &b"#".repeat(hashes)].concat();
    let body = &rest[hashes + 2..];
    let end = body.windows(closing.len()).position(|window| window == closing);
    end.map_or(rest.len(), |end| hashes + 2 + end + closing.len())
}

#[test]
fn comments_and_literals_are_blank_and_code_is_not() {
    let check = |text: &str, left: &str| {
        let code = code(text);
        assert_eq!(code.len(), text.len(), "{text}");
        assert_eq!(code.split_whitespace().collect::<Vec<_>>().join(" "), left, "{text}");
    };
    check("a // b\nc", "a c");
    check("a /* b /* c */ d */ e", "a e");
    check(r#"a("b \" c", d)"#, "a( , d)");
    check(r##"a(r#"b " c"#, br"d", b"e", f)"##, "a( , , b , f)");
    check("a('\"', '{', '\\'', '\\u{41}') b", "a( , , , ) b");
    check("fn a<'a>(b: &'a str) -> &'static str {}", "fn a<'a>(b: &'a str) -> &'static str {}");
    check("r#type r2", "r#type r2");
    check("\"never closed", "");
}

#[test]
fn words_have_their_places() {
    let found: Vec<(usize, &str)> = words("fn a_1(b)").collect();
    assert_eq!(found, [(0, "fn"), (3, "a_1"), (7, "b")]);
    assert_eq!(line_at("a\nb\nc", 2), 2);
}
