//! The frame around every step.

use axum::response::Response;

use super::super::session::Session;
use super::fields::Fields;
use super::shared::Shared;
use crate::types::Lang;

/// The steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Office,
    Folders,
    Reach,
    Keys,
    Administrator,
    Check,
    /// It is written.
    Done,
}

impl Step {
    /// All that stand in the list.
    const ALL: [Self; 7] = [
        Self::Office,
        Self::Folders,
        Self::Reach,
        Self::Keys,
        Self::Administrator,
        Self::Check,
        Self::Done,
    ];

    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Office => "/office",
            Self::Folders => "/folders",
            Self::Reach => "/reach",
            Self::Keys => "/keys",
            Self::Administrator => "/administrator",
            Self::Check => "/check",
            Self::Done => "/done",
        }
    }

    pub(super) const fn title(self, lang: Lang) -> &'static str {
        let (ja, en) = match self {
            Self::Office => ("事業所", "Office"),
            Self::Folders => ("フォルダー", "Folders"),
            Self::Reach => ("相手からの接続", "How partners reach you"),
            Self::Keys => ("鍵と証明書", "Keys"),
            Self::Administrator => ("管理者", "Administrator"),
            Self::Check => ("確認", "Check"),
            Self::Done => ("試し送受信", "Test exchange"),
        };
        lang.pick(ja, en)
    }

    /// The step of a path.
    pub(super) fn of(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.path() == path)
    }

    /// The step before; the first one has none before it.
    pub(super) fn before(self) -> Self {
        let before = Self::ALL.into_iter().rev().find(|step| *step < self);
        before.unwrap_or(self)
    }

    /// The step after it.
    pub(super) fn after(self) -> Self {
        Self::ALL.into_iter().find(|step| *step > self).unwrap_or(self)
    }

    /// Whether the form of the step leads back to the one before, and where it leads; what to answer
    /// where it is none of this session, or was sent before.
    pub(super) fn leads(
        self,
        fields: &Fields,
        session: &Session,
        lang: Lang,
    ) -> Result<(bool, &'static str), Response> {
        let back = fields.goes_back();
        let next = if back { self.before() } else { self.after() }.path();
        fields.sealed().may_do(session, lang, self.path(), next)?;
        Ok((back, next))
    }
}

/// What every step shows around its own content.
pub(super) struct Frame {
    pub(super) lang: Lang,
    pub(super) step: Step,
    pub(super) csrf: String,
    pub(super) form: String,
    /// What is wrong with what was sent.
    pub(super) wrong: Vec<String>,
    /// Whether the page asks again by itself.
    pub(super) waits: bool,
}

impl Frame {
    /// Of the program.
    pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

    pub(super) fn new(shared: &Shared, session: &Session, step: Step) -> Self {
        Self {
            lang: shared.lang(),
            step,
            csrf: session.csrf.clone(),
            form: Session::form(),
            wrong: Vec::new(),
            waits: false,
        }
    }

    pub(super) fn wrong(self, wrong: Vec<String>) -> Self {
        Self { wrong, ..self }
    }

    pub(super) const fn t<'a>(&self, ja: &'a str, en: &'a str) -> &'a str {
        self.lang.pick(ja, en)
    }

    /// What this step is called.
    pub(super) const fn title(&self) -> &'static str {
        self.step.title(self.lang)
    }

    /// Number and name of each step, and whether it is this one.
    pub(super) fn steps(&self) -> Vec<(usize, &'static str, bool)> {
        let numbered = (1..).zip(Step::ALL);
        numbered.map(|(number, step)| (number, step.title(self.lang), step == self.step)).collect()
    }

    /// The number of this one.
    pub(super) fn number(&self) -> usize {
        self.steps().into_iter().find(|(.., is_here)| *is_here).map_or(0, |(number, ..)| number)
    }
}
