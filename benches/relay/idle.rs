//! What offices cost for which nothing comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::measure::report;
use crate::wire::Wire;
use crate::world::{RelayFolder, World};

/// Handshakes at a time.
const HANDSHAKES: usize = 32;

/// How long the relay is watched: all of them ask anew within this time.
const WATCHED: Duration = Duration::from_mins(1);

/// So many offices that wait, each on a connection of its own.
pub(crate) async fn idle(offices: usize) {
    let world = World::new();
    let relay = RelayFolder::new(&world, "idle", "");
    let running = relay.run();
    let empty = running.resident();
    let (asked, places) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(HANDSHAKES)));
    let mut waiting = JoinSet::new();
    let start = Instant::now();
    for number in 0..offices {
        let place = Arc::clone(&places).acquire_owned().await.expect("open");
        let office = world.office(1_000_000_000 + number, &relay);
        let (port, asked) = (relay.port, Arc::clone(&asked));
        waiting.spawn(async move {
            let mut wire = Wire::open(&office.tls, port).await;
            let path = format!("/v1/mailbox?office={}&after=0&wait=0", office.number);
            assert_eq!(wire.get(&path).await.0, 200);
            drop(place);
            asked.fetch_add(1, Ordering::Relaxed);
            loop {
                let path = format!("/v1/mailbox?office={}&after=0&wait=50", office.number);
                assert_eq!(wire.get(&path).await.0, 200);
            }
        });
    }
    while asked.load(Ordering::Relaxed) < offices {
        assert!(!waiting.is_empty() && start.elapsed() < Duration::from_mins(10), "not all came");
        sleep(Duration::from_millis(100)).await;
    }
    report(
        "offices that wait, connected",
        offices as f64 / start.elapsed().as_secs_f64(),
        "/s",
        None,
    );
    sleep(Duration::from_secs(5)).await;
    let before = running.processor_seconds();
    sleep(WATCHED).await;
    let share = (running.processor_seconds() - before) / WATCHED.as_secs_f64() * 100.0;
    assert_eq!(waiting.len(), offices, "none of them was turned away");
    report("  the relay without them, resident memory", empty, "MB", None);
    report("  resident memory", running.resident(), "MB", Some((400.0, false)));
    report("  processor", share, "%", Some((5.0, false)));
}
