//! What all requests share.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::timeout;

use super::audit::Audit;
use super::session::{Invited, Sessions};
use super::site::Site;
use crate::config;
use crate::control::{Answer, Request};
use crate::desk::doctor::Examination;
use crate::forms::Names;
use crate::node::Handle;
use crate::node::probe::Tried;
use crate::types::{Lang, OfficeNumber, code, io_text};
use crate::users::{Attempts, Kept, KeptFile, TokenFile, Tokens, UserFile, Users, UsersError};
use crate::work::{self, watch};

/// Passwords that are tried at a time: each takes 64 MiB.
const HASHING: usize = 2;

/// The same with those that wait for it. Whoever comes beyond is asked to come again.
const WAITING: usize = 10;

/// Sets that are checked and drawn at a time: each takes a core, and memory for all of its forms.
const DRAWING: usize = 2;

/// Sets that programs send, at a time: each is in memory three times.
const SENDING: usize = 1;

/// What all requests share.
pub(super) struct Shared {
    pub(super) node: Handle,
    pub(super) site: Site,
    pub(super) sessions: Sessions,
    pub(super) attempts: Arc<Attempts>,
    pub(super) audit: Audit,
    pub(super) names: Arc<CodeNames>,
    /// Whether programs may watch the node without a login.
    pub(super) metrics: bool,
    pub(super) stopping: watch::Receiver<bool>,
    users: Arc<UserFile>,
    tokens: Arc<TokenFile>,
    line: Semaphore,
    hashing: Semaphore,
    drawing: Semaphore,
    /// What was found when everything was last looked at; held while that goes on.
    pub(super) examined: Mutex<Option<Examination>>,
    /// How it went when partners were last tried; held while one is.
    pub(super) probed: Mutex<BTreeMap<OfficeNumber, Probed>>,
    /// Sets that programs send, at a time: their files are in memory.
    pub(super) sending: Semaphore,
    /// Held while the records of a month are written.
    pub(super) evidence: Arc<Mutex<()>>,
}

/// How long somebody waits until a change of the configuration is taken up.
const TAKING_UP: Duration = Duration::from_secs(20);

/// How it went when a partner was tried.
#[derive(Clone)]
pub(super) struct Probed {
    /// When.
    pub(super) at: Timestamp,
    /// Each step as far as it got, or why it was not tried.
    pub(super) outcome: Result<Vec<Tried>, String>,
}

/// Names of codes, from the lists of the office.
#[derive(Default)]
pub(super) struct CodeNames {
    pub(super) services: Option<Names>,
    pub(super) insurers: Option<Names>,
}

impl CodeNames {
    /// Reads the lists, which blocks. One that cannot be used is told, and codes are shown in its place.
    pub(super) fn load(node: &Handle, settings: &config::Page) -> Self {
        let load = |path: Option<&Path>, key: &str| {
            let path = path?;
            let found = fs::read(path)
                .map_err(|error| (io_text(&error, Lang::Ja), io_text(&error, Lang::En)));
            let parsed = found.and_then(|bytes| {
                Names::parse(&bytes).map_err(|error| (error.text(Lang::Ja), error.text(Lang::En)))
            });
            match parsed {
                Ok(names) => Some(names),
                Err((ja, en)) => {
                    node.raise(
                        code::NAMES_UNREADABLE,
                        key,
                        format!("[page] {key} の一覧を使えません: {ja}直して起動し直すまで、コードのまま表示します。"),
                        format!("the list [page] {key} cannot be used: {en}; codes are shown until it is mended and the node is started again"),
                    );
                    None
                }
            }
        };
        Self {
            services: load(settings.service_codes.as_deref(), "service_codes"),
            insurers: load(settings.insurer_codes.as_deref(), "insurer_codes"),
        }
    }
}

