//! The node that runs, and what it tells of itself.

use jiff::Timestamp;

use super::line::{Grade, Line, Topic};
use crate::config::Config;
use crate::desk::words;
use crate::node::{Health, Notice};
use crate::types::code;

/// How the node does. What else was `found` already is not told again. Reads a file.
pub(super) fn lines(config: &Config, runs: bool, now: Timestamp, found: &[Line]) -> Vec<Line> {
    if !runs {
        return vec![
            Line::fine(
                Topic::Node,
                "",
                "動いていません。送受信するには、renkei run で起動してください。",
                "does not run; renkei run starts it",
            )
            .grade(Grade::Look),
        ];
    }
    let Some(health) = Health::read(&config.node.data) else {
        return vec![
            Line::fine(
                Topic::Node,
                "",
                "起動中か、止まっています。1 分たっても変わらなければ、起動し直してください。",
                "is starting, or stands still; start it again if that lasts for a minute",
            )
            .grade(Grade::Look),
        ];
    };
    let since = words::time(health.started_at);
    let still = health.standing_still().count();
    let mut lines = vec![if health.is_fresh(now) && still == 0 {
        Line::fine(
            Topic::Node,
            "",
            format!("動いています（{since} から、renkei {}）。", health.version),
            format!("runs (since {since}, renkei {})", health.version),
        )
    } else {
        Line::fine(
            Topic::Node,
            "",
            "処理が止まっています。ディスクや共有フォルダーが応答しているか確かめ、直らなければ起動し直してください。",
            "stands still: see whether disks and network shares answer, and start it again if it stays so",
        )
        .grade(Grade::Broken)
        .code(Some(code::TASK_STANDS_STILL))
    }];
    let is_found = |notice: &&Notice| {
        !found
            .iter()
            .any(|line| line.code == Some(notice.code.as_str()) && line.about == notice.about)
    };
    lines.extend(health.notices.iter().filter(is_found).map(|notice| {
        let line = Line::fine(Topic::Node, &notice.about, &notice.ja, &notice.en);
        line.grade(Grade::Look).code(code::find(&notice.code).map(|info| info.code))
    }));
    lines
}
