//! The exchange, simulated: nodes of several offices in one thread, under virtual time, with faults
//! that follow from a seed.
//!
//! Real are `package`, `store` with its SQLite, `folder`, `node`, in half of the runs a `relay` with
//! its SQLite ([`relay`]), and of `link` everything from the routes on. Simulated are the network
//! ([`wire`]), the clocks, what a disk does at a crash ([`disk`]), the care software ([`care`]), people
//! who want packages back ([`recalls`]) and the crashes themselves: a node ends at any await point, in the
//! middle of any work with a disk, and between any two commits.
//!
//! One seed is one run: it comes again exactly, event by event. What has to hold whatever happens
//! stands in [`invariants`]; that the simulation notices when it does not, in [`plants`].
//!
//! | variable | |
//! |---|---|
//! | `RENKEI_SIM_SEED` | replays one seed and prints everything that happens |
//! | `RENKEI_SIM_SEEDS` | how many seeds the long run takes, 100,000 if it is not set |
//! | `RENKEI_SIM_FROM` | the first of them |

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that fails says so by panicking"
)]

mod care;
mod climate;
mod disk;
mod invariants;
mod office;
mod plants;
mod random;
mod recalls;
mod relay;
mod report;
mod sets;
mod wire;
mod world;

use report::Tally;

/// So many seeds are run with every run of the tests.
const SEEDS: u64 = 200;

/// Threads that run seeds.
const THREADS: u64 = 2;

#[test]
fn seeds_hold() {
    let tally = Tally::of_seeds(1, SEEDS, THREADS);
    println!("{tally}");
    tally.expect_no_violation();
}

#[test]
fn a_seed_comes_again_exactly() {
    let mut events = 0;
    for seed in 1..=5 {
        let [once, again] = [(); 2].map(|()| world::run(seed, None));
        for (number, (once, again)) in once.trace.iter().zip(&again.trace).enumerate() {
            assert_eq!(once, again, "seed {seed}, event {number}");
        }
        assert_eq!(once.trace.len(), again.trace.len(), "seed {seed}");
        events += once.trace.len();
    }
    assert!(events > 200, "only {events} events");
}

/// `RENKEI_SIM_SEED=17 cargo test --lib sim::replay -- --ignored --nocapture`
#[test]
#[ignore = "replays the seed of RENKEI_SIM_SEED"]
fn replay() {
    let seed = variable("RENKEI_SIM_SEED").expect("RENKEI_SIM_SEED says which seed");
    let outcome = world::run(seed, None);
    outcome.trace.iter().for_each(|event| println!("{event}"));
    let mut tally = Tally::default();
    tally.add(seed, &outcome);
    println!("{tally}");
    tally.expect_no_violation();
}

/// `cargo test --lib sim::many_seeds -- --ignored --nocapture`
#[test]
#[ignore = "runs for hours"]
fn many_seeds() {
    let first = variable("RENKEI_SIM_FROM").unwrap_or(1);
    let count = variable("RENKEI_SIM_SEEDS").unwrap_or(100_000);
    let tally = Tally::of_seeds(first, count, THREADS);
    println!("{tally}");
    tally.expect_no_violation();
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}
