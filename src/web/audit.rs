//! Writes down who came in, who looked at what about whom, and who changed what about users.
//!
//! A page says what it shows ([`Audit::viewed`]) and does not wait: rows go through a line that is
//! bounded, to a task that writes them some at a time. If the store cannot be written, they wait in
//! the line; if that is full, rows are lost, which is told as a standing condition and, once it is
//! possible again, as a row that says how many.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::session::Session;
use crate::node::Handle;
use crate::store::{Account, AuditEntry};
use crate::types::{DigestBuilder, Lang, Personal, code};
use crate::work::{stopped, watch};

/// Rows that wait to be written.
const LINE: usize = 1_024;

/// Rows that are written together.
const TOGETHER: usize = 64;

/// How long to wait before what could not be written is tried again.
const PAUSE: Duration = Duration::from_secs(5);

/// How long the last rows may take to be written when the page ends.
const GRACE: Duration = Duration::from_secs(2);

/// The longest number of a person: in a wrong file anything may stand in its place.
const NUMBER: usize = 20;

macro_rules! acts {
    ($($name:ident $code:literal $ja:literal $en:literal;)+) => {
        /// What somebody did.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Act {
            $(#[doc = $en] $name),+
        }

        impl Act {
            pub(super) const ALL: &[Self] = &[$(Self::$name),+];

            /// How it is stored.
            pub(super) const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// In words.
            pub(super) const fn text(self, lang: Lang) -> &'static str {
                match self { $(Self::$name => lang.pick($ja, $en)),+ }
            }
        }
    };
}

acts! {
    Login "login" "ログイン" "logged in";
    LoginRefused "login-refused" "ログイン失敗" "failed to log in";
    Entered "entered" "renkei open で開いた" "came in by renkei open";
    Left "left" "ログアウト" "logged out";
    SessionsEnded "sessions-ended" "ほかのログインを終了" "ended other sessions";
    ViewList "view-list" "一覧を表示" "looked at a list";
    ViewMonth "view-month" "予実を表示" "looked at a month";
    MonthSaved "month-saved" "予実を保存" "saved a month";
    ViewVersions "view-versions" "計画の版を表示" "looked at versions of plans";
    ViewForms "view-forms" "様式を表示" "looked at forms";
    ViewAttachments "view-attachments" "添付ファイルの一覧を表示" "looked at what is attached";
    FileSaved "file-saved" "ファイルを保存" "saved a file";
    ProofSaved "proof-saved" "証拠を保存" "saved the proof of a package";
    EvidenceSaved "evidence-saved" "1 か月分の記録と証拠を保存" "saved the records of a month";
    ViewHeld "view-held" "保留の内容を表示" "looked at something held";
    ActualsSeen "actuals-seen" "実績を確認済みにした" "noted to have looked at actuals";
    SetSent "set-sent" "送信用に受け取り（API）" "sent a set";
    TokenMade "token-made" "トークンを発行" "made a token";
    TokenRevoked "token-revoked" "トークンを取り消し" "revoked a token";
    AuditRead "audit-read" "閲覧記録を検索" "searched this record for a person";
    AuditExported "audit-exported" "閲覧記録を書き出し" "exported this record";
    BackupMade "backup-made" "バックアップを作成" "had a backup made";
    BackupChecked "backup-checked" "バックアップを確認" "had a backup checked";
    UserAdded "user-added" "ユーザーを登録" "added a user";
    UserRemoved "user-removed" "ユーザーを削除" "removed a user";
    UserRole "user-role" "権限を変更" "changed a role";
    UserPassword "user-password" "パスワードを再設定" "set a password anew";
    UserUnlocked "user-unlocked" "ロックを解除" "unlocked a user";
    OwnPassword "own-password" "自分のパスワードを変更" "changed the own password";
    AppSet "app-set" "二段階認証を設定" "set up an authenticator app";
    AppRemoved "app-removed" "二段階認証を解除" "removed an authenticator app";
    PartnerAdded "partner-added" "相手を登録" "registered a partner";
    PartnerRenamed "partner-renamed" "相手の名前を変更" "renamed a partner";
    PartnerRemoved "partner-removed" "相手の登録を削除" "removed a partner";
    CardSaved "card-saved" "事業所カードを保存" "saved our card";
    CertificateRenewed "certificate-renewed" "証明書の更新を操作" "renewed a certificate";
    SettingsChanged "settings-changed" "設定を変更" "changed settings";
    Lost "lost" "記録できなかった件数" "rows that could not be kept";
}

impl Act {
    /// The act of a code, if this program knows it.
    pub(super) fn named(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|act| act.as_str() == code)
    }
}

/// Who did something.
pub(super) struct Actor<'a> {
    pub(super) who: &'a str,
    pub(super) account: Account,
    pub(super) address: String,
}

impl<'a> Actor<'a> {
    fn of(session: &'a Session) -> Self {
        let account = if session.key.is_some() { Account::User } else { Account::System };
        Self { who: &session.user, account, address: session.from.address.to_string() }
    }
}

/// Where rows are handed in.
pub(super) struct Audit {
    node: Handle,
    line: mpsc::Sender<AuditEntry>,
    lost: Arc<AtomicU64>,
}

/// Who writes them.
pub(super) struct Keeper {
    node: Handle,
    line: mpsc::Receiver<AuditEntry>,
    lost: Arc<AtomicU64>,
}

