//! Who is in: invitations, sessions, and what each of them has done already.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::types::{Clock, Digest, Instant};

/// How long an invitation is good for that somebody asked for.
pub(super) const INVITATION: Duration = Duration::from_mins(2);

/// Invitations that wait at a time; the oldest goes.
const INVITATIONS: usize = 16;

/// Sessions at a time; the one that was used least lately goes.
const SESSIONS: usize = 256;

/// However busy somebody is, a session ends after so long.
const LIFE: Duration = Duration::from_hours(12);

/// So many forms of a session are remembered, so that one that is sent twice is done once.
const FORMS: usize = 64;

/// Bytes of a token.
const TOKEN: usize = 32;

/// Whom the page has let in.
pub(super) struct Sessions {
    idle: Duration,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    invitations: VecDeque<Invitation>,
    sessions: HashMap<Digest, Arc<Session>>,
}

struct Invitation {
    /// Of the token.
    sha256: Digest,
    by: String,
    at: Instant,
    good_for: Duration,
}

/// Somebody who is in.
pub(super) struct Session {
    /// The account, as far as it is known.
    pub(super) user: String,
    /// What forms have to carry.
    pub(super) csrf: String,
    began: Instant,
    state: Mutex<State>,
}

struct State {
    seen: Instant,
    /// The forms that were sent, and where each led.
    forms: VecDeque<(String, String)>,
    told: Option<Told>,
    /// What was searched for, by number.
    searches: VecDeque<(String, String)>,
}

/// What is told on the next page.
#[derive(Debug, Clone)]
pub(super) struct Told {
    /// Whether it was done.
    pub(super) done: bool,
    /// In words.
    pub(super) text: String,
}

