//! Somebody who may log in, and all of them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::name::UserName;
use super::password::PasswordHash;
use super::random::token;
use super::recovery::{self, RecoveryCode};
use super::totp::Secret;
use super::{UsersError, password};
use crate::types::{Digest, Lang};

/// The most users.
const MOST: usize = 500;

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// 一般: sees the exchange and settles what needs a person.
    General,
    /// 管理者: also sets who may log in, and reads who looked at what.
    Administrator,
}

impl Role {
    /// Both.
    pub const ALL: [Self; 2] = [Self::General, Self::Administrator];

    /// The name that commands and forms take.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Administrator => "administrator",
        }
    }

    /// What people call it.
    pub const fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::General => lang.pick("一般", "general"),
            Self::Administrator => lang.pick("管理者", "administrator"),
        }
    }
}

/// There is no such role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected general or administrator")]
pub struct ParseRoleError;

impl FromStr for Role {
    type Err = ParseRoleError;

    fn from_str(text: &str) -> Result<Self, ParseRoleError> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(ParseRoleError)
    }
}

/// Somebody who may log in.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// By what name.
    pub name: UserName,
    /// What they may do.
    pub role: Role,
    /// What their sessions hold. It changes with the password, so that sessions from before end, and
    /// nobody who is added later under the same name has it.
    pub key: String,
    /// When the password was set.
    pub since: Timestamp,
    password: PasswordHash,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    app: Option<App>,
    /// Failed attempts from before do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unlocked_at: Option<Timestamp>,
}

/// The second factor.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct App {
    secret: Secret,
    /// The step of the newest code that was used.
    used: u64,
    /// Of the recovery codes that were not used yet.
    recovery: Vec<Digest>,
}

/// By what else than the password somebody came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// Nothing else is asked for.
    None,
    /// A code of the authenticator app.
    App,
    /// A recovery code; so many are left.
    Recovery(usize),
}

impl User {
    /// The hash that a password has to fit.
    pub const fn password(&self) -> &PasswordHash {
        &self.password
    }

    /// Whether codes of an authenticator app are asked for.
    pub const fn has_app(&self) -> bool {
        self.app.is_some()
    }

    /// How many recovery codes are left.
    pub fn recovery_codes(&self) -> usize {
        self.app.as_ref().map_or(0, |app| app.recovery.len())
    }

    /// Since when failed attempts count again, if somebody asked for it.
    pub const fn unlocked_at(&self) -> Option<Timestamp> {
        self.unlocked_at
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("role", &self.role).finish_non_exhaustive()
    }
}

/// All who may log in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Users(Vec<User>);

impl Users {
    /// All of them, in the order in which they were added.
    pub fn all(&self) -> &[User] {
        &self.0
    }

    /// Whether nobody may log in.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one of this name.
    pub fn named(&self, name: &UserName) -> Option<&User> {
        self.0.iter().find(|user| user.name == *name)
    }

    /// The one whose sessions hold this key.
    pub fn of_key(&self, key: &str) -> Option<&User> {
        self.0.iter().find(|user| user.key == key)
    }

    fn named_mut(&mut self, name: &UserName) -> Result<&mut User, UsersError> {
        self.0.iter_mut().find(|user| user.name == *name).ok_or(UsersError::Unknown)
    }

    /// Adds somebody.
    pub fn add(
        &mut self,
        name: UserName,
        role: Role,
        password: PasswordHash,
        now: Timestamp,
    ) -> Result<(), UsersError> {
        if self.0.len() >= MOST {
            return Err(UsersError::TooMany);
        }
        if self.0.iter().any(|user| user.name.looks_like(&name)) {
            return Err(UsersError::Taken);
        }
        let (key, since) = (token(), now);
        self.0.push(User { name, role, key, since, password, app: None, unlocked_at: None });
        Ok(())
    }

    /// Removes somebody, whose sessions end with that.
    pub fn remove(&mut self, name: &UserName) -> Result<(), UsersError> {
        let at = self.0.iter().position(|user| user.name == *name).ok_or(UsersError::Unknown)?;
        self.0.remove(at);
        Ok(())
    }

    /// Sets the password and gives the new key: all sessions from before end.
    pub fn set_password(
        &mut self,
        name: &UserName,
        password: PasswordHash,
        now: Timestamp,
    ) -> Result<String, UsersError> {
        let user = self.named_mut(name)?;
        (user.password, user.since, user.key) = (password, now, token());
        user.unlocked_at = Some(now);
        Ok(user.key.clone())
    }

    /// Sets what somebody may do, at once also in open sessions.
    pub fn set_role(&mut self, name: &UserName, role: Role) -> Result<(), UsersError> {
        self.named_mut(name)?.role = role;
        Ok(())
    }

    /// Lets somebody try again who was locked out.
    pub fn unlock(&mut self, name: &UserName, now: Timestamp) -> Result<(), UsersError> {
        self.named_mut(name)?.unlocked_at = Some(now);
        Ok(())
    }

