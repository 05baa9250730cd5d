//! `holdfast replay`: a capsule again. The trace must be the same to the byte.

use std::path::Path;

use sim::capsule::Capsule;
use sim::trace::{Difference, first_difference};

use super::app::App;
use super::args::Format;
use super::error::CliError;
use super::run;
use crate::input::read_capsule;
use crate::report::exhibit::{Exhibit, Subject};
use crate::report::json::write_event;
use crate::status::Status;
use sim::rerun::{Rerun, rerun};

pub(super) fn replay(app: &mut App<'_>, path: &Path) -> Result<Status, CliError> {
    let (gateway, capsule) = read_capsule(path)?;
    let gateway = app.common.gateway.unwrap_or(gateway);
    let plan = app.common.plan(&capsule.plan)?;
    let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into());
    let watch = app.watchdog.watch(&name, gateway, &plan);
    let ran = rerun(&plan, &watch, &capsule.violates);
    run::show(app, &ran)?;
    let now = ran.witness.trace.to_text();
    let difference = capsule.trace.as_ref().and_then(|then| first_difference(then, &now));
    tell(app, &capsule, difference.as_ref())?;
    let status = match difference {
        Some(_) => Status::Diverged,
        None => Status::of(ran.verdict),
    };
    app.report(|| {
        let exhibit = |ran: &Rerun| {
            let oracle = ran.violations.first()?.oracle;
            let (scenario, plan) = (name.as_str(), &plan);
            Some(Exhibit::new(
                Subject { scenario, gateway: gateway.name(), oracle, plan, capsule: path },
                ran,
            ))
        };
        let exhibits = exhibit(&ran).into_iter().collect();
        run::report(format!("replay of {name} with {gateway}"), status, exhibits)
    })?;
    Ok(status)
}

/// Says whether the trace is the same, and if not, where it parts.
fn tell(
    app: &mut App<'_>,
    capsule: &Capsule,
    difference: Option<&Difference>,
) -> Result<(), CliError> {
    let out = &mut *app.out;
    let Capsule { version, commit, .. } = capsule;
    if app.common.format == Format::Json {
        // Nothing to compare with is no agreement.
        let same = capsule.trace.as_ref().map(|_| difference.is_none());
        let line = difference.map(|difference| difference.number);
        let fields = [("same_trace", same.into()), ("first_difference", line.into())];
        return Ok(write_event(out, "replay", &fields)?);
    }
    match difference {
        None if capsule.trace.is_none() => writeln!(
            out,
            "replay: the capsule was written before its plan ran and never finished: there is no \
             trace to compare with"
        )?,
        None => writeln!(out, "replay: the same trace to the byte")?,
        Some(Difference { number, expected, actual, .. }) => writeln!(
            out,
            "replay: diverged at line {number}\n  capsule: {expected}\n  now:     {actual}\n  the \
             capsule was written by version {version}, commit {commit}; this is version {}, \
             commit {}",
            env!("CARGO_PKG_VERSION"),
            env!("HOLDFAST_COMMIT"),
        )?,
    }
    Ok(())
}
