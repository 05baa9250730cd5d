//! Beginnings that many tests share.

use gateway_core::message::Cut;

use crate::oracle::past::{Past, past_of, text};
use crate::oracle::table::At;
use crate::plan::{MessageBody, Plan};
use crate::time::Ms;

/// The first boot has an agent at work on the only message, and was quiescent since that is there.
pub(super) fn begun() -> Past {
    begun_under("", "")
}

/// The same under settings.
pub(super) fn begun_with(settings: &str) -> Past {
    begun_under(&format!("settings = {{ {settings} }}\n"), "")
}

/// The same under more of a plan, and with more to say of the message.
pub(super) fn begun_under(plan: &str, message: &str) -> Past {
    let handed = past_of(&format!("{plan}{}", text(1, "a", message))).boot(0).handed(0).acked(0);
    handed.begins(0).seen().quiescent()
}

/// What was begun last is finished, and the boot knows it.
pub(super) fn finished(past: Past) -> Past {
    past.seen().produced().answers(0).confirmed().quiescent()
}

/// The first boot has begun the turn and crashed, and so have the next ones, ten seconds apart. The
/// last of them did so before 100 s.
pub(super) fn crashed(settings: &str, times: u64) -> Past {
    let first = begun_with(settings).killed(10);
    (1..times).fold(first, |past, time| {
        past.boot(time * 10 + 1)
            .handed(0)
            .resumes(0, Cut::Crash)
            .seen()
            .quiescent()
            .killed((time + 1) * 10)
    })
}

/// A plan in which nothing is special.
pub(super) fn plan() -> Plan {
    toml::from_str("horizon = \"9s\"").expect("a plan")
}

/// An output of a boot after a millisecond, about a message that came right at the beginning.
pub(super) fn by_boot(boot: u32, plan: &Plan) -> At<'_> {
    let came = (Ms(0), Ms(0));
    At { boot, from: Ms(0), at: Ms(1), plan, body: MessageBody::Text, came, is_clean: false }
}
