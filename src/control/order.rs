//! What is ordered, and what is answered.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::types::{Digest, HeldId, Lang, MessageId, OfficeNumber, ServiceType, code};

/// The most characters of a name of who gave the order.
const MOST_OF_A_NAME: usize = 64;

/// The format of an order. Another meaning of a field needs another format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Schema {
    #[serde(rename = "renkei.control/1")]
    V1,
}

/// What the node is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// Try what waits to be sent at once.
    Retry {
        /// Which packages.
        target: Target,
    },
    /// Check a held set again, or place a held package again.
    Release {
        /// Which.
        id: HeldId,
    },
    /// Correct the files of a held set as `renkei fix --approve-glyphs` would, and check it again.
    Correct {
        /// Which.
        id: HeldId,
        /// Of the files that somebody saw; others are not corrected.
        files: Digest,
    },
    /// Note in the record of views and changes that somebody changed who may log in to the page.
    Record {
        /// What was changed.
        change: UserChange,
        /// Whose name it was done to, and what was set.
        about: String,
        /// When.
        at: Timestamp,
    },
    /// Settle what is held without sending or placing it; a package is rejected.
    Dismiss {
        /// Which.
        id: HeldId,
        /// A code that goes to the sender of a package beside the reason: [`Request::is_reason`].
        reason: Option<String>,
        /// Also remove its files from the hold folder.
        delete: bool,
    },
    /// The care software has taken what lies in the import folder: place the next set.
    Taken {
        /// Of which of our offices; of every one without it.
        office: Option<OfficeNumber>,
    },
    /// A set for a partner without a node was handed over by a person.
    Handed {
        /// The id of its package.
        id: MessageId,
    },
    /// A set for a partner without a node was not handed over after all.
    NotHanded {
        /// The id of its package.
        id: MessageId,
    },
    /// Have a package of ours back that the partner has not placed.
    Recall {
        /// Which.
        id: MessageId,
    },
    /// Send the files of packages of ours to other partners too, at most [`Request::MOST_COPIES`].
    Copy {
        /// Which to whom.
        copies: Vec<CopyOrder>,
    },
    /// Somebody has looked at a received package that lacks what an earlier one had.
    Seen {
        /// Which.
        id: MessageId,
    },
    /// Read configuration, certificates and revocation lists again.
    Reload,
    /// Let whoever asks enter the page.
    Open,
}

/// Which packages are tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// Every one.
    All,
    /// Those for a partner.
    Partner(OfficeNumber),
    /// One.
    Message(MessageId),
}

/// What was changed by a command of who may come in: of a user, or of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserChange {
    /// Somebody was added.
    UserAdded,
    /// Somebody was removed.
    UserRemoved,
    /// Somebody has another role.
    UserRole,
    /// Somebody has another password.
    UserPassword,
    /// Somebody is locked out no more.
    UserUnlocked,
    /// Somebody is asked for no code of an app any more.
    AppRemoved,
    /// A program has a token.
    TokenMade,
    /// A token is of no use any more.
    TokenRevoked,
}

impl UserChange {
    /// Every one.
    pub const ALL: [Self; 8] = [
        Self::UserAdded,
        Self::UserRemoved,
        Self::UserRole,
        Self::UserPassword,
        Self::UserUnlocked,
        Self::AppRemoved,
        Self::TokenMade,
        Self::TokenRevoked,
    ];

    /// How the record has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserAdded => "user-added",
            Self::UserRemoved => "user-removed",
            Self::UserRole => "user-role",
            Self::UserPassword => "user-password",
            Self::UserUnlocked => "user-unlocked",
            Self::AppRemoved => "app-removed",
            Self::TokenMade => "token-made",
            Self::TokenRevoked => "token-revoked",
        }
    }
}

/// A package of ours whose files go to another partner too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyOrder {
    /// The package.
    pub source: MessageId,
    /// Whom they go to.
    pub partner: OfficeNumber,
    /// The service type of that partner, for names that have one.
    pub service_type: Option<ServiceType>,
}

impl Request {
    /// The most copies of one order.
    pub const MOST_COPIES: usize = 200;

    /// Whether a text can stand as a reason: 1 to 32 small letters, digits and hyphens, so that it
    /// holds nobody's name by accident.
    pub fn is_reason(text: &str) -> bool {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=32).contains(&text.len()) && text.bytes().all(fits)
    }
}

/// A request with who made it, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    schema: Schema,
    /// When.
    pub at: Timestamp,
    /// The account of who gave it, as far as it is known; for the journal.
    pub by: String,
    /// What is to be done.
    pub request: Request,
}

impl Order {
    pub(super) fn new(request: Request, by: &str, at: Timestamp) -> Self {
        Self { schema: Schema::V1, at, by: plain(by), request }
    }

    /// The order in a file, or the answer to what is none.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Answer> {
        let order: Self = serde_json::from_slice(bytes).map_err(|_| Answer::not_an_order())?;
        let fits = match &order.request {
            Request::Dismiss { reason: Some(reason), .. } => Request::is_reason(reason),
            Request::Record { about, .. } => *about == plain(about),
            _ => true,
        };
        if !fits {
            return Err(Answer::not_an_order());
        }
        Ok(Self { by: plain(&order.by), ..order })
    }
}

/// A name without what could disturb whoever reads the journal.
fn plain(name: &str) -> String {
    let fits = |character: &char| character.is_alphanumeric() || "._-@\\ ".contains(*character);
    name.chars().filter(fits).take(MOST_OF_A_NAME).collect()
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    schema: Schema,
    /// Whether it was carried out.
    pub done: bool,
    /// A stable code.
    pub code: String,
    /// In words, in Japanese.
    pub ja: String,
    /// The same in English.
    pub en: String,
    /// An address to go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Answer {
    /// It was carried out.
    pub fn done(code: &str, ja: impl Into<String>, en: impl Into<String>) -> Self {
        let (code, ja, en) = (code.to_owned(), ja.into(), en.into());
        Self { schema: Schema::V1, done: true, code, ja, en, link: None }
    }

    /// It was not.
    pub fn refused(code: &str, ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self { done: false, ..Self::done(code, ja, en) }
    }

    /// With an address to go to.
    #[must_use]
    pub fn with_link(self, link: String) -> Self {
        Self { link: Some(link), ..self }
    }

    pub(super) fn not_an_order() -> Self {
        Self::refused(
            code::NOT_AN_ORDER,
            "指示として読み取れないファイルでした。renkei のコマンドの版と、動いている renkei の版が同じか確かめてください。",
            "the file is no order; is the command of the same version as the node that runs?",
        )
    }

    /// In words.
    pub fn text(&self, lang: Lang) -> &str {
        lang.pick(&self.ja, &self.en)
    }
}
