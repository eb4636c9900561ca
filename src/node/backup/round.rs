//! The task that makes a backup each day, and tells where there is none.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use super::automatic::{self, NotMade, passphrase};
use super::record::{Known, Record, Verdict};
use super::shelf::shelf;
use super::{BackupError, OLD, check};
use crate::config::Backup;
use crate::node::clock::local_time;
use crate::node::context::{Context, blocking, stopped};
use crate::node::notices::pause_after;
use crate::node::supervise::Beat;
use crate::types::{Clock, Instant, Lang, OfficeNumber, code};
use crate::work::{self, watch};

/// How often it is looked whether one is due.
const LOOK: Duration = Duration::from_secs(5);

/// How long making one may take. Whatever hangs for longer is left behind, and no other is begun as long
/// as it does.
const LONGEST: Duration = Duration::from_hours(6);

/// A last one that is so far ahead of the clock is of a clock that was wrong.
const AHEAD: SignedDuration = SignedDuration::from_hours(1);

/// What the conditions are about.
const ABOUT: &str = "backup";

/// What came of the last attempts.
#[derive(Default)]
struct State {
    /// The attempts since the last one that went well.
    failed: Option<Failure>,
    /// Whether a person wants one that was not begun yet.
    wanted: bool,
}

struct Failure {
    /// By what.
    settings: Backup,
    /// How often, one after the other.
    times: usize,
    at: Instant,
    /// Whether it goes on as soon as the folder is back.
    is_away: bool,
}

impl State {
    /// Whether the pause after an attempt is not over yet.
    fn waits(&self, settings: &Backup) -> bool {
        self.failed.as_ref().is_some_and(|failed| {
            let pause = if failed.is_away { LOOK } else { pause_after(failed.times) };
            failed.settings == *settings && failed.at.elapsed() < pause
        })
    }

    fn failed(&mut self, settings: &Backup, error: &NotMade) {
        let times = self.failed.as_ref().map_or(0, |failed| failed.times);
        let is_away = matches!(error, NotMade::Away(_));
        let (settings, at) = (settings.clone(), Clock::running());
        self.failed = Some(Failure { settings, times: times.saturating_add(1), at, is_away });
    }
}

pub(in crate::node) async fn run(
    context: Arc<Context>,
    beat: Beat,
    mut stopping: watch::Receiver<bool>,
) {
    let mut state = State::default();
    loop {
        beat.sleeps(work::pause(LOOK));
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => return,
            () = context.wake.backup.notified() => state.wanted = true,
            () = tokio::time::sleep(work::pause(LOOK)) => {}
        }
        beat.works_for("making a backup", LONGEST);
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => return,
            () = look(&context, &mut state) => {}
        }
    }
}

async fn look(context: &Arc<Context>, state: &mut State) {
    let config = context.config();
    let (Some(settings), Some(file), Some(office)) =
        (config.backup.clone(), context.config_file.get(), config.offices.first())
    else {
        context.notices.clear(code::BACKUP_NOT_MADE, ABOUT);
        context.notices.clear(code::BACKUP_OLD, ABOUT);
        *state = State::default();
        return;
    };
    let is_believed = context.believes_clock();
    let mut last = last(context).await;
    // One that failed is tried again, whoever wanted it.
    let is_due = is_believed
        && (state.failed.is_some()
            || is_due(last, settings.daily_at, context.now(), &TimeZone::system()))
        && !state.waits(&settings);
    if state.wanted || is_due {
        make(context, &settings, (office.number, file.clone()), state).await;
        last = self::last(context).await;
    }
    if !is_believed {
        return;
    }
    let now = context.now();
    match last.filter(|last| now.duration_since(*last) > OLD) {
        Some(last) => {
            let last = local_time(last);
            let ja = format!(
                "最後に作れたバックアップは {last} のものです。今このパソコンが壊れると、それより後の記録は戻せません。"
            );
            let en = format!(
                "the last good backup is of {last}: what came since would be lost with this computer"
            );
            context.notices.raise(code::BACKUP_OLD, ABOUT, (ja, en), now);
        }
        None => context.notices.clear(code::BACKUP_OLD, ABOUT),
    }
}

async fn last(context: &Context) -> Option<Timestamp> {
    let data = context.config().node.data.clone();
    let record = blocking(move || Record::read(&data)).await?;
    record.last.map(|last| last.at)
}

