//! Tokens: by what care software calls the API of the page.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::UsersError;
use super::name::UserName;
use super::random::token;
use crate::types::{Digest, Lang, OfficeNumber};

/// The most tokens.
const MOST: usize = 100;

/// The most days after which a token that ends does.
pub const MOST_DAYS: i64 = 3_650;

/// How a token begins, so that people and programs that look for secrets know what it is.
const PREFIX: &str = "renkei_";

/// The last use is written down when it is so much later than the one before: to know which tokens
/// nobody uses any more, more is not needed.
const USE: SignedDuration = SignedDuration::from_hours(1);

/// What a token lets a program do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// 参照: lists, packages and their files, what is held.
    Read,
    /// 送信: sets to partners.
    Send,
}

impl Right {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Read, Self::Send];

    /// The name that commands and forms take.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Send => "send",
        }
    }

    /// What people call it.
    pub const fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Read => lang.pick("参照", "read"),
            Self::Send => lang.pick("送信", "send"),
        }
    }
}

/// There is no such right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected read or send")]
pub struct ParseRightError;

impl FromStr for Right {
    type Err = ParseRightError;

    fn from_str(text: &str) -> Result<Self, ParseRightError> {
        Self::ALL.into_iter().find(|right| right.as_str() == text).ok_or(ParseRightError)
    }
}

/// What a token gives access to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// What may be done.
    pub rights: BTreeSet<Right>,
    /// Only for this office of ours; for all where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<OfficeNumber>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
}

impl Access {
    /// When a token ends that is good for some days from now on; none where they are too few or too
    /// many.
    pub fn expiry(days: u16, now: Timestamp) -> Option<Timestamp> {
        let days = Some(i64::from(days)).filter(|days| (1..=MOST_DAYS).contains(days))?;
        now.checked_add(SignedDuration::from_hours(24 * days)).ok()
    }
}

/// A token, told once to whoever made it.
pub struct TokenSecret(Zeroizing<String>);

impl TokenSecret {
    fn random() -> Self {
        Self(Zeroizing::new(format!("{PREFIX}{}", token())))
    }

    /// The token itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[token]")
    }
}

/// What is known of a token.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenEntry {
    /// What it is called.
    pub name: UserName,
    /// What it gives access to.
    pub access: Access,
    /// When it was made.
    pub since: Timestamp,
    /// When it was used, to the hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<Timestamp>,
    sha256: Digest,
}

impl TokenEntry {
    /// Which token it is: another one of the same name has another.
    pub const fn digest(&self) -> Digest {
        self.sha256
    }

    /// Whether its time is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.access.expires.is_some_and(|expires| expires <= now)
    }

    /// Whether the use now is worth to be written down.
    pub fn is_used_anew(&self, now: Timestamp) -> bool {
        self.used.is_none_or(|used| now.duration_since(used).abs() >= USE)
    }
}

impl fmt::Debug for TokenEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenEntry").field("access", &self.access).finish_non_exhaustive()
    }
}

/// All tokens.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tokens(Vec<TokenEntry>);

impl Tokens {
    /// All of them, in the order in which they were made.
    pub fn all(&self) -> &[TokenEntry] {
        &self.0
    }

    /// The one that somebody shows. Digests are compared, so the time that it takes says nothing of a
    /// token.
    pub fn shown(&self, token: &str) -> Option<&TokenEntry> {
        let sha256 = Digest::of(token.as_bytes());
        self.0.iter().find(|entry| entry.sha256 == sha256)
    }

    /// Makes one.
    pub fn add(
        &mut self,
        name: UserName,
        access: Access,
        now: Timestamp,
    ) -> Result<TokenSecret, UsersError> {
        if self.0.len() >= MOST {
            return Err(UsersError::TooManyTokens);
        }
        if self.0.iter().any(|entry| entry.name.looks_like(&name)) {
            return Err(UsersError::TokenTaken);
        }
        let secret = TokenSecret::random();
        let sha256 = Digest::of(secret.reveal().as_bytes());
        self.0.push(TokenEntry { name, access, since: now, used: None, sha256 });
        Ok(secret)
    }

