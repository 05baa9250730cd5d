#![allow(clippy::print_stdout, missing_docs, clippy::allow_attributes)]
use gateway_core::env::Gateway;
use scenarios::input::File;
use scenarios::registry::GatewayName;
use scenarios::report::capsule;
use sim::campaign::{Hooks, Tally, attempt, draft};
use sim::coverage::Goals;
use sim::explore::Deaths;
use sim::plan::{Plan, Stage};
use std::collections::BTreeMap;
use std::time::Instant;
struct Named(GatewayName);
impl Hooks for Named {
    fn gateway(&self, plan: &Plan) -> Box<dyn Gateway> {
        self.0.make(plan)
    }
    fn deaths(&self) -> Deaths {
        self.0.deaths()
    }
    fn phases(&self) -> sim::coverage::Phases {
        scenarios::phases::of(self.0)
    }
    fn begins(&mut self, _: &Plan) {}
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let n = |i: usize, d: u64| args.get(i).and_then(|a| a.parse().ok()).unwrap_or(d);
    let (seed, from, to) = (n(1, 0), n(2, 0), n(3, 500));
    let stage =
        if args.get(4).is_some_and(|a| a == "network") { Stage::Network } else { Stage::Direct };
    let gateway: GatewayName = args.get(5).map_or("core", String::as_str).parse().unwrap();
    let dump = args.get(6).cloned();
    let mut counts: BTreeMap<String, (u64, Vec<u64>, String)> = BTreeMap::new();
    let (mut goals, mut tally) = (Goals::default(), Tally::default());
    let mut slow: Vec<(u128, u64, u64)> = Vec::new();
    let begun = Instant::now();
    let mut total = 0;
    for number in from..to {
        let d = draft(seed, number, stage);
        let t = Instant::now();
        std::fs::write(
            "/tmp/sd-current.toml",
            format!(
                "# {number} {:?}\n{}",
                d.strikes,
                capsule::wrap("core", Vec::new(), &d.plan, None).to_toml()
            ),
        )
        .unwrap();
        let a = attempt(&d, &mut Named(gateway));
        slow.push((t.elapsed().as_millis(), number, a.transitions));
        total += a.transitions;
        let text = capsule::wrap("core", Vec::new(), &a.plan, None).to_toml();
        let mut seen = std::collections::BTreeSet::new();
        let mut note = |k: String, what: String| {
            if seen.insert(k.clone()) {
                let e = counts.entry(k).or_default();
                e.0 += 1;
                e.1.push(number);
                if e.2.is_empty() {
                    e.2 = what;
                }
            }
        };
        for text in [text.clone(), capsule::wrap("core", Vec::new(), &d.plan, None).to_toml()] {
            if let Err(error) = File::parse("drawn.toml", &text) {
                note("REFUSED".into(), error.to_string());
            }
        }
        if a.panicked {
            note("PANIC".into(), format!("{:?}", a.violations));
        }
        for v in &a.violations {
            note(v.oracle.name().to_owned(), v.what.clone());
        }
        if let Some(dir) = &dump
            && (!a.passed())
        {
            std::fs::write(format!("{dir}/p{number}.toml"), &text).unwrap();
        }
        goals.add(a.goals.met());
        tally.add(&a.tally);
    }
    for (k, (c, at, what)) in &counts {
        println!("{k}: {c} {:?} e.g. {what}", &at[..at.len().min(12)]);
    }
    slow.sort_unstable();
    slow.reverse();
    println!("slowest {:?}", &slow[..slow.len().min(8)]);
    println!(
        "missing {:?}",
        goals.missing(stage, scenarios::phases::of(gateway)).map(|g| g.name()).collect::<Vec<_>>()
    );
    println!("never {:?}", tally.never_delivered());
    let e = begun.elapsed().as_secs_f64();
    println!("{} plans, {total} transitions, {e:.1} s, {:.0}/s", to - from, (to - from) as f64 / e);
}
