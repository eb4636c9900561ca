//! Has a node go by its configuration and its certificates as they are now, without a restart.
//!
//! The files are looked at every moment; a hint of the operating system only brings the look forward.
//! What changed is taken up when two looks find the same, because editors write in several steps: as a
//! whole ([`change`]), or not at all. What is wrong stands as a condition until it is mended.

mod certificates;
mod change;
mod source;
mod stranded;
mod words;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::{Mutex, Notify};

use super::context::{Context, blocking, log_store_fault, stopped};
use super::crew::Crew;
use super::opening::end_former;
use super::supervise::Beat;
use crate::config::{Change, Changes, Config};
use crate::folder::{FolderRole, Hint, Watch};
use crate::types::{Clock, Instant, code};
use crate::work::systemd;
use crate::work::{self, watch};

use certificates::Certificates;
pub use source::{Faults, Reading, Source};
pub(super) use words::{Found, answer};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// How long they have to stay as they are before they are taken up.
const SETTLE: Duration = Duration::from_millis(500);

/// How often a configuration that was refused is tried again: what was in its way may be mended
/// elsewhere, such as a folder that was missing.
const AGAIN: Duration = Duration::from_secs(5);

/// How often it is looked whether what waits for nobody still does.
const STRANDED: Duration = Duration::from_mins(1);

/// How long it may well take to end what is in hand in folders that change.
const LONGEST_CHANGE: Duration = Duration::from_mins(15);

/// What the conditions are about.
const ABOUT: &str = "configuration";

/// Has the node follow its files.
pub(super) struct Follower {
    context: Arc<Context>,
    state: Mutex<State>,
    /// Somebody changed a file of the configuration.
    hint: Arc<Notify>,
    /// The main file of the configuration, once it is followed.
    file: OnceLock<PathBuf>,
}

struct State {
    crew: Crew,
    certificates: Certificates,
    source: Option<Arc<Source>>,
    /// Rings the hint as long as it is there.
    watch: Option<Watch>,
    /// The configuration that was taken up last, with what of it waits for a restart.
    named: Config,
    /// What the last look found.
    seen: Option<Arc<Reading>>,
    refused: Option<Refusal>,
    /// When it was looked for what waits for nobody and for what lies in former folders, if anything
    /// did.
    stranded_at: Option<Instant>,
}

/// A configuration that is not taken up.
struct Refusal {
    reading: Arc<Reading>,
    faults: Faults,
    at: Instant,
}

/// What came of a look.
pub(super) struct Looked {
    pub(super) found: Found,
    /// What waits for a restart.
    pub(super) after_restart: Vec<Change>,
    /// Something is just being changed.
    settles: bool,
}

pub(super) async fn run(follower: Arc<Follower>, beat: Beat, mut stopping: watch::Receiver<bool>) {
    follower.begin().await;
    let mut pause = LOOK;
    while !*stopping.borrow() {
        beat.sleeps(work::pause(pause));
        let hinted = async {
            follower.hint.notified().await;
            tokio::time::sleep(work::pause(SETTLE)).await;
        };
        let at_once = tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            () = follower.context.wake.reload.notified() => true,
            () = hinted => false,
            () = tokio::time::sleep(work::pause(pause)) => false,
        };
        beat.works_for("reading configuration and certificates", LONGEST_CHANGE);
        if at_once {
            systemd::reloading();
        }
        let looked = follower.look(at_once).await;
        if at_once {
            systemd::ready();
        }
        pause = if looked.settles { SETTLE } else { LOOK };
    }
}

impl Follower {
    pub(super) fn new(context: Arc<Context>, crew: Crew) -> Self {
        let state = State {
            crew,
            certificates: Certificates::new(&context),
            source: None,
            watch: None,
            named: Config::clone(&context.config()),
            seen: None,
            refused: None,
            stranded_at: None,
        };
        Self { context, state: Mutex::new(state), hint: Arc::default(), file: OnceLock::new() }
    }

    /// Begins the tasks of offices and partners that are not there, as after a fault of the program in
    /// the middle of a change.
    async fn begin(&self) {
        let mut state = self.state.lock().await;
        state.crew.follow(&std::collections::BTreeSet::new());
        state.look_for_stranded(&self.context).await;
    }