    /// Revokes one: it is of no use from now on.
    pub fn revoke(&mut self, name: &UserName) -> Result<(), UsersError> {
        let at = self.0.iter().position(|entry| entry.name == *name);
        self.0.remove(at.ok_or(UsersError::NoToken)?);
        Ok(())
    }

    /// Writes down that one was used; one that was revoked meanwhile stays revoked.
    pub fn used(&mut self, token: Digest, now: Timestamp) {
        for entry in self.0.iter_mut().filter(|entry| entry.sha256 == token) {
            entry.used = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::users::{Kept as _, TokenFile};

    fn now(hour: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 3_600 * hour).expect("in range")
    }

    fn access(expires: Option<Timestamp>) -> Access {
        Access { rights: BTreeSet::from([Right::Read]), office: None, expires }
    }

    fn name(text: &str) -> UserName {
        text.parse().expect("a name")
    }

    #[test]
    fn a_token_is_known_by_its_digest_and_until_it_is_revoked() {
        let mut tokens = Tokens::default();
        let secret = tokens.add(name("kaigo"), access(None), now(0)).expect("made");
        let other = tokens.add(name("other"), access(None), now(0)).expect("made");
        assert!(secret.reveal().len() > 43 && secret.reveal() != other.reveal());
        assert_eq!(tokens.shown(secret.reveal()).expect("known").name.as_str(), "kaigo");
        let kept = String::from_utf8(tokens.clone().print().expect("JSON")).expect("text");
        assert!(!kept.contains(secret.reveal()), "{kept}");
        assert!(!format!("{secret:?} {tokens:?}").contains(secret.reveal()));
        assert!(tokens.shown("").is_none() && tokens.shown(&kept).is_none());
        assert!(matches!(
            tokens.add(name("Kaigo"), access(None), now(0)),
            Err(UsersError::TokenTaken)
        ));
        tokens.revoke(&name("kaigo")).expect("it was there");
        assert!(tokens.shown(secret.reveal()).is_none());
        assert!(matches!(tokens.revoke(&name("kaigo")), Err(UsersError::NoToken)));
        assert!(tokens.shown(other.reveal()).is_some());
    }

    #[test]
    fn a_token_is_good_for_some_days() {
        let ends = |days| Access::expiry(days, now(0));
        assert_eq!(ends(30), Some(now(24 * 30)));
        assert_eq!(ends(3_650), Some(now(24 * 3_650)));
        assert_eq!((ends(0), ends(3_651)), (None, None));
    }

    #[test]
    fn a_token_ends_and_its_use_is_noted_now_and_then() {
        let mut tokens = Tokens::default();
        let secret = tokens.add(name("kaigo"), access(Some(now(5))), now(0)).expect("made");
        let known = |tokens: &Tokens| tokens.shown(secret.reveal()).expect("known").clone();
        let entry = known(&tokens);
        assert!(!entry.is_over(now(4)) && entry.is_over(now(5)));
        assert!(entry.is_used_anew(now(0)));
        tokens.used(entry.digest(), now(1));
        let entry = known(&tokens);
        assert!(!entry.is_used_anew(now(1)) && entry.is_used_anew(now(2)));
    }

    #[test]
    fn there_are_never_more_than_some() {
        let mut tokens = Tokens::default();
        for number in 0..MOST {
            tokens.add(name(&format!("t{number}")), access(None), now(0)).expect("made");
        }
        assert!(matches!(
            tokens.add(name("more"), access(None), now(0)),
            Err(UsersError::TooManyTokens)
        ));
    }

    #[test]
    fn tokens_have_a_file_of_their_own() {
        let data = tempfile::tempdir().expect("a folder");
        let file = TokenFile::new(data.path());
        assert!(file.read().expect("no file is no fault").all().is_empty());
        let secret = file
            .change(|tokens| tokens.add(name("kaigo"), access(Some(now(1))), now(0)))
            .expect("made");
        let read = TokenFile::new(data.path()).read().expect("read");
        assert_eq!(read.shown(secret.reveal()).expect("known").access, access(Some(now(1))));
        std::fs::write(data.path().join("users/tokens.json"), "[]").expect("written");
        assert!(matches!(file.read(), Err(UsersError::Damaged("tokens"))));
    }
}
