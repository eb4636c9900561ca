//! People who want packages back that they sent.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::invariants::wanted_back;
use super::office::Office;
use super::random::Random;
use super::world::World;
use crate::control::Request;
use crate::node::Handle;
use crate::work::life::Life;

/// So often they look whether something is under way, and with such pauses.
const LOOKS: u32 = 100;
const LOOK: Duration = Duration::from_secs(3);

/// Asks in the time of faults, as long as a node lives; whoever comes when it does not gives it up.
pub(super) async fn ask(
    (world, office, life): (Arc<World>, Arc<Office>, Arc<Life>),
    handle: Handle,
) {
    let mut random = Random::new(world.seed, 50 + office.index as u64);
    let mut wishes: Vec<_> = (0..world.climate.recalls)
        .map(|_| (random.time(world.climate.length), random.below(1 << 20)))
        .collect();
    wishes.sort_unstable();
    let born = world.passed();
    wishes.retain(|(at, _)| *at >= born);
    for (at, wish) in wishes {
        sleep(at.saturating_sub(world.passed())).await;
        if world.is_calm() {
            return;
        }
        let mut looks = 0;
        let id = loop {
            match wanted_back(&office, wish) {
                Some(id) => break id,
                None if looks < LOOKS && !world.is_calm() => sleep(LOOK).await,
                None => return,
            }
            looks += 1;
        };
        world.note(office.index, format_args!("wants {id} back"));
        let order = handle.order(Request::Recall { id }, "somebody".to_owned());
        let answer = life.begin(order).await;
        world.note(office.index, format_args!("{} for {id}", answer.code));
        world.count(if answer.done { "recalls" } else { "refused recalls" });
    }
}
