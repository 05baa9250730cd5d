//! The times of a plan: whatever moves its events looks at them here.

use super::kill::Moment;
use super::plan::Plan;
use crate::time::Ms;

/// Every point in time of a plan but its horizon, and but those that count from the begin of a
/// boot: where these are shows only in a run.
pub(crate) fn points(plan: &mut Plan) -> Vec<&mut Ms> {
    let mut points: Vec<&mut Ms> = Vec::new();
    points.extend(plan.messages.iter_mut().map(|message| &mut message.at));
    let stops = plan.stops.iter_mut().filter(|stop| stop.boot.is_none());
    points.extend(stops.map(|stop| &mut stop.at));
    points.extend(plan.kills.iter_mut().filter_map(|kill| match &mut kill.moment {
        Moment::At(at) => Some(at),
        Moment::After { .. } | Moment::Before { .. } => None,
    }));
    for fault in &mut plan.platform.faults {
        points.extend([&mut fault.from, &mut fault.until]);
    }
    for fault in &mut plan.platform.poll_faults {
        points.extend([&mut fault.from, &mut fault.until]);
    }
    for revocation in &mut plan.revocations {
        points.push(&mut revocation.at);
        points.extend(revocation.until.as_mut());
    }
    for clean in &mut plan.clean_starts {
        points.extend([&mut clean.from, &mut clean.until]);
    }
    for fault in &mut plan.disk_faults {
        points.push(&mut fault.from);
        points.extend(fault.until.as_mut());
    }
    for fault in &mut plan.link_faults {
        points.push(&mut fault.from);
        points.extend(fault.until.as_mut());
    }
    points.extend(plan.starts.iter_mut().map(|start| &mut start.at));
    points.extend(plan.replacements.iter_mut().map(|replacement| &mut replacement.at));
    points.extend(plan.stalls.iter_mut().map(|stall| &mut stall.at));
    points.extend(plan.lost_locks.iter_mut().map(|lost| &mut lost.at));
    points.extend(plan.bit_rots.iter_mut().map(|rot| &mut rot.at));
    points.extend(plan.clock_jumps.iter_mut().map(|jump| &mut jump.at));
    points
}
