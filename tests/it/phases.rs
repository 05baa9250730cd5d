//! Faults that are told by the phase of the boot, on both stages, whatever is kept of the run.

use scenarios::registry::GatewayName;
use sim::delivered::Planned;
use sim::hub::Keep;
use sim::plan::{Plan, Stage};
use sim::script::Script;
use sim::stage::run;
use sim::world::World;

const STOPPED: &str = r#"
horizon = "3m"

[[message]]
at = "1s"
chat = "a"

[message.turn]
steps = 1
step = "20s"

[[stop]]
at = "5s"
signal = "restart"
"#;

/// How many premarks it takes until none fails, and how many calls were hit.
fn hits(stage: Stage, keep: Keep, fault: &str) -> u64 {
    let text = format!("{STOPPED}\n[[disk_fault]]\neffect = \"stall\"\ndelay = \"5ms\"\n{fault}");
    let plan = Plan { stage, ..toml::from_str(&text).expect("a plan") };
    let core = GatewayName::Core.make(&plan);
    let ran = run(World::new(Script::new(&plan).into()), &*core, keep);
    ran.world.delivered().count(Planned::DiskFault(0))
}

#[test]
fn a_fault_of_a_phase_is_delivered_on_both_stages_whatever_is_kept() {
    for stage in Stage::ALL {
        for keep in [Keep::Nothing, Keep::Trace] {
            let count = |fault: &str| hits(stage, keep, fault);
            let premark = count("phase = \"premark\"");
            assert_eq!(premark, 2, "one append and one sync, {stage:?}");
            assert_eq!(count("phase = \"premark\"\nverb = \"sync\""), 1);
            assert_eq!(count("phase = \"premark\"\nverb = \"write\"\nnth = 2"), 0);
            assert!(count("phase = \"boot.*\"") > premark);
            assert_eq!(count("phase = \"no-such-phase\""), 0);
        }
    }
}
