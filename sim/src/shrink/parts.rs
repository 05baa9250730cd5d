//! Fewer parts: whole lists left out, then halves, then one thing at a time.

use std::collections::BTreeSet;

use crate::plan::Plan;

/// The plan with fewer parts, the least first.
pub(super) fn fewer(plan: &Plan) -> Vec<Plan> {
    let mut plans = Vec::new();
    thin(plan, |plan| &mut plan.kills, &mut plans);
    thin(plan, |plan| &mut plan.disk_faults, &mut plans);
    thin(plan, |plan| &mut plan.bit_rots, &mut plans);
    thin(plan, |plan| &mut plan.platform.faults, &mut plans);
    thin(plan, |plan| &mut plan.platform.poll_faults, &mut plans);
    thin(plan, |plan| &mut plan.clock_jumps, &mut plans);
    thin(plan, |plan| &mut plan.revocations, &mut plans);
    thin(plan, |plan| &mut plan.clean_starts, &mut plans);
    thin(plan, |plan| &mut plan.stops, &mut plans);
    thin(plan, |plan| &mut plan.link_faults, &mut plans);
    thin(plan, |plan| &mut plan.lost_locks, &mut plans);
    thin(plan, |plan| &mut plan.stalls, &mut plans);
    thin(plan, |plan| &mut plan.replacements, &mut plans);
    thin(plan, |plan| &mut plan.starts, &mut plans);
    let chats: BTreeSet<_> = plan.messages.iter().map(|message| message.chat.clone()).collect();
    for kept in sublists(&chats.into_iter().collect::<Vec<_>>()) {
        let mut fewer = plan.clone();
        fewer.messages.retain(|message| kept.contains(&message.chat));
        plans.push(fewer);
    }
    thin(plan, |plan| &mut plan.messages, &mut plans);
    plans
}

/// The plan with fewer things in one of its lists.
fn thin<T: Clone>(plan: &Plan, list: fn(&mut Plan) -> &mut Vec<T>, plans: &mut Vec<Plan>) {
    let mut plan = plan.clone();
    for fewer in sublists(&list(&mut plan).clone()) {
        *list(&mut plan) = fewer;
        plans.push(plan.clone());
    }
}

/// Shorter lists: nothing, one thing alone, all but a half of it, and so on down to all but one.
fn sublists<T: Clone>(list: &[T]) -> Vec<Vec<T>> {
    let mut shorter = Vec::new();
    if !list.is_empty() {
        shorter.push(Vec::new());
    }
    if (3..=8).contains(&list.len()) {
        shorter.extend(list.iter().map(|alone| vec![alone.clone()]));
    }
    let mut chunk = list.len().div_ceil(2);
    while chunk > 0 && list.len() > 1 {
        for start in (0..list.len()).step_by(chunk) {
            let end = (start + chunk).min(list.len());
            shorter.push([&list[..start], &list[end..]].concat());
        }
        chunk /= 2;
    }
    shorter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_get_shorter_by_a_lot_first_and_by_one_last() {
        assert_eq!(sublists::<u8>(&[]), Vec::<Vec<u8>>::new());
        assert_eq!(sublists(&[1_u8]), [Vec::<u8>::new()]);
        assert_eq!(sublists(&[1_u8, 2]), [vec![], vec![2], vec![1]]);
        let four = sublists(&[1_u8, 2, 3, 4]);
        assert_eq!(four[..2], [vec![], vec![1]]);
        assert_eq!(
            four[5..],
            [vec![3, 4], vec![1, 2], vec![2, 3, 4], vec![1, 3, 4], vec![1, 2, 4], vec![1, 2, 3]]
        );
    }
}
