//! Who is in: invitations, sessions, and what each of them has done already.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::package::card::SignedCard;
use crate::types::{Clock, Digest, Instant};
use crate::users::{Role, Secret, token};

/// How long an invitation is good for that somebody asked for.
pub(super) const INVITATION: Duration = Duration::from_mins(2);

/// The same of one to a first start, which is shown when the program starts.
pub(super) const INVITED_AT_START: Duration = Duration::from_hours(2);

/// Invitations that wait at a time; the oldest goes.
const INVITATIONS: usize = 16;

/// Sessions at a time; the one that was used least lately goes.
const SESSIONS: usize = 256;

/// The same of one user, so that nobody takes the places of the others.
const OF_ONE: usize = 16;

/// However busy somebody is, a session ends after so long.
const LIFE: Duration = Duration::from_hours(12);

/// So many forms of a session are remembered, so that one that is sent twice is done once.
const FORMS: usize = 64;

/// Views of a session that are remembered.
const VIEWS: usize = 64;

/// Cards of partners that a session holds which are not registered yet; the oldest goes.
const CARDS: usize = 4;

/// What is shown again to the same session within so long is one view: a page that keeps itself up to
/// date is looked at once.
const ONE_VIEW: Duration = Duration::from_mins(10);

/// The longest name of a browser that is kept, in characters.
const BROWSER: usize = 200;

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
    invited: Invited,
    at: Instant,
    good_for: Duration,
}

/// Whom an invitation lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Invited {
    /// The name of the user, or the account that ran a command, as far as it is known.
    pub(super) name: String,
    /// See [`Entrant`].
    pub(super) key: Option<String>,
    /// The page that they see first.
    pub(super) leads_to: &'static str,
}

/// Who comes in.
#[derive(Clone)]
pub(super) struct Entrant {
    /// The name of the user, or the account that ran a command, as far as it is known.
    pub(super) name: String,
    /// [`crate::users::User::key`] of the user; none of whoever was let in by a command.
    pub(super) key: Option<String>,
    pub(super) role: Role,
    pub(super) from: Origin,
}

/// From where somebody comes.
#[derive(Clone)]
pub(super) struct Origin {
    pub(super) address: IpAddr,
    /// What the browser calls itself.
    pub(super) browser: String,
    /// The time of day.
    pub(super) at: Timestamp,
}

impl Origin {
    pub(super) fn new(address: IpAddr, browser: &str, at: Timestamp) -> Self {
        Self { address, browser: browser.chars().take(BROWSER).collect(), at }
    }
}

/// Somebody who is in.
#[derive(Clone)]
pub(super) struct Session {
    /// The name of the user, or of the account, as far as it is known.
    pub(super) user: String,
    /// The key of the user; none of whoever was let in by a command.
    pub(super) key: Option<String>,
    pub(super) from: Origin,
    /// What forms have to carry.
    pub(super) csrf: String,
    began: Instant,
    /// Whether nobody looks at the answer: the page asks by itself.
    is_unseen: bool,
    state: Arc<Mutex<State>>,
}

struct State {
    role: Role,
    seen: Instant,
    /// The forms that were sent, and where each led.
    forms: VecDeque<(Digest, String)>,
    told: Option<Told>,
    /// What was shown lately, and when.
    views: VecDeque<(Digest, Instant)>,
    /// The secret that an app is being set up with.
    app: Option<Secret>,
    /// What was searched for, by number.
    searches: VecDeque<(String, String)>,
    /// Cards that somebody looks at before they register them.
    cards: VecDeque<SignedCard>,
}

/// What is told on the next page.
#[derive(Debug, Clone)]
pub(super) struct Told {
    /// Whether it was done.
    pub(super) done: bool,
    /// In words.
    pub(super) text: String,
}

impl Invited {
    /// The account that ran a command, as an administrator.
    pub(super) fn account(name: &str) -> Self {
        Self { name: name.to_owned(), key: None, leads_to: "/" }
    }
}