impl Shared {
    pub(super) fn new(
        node: Handle,
        address: SocketAddr,
        settings: &config::Page,
        (attempts, names): (Attempts, CodeNames),
        audit: Audit,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let idle = settings.idle.try_into().unwrap_or_default();
        let users = Arc::new(UserFile::new(&node.config().node.data));
        let tokens = Arc::new(TokenFile::new(&node.config().node.data));
        Self {
            node,
            site: Site::new(address, settings.identity.is_some(), &settings.hosts),
            sessions: Sessions::new(idle),
            attempts: Arc::new(attempts),
            audit,
            names: Arc::new(names),
            metrics: settings.metrics,
            stopping,
            users,
            tokens,
            line: Semaphore::new(WAITING),
            hashing: Semaphore::new(HASHING),
            drawing: Semaphore::new(DRAWING),
            examined: Mutex::new(None),
            probed: Mutex::default(),
            sending: Semaphore::new(SENDING),
            evidence: Arc::new(Mutex::new(())),
        }
    }

    /// The language of the page.
    pub(super) fn lang(&self) -> Lang {
        self.node.config().node.lang
    }

    /// An address by which the account `by` enters, once, before `good_for` is over.
    pub(super) fn invite(&self, by: &str, good_for: Duration) -> String {
        self.site.entrance(&self.sessions.invite(Invited::account(by), good_for))
    }

    /// Reads a file of whoever may come in.
    async fn read<K: Kept + Send + Sync + 'static>(
        &self,
        file: &Arc<KeptFile<K>>,
    ) -> Result<Arc<K>, UsersError> {
        let file = Arc::clone(file);
        let read = work::blocking(move || file.read()).await;
        let read = read.unwrap_or_else(|_| Err(std::io::Error::other("a thread ended").into()));
        match &read {
            Ok(_) => self.node.clear(code::USERS_UNREADABLE, K::NAME),
            Err(error) => {
                let (ja, en) = (error.text(Lang::Ja), error.text(Lang::En));
                self.node.raise(code::USERS_UNREADABLE, K::NAME, ja, en);
            }
        }
        read
    }

    /// Changes it.
    async fn change<K: Kept + Send + Sync + 'static, T: Send + 'static>(
        &self,
        file: &Arc<KeptFile<K>>,
        change: impl FnOnce(&mut K) -> Result<T, UsersError> + Send + 'static,
    ) -> Result<T, UsersError> {
        let file = Arc::clone(file);
        let changed = work::blocking(move || file.change(change)).await;
        changed.unwrap_or_else(|_| Err(std::io::Error::other("a thread ended").into()))
    }

    /// The programs that may call the API.
    pub(super) async fn tokens(&self) -> Result<Arc<Tokens>, UsersError> {
        self.read(&self.tokens).await
    }

    /// Changes which those are.
    pub(super) async fn change_tokens<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Tokens) -> Result<T, UsersError> + Send + 'static,
    ) -> Result<T, UsersError> {
        self.change(&self.tokens, change).await
    }

    /// Who may log in.
    pub(super) async fn users(&self) -> Result<Arc<Users>, UsersError> {
        self.read(&self.users).await
    }

    /// Changes who may log in.
    pub(super) async fn change_users<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Users) -> Result<T, UsersError> + Send + 'static,
    ) -> Result<T, UsersError> {
        self.change(&self.users, change).await
    }

    /// The main file of the configuration, or why nothing can be written into it.
    pub(super) fn config_file(&self) -> Result<PathBuf, String> {
        let told = self.lang().pick(
            "この renkei は設定ファイルから起動していないため、ここでは変更できません。",
            "This node was not started from a configuration, so nothing can be changed here.",
        );
        self.node.config_file().ok_or_else(|| told.to_owned())
    }

    /// Has the node take up what was written, on behalf of `by`. What takes longer goes on: then there
    /// is no answer.
    pub(super) async fn take_up(&self, by: &str) -> Option<Answer> {
        timeout(TAKING_UP, self.node.order(Request::Reload, by.to_owned())).await.ok()
    }

    /// Does what takes much memory and time, with few others at the same time. `None`: too many wait.
    pub(super) async fn hashing<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let _in_line = self.line.try_acquire().ok()?;
        let _permit = self.hashing.acquire().await.ok()?;
        work::blocking(job).await.ok()
    }

    /// Checks or draws the files of a set, with few others at the same time. Whoever waits for it does
    /// so no longer than for any answer.
    pub(super) async fn drawing<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let _permit = self.drawing.acquire().await.ok()?;
        work::blocking(job).await.ok()
    }
}