/// Both ends.
pub(super) fn start(node: &Handle) -> (Audit, Keeper) {
    let (sender, receiver) = mpsc::channel(LINE);
    let lost = Arc::new(AtomicU64::new(0));
    let audit = Audit { node: node.clone(), line: sender, lost: Arc::clone(&lost) };
    (audit, Keeper { node: node.clone(), line: receiver, lost })
}

impl Audit {
    /// Notes that a page shows what is known of people: `act` says which page, `about` of what, such
    /// as an id, and `people` are their insured numbers, as far as they are shown.
    pub(super) fn viewed<P: Into<String>>(
        &self,
        session: &Session,
        act: Act,
        about: &str,
        people: impl IntoIterator<Item = P>,
    ) {
        let people = numbers(people);
        let mut view = DigestBuilder::new();
        for part in [act.as_str(), about].into_iter().chain(people.iter().map(String::as_str)) {
            view.update(part.as_bytes());
            view.update(b"\0");
        }
        if session.views_anew(view.finish()) {
            self.add(Actor::of(session), act, about, people);
        }
    }

    /// Notes that somebody took away what is known of people. Each time counts.
    pub(super) fn took<P: Into<String>>(
        &self,
        session: &Session,
        act: Act,
        about: &str,
        people: impl IntoIterator<Item = P>,
    ) {
        self.noted(Actor::of(session), act, about, people);
    }

    /// The same of anybody.
    pub(super) fn noted<P: Into<String>>(
        &self,
        actor: Actor<'_>,
        act: Act,
        about: &str,
        people: impl IntoIterator<Item = P>,
    ) {
        self.add(actor, act, about, numbers(people));
    }

    /// Notes that somebody did something.
    pub(super) fn did(&self, session: &Session, act: Act, about: &str) {
        self.add(Actor::of(session), act, about, BTreeSet::new());
    }

    fn add(&self, actor: Actor<'_>, act: Act, about: &str, people: BTreeSet<String>) {
        self.send(AuditEntry {
            at: self.node.now(),
            who: actor.who.to_owned(),
            account: actor.account,
            address: actor.address,
            what: act.as_str().to_owned(),
            about: about.to_owned(),
            people: people.into_iter().map(Personal::new).collect(),
        });
    }

    /// Notes that somebody could not log in as the user of this name.
    pub(super) fn refused(&self, name: &str, address: std::net::IpAddr) {
        self.send(AuditEntry {
            at: self.node.now(),
            who: name.to_owned(),
            account: Account::None,
            address: address.to_string(),
            what: Act::LoginRefused.as_str().to_owned(),
            about: String::new(),
            people: Vec::new(),
        });
    }

    fn send(&self, entry: AuditEntry) {
        if self.line.try_send(entry).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The numbers of people, each once.
fn numbers<P: Into<String>>(people: impl IntoIterator<Item = P>) -> BTreeSet<String> {
    let people = people.into_iter().map(|person| number(&person.into()));
    people.filter(|person| !person.is_empty()).collect()
}

/// The number of a person, whatever stands in its place.
fn number(text: &str) -> String {
    let fits = |character: &char| !character.is_control() && !character.is_whitespace();
    text.chars().filter(fits).take(NUMBER).collect()
}

impl Keeper {
    /// Writes rows until the page ends.
    pub(super) async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        let mut open = Vec::new();
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stopping) => break,
                taken = self.line.recv_many(&mut open, TOGETHER) => if taken == 0 { break },
            }
            while !self.write(&mut open).await {
                tokio::select! {
                    biased;
                    () = stopped(&mut stopping) => break,
                    () = sleep(PAUSE) => {}
                }
                if *stopping.borrow() {
                    break;
                }
            }
        }
        let last = async {
            while let Ok(entry) = self.line.try_recv() {
                open.push(entry);
            }
            self.write(&mut open).await;
        };
        let _ = timeout(GRACE, last).await;
    }

    /// Writes what is open; says whether nothing is open any more.
    async fn write(&self, open: &mut Vec<AuditEntry>) -> bool {
        let lost = self.lost.load(Ordering::Relaxed);
        let mut rows = open.clone();
        if lost > 0 {
            rows.push(AuditEntry {
                at: self.node.now(),
                who: String::new(),
                account: Account::None,
                address: String::new(),
                what: Act::Lost.as_str().to_owned(),
                about: lost.to_string(),
                people: Vec::new(),
            });
        }
        if rows.is_empty() {
            return true;
        }
        match self.node.store().audit(rows).await {
            Ok(()) => {
                open.clear();
                self.lost.fetch_sub(lost, Ordering::Relaxed);
                self.node.clear(code::AUDIT_NOT_KEPT, "page");
                true
            }
            Err(error) => {
                let (ja, en) = (error.text(Lang::Ja), error.text(Lang::En));
                self.node.raise(
                    code::AUDIT_NOT_KEPT,
                    "page",
                    format!("だれが利用者の情報を見たかの記録を書けません: {ja}"),
                    format!("who looks at personal data cannot be written down: {en}"),
                );
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_has_its_own_code_and_words() {
        for act in Act::ALL {
            assert_eq!(Act::named(act.as_str()), Some(*act));
            assert!(act.text(Lang::En).is_ascii() && !act.text(Lang::Ja).is_ascii());
        }
    }

    #[test]
    fn what_commands_change_is_known_here() {
        for change in crate::control::UserChange::ALL {
            assert!(Act::named(change.as_str()).is_some(), "{change:?}");
        }
    }

    #[test]
    fn whatever_stands_in_place_of_a_number_is_short_and_plain() {
        assert_eq!(number(" 0000900011\r\n"), "0000900011");
        assert_eq!(number(&"x".repeat(1_000)).len(), NUMBER);
    }
}