    /// Asks for codes of an app from now on. `step` is that of the code which showed that the app has
    /// the secret. Gives the recovery codes.
    pub fn set_app(
        &mut self,
        name: &UserName,
        secret: Secret,
        step: u64,
    ) -> Result<Vec<RecoveryCode>, UsersError> {
        let codes = RecoveryCode::some();
        let recovery = codes.iter().map(RecoveryCode::digest).collect();
        self.named_mut(name)?.app = Some(App { secret, used: step, recovery });
        Ok(codes)
    }

    /// Asks for no codes any more.
    pub fn remove_app(&mut self, name: &UserName) -> Result<(), UsersError> {
        self.named_mut(name)?.app = None;
        Ok(())
    }

    /// Takes what somebody shows beside the password, which is of no use any more with that. `None` if
    /// it does not do.
    pub fn take_factor(&mut self, key: &str, code: &str, now: Timestamp) -> Option<Factor> {
        let user = self.0.iter_mut().find(|user| user.key == key)?;
        let Some(app) = &mut user.app else { return Some(Factor::None) };
        if let Some(step) = app.secret.step_of(code, now, app.used) {
            app.used = step;
            return Some(Factor::App);
        }
        let digest = recovery::digest(code);
        let at = app.recovery.iter().position(|kept| *kept == digest)?;
        app.recovery.remove(at);
        Some(Factor::Recovery(app.recovery.len()))
    }

    /// Whether somebody of this name may choose this password, and its hash. Takes as long as
    /// [`PasswordHash::of`].
    pub fn hash(name: &UserName, new: &str) -> Result<PasswordHash, UsersError> {
        match password::weakness(name, new) {
            Some(weakness) => Err(weakness),
            None => PasswordHash::of(new),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    fn name(text: &str) -> UserName {
        text.parse().expect("a name")
    }

    fn some() -> Users {
        let mut users = Users::default();
        for (who, role) in [("hanako", Role::General), ("佐藤", Role::Administrator)] {
            users.add(name(who), role, PasswordHash::of_nobody(), now(0)).expect("added");
        }
        users
    }

    #[test]
    fn names_are_given_once() {
        let mut users = some();
        let mut add = |who| users.add(name(who), Role::General, PasswordHash::of_nobody(), now(1));
        assert!(matches!(add("Hanako"), Err(UsersError::Taken)));
        assert!(add("hanako2").is_ok());
        users.remove(&name("hanako")).expect("removed");
        assert!(matches!(users.remove(&name("hanako")), Err(UsersError::Unknown)));
        for number in 0..MOST {
            let who = name(&format!("u{number}"));
            let _ = users.add(who, Role::General, PasswordHash::of_nobody(), now(1));
        }
        assert_eq!(users.all().len(), MOST);
    }

    #[test]
    fn sessions_end_with_the_password_and_with_the_user() {
        let mut users = some();
        let key = |users: &Users| users.named(&name("hanako")).map(|user| user.key.clone());
        let first = key(&users).expect("there");
        users.set_role(&name("hanako"), Role::Administrator).expect("set");
        assert_eq!(users.of_key(&first).expect("the same").role, Role::Administrator);
        let second = users.set_password(&name("hanako"), PasswordHash::of_nobody(), now(1));
        assert!(users.of_key(&first).is_none());
        assert_eq!(key(&users), second.ok());
        let second = key(&users).expect("there");
        users.remove(&name("hanako")).expect("removed");
        users.add(name("hanako"), Role::General, PasswordHash::of_nobody(), now(2)).expect("anew");
        assert!(users.of_key(&second).is_none(), "somebody else of that name");
    }

    #[test]
    fn a_code_does_once() {
        let mut users = some();
        let secret = Secret::random();
        let codes = users.set_app(&name("hanako"), secret.clone(), 0).expect("set");
        let key = users.named(&name("hanako")).expect("there").key.clone();
        let other = users.named(&name("佐藤")).expect("there").key.clone();
        assert_eq!(users.take_factor(&other, "", now(0)), Some(Factor::None));
        assert_eq!(users.take_factor(&key, "", now(0)), None);
        let code = secret.code_at(now(0));
        assert_eq!(users.take_factor(&key, &code, now(0)), Some(Factor::App));
        assert_eq!(users.take_factor(&key, &code, now(1)), None, "the same once more");
        assert_eq!(
            users.take_factor(&key, &secret.code_at(now(-30)), now(1)),
            None,
            "an older one"
        );
        assert_eq!(users.take_factor(&key, &secret.code_at(now(30)), now(30)), Some(Factor::App));
        let code = codes[3].as_str();
        assert_eq!(users.take_factor(&key, code, now(30)), Some(Factor::Recovery(9)));
        assert_eq!(users.take_factor(&key, code, now(30)), None, "the same once more");
        users.remove_app(&name("hanako")).expect("removed");
        assert_eq!(users.take_factor(&key, "", now(30)), Some(Factor::None));
    }

    #[test]
    fn what_prints_itself_says_nothing() {
        let mut users = some();
        users.set_app(&name("hanako"), Secret::random(), 0).expect("set");
        let text = format!("{users:?}");
        assert!(!text.contains("argon2") && !text.contains("hanako"), "{text}");
    }
}
