//! What was changed, what would be, and what cannot be.

use serde::{Serialize, Serializer};

use crate::rules::Place;
use crate::types::{Lang, Personal};

/// What may be done about a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// Done; nothing is lost.
    Lossless,
    /// Done; the office approved it.
    Approved,
    /// There is a candidate, but nobody approved it yet; the file is not written.
    Proposed,
    /// There is no candidate; the file is not written.
    Blocked,
}

impl ChangeKind {
    /// Whether the place was changed.
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Lossless | Self::Approved)
    }

    /// The stable word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lossless => "lossless",
            Self::Approved => "approved",
            Self::Proposed => "proposed",
            Self::Blocked => "blocked",
        }
    }
}

impl Serialize for ChangeKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $ja:literal, $en:literal;)+) => {
        /// Why a place is in the list.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason {
            $($(#[$doc])* $variant,)+
        }

        impl Reason {
            /// The stable word in reports.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The sentence for people.
            pub const fn text(self, lang: Lang) -> &'static str {
                match (self, lang) {
                    $((Self::$variant, Lang::Ja) => $ja, (Self::$variant, Lang::En) => $en,)+
                }
            }
        }
    };
}

reasons! {
    /// A byte order mark was removed.
    ByteOrderMark = "byte-order-mark",
        "先頭の BOM を取り除きました", "removed the byte order mark";
    /// UTF-8 or UTF-16 became MS932.
    Encoding = "encoding",
        "文字コードを MS932（Shift_JIS）に変えました", "changed the encoding to MS932";
    /// A header line was removed.
    HeaderLine = "header-line",
        "見出し行を取り除きました", "removed the header line";
    /// Blank lines were removed.
    BlankLine = "blank-line",
        "空行を取り除きました", "removed blank lines";
    /// The byte 1A after the last record was removed.
    EndMark = "end-mark",
        "ファイル末尾の終端記号（0x1A）を取り除きました", "removed the end-of-file mark 1A";
    /// Line ends became CR LF.
    LineEnds = "line-ends",
        "改行を CRLF にしました", "changed the line ends to CR LF";
    /// The last record got its line end.
    FinalLineEnd = "final-line-end",
        "最後のレコードの改行を補いました", "added the line end of the last record";
    /// Empty items beyond the last one of the layout were removed.
    TrailingItems = "trailing-items",
        "行末の余分な空の項目を取り除きました", "removed empty items beyond the last one";
    /// Free text was put between double quotes.
    QuotesAdded = "quotes-added",
        "フリーテキストの項目を \" で囲みました", "put free text between double quotes";
    /// Quotes around another item were removed.
    QuotesRemoved = "quotes-removed",
        "フリーテキストでない項目を囲む \" を取り除きました", "removed the quotes around an item that is no free text";
    /// A double quote inside free text was doubled.
    QuotesDoubled = "quotes-doubled",
        "フリーテキストの中の \" を \"\" にしました", "doubled the quotes inside free text";
    /// Rows of 第2表 with the same numbers were numbered anew.
    Renumbered = "renumbered",
        "課題・目標・援助内容の番号が重なる行があるため、並びの順に振り直しました", "numbered the rows anew, because some had the same numbers";
    /// The same character under the code point that MS932 knows.
    MappingVariant = "mapping-variant",
        "同じ文字の、MS932 にある符号に置き換えました", "the same character, as MS932 has it";
    /// An invisible character was removed.
    InvisibleCharacter = "invisible-character",
        "表示されない文字を取り除きました", "removed an invisible character";
    /// A kana and a combining mark became one character.
    ComposedKana = "composed-kana",
        "仮名と結合用の濁点・半濁点を 1 文字にしました", "composed kana and combining mark";
    /// A similar character.
    SimilarCharacter = "similar-character",
        "MS932 にない文字の置き換え", "a similar character for one that MS932 does not have";
    /// MS932 does not have the character and the lists have no candidate.
    NoCandidate = "no-candidate",
        "MS932 になく、置き換えの候補もありません", "MS932 does not have it and no list has a candidate";
    /// 外字.
    UserDefined = "user-defined-character",
        "外字です。相手のパソコンでは別の文字になるか、表示されません", "a user-defined character; it means something else on other machines";
    /// Bytes that are no character.
    Undefined = "undefined-bytes",
        "MS932 に文字のないバイトです", "bytes to which MS932 assigns no character";
    /// Half a character.
    Cut = "cut-character",
        "文字の 2 バイト目がありません", "the second byte of a character is missing";
    /// NUL.
    Nul = "nul-byte",
        "NUL（0x00）です", "a NUL byte";
    /// The file does not decode as what its beginning says.
    Undecodable = "undecodable",
        "先頭の印どおりの文字コードとして読めません", "does not decode as what its beginning says it is";
    /// A quote is never closed.
    UnclosedQuote = "unclosed-quote",
        "閉じられていない \" があり、どこまでが項目か分かりません", "a quote is never closed";
    /// Quotes in an item that make no sense, and other things to mend between them.
    StrayQuote = "stray-quote",
        "\" の付き方が正しくないため、項目の値が決まりません", "stray quotes leave the value of the item open";
    /// A record is longer than is read.
    RecordTooLong = "record-too-long",
        "1 レコードが長すぎます", "a record is too long";
    /// A record has more items than are read.
    TooManyItems = "too-many-items",
        "項目が多すぎます", "a record has too many items";
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One change, or several of the same form in one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What may be done.
    pub kind: ChangeKind,
    /// Why.
    pub reason: Reason,
    /// Where it is, or where the first is; offset and length are those of the file as it was.
    #[serde(flatten)]
    pub place: Place,
    /// How many of the same form there are.
    pub count: u64,
    /// The characters, or the bytes in hexadecimal; absent for changes of form.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "reveal")]
    pub before: Option<Personal<String>>,
    /// What stands there now, or would stand.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "reveal")]
    pub after: Option<Personal<String>>,
    /// Where the pair comes from, in Japanese.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub source: String,
}

