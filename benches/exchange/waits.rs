//! Waiting for what a node does.

use std::time::{Duration, Instant};

use renkei::node::Node;
use renkei::store::HistoryFilter;

/// Waits until so many packages of a node are in one of the states; when that was.
pub(crate) async fn until(node: &Node, packages: usize, states: &[&str]) -> Instant {
    let start = Instant::now();
    loop {
        let status = node.store().status().await.expect("the store answers");
        let there = status.counts.iter().filter(|row| states.contains(&row.state.as_str()));
        if there.map(|row| row.count).sum::<u64>() >= packages as u64 {
            return Instant::now();
        }
        if start.elapsed() > Duration::from_mins(5) {
            let rows = node.store().history(HistoryFilter { limit: 3, ..HistoryFilter::default() });
            panic!("{:?}\n{:?}", status.counts, rows.await);
        }
        // Each look reads the whole table.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
