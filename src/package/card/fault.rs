//! Why a card is not taken.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::package::{CmsFault, TrustError};
use crate::types::code::RefusalCode;
use crate::types::{Lang, OfficeNumber};

/// Why a card is not taken: the fault is that of who made or handed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardFault {
    /// More bytes than a card may have.
    #[error("more than {limit} bytes")]
    TooLarge {
        /// The most bytes.
        limit: usize,
    },
    /// The signature does not hold.
    #[error("signature: {0}")]
    Signature(#[from] CmsFault),
    /// The document is not as it should be.
    #[error("expected {expected}")]
    Document {
        /// What was expected.
        expected: &'static str,
    },
    /// A certificate in it could never be accepted.
    #[error("a certificate that cannot be read, may issue others or has a weak key")]
    Certificate,
    /// It is signed with a certificate that it does not name.
    #[error("signed with another certificate than those that it names for signing")]
    OtherSigner,
    /// Its time has not come.
    #[error("not valid before {from}")]
    NotYetValid {
        /// From when on.
        from: Timestamp,
    },
    /// Its time is over.
    #[error("valid until {until}")]
    Expired {
        /// Until when.
        until: Timestamp,
    },
    /// It is another office's.
    #[error("expected a card of {expected}, got one of {got}")]
    OtherOffice {
        /// Whose card was expected.
        expected: OfficeNumber,
        /// Whose it is.
        got: OfficeNumber,
    },
    /// It is the one that is registered.
    #[error("it is the card that is registered")]
    Same,
    /// Its serial is not greater than that of the card that is registered.
    #[error("serial {got}; the registered card has {held}")]
    Older {
        /// Of the card that is registered.
        held: u64,
        /// Of this one.
        got: u64,
    },
    /// Its signer is not one that is believed of the office.
    #[error("the certificate that signed it is not believed of the office: {why}")]
    NotTrusted {
        /// Why not.
        why: TrustError,
    },
}

impl CardFault {
    /// The code with which a node refuses such a card.
    pub const fn refusal(&self) -> RefusalCode {
        match self {
            Self::TooLarge { .. }
            | Self::Signature(_)
            | Self::Document { .. }
            | Self::Certificate
            | Self::OtherSigner => RefusalCode::BAD_CARD,
            Self::NotYetValid { .. } | Self::Expired { .. } => RefusalCode::CARD_NOT_VALID,
            Self::OtherOffice { .. } | Self::NotTrusted { .. } => RefusalCode::CARD_NOT_TRUSTED,
            Self::Same | Self::Older { .. } => RefusalCode::CARD_OLDER,
        }
    }

    /// The stable code, for programs.
    pub const fn code(&self) -> &'static str {
        self.refusal().code()
    }

    /// What is wrong, as a sentence.
    pub fn text(&self, lang: Lang) -> String {
        match lang {
            Lang::En => format!("the card is not taken: {self}"),
            Lang::Ja => match self {
                Self::TooLarge { limit } => {
                    format!("事業所カードとして大きすぎます（上限 {limit} バイト）。")
                }
                Self::Signature(_) => {
                    "事業所カードの署名が正しくありません。壊れているか、事業所カードではありません。".to_owned()
                }
                Self::Document { .. } => "事業所カードの内容が正しくありません。".to_owned(),
                Self::Certificate => {
                    "事業所カードに、使えない証明書（読み取れない、認証局用、弱い鍵など）があります。".to_owned()
                }
                Self::OtherSigner => {
                    "事業所カードが、カードにない証明書で署名されています。".to_owned()
                }
                Self::NotYetValid { from } => {
                    format!("事業所カードの有効期間は {} からです。", date(*from))
                }
                Self::Expired { until } => {
                    format!("事業所カードの有効期間は {} で終わっています。", date(*until))
                }
                Self::OtherOffice { expected, got } => {
                    format!("事業所 {got} のカードです（{expected} のものが必要です）。")
                }
                Self::Same => "登録済みの事業所カードと同じものです。".to_owned(),
                Self::Older { held, got } => format!(
                    "登録済みの事業所カード（通番 {held}）より新しくありません（通番 {got}）。"
                ),
                Self::NotTrusted { .. } => {
                    "登録済みの署名証明書で署名されていない事業所カードです。".to_owned()
                }
            },
        }
    }
}

/// A day, as people write it.
fn date(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d").to_string()
}