#[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
fn reveal<S: Serializer>(
    value: &Option<Personal<String>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.serialize_str(value.reveal()),
        None => serializer.serialize_none(),
    }
}

/// How many changes there are of each kind; those that are not listed included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ChangeCounts {
    /// Done without loss.
    pub lossless: u64,
    /// Done with approval.
    pub approved: u64,
    /// Waiting for approval.
    pub proposed: u64,
    /// Impossible.
    pub blocked: u64,
}

impl ChangeCounts {
    const fn of(&mut self, kind: ChangeKind) -> &mut u64 {
        match kind {
            ChangeKind::Lossless => &mut self.lossless,
            ChangeKind::Approved => &mut self.approved,
            ChangeKind::Proposed => &mut self.proposed,
            ChangeKind::Blocked => &mut self.blocked,
        }
    }

    /// All together.
    pub const fn total(self) -> u64 {
        self.lossless + self.approved + self.proposed + self.blocked
    }

    /// Adds those of another file.
    pub const fn add(&mut self, other: Self) {
        self.lossless += other.lossless;
        self.approved += other.approved;
        self.proposed += other.proposed;
        self.blocked += other.blocked;
    }
}

/// The changes of one file. Of each reason and kind only the first are listed; all are counted.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The list, in the order of the file.
    pub list: Vec<Change>,
    /// How many there are.
    pub counts: ChangeCounts,
    kept: std::collections::BTreeMap<(Reason, ChangeKind), usize>,
    /// Where the list has the changes of form, by reason and item, until it is sorted.
    forms: std::collections::BTreeMap<(Reason, Option<u16>), usize>,
}

impl Changes {
    /// The most changes of one reason and kind that are listed.
    pub const MOST: usize = 1_000;

    /// How many are counted and not listed.
    pub fn omitted(&self) -> u64 {
        let listed: u64 = self.list.iter().map(|change| change.count).sum();
        self.counts.total().saturating_sub(listed)
    }

    /// Whether nothing keeps the file from being written.
    pub const fn writable(&self) -> bool {
        self.counts.proposed == 0 && self.counts.blocked == 0
    }

    /// Adds one change; `describe` is called only when it is listed.
    pub(super) fn add(
        &mut self,
        reason: Reason,
        kind: ChangeKind,
        describe: impl FnOnce() -> Change,
    ) {
        *self.counts.of(kind) += 1;
        let kept = self.kept.entry((reason, kind)).or_default();
        if *kept < Self::MOST {
            *kept += 1;
            self.list.push(describe());
        }
    }

    /// Counts `count` changes of form: those of the same reason and item are one entry, whose place
    /// is that of the first.
    pub(super) fn form(
        &mut self,
        (reason, item): (Reason, Option<u16>),
        count: u64,
        place: impl FnOnce() -> Place,
    ) {
        self.counts.lossless += count;
        let known = self.forms.get(&(reason, item));
        if let Some(change) = known.and_then(|index| self.list.get_mut(*index)) {
            change.count += count;
            return;
        }
        self.forms.insert((reason, item), self.list.len());
        self.list.push(Change {
            kind: ChangeKind::Lossless,
            reason,
            place: Place { item, ..place() },
            count,
            before: None,
            after: None,
            source: String::new(),
        });
    }

    /// Adds something that cannot be mended and is no character.
    pub(super) fn blocked(&mut self, reason: Reason, place: Place) {
        self.add(reason, ChangeKind::Blocked, || Change {
            kind: ChangeKind::Blocked,
            reason,
            place,
            count: 1,
            before: None,
            after: None,
            source: String::new(),
        });
    }

    pub(super) fn sort(&mut self) {
        self.forms.clear();
        self.list.sort_by_key(|change| (change.place.offset, change.place.item));
    }
}
