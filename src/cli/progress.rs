//! A progress bar on a terminal, for work that takes longer than a second.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::types::{Clock, Instant};

/// Work shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// How much is done.
pub(super) struct Progress {
    bar: ProgressBar,
    start: Instant,
}

impl Progress {
    /// Nothing of `total` bytes is done.
    pub(super) fn new(total: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        let style = "{wide_bar} {bytes} / {total_bytes}  {percent} %  {eta}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Self { bar, start: Clock::running() }
    }

    /// Nothing of a number of packages that is not known yet is done.
    pub(super) fn of_packages() -> Self {
        let progress = Self::new(0);
        if let Ok(style) =
            ProgressStyle::with_template("{wide_bar} {pos} / {len}  {percent} %  {eta}")
        {
            progress.bar.set_style(style);
        }
        progress
    }

    /// So many of `total` are done.
    pub(super) fn set(&self, done: u64, total: u64) {
        self.bar.set_length(total);
        self.show();
        self.bar.set_position(done);
    }

    /// What is no terminal never sees the bar.
    fn show(&self) {
        if self.bar.is_hidden() && self.start.elapsed() >= PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Some more bytes are done.
    pub(super) fn advance(&self, bytes: usize) {
        self.show();
        self.bar.inc(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
