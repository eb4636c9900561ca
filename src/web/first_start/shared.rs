//! What all requests of a first start share.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::time::timeout;

use super::super::session::{Session, Sessions};
use super::super::site::Site;
use super::super::state;
use super::answers::{Answers, Planned};
use crate::config::{Config, Page};
use crate::desk::trial::{Exchanged, TrialError};
use crate::node::Handle;
use crate::spec::Spec;
use crate::types::{Clock, Lang};
use crate::work;

/// How long somebody who does nothing stays in.
const IDLE: Duration = Duration::from_hours(2);

/// Looks at the disk at a time: a network share may take its time.
const LOOKS: usize = 4;

/// How long a look may take before somebody is told that there is no answer.
const LOOK: Duration = Duration::from_secs(8);

/// How long what is wrong is shown where nobody looks.
const READING: Duration = Duration::from_mins(5);

/// How long a browser that was shown something may take to fetch what belongs to it.
const SHOWING: Duration = Duration::from_secs(2);

/// What was written.
pub enum Founding {
    /// A node can be started; its page is to be served here, an address that is held for it.
    Node(TcpListener),
    /// Keys and requests for certificates: the node starts when the certificates have come. In words,
    /// what is to be done.
    Requests(Vec<String>),
}

/// What all requests share.
pub(super) struct Shared {
    pub(super) site: Site,
    pub(super) sessions: Sessions,
    /// The file that is to be written; an absolute path.
    pub(super) config: PathBuf,
    pub(super) spec: &'static Spec,
    pub(super) clock: Clock,
    state: Mutex<State>,
    looks: Arc<Semaphore>,
    /// For what is worked out or written, which no look is to hold up.
    works: Semaphore,
    founded: mpsc::Sender<Founding>,
    read: Notify,
}

/// What was answered, and how far it is.
pub(super) struct State {
    lang: Lang,
    pub(super) answers: Answers,
    pub(super) stage: Stage,
    /// Where the page of the node is, once somebody was led there.
    handed_over: Option<String>,
}

/// How far a first start is.
#[derive(Clone)]
pub(super) enum Stage {
    /// Somebody answers.
    Asking,
    /// It is being written.
    Writing,
    /// It is written, and the node is being started; by whom it was written.
    Starting(Arc<Session>),
    /// It is written, and certificates are asked for; what is to be done.
    Requested(Vec<String>),
    /// The node runs, and the first exchange is tried.
    Trying(Runs),
    /// The exchange was tried.
    Tried(Runs, Arc<Result<Exchanged, TrialError>>),
    /// The node does not start, for this reason.
    Failed(String),
}

/// A node that runs, and its page, if that is served.
#[derive(Clone)]
pub(super) struct Runs {
    pub(super) node: Handle,
    pub(super) page: Option<Arc<state::Shared>>,
    /// Why the administrator could not be added, if so.
    pub(super) unsaved: Option<String>,
}

impl Shared {
    pub(super) fn new(
        site: Site,
        config: PathBuf,
        (spec, clock): (&'static Spec, Clock),
        lang: Lang,
        founded: mpsc::Sender<Founding>,
    ) -> Self {
        let state =
            State { lang, answers: Answers::default(), stage: Stage::Asking, handed_over: None };
        Self {
            site,
            sessions: Sessions::new(IDLE),
            config,
            spec,
            clock,
            state: Mutex::new(state),
            looks: Arc::new(Semaphore::new(LOOKS)),
            works: Semaphore::new(1),
            founded,
            read: Notify::new(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn lang(&self) -> Lang {
        self.state().lang
    }

    pub(super) fn set_lang(&self, lang: Lang) {
        self.state().lang = lang;
    }

    pub(super) fn answers(&self) -> Answers {
        self.state().answers.clone()
    }

    pub(super) fn stage(&self) -> Stage {
        self.state().stage.clone()
    }

    pub(super) fn set_stage(&self, stage: Stage) {
        self.state().stage = stage;
    }

    /// Whether it may be written now; it is being written from here on.
    pub(super) fn begins_to_write(&self) -> bool {
        let mut state = self.state();
        let asks = matches!(state.stage, Stage::Asking);
        if asks {
            state.stage = Stage::Writing;
        }
        asks
    }

    /// The folder of the configuration.
    pub(super) fn home(&self) -> PathBuf {
        self.config.parent().map(PathBuf::from).unwrap_or_default()
    }

    /// What everybody gets to begin with: the page as it is where nobody says otherwise, and the bytes
    /// of the largest package.
    pub(super) fn usual(&self) -> (Option<Page>, u64) {
        let config = Config::draft("[page]\n", &self.home()).config;
        (config.page, config.limits.package_size)
    }

    /// What is to be written; nothing where something is not answered yet.
    pub(super) async fn planned(&self) -> Option<Planned> {
        let (answers, config) = (self.answers(), self.config.clone());
        let (spec, lang) = (self.spec, self.lang());
        self.looking(move || answers.planned(config, spec, lang)).await.flatten()
    }

    /// Asks the disk, with few others at the same time. Nothing where it does not answer: the look then
    /// holds its place until it does.
    pub(super) async fn looking<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let looks = Arc::clone(&self.looks);
        let looked = async move {
            let permit = looks.acquire_owned().await.ok()?;
            let kept = move || {
                let _permit = permit;
                job()
            };
            work::blocking(kept).await.ok()
        };
        timeout(LOOK, looked).await.ok().flatten()
    }

    /// Works something out, or writes it, however long that takes; one at a time.
    pub(super) async fn working<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let _permit = self.works.acquire().await.ok()?;
        work::blocking(job).await.ok()
    }

    /// What people read where the disk does not answer.
    pub(super) fn no_answer(&self) -> String {
        let text = self.lang().pick(
            "応答がありません。ネットワークのフォルダーのときは、つながっているか確かめてください。",
            "There is no answer. If it is on the network, see whether it is connected.",
        );
        text.to_owned()
    }

    /// Where the page of the node is, once somebody was led there.
    pub(super) fn handed_over(&self) -> Option<String> {
        self.state().handed_over.clone()
    }

    /// Whether somebody may be led to the page of the node at `url`, which is once; nobody is in here
    /// any more with that.
    pub(super) fn hands_over(&self, url: String) -> bool {
        let is_first = self.state().handed_over.replace(url).is_none();
        self.sessions.end(|_| true);
        is_first
    }

    /// Tells whoever waits that it is written.
    pub(super) async fn tell(&self, founding: Founding) {
        // Who does not wait any more has ended, and the page with it.
        let _ = self.founded.send(founding).await;
    }

    /// Somebody was shown how it ended.
    pub(super) fn was_read(&self) {
        self.read.notify_one();
    }

    /// Shows why the node does not start, until somebody has read it.
    pub(super) async fn failed(&self, why: &str) {
        self.set_stage(Stage::Failed(why.to_owned()));
        self.shown().await;
    }

    /// Waits until somebody has read how it ended.
    pub(super) async fn shown(&self) {
        if timeout(READING, self.read.notified()).await.is_ok() {
            tokio::time::sleep(SHOWING).await;
        }
    }
}
