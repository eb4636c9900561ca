//! Backups: whether the last good one is new enough, and whether the next one can be made.

use jiff::Timestamp;

use super::line::{Grade, Line, Topic};
use crate::config::Config;
use crate::desk::backups::{Stand, stand};
use crate::node::backup;
use crate::types::{Lang, code};

/// What the lines are about, as the conditions of a node are that runs.
const ABOUT: &str = "backup";

/// How it is with backups. Asks the disk.
pub(super) fn lines(config: &Config, now: Timestamp) -> Vec<Line> {
    let stand = stand(config, now);
    let line = Line::fine(Topic::Backups, ABOUT, stand.text(Lang::Ja), stand.text(Lang::En));
    let mut lines = vec![match stand {
        Stand::Off | Stand::Good(_) => line,
        Stand::None => line.grade(Grade::Look),
        Stand::Old(_) => line.grade(Grade::Look).code(Some(code::BACKUP_OLD)),
    }];
    if let Some(Err(error)) = config.backup.as_ref().map(backup::look) {
        lines.push(
            Line::fine(Topic::Backups, ABOUT, error.text(Lang::Ja), error.text(Lang::En))
                .grade(Grade::Look)
                .code(Some(code::BACKUP_NOT_MADE)),
        );
    }
    lines
}
