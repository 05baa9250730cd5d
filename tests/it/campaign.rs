//! Campaigns of random plans: what they find is explicit, they get where they should, and the
//! core comes through.

use gateway_core::env::Gateway;
use scenarios::registry::GatewayName;
use sim::campaign::{Attempt, Hooks, Tally, attempt, draft};
use sim::coverage::{Goal, Goals};
use sim::plan::Plan;
use std::time::Instant;

struct Named(GatewayName);

impl Hooks for Named {
    fn gateway(&self, plan: &Plan) -> Box<dyn Gateway> {
        self.0.make(plan)
    }

    fn deaths(&self) -> sim::explore::Deaths {
        self.0.deaths()
    }

    fn begins(&mut self, _: &Plan) {}
}

#[test]
fn scratch() {
    let n: u64 = std::env::var("N").unwrap().parse().unwrap();
    let from: u64 = std::env::var("FROM").unwrap_or("0".into()).parse().unwrap();
    let seed: u64 = std::env::var("SEED").unwrap_or("1".into()).parse().unwrap();
    let gw: GatewayName = std::env::var("GW").unwrap_or("core".into()).parse().unwrap();
    let start = Instant::now();
    let (mut goals, mut tally) = (Goals::default(), Tally::default());
    let mut judged = 0;
    let mut transitions = 0;
    let mut bad = 0;
    for number in from..from + n {
        let d = draft(seed, number);
        let t = Instant::now();
        let Attempt { plan, violations, panicked, judged: j, goals: g, tally: ta, transitions: tr } =
            attempt(&d, &mut Named(gw));
        if t.elapsed().as_millis() > 200 {
            println!("SLOW {number} {:?} {tr}", t.elapsed());
        }
        judged += j;
        transitions += tr;
        goals.add(g.met());
        tally.add(&ta);
        if !violations.is_empty() || panicked {
            bad += 1;
            if bad <= 12 {
                println!("BAD {number} {panicked} {:?}", violations);
                if std::env::var("SHOW").is_ok() {
                    println!("{}", toml::to_string(&plan).unwrap());
                }
            }
        }
    }
    println!(
        "{n} plans {judged} judged {transitions} transitions {bad} bad in {:?}",
        start.elapsed()
    );
    println!("missing {:?}", goals.missing().map(Goal::name).collect::<Vec<_>>());
    for c in tally.counts() {
        println!("{c:?}");
    }
}