    /// The main file of the configuration that the node follows, if it follows any.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.get().map(PathBuf::as_path)
    }

    /// Has the node follow the configuration that stands there, from what it started with.
    pub(super) async fn follow(&self, source: Source) {
        let _ = self.file.set(source.file().to_owned());
        let folders = source.folders();
        let hint = Arc::clone(&self.hint);
        let watched = folders.iter().map(|folder| (FolderRole::Other, folder.as_path()));
        let (watch, unwatched) = Watch::start(watched, move |told| {
            let name = match &told {
                Hint::Written(name) | Hint::Closed(name) | Hint::Gone(name) => Some(name),
                Hint::Other | Hint::Lost => None,
            };
            // Logs and data may lie beside the configuration.
            let is_toml = |name: &str| Path::new(name).extension().is_some_and(|end| end == "toml");
            if name.is_none_or(|name| is_toml(name)) {
                hint.notify_one();
            }
        });
        for error in unwatched {
            tracing::debug!(code = error.code(), %error, "changes of the configuration show a moment later");
        }
        let mut state = self.state.lock().await;
        // The first one stays.
        let _ = self.context.config_file.set(source.file().to_owned());
        state.source = Some(Arc::new(source));
        state.watch = Some(watch);
    }

    /// Looks at the files, and takes up what changed: at once, or when it has come to rest.
    pub(super) async fn look(&self, at_once: bool) -> Looked {
        let mut state = self.state.lock().await;
        let context = &self.context;
        let (found, mut settles) = state.look_at_configuration(context, at_once).await;
        if matches!(found, Found::Applied(_)) {
            state.certificates.were_read(context);
            state.look_for_stranded(context).await;
        } else {
            settles |= state.certificates.look(context, at_once).await;
            if state.stranded_at.is_some_and(|at| at.elapsed() >= STRANDED) {
                state.look_for_stranded(context).await;
            }
        }
        let after_restart = Changes::between(&context.config(), &state.named).after_restart;
        if after_restart.is_empty() {
            context.notices.clear(code::RESTART_NEEDED, ABOUT);
        } else {
            let texts = words::restart_needed(&after_restart);
            context.notices.raise(code::RESTART_NEEDED, ABOUT, texts, context.now());
        }
        Looked { found, after_restart, settles }
    }
}

impl State {
    /// What came of the configuration, and whether it is just being changed.
    async fn look_at_configuration(
        &mut self,
        context: &Arc<Context>,
        at_once: bool,
    ) -> (Found, bool) {
        let Some(source) = self.source.clone() else { return (Found::Same, false) };
        let Some(reading) = blocking(move || source.read()).await else {
            return (Found::Same, false);
        };
        let reading = Arc::new(reading);
        let is_settled = self.seen.as_ref() == Some(&reading);
        self.seen = Some(Arc::clone(&reading));
        if reading.as_ref().as_ref() == Ok(&self.named) {
            self.is_mended(context);
            return (Found::Same, false);
        }
        if !is_settled && !at_once {
            return (Found::Same, true);
        }
        let refused = self.refused.as_ref().filter(|refused| refused.reading == reading);
        let lately = refused.filter(|refused| !at_once && refused.at.elapsed() < AGAIN);
        if let Some(Refusal { faults, .. }) = lately {
            return (Found::Refused(faults.clone()), false);
        }
        let applied = match reading.as_ref() {
            Err(faults) => Err(faults.clone()),
            Ok(wanted) => change::apply(context, &mut self.crew, wanted)
                .await
                .map(|changes| (changes, wanted.clone()))
                .map_err(|problems| Faults::of(&problems)),
        };
        match applied {
            Ok((changes, wanted)) => {
                self.named = wanted;
                self.is_mended(context);
                let nothing = changes.live.is_empty();
                (if nothing { Found::Same } else { Found::Applied(changes.live) }, false)
            }
            Err(faults) => {
                context.notices.raise(
                    code::CONFIGURATION_NOT_APPLIED,
                    ABOUT,
                    faults.condition(),
                    context.now(),
                );
                let at = Clock::running();
                self.refused = Some(Refusal { reading, faults: faults.clone(), at });
                (Found::Refused(faults), false)
            }
        }
    }

    fn is_mended(&mut self, context: &Context) {
        self.refused = None;
        context.notices.clear(code::CONFIGURATION_NOT_APPLIED, ABOUT);
    }

    async fn look_for_stranded(&mut self, context: &Arc<Context>) {
        let waits = stranded::tell(context).await;
        let lies = match end_former(context, self.crew.folders()).await {
            Ok(lies) => lies,
            Err(error) => {
                log_store_fault(&error, "former work folders cannot be looked after");
                true
            }
        };
        self.stranded_at = (waits || lies).then(Clock::running);
    }
}
