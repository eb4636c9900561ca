//! The frame around every page.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::session::{Session, Told};
use super::state::Shared;
use crate::types::Lang;
use crate::users::{Role, UsersError};

/// The pages of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Today,
    Sent,
    Received,
    Held,
    Outbox,
    Month,
    Versions,
    Partners,
    Certificates,
    Diagnosis,
    Savings,
    Settings,
    Users,
    Audits,
    Evidence,
    Backups,
    /// Of whoever is in; reached by their name.
    Account,
}

impl Place {
    /// What is in the menu, in its order.
    const MENU: [Self; 16] = [
        Self::Today,
        Self::Sent,
        Self::Received,
        Self::Held,
        Self::Outbox,
        Self::Month,
        Self::Versions,
        Self::Partners,
        Self::Certificates,
        Self::Diagnosis,
        Self::Savings,
        Self::Settings,
        Self::Users,
        Self::Audits,
        Self::Evidence,
        Self::Backups,
    ];

    const fn path(self) -> &'static str {
        match self {
            Self::Today => "/",
            Self::Sent => "/sent",
            Self::Received => "/received",
            Self::Held => "/held",
            Self::Outbox => "/outbox",
            Self::Month => "/month",
            Self::Versions => "/versions",
            Self::Partners => "/partners",
            Self::Certificates => "/certificates",
            Self::Diagnosis => "/diagnosis",
            Self::Savings => "/savings",
            Self::Settings => "/settings",
            Self::Users => "/users",
            Self::Audits => "/audit",
            Self::Evidence => "/evidence",
            Self::Backups => "/backups",
            Self::Account => "/account",
        }
    }

    pub(super) const fn title(self, lang: Lang) -> &'static str {
        let (ja, en) = match self {
            Self::Today => ("今日", "Today"),
            Self::Sent => ("送信", "Sent"),
            Self::Received => ("受信", "Received"),
            Self::Held => ("保留", "Held"),
            Self::Outbox => ("アップロード待ち", "To hand over"),
            Self::Month => ("予実", "Plan and actual"),
            Self::Versions => ("計画の版", "Plan versions"),
            Self::Partners => ("相手", "Partners"),
            Self::Certificates => ("証明書", "Certificates"),
            Self::Diagnosis => ("診断", "Diagnosis"),
            Self::Savings => ("効果", "Savings"),
            Self::Settings => ("設定", "Settings"),
            Self::Users => ("ユーザー", "Users"),
            Self::Audits => ("閲覧記録", "Record of views"),
            Self::Evidence => ("記録・証跡", "Evidence"),
            Self::Backups => ("バックアップ", "Backups"),
            Self::Account => ("自分の設定", "Your account"),
        };
        lang.pick(ja, en)
    }

    /// Whether it stands in the menu of somebody of this role.
    const fn is_for(self, role: Role) -> bool {
        let is_theirs = matches!(
            self,
            Self::Settings | Self::Users | Self::Audits | Self::Evidence | Self::Backups
        );
        !is_theirs || matches!(role, Role::Administrator)
    }
}

/// What every page shows around its own content.
pub(super) struct Frame {
    pub(super) lang: Lang,
    pub(super) place: Place,
    /// What it is called.
    pub(super) title: String,
    /// Our offices.
    pub(super) offices: String,
    /// Who is in.
    pub(super) user: String,
    pub(super) role: Role,
    pub(super) csrf: String,
    /// The number of the form on it. All forms of a page have the same: one of them is done.
    pub(super) form: String,
    pub(super) told: Option<Told>,
    /// Whether it is shown anew when something changes.
    pub(super) live: bool,
}

impl Frame {
    pub(super) fn new(
        shared: &Shared,
        session: &Session,
        place: Place,
        title: impl Into<String>,
    ) -> Self {
        let config = shared.node.config();
        let offices = config
            .offices
            .iter()
            .map(|office| office.name.clone().unwrap_or_else(|| office.number.to_string()));
        Self {
            lang: shared.lang(),
            place,
            title: title.into(),
            offices: offices.collect::<Vec<_>>().join(shared.lang().pick("、", ", ")),
            user: session.user.clone(),
            role: session.role(),
            csrf: session.csrf.clone(),
            form: Session::form(),
            told: session.told(),
            live: false,
        }
    }

    /// One that is shown anew when something changes.
    pub(super) fn live(self) -> Self {
        Self { live: true, ..self }
    }

    /// The text of the language of the page.
    pub(super) const fn t<'a>(&self, ja: &'a str, en: &'a str) -> &'a str {
        self.lang.pick(ja, en)
    }

    /// Something in brackets, as the language of the page writes them.
    pub(super) fn within(&self, what: impl std::fmt::Display) -> String {
        match self.lang {
            Lang::Ja => format!("（{what}）"),
            Lang::En => format!(" ({what})"),
        }
    }

    pub(super) fn user_text(&self) -> &str {
        // A command whose account the system does not tell was run on this computer all the same.
        if self.user.is_empty() {
            self.t("このパソコンの管理者", "administrator of this computer")
        } else {
            &self.user
        }
    }

    /// Of the program.
    pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

    /// The menu: where each leads, what it is called, whether it is here.
    pub(super) fn menu(&self) -> Vec<(&'static str, &'static str, bool)> {
        let entry = |place: &Place| (place.path(), place.title(self.lang), *place == self.place);
        Place::MENU.iter().filter(|place| place.is_for(self.role)).map(entry).collect()
    }
}

/// A page, or what is said where it could not be made.
pub(super) fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        // A template writes into memory only.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[derive(Template)]
#[template(path = "web/message.html", config = "src/askama.toml")]
struct Message<'a> {
    lang: Lang,
    text: &'a str,
}

/// A page that says one thing, whoever asks.
pub(super) fn message(shared: &Shared, status: StatusCode, text: &str) -> Response {
    said(shared.lang(), status, text)
}

/// The same in a language.
pub(super) fn said(lang: Lang, status: StatusCode, text: &str) -> Response {
    (status, page(&Message { lang, text })).into_response()
}

/// The store could not answer.
pub(super) fn store_fault(shared: &Shared, error: &crate::store::StoreError) -> Response {
    tracing::warn!(code = error.code(), %error, "the page could not read the store");
    message(shared, StatusCode::SERVICE_UNAVAILABLE, &error.text(shared.lang()))
}

/// Who may log in could not be read or changed.
pub(super) fn users_fault(shared: &Shared, error: &UsersError) -> Response {
    tracing::warn!(%error, "the page could not use the folder of users and tokens");
    message(shared, StatusCode::SERVICE_UNAVAILABLE, &error.text(shared.lang()))
}

/// There is no such thing.
pub(super) fn not_found(shared: &Shared) -> Response {
    let lang = shared.lang();
    message(
        shared,
        StatusCode::NOT_FOUND,
        lang.pick(
            "見つかりませんでした。すでに対応済みか、保存期間を過ぎたのかもしれません。",
            "Not found. It may be settled already, or no longer kept.",
        ),
    )
}