impl Sessions {
    pub(super) fn new(idle: Duration) -> Self {
        Self { idle, inner: Mutex::default() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A token that lets the account `by` in, once, before `good_for` is over.
    pub(super) fn invite(&self, by: &str, good_for: Duration) -> String {
        let token = token();
        let at = Clock::running();
        let (sha256, by) = (Digest::of(token.as_bytes()), by.to_owned());
        let invitation = Invitation { sha256, by, at, good_for };
        let mut inner = self.inner();
        if inner.invitations.len() >= INVITATIONS {
            inner.invitations.pop_front();
        }
        inner.invitations.push_back(invitation);
        token
    }

    /// Lets in whoever brings the token of an invitation; gives what its cookie holds.
    pub(super) fn enter(&self, invited: &str) -> Option<String> {
        let sha256 = Digest::of(invited.as_bytes());
        let mut inner = self.inner();
        inner.invitations.retain(|invitation| invitation.at.elapsed() < invitation.good_for);
        let at = inner.invitations.iter().position(|invitation| invitation.sha256 == sha256)?;
        let by = inner.invitations.remove(at)?.by;
        let idle = self.idle;
        inner.sessions.retain(|_, session| session.is_good(idle));
        if inner.sessions.len() >= SESSIONS {
            let least = inner.sessions.iter().max_by_key(|(_, session)| session.rests());
            if let Some(least) = least.map(|(digest, _)| *digest) {
                inner.sessions.remove(&least);
            }
        }
        let cookie = token();
        let session = Arc::new(Session::new(by));
        inner.sessions.insert(Digest::of(cookie.as_bytes()), session);
        Some(cookie)
    }

    /// The session of a cookie, which is used with that.
    pub(super) fn find(&self, cookie: &str) -> Option<Arc<Session>> {
        let sha256 = Digest::of(cookie.as_bytes());
        let mut inner = self.inner();
        let session = Arc::clone(inner.sessions.get(&sha256)?);
        if session.is_good(self.idle) {
            return Some(session);
        }
        inner.sessions.remove(&sha256);
        None
    }

    /// Ends the session of a cookie.
    pub(super) fn leave(&self, cookie: &str) {
        self.inner().sessions.remove(&Digest::of(cookie.as_bytes()));
    }
}

impl Session {
    fn new(user: String) -> Self {
        let now = Clock::running();
        let state =
            State { seen: now, forms: VecDeque::new(), told: None, searches: VecDeque::new() };
        Self { user, csrf: token(), began: now, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_good(&self, idle: Duration) -> bool {
        self.began.elapsed() < LIFE && self.rests() < idle
    }

    fn rests(&self) -> Duration {
        self.state().seen.elapsed()
    }

    /// Somebody did something: the time until it ends begins anew.
    pub(super) fn touch(&self) {
        self.state().seen = Clock::running();
    }

    /// A number for the forms of a page, so that each is done once.
    pub(super) fn form(&self) -> String {
        token()
    }

    /// Where the form of this number led, if it was sent before. `None` marks it as sent: whoever
    /// sends it again meanwhile is led to `meanwhile`.
    pub(super) fn sent_before(&self, form: &str, meanwhile: &str) -> Option<String> {
        let mut state = self.state();
        if let Some((_, led_to)) = state.forms.iter().find(|(sent, _)| sent == form) {
            return Some(led_to.clone());
        }
        if state.forms.len() >= FORMS {
            state.forms.pop_front();
        }
        state.forms.push_back((form.to_owned(), meanwhile.to_owned()));
        None
    }

    /// Keeps what is searched for, as it may name a person; gives its number for the address of a page.
    pub(super) fn search(&self, text: String) -> String {
        let mut state = self.state();
        if let Some((number, _)) = state.searches.iter().find(|(_, searched)| *searched == text) {
            return number.clone();
        }
        if state.searches.len() >= FORMS {
            state.searches.pop_front();
        }
        let number = token();
        state.searches.push_back((number.clone(), text));
        number
    }

    /// What was searched for under this number.
    pub(super) fn searched(&self, number: &str) -> Option<String> {
        let state = self.state();
        let found = state.searches.iter().find(|(known, _)| known == number);
        found.map(|(_, text)| text.clone())
    }

    /// Tells something on the next page.
    pub(super) fn tell(&self, done: bool, text: impl Into<String>) {
        self.state().told = Some(Told { done, text: text.into() });
    }

    /// What is to be told now.
    pub(super) fn told(&self) -> Option<Told> {
        self.state().told.take()
    }
}

/// Something that nobody guesses.
fn token() -> String {
    let mut bytes = [0; TOKEN];
    // The system always has random numbers once it has started; without them nobody may get in.
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        tracing::error!("the system has no random numbers: the page ends the process");
        std::process::abort();
    }
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions() -> Sessions {
        Sessions::new(Duration::from_mins(30))
    }

    #[test]
    fn an_invitation_lets_in_once() {
        let sessions = sessions();
        let token = sessions.invite("hanako", INVITATION);
        assert!(sessions.enter("another").is_none());
        let cookie = sessions.enter(&token).expect("the first time");
        assert!(sessions.enter(&token).is_none(), "the second time");
        assert_eq!(sessions.find(&cookie).expect("a session").user, "hanako");
        assert!(sessions.find(&token).is_none(), "the invitation is no cookie");
        sessions.leave(&cookie);
        assert!(sessions.find(&cookie).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_uses_ends() {
        let sessions = sessions();
        let late = sessions.invite("late", INVITATION);
        let cookie = sessions.enter(&sessions.invite("hanako", INVITATION)).expect("in");
        for _ in 0..3 {
            tokio::time::advance(Duration::from_mins(20)).await;
            sessions.find(&cookie).expect("used every 20 minutes").touch();
        }
        assert!(sessions.enter(&late).is_none(), "too late");
        tokio::time::advance(Duration::from_mins(31)).await;
        assert!(sessions.find(&cookie).is_none());
        let cookie = sessions.enter(&sessions.invite("hanako", INVITATION)).expect("in again");
        for _ in 0..36 {
            tokio::time::advance(Duration::from_mins(20)).await;
            if let Some(session) = sessions.find(&cookie) {
                session.touch();
            }
        }
        assert!(sessions.find(&cookie).is_none(), "no session lasts for ever");
    }

    #[test]
    fn a_form_counts_once() {
        let session = Session::new("hanako".to_owned());
        let form = session.form();
        assert_eq!(session.sent_before(&form, "/held"), None);
        assert_eq!(session.sent_before(&form, "/held").as_deref(), Some("/held"));
        assert_eq!(session.sent_before(&session.form(), "/held"), None);
    }

    #[test]
    fn there_are_never_more_than_some() {
        let sessions = sessions();
        for _ in 0..100 {
            sessions.invite("hanako", INVITATION);
        }
        assert_eq!(sessions.inner().invitations.len(), INVITATIONS);
        for _ in 0..SESSIONS + 10 {
            let token = sessions.invite("hanako", INVITATION);
            sessions.enter(&token).expect("in");
        }
        assert_eq!(sessions.inner().sessions.len(), SESSIONS);
    }
}
