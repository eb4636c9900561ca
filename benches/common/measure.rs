//! How results are shown.

use std::time::Duration;

/// One line: what was measured, and the target that is to be reached as a least or a most.
pub(crate) fn report(name: &str, measured: f64, unit: &str, target: Option<(f64, bool)>) {
    let Some((target, at_least)) = target else {
        println!("{name:<58} {measured:>8.1}{unit}");
        return;
    };
    let met = if at_least { measured >= target } else { measured <= target };
    let verdict = if met { "ok" } else { "MISSED" };
    println!("{name:<58} {measured:>8.1}{unit} {target:>8.0}{unit}  {verdict}");
}

/// Median, 99th percentile and maximum in milliseconds.
pub(crate) fn spread(mut took: Vec<Duration>) -> [f64; 3] {
    took.sort();
    let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    [at(0.5), at(0.99), at(1.0)]
}