/// Makes one, unless one is being made or looked at.
async fn make(
    context: &Arc<Context>,
    settings: &Backup,
    (office, file): (OfficeNumber, PathBuf),
    state: &mut State,
) {
    let Ok(alone) = Arc::clone(&context.backing).try_lock_owned() else { return };
    state.wanted = false;
    let job = {
        let (context, settings) = (Arc::clone(context), settings.clone());
        let sure = context.believes_clock();
        move || {
            // Held until the disk has answered, whether anybody waits for that or not.
            let _alone = alone;
            automatic::run(&context, &settings, (office, &file), sure)
        }
    };
    let made = match timeout(LONGEST, blocking(job)).await {
        Ok(Some(made)) => made,
        // A fault of the program, which is in the log.
        Ok(None) => Err(BackupError::Internal.into()),
        Err(_elapsed) => Err(NotMade::Hangs(settings.folder.clone())),
    };
    match made {
        Ok(()) => {
            state.failed = None;
            context.notices.clear(code::BACKUP_NOT_MADE, ABOUT);
        }
        Err(error) => {
            state.failed(settings, &error);
            let texts = (error.text(Lang::Ja), error.text(Lang::En));
            context.notices.raise(code::BACKUP_NOT_MADE, ABOUT, texts, context.now());
        }
    }
}

/// Whether the moment of a day has come since the last one was made: also where the computer was off
/// or asleep at that moment.
fn is_due(last: Option<Timestamp>, at: Time, now: Timestamp, zone: &TimeZone) -> bool {
    let Some(last) = last.filter(|last| last.duration_since(now) < AHEAD) else { return true };
    let local = now.to_zoned(zone.clone()).datetime();
    let today = local.date().to_datetime(at);
    let moment = if local >= today {
        Some(today)
    } else {
        local.date().yesterday().ok().map(|day| day.to_datetime(at))
    };
    let moment = moment.and_then(|moment| moment.to_zoned(zone.clone()).ok());
    moment.is_some_and(|moment| last < moment.timestamp())
}

/// Reads a backup of the folder for backups from its beginning to its end, and keeps what came of it.
/// `false`: another one is being made or looked at, or there is no such backup.
pub(in crate::node) async fn look_at(context: &Arc<Context>, name: String) -> bool {
    let config = context.config();
    let Some(settings) = config.backup.clone() else { return false };
    let Ok(alone) = Arc::clone(&context.backing).try_lock_owned() else { return false };
    let now = context.now();
    let looked = blocking(move || {
        let _alone = alone;
        let size = shelf(&settings.folder).ok()?.into_iter().find(|it| it.name == name)?.size;
        let passphrase = passphrase(&settings).ok()?;
        let verdict = match check(&settings.folder.join(&name), passphrase) {
            Ok(checked) => {
                Verdict::Whole { made_at: checked.made_at, with_keys: checked.with_keys }
            }
            Err(BackupError::Passphrase) => Verdict::OtherPassphrase,
            Err(BackupError::Damaged(_)) => Verdict::Damaged,
            Err(_) => return None,
        };
        let mut record = Record::read(&config.node.data);
        record.note(&name, Known { size, checked_at: now, verdict });
        record.write(&config.node.data).ok()
    });
    looked.await.flatten().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_due_once_a_day_and_after_a_computer_that_was_off() {
        let zone = TimeZone::fixed(jiff::tz::offset(9));
        let at = |text: &str| {
            let local: jiff::civil::DateTime = text.parse().expect("a time");
            local.to_zoned(zone.clone()).expect("in range").timestamp()
        };
        let noon = Time::constant(12, 30, 0, 0);
        let due = |last: Option<&str>, now: &str| is_due(last.map(at), noon, at(now), &zone);
        assert!(due(None, "2026-05-20T01:00"), "the first one at once");
        assert!(!due(Some("2026-05-20T12:30"), "2026-05-20T12:30:05"));
        assert!(!due(Some("2026-05-20T12:31"), "2026-05-21T12:29:59"));
        assert!(due(Some("2026-05-20T12:31"), "2026-05-21T12:30"));
        // Made late, after the computer was off at noon.
        assert!(due(Some("2026-05-20T12:31"), "2026-05-22T08:00"));
        assert!(!due(Some("2026-05-22T08:01"), "2026-05-22T12:29"));
        assert!(due(Some("2026-05-22T08:01"), "2026-05-22T12:30"));
        // A clock that was a year ahead.
        assert!(due(Some("2027-05-22T08:01"), "2026-05-22T08:02"));
        assert!(!due(Some("2026-05-22T12:31"), "2026-05-22T12:30:30"), "set back a little");
    }
}
