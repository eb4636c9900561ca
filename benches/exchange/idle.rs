//! What nodes cost that have nothing to do.

use std::time::Duration;

use crate::measure::report;
use crate::process::Running;
use crate::world::World;

/// How long an idle node is watched.
const IDLE: Duration = Duration::from_secs(20);

/// Two `renkei run` that have nothing to do, with the settings of `config.example.toml`.
pub(crate) fn idle() {
    let world = World::new();
    let nodes: Vec<Running> =
        (0..2).map(|place| Running::start("run", &world.configs[place])).collect();
    std::thread::sleep(Duration::from_secs(3));
    let before: Vec<f64> = nodes.iter().map(Running::processor_seconds).collect();
    std::thread::sleep(IDLE);
    let used = nodes.iter().zip(&before).map(|(node, before)| node.processor_seconds() - before);
    let share = used.fold(0.0, f64::max) / IDLE.as_secs_f64() * 100.0;
    report("idle node, processor", share, "%", Some((1.0, false)));
    let memory = nodes.iter().map(Running::resident).fold(0.0, f64::max);
    report("idle node, resident memory", memory, "MB", Some((80.0, false)));
}
