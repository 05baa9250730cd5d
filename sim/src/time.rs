//! Simulated time: whole milliseconds since the beginning of the run.
//!
//! Written in plans as `150s`, `1h 30m` or `250ms`. Nothing here ever reads a clock.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds, as a point in simulated time or as a span of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ms(pub u64);

impl Ms {
    /// The time `span` later.
    #[must_use]
    pub fn plus(self, span: Ms) -> Ms {
        Ms(self.0.saturating_add(span.0))
    }

    /// The span from `earlier` to this; nothing if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Ms) -> Ms {
        Ms(self.0.saturating_sub(earlier.0))
    }
}

impl From<Duration> for Ms {
    fn from(span: Duration) -> Ms {
        Ms(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
    }
}

impl From<Ms> for Duration {
    fn from(ms: Ms) -> Duration {
        Duration::from_millis(ms.0)
    }
}

impl FromStr for Ms {
    type Err = String;

    fn from_str(text: &str) -> Result<Ms, String> {
        let span = humantime::parse_duration(text).map_err(|error| {
            format!("`{text}` is not a span of time like `90s`, `250ms` or `1h 30m`: {error}")
        })?;
        if span.subsec_nanos() % 1_000_000 != 0 {
            return Err(format!("`{text}` is not a whole number of milliseconds"));
        }
        u64::try_from(span.as_millis()).map(Ms).map_err(|_| format!("`{text}` is too long"))
    }
}

/// The way it is written in a plan.
impl fmt::Display for Ms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", humantime::format_duration(Duration::from_millis(self.0)))
    }
}

impl Serialize for Ms {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ms {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Ms, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A step of the wall clock, either way, written `2h` or `-2h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Jump(pub i64);

impl Serialize for Jump {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sign = if self.0 < 0 { "-" } else { "" };
        serializer.collect_str(&format_args!("{sign}{}", Ms(self.0.unsigned_abs())))
    }
}

impl<'de> Deserialize<'de> for Jump {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Jump, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (back, span) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.as_str()),
        };
        let span: Ms = span.parse().map_err(serde::de::Error::custom)?;
        let span = i64::try_from(span.0).map_err(serde::de::Error::custom)?;
        Ok(Jump(if back { -span } else { span }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written_alike() {
        for text in ["90s", "1m 30s", "250ms", "1h 30m"] {
            let ms: Ms = text.parse().expect("a span");
            assert_eq!(ms.to_string().parse::<Ms>().expect("its own text"), ms);
        }
    }

    #[test]
    fn a_span_below_a_millisecond_is_refused() {
        let error = "10us".parse::<Ms>().expect_err("too fine");
        assert!(error.contains("whole number of milliseconds"), "{error}");
    }
}
