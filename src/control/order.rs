//! What is ordered, and what is answered.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::types::{HeldId, Lang, MessageId, OfficeNumber, code};

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

impl Request {
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
        if let Request::Dismiss { reason: Some(reason), .. } = &order.request
            && !Request::is_reason(reason)
        {
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