impl Sessions {
    pub(super) fn new(idle: Duration) -> Self {
        Self { idle, inner: Mutex::default() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A token that lets somebody in, once, before `good_for` is over.
    pub(super) fn invite(&self, invited: Invited, good_for: Duration) -> String {
        let token = token();
        let at = Clock::running();
        let sha256 = Digest::of(token.as_bytes());
        let invitation = Invitation { sha256, invited, at, good_for };
        let mut inner = self.inner();
        if inner.invitations.len() >= INVITATIONS {
            inner.invitations.pop_front();
        }
        inner.invitations.push_back(invitation);
        token
    }

    /// Whom the token of an invitation lets in. It is of no use any more with that.
    pub(super) fn invited(&self, token: &str) -> Option<Invited> {
        self.inner().take(token)
    }

    /// The same where one person is expected: whoever is in, no other invitation is of use any more.
    pub(super) fn invited_alone(&self, token: &str) -> Option<Invited> {
        let mut inner = self.inner();
        let invited = inner.take(token)?;
        inner.invitations.clear();
        Some(invited)
    }

    /// Begins a session and gives what its cookie holds.
    pub(super) fn begin(&self, entrant: Entrant) -> (String, Arc<Session>) {
        let idle = self.idle;
        let session = Arc::new(Session::new(entrant));
        let mut inner = self.inner();
        inner.sessions.retain(|_, session| session.is_good(idle));
        let of_same = inner.sessions.values().filter(|other| other.is_of_same(&session)).count();
        if of_same >= OF_ONE {
            inner.end_least_used(|other| other.is_of_same(&session));
        }
        if inner.sessions.len() >= SESSIONS {
            inner.end_least_used(|_| true);
        }
        let cookie = token();
        inner.sessions.insert(Digest::of(cookie.as_bytes()), Arc::clone(&session));
        (cookie, session)
    }

    /// The session of a cookie.
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

    /// Whether somebody is still in with this session.
    pub(super) fn goes_on(&self, session: &Arc<Session>) -> bool {
        session.is_good(self.idle)
            && self.inner().sessions.values().any(|other| Arc::ptr_eq(other, session))
    }

    /// The sessions of whoever has this one, that was used last first.
    pub(super) fn of_same(&self, session: &Session) -> Vec<Arc<Session>> {
        let inner = self.inner();
        let good = inner.sessions.values().filter(|other| other.is_good(self.idle));
        let mut found: Vec<_> = good.filter(|it| it.is_of_same(session)).cloned().collect();
        found.sort_by_key(|session| session.rests());
        found
    }

    /// Ends the sessions that `ends` says, and says how many.
    pub(super) fn end(&self, ends: impl Fn(&Session) -> bool) -> usize {
        let mut inner = self.inner();
        let before = inner.sessions.len();
        inner.sessions.retain(|_, session| !ends(session));
        before - inner.sessions.len()
    }
}

impl Inner {
    fn take(&mut self, token: &str) -> Option<Invited> {
        let sha256 = Digest::of(token.as_bytes());
        self.invitations.retain(|invitation| invitation.at.elapsed() < invitation.good_for);
        let at = self.invitations.iter().position(|invitation| invitation.sha256 == sha256)?;
        Some(self.invitations.remove(at)?.invited)
    }

    fn end_least_used(&mut self, among: impl Fn(&Session) -> bool) {
        let found = self.sessions.iter().filter(|(_, session)| among(session));
        let least = found.max_by_key(|(_, session)| session.rests());
        if let Some(least) = least.map(|(digest, _)| *digest) {
            self.sessions.remove(&least);
        }
    }
}

impl Session {
    fn new(Entrant { name, key, role, from }: Entrant) -> Self {
        let now = Clock::running();
        let (forms, views) = (VecDeque::new(), VecDeque::new());
        let state = State {
            role,
            seen: now,
            forms,
            told: None,
            views,
            app: None,
            searches: VecDeque::new(),
            cards: VecDeque::new(),
        };
        let (csrf, state) = (token(), Arc::new(Mutex::new(state)));
        Self { user: name, key, from, csrf, began: now, is_unseen: false, state }
    }

    /// The same for a request that the page makes by itself: what is to be told waits for somebody who
    /// sees it.
    pub(super) fn unseen(&self) -> Self {
        Self { is_unseen: true, ..self.clone() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_good(&self, idle: Duration) -> bool {
        self.began.elapsed() < LIFE && self.rests() < idle
    }

    /// How long nothing was done in it.
    pub(super) fn rests(&self) -> Duration {
        self.state().seen.elapsed()
    }

    /// Whether both are of one user, or of one account.
    fn is_of_same(&self, other: &Self) -> bool {
        (&self.user, &self.key) == (&other.user, &other.key)
    }

    /// What whoever has it may do.
    pub(super) fn role(&self) -> Role {
        self.state().role
    }

    /// It may have been changed meanwhile.
    pub(super) fn set_role(&self, role: Role) {
        self.state().role = role;
    }

    /// Somebody did something: the time until it ends begins anew.
    pub(super) fn touch(&self) {
        self.state().seen = Clock::running();
    }

    /// A number for the forms of a page, so that each is done once.
    pub(super) fn form() -> String {
        token()
    }

    /// Where the form of this number led, if it was sent before. `None` marks it as sent: whoever
    /// sends it again meanwhile is led to `meanwhile`.
    pub(super) fn sent_before(&self, form: &str, meanwhile: &str) -> Option<String> {
        // Whoever sends it chooses how long it is.
        let form = Digest::of(form.as_bytes());
        let mut state = self.state();
        if let Some((_, led_to)) = state.forms.iter().find(|(sent, _)| *sent == form) {
            return Some(led_to.clone());
        }
        if state.forms.len() >= FORMS {
            state.forms.pop_front();
        }
        state.forms.push_back((form, meanwhile.to_owned()));
        None
    }

    /// Whether the view of this digest is a new one.
    pub(super) fn views_anew(&self, view: Digest) -> bool {
        let mut state = self.state();
        state.views.retain(|(_, at)| at.elapsed() < ONE_VIEW);
        if state.views.iter().any(|(seen, _)| *seen == view) {
            return false;
        }
        if state.views.len() >= VIEWS {
            state.views.pop_front();
        }
        state.views.push_back((view, Clock::running()));
        true
    }

    /// The secret that an app is being set up with; a new one if there is none.
    pub(super) fn app_secret(&self) -> Secret {
        self.state().app.get_or_insert_with(Secret::random).clone()
    }

    /// The app is set up.
    pub(super) fn forget_app_secret(&self) {
        self.state().app = None;
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

    /// Keeps a card until somebody has compared its digits.
    pub(super) fn keep_card(&self, card: SignedCard) {
        let mut state = self.state();
        state.cards.retain(|known| known.sha256() != card.sha256());
        if state.cards.len() >= CARDS {
            state.cards.pop_front();
        }
        state.cards.push_back(card);
    }

    /// The card of this digest.
    pub(super) fn card(&self, sha256: Digest) -> Option<SignedCard> {
        self.state().cards.iter().find(|card| card.sha256() == sha256).cloned()
    }

    /// Tells something on the next page.
    pub(super) fn tell(&self, done: bool, text: impl Into<String>) {
        self.state().told = Some(Told { done, text: text.into() });
    }

    /// What is to be told now.
    pub(super) fn told(&self) -> Option<Told> {
        if self.is_unseen { None } else { self.state().told.take() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions() -> Sessions {
        Sessions::new(Duration::from_mins(30))
    }

    fn entrant(name: &str) -> Entrant {
        let from = Origin::new(IpAddr::from([127, 0, 0, 1]), "a browser", Timestamp::UNIX_EPOCH);
        Entrant { name: name.to_owned(), key: None, role: Role::General, from }
    }

    fn begin(sessions: &Sessions, name: &str) -> String {
        sessions.begin(entrant(name)).0
    }

    #[test]
    fn an_invitation_lets_in_once() {
        let sessions = sessions();
        let token = sessions.invite(Invited::account("hanako"), INVITATION);
        assert!(sessions.invited("another").is_none());
        assert_eq!(sessions.invited(&token), Some(Invited::account("hanako")));
        assert!(sessions.invited(&token).is_none(), "the second time");
        assert!(sessions.find(&token).is_none(), "the invitation is no cookie");
        let cookie = begin(&sessions, "hanako");
        assert_eq!(sessions.find(&cookie).expect("a session").user, "hanako");
        assert_ne!(begin(&sessions, "hanako"), cookie);
    }

    #[test]
    fn where_one_is_expected_the_others_are_not_let_in() {
        let sessions = sessions();
        let [printed, opened] =
            [(); 2].map(|()| sessions.invite(Invited::account("hanako"), INVITED_AT_START));
        assert!(sessions.invited_alone("another").is_none());
        assert!(sessions.invited_alone(&opened).is_some());
        assert!(sessions.invited_alone(&printed).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_uses_ends() {
        let sessions = sessions();
        let late = sessions.invite(Invited::account("late"), INVITATION);
        let cookie = begin(&sessions, "hanako");
        for _ in 0..3 {
            tokio::time::advance(Duration::from_mins(20)).await;
            sessions.find(&cookie).expect("used every 20 minutes").touch();
        }
        assert!(sessions.invited(&late).is_none(), "too late");
        tokio::time::advance(Duration::from_mins(31)).await;
        assert!(sessions.find(&cookie).is_none());
        let cookie = begin(&sessions, "hanako");
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
        let session = Session::new(entrant("hanako"));
        let form = Session::form();
        assert_eq!(session.sent_before(&form, "/held"), None);
        assert_eq!(session.sent_before(&form, "/held").as_deref(), Some("/held"));
        assert_eq!(session.sent_before(&Session::form(), "/held"), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_that_shows_itself_anew_is_one_view() {
        let session = Session::new(entrant("hanako"));
        let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
        assert!(session.views_anew(one) && session.views_anew(other));
        assert!(!session.views_anew(one));
        tokio::time::advance(ONE_VIEW).await;
        assert!(session.views_anew(one), "somebody looks again");
        for number in 0..1000_u32 {
            session.views_anew(Digest::of(&number.to_be_bytes()));
        }
        assert_eq!(session.state().views.len(), VIEWS);
    }

    #[test]
    fn there_are_never_more_than_some() {
        let sessions = sessions();
        let other = begin(&sessions, "taro");
        for _ in 0..100 {
            sessions.invite(Invited::account("hanako"), INVITATION);
            begin(&sessions, "hanako");
        }
        assert_eq!(sessions.inner().invitations.len(), INVITATIONS);
        assert_eq!(sessions.inner().sessions.len(), OF_ONE + 1);
        assert!(sessions.find(&other).is_some(), "nobody takes the places of others");
        for number in 0..SESSIONS + 10 {
            begin(&sessions, &format!("user {number}"));
        }
        assert_eq!(sessions.inner().sessions.len(), SESSIONS);
    }

    #[test]
    fn what_is_told_waits_for_somebody_who_sees_it() {
        let (_, session) = sessions().begin(entrant("hanako"));
        session.tell(true, "done");
        assert!(session.unseen().told().is_none());
        assert_eq!(session.told().expect("it waited").text, "done");
        assert!(session.told().is_none(), "once");
    }

    #[test]
    fn sessions_of_one_user_can_be_ended() {
        let sessions = sessions();
        let (first, session) = sessions.begin(entrant("hanako"));
        let (second, gone) = sessions.begin(entrant("hanako"));
        let other = begin(&sessions, "taro");
        assert_eq!(sessions.of_same(&session).len(), 2);
        let ended = sessions
            .end(|one| one.user == session.user && !std::ptr::eq(one, Arc::as_ptr(&session)));
        assert_eq!(ended, 1);
        let is_in = |cookie: &str| sessions.find(cookie).is_some();
        assert!(is_in(&first) && !is_in(&second) && is_in(&other));
        assert!(sessions.goes_on(&session) && !sessions.goes_on(&gone));
    }
}
