//! What every request has to fulfil, and what every answer says to the browser.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;

use super::layout::{message, said};
use super::session::{Origin, Session, Sessions};
use super::site::Site;
use super::state::Shared;
use crate::types::Lang;
use crate::users::Role;

/// Nothing but what lies in the program itself, no frames, no plug-ins.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What the browser is told with every answer.
const HEADERS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

/// Where the script of a page waits for news. A browser cannot add a header to that.
const EVENTS: [&str; 2] = ["/events", "/events/needs"];

/// Cookies of our name in one request that are looked at.
const COOKIES: usize = 8;

/// The address that a request comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// The session of a request. Another page on this computer may have set a cookie of our name for some
/// path, which the browser sends before ours: one that leads nowhere is passed over.
pub(super) fn session(
    site: &Site,
    sessions: &Sessions,
    headers: &HeaderMap,
) -> Option<Arc<Session>> {
    let name = site.cookie_name();
    // Another page may have set one of whatever bytes: only that one is of no use.
    let cookies = headers.get_all(header::COOKIE).into_iter().map(HeaderValue::as_bytes);
    let pairs = cookies.flat_map(|value| value.split(|byte| *byte == b';')).filter_map(|pair| {
        let (key, value) = str::from_utf8(pair).ok()?.trim().split_once('=')?;
        (key == name).then_some(value)
    });
    pairs.take(COOKIES).find_map(|cookie| sessions.find(cookie))
}

/// Stands before every route.
pub(super) async fn guard(
    State(shared): State<Arc<Shared>>,
    mut request: Request,
    next: Next,
) -> Response {
    let lang = shared.lang();
    let refused = refusal(&shared.site, lang, request.method(), request.headers());
    let mut answer = if let Some(refused) = refused {
        refused
    } else {
        if let Some(session) = session(&shared.site, &shared.sessions, request.headers())
            && is_still_in(&shared, &session).await
        {
            // What the page asks by itself keeps nobody logged in.
            let is_live = is_live(request.headers());
            if !is_live && !EVENTS.contains(&request.uri().path()) {
                session.touch();
            }
            let session = if is_live { Arc::new(session.unseen()) } else { session };
            request.extensions_mut().insert(session);
        }
        in_words(lang, next.run(request).await)
    };
    tell_browser(&mut answer);
    answer
}

/// Why a request is refused whoever sends it: it means another page, or comes from one.
pub(super) fn refusal(
    site: &Site,
    lang: Lang,
    method: &Method,
    headers: &HeaderMap,
) -> Option<Response> {
    if !names_this_page(site, headers) {
        let told = (StatusCode::MISDIRECTED_REQUEST, "this page has another name");
        return Some(told.into_response());
    }
    let is_fine = (!changes(method) || is_from_here(site, headers)) && may_be_read(method, headers);
    (!is_fine).then(|| {
        said(lang, StatusCode::FORBIDDEN, lang.pick(
        "ほかのページからの操作は受け付けません。この画面を開き直して、もう一度操作してください。",
        "This page does nothing that another page asks for. Open it anew and try again.",
    ))
    })
}

/// Adds what the browser is told with every answer.
pub(super) fn tell_browser(answer: &mut Response) {
    let headers = answer.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// What a form that cannot be read is answered with, said to a person and in their language.
pub(super) fn in_words(lang: Lang, answer: Response) -> Response {
    let unreadable = [
        StatusCode::BAD_REQUEST,
        StatusCode::PAYLOAD_TOO_LARGE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        StatusCode::UNPROCESSABLE_ENTITY,
    ];
    if !unreadable.contains(&answer.status()) {
        return answer;
    }
    let text = lang.pick(
        "送られた内容を読み取れませんでした。画面を開き直して、もう一度操作してください。",
        "What was sent cannot be read. Open this page anew and try again.",
    );
    said(lang, answer.status(), text)
}

/// Whether the request names this page as its host, once.
pub(super) fn names_this_page(site: &Site, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).into_iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    hosts.next().is_none() && host.is_some_and(|host| site.is_own_host(host))
}

/// What the script of a page asks by itself.
fn is_live(headers: &HeaderMap) -> bool {
    headers.contains_key("x-renkei-live")
}

/// Whether a request may change something.
pub(super) fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}

/// Whether the browser says that a page of ours sent it. Old browsers say nothing of the site, but
/// all name the origin of a form.
fn is_from_here(site: &Site, headers: &HeaderMap) -> bool {
    let is_here = text(headers, "sec-fetch-site").is_none_or(|of| of == "same-origin");
    is_here && text(headers, "origin").is_some_and(|origin| site.is_own_origin(origin))
}

/// Whether the browser fetches it for a page of ours, or to show it to a person by itself. Another
/// page on this computer, on another port, is of the same site: its requests carry our cookie.
fn may_be_read(method: &Method, headers: &HeaderMap) -> bool {
    let is_of_ours =
        text(headers, "sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let is_shown = text(headers, "sec-fetch-mode").is_some_and(|mode| mode == "navigate")
        && text(headers, "sec-fetch-dest").is_none_or(|dest| dest == "document");
    changes(method) || is_of_ours || is_shown
}

/// Whether whoever has the session may still be in, and as what.
async fn is_still_in(shared: &Shared, session: &Session) -> bool {
    let Some(key) = &session.key else { return true };
    let Ok(users) = shared.users().await else { return false };
    if let Some(user) = users.of_key(key) {
        session.set_role(user.role);
        return true;
    }
    // Removed, or with another password.
    shared.sessions.end(|other| other.key.as_ref() == Some(key));
    false
}

/// Who may ask for a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Whoever reaches the page.
    Nobody,
    /// Somebody who is in.
    Visitor,
    /// An administrator.
    Administrator,
}

/// Stands before one route.
pub(super) async fn need(
    need: Need,
    shared: Arc<Shared>,
    request: Request,
    next: Next,
) -> Response {
    let session = request.extensions().get::<Arc<Session>>();
    let role = session.map(|session| session.role());
    match (need, role) {
        (Need::Visitor | Need::Administrator, None) => outside(request.uri(), request.headers()),
        (Need::Administrator, Some(Role::General)) => {
            let lang = shared.lang();
            let text =
                lang.pick("この画面は管理者だけが使えます。", "Only administrators may do this.");
            message(&shared, StatusCode::FORBIDDEN, text)
        }
        (Need::Nobody, _)
        | (Need::Visitor, Some(_))
        | (Need::Administrator, Some(Role::Administrator)) => next.run(request).await,
    }
}

/// What is said to somebody who is not in. The script of a page is led nowhere: it has to learn that
/// the session is over.
fn outside(uri: &Uri, headers: &HeaderMap) -> Response {
    if is_live(headers) || EVENTS.contains(&uri.path()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Redirect::to("/welcome").into_response()
}

/// Somebody who is in. Whoever is not is led to the entrance.
pub(super) struct Visitor(pub(super) Arc<Session>);

impl FromRequestParts<Arc<Shared>> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        _: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        match parts.extensions.get::<Arc<Session>>() {
            Some(session) => Ok(Self(Arc::clone(session))),
            None => Err(outside(&parts.uri, &parts.headers)),
        }
    }
}

impl FromRequestParts<Arc<Shared>> for Origin {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        origin(parts, shared.node.now())
    }
}

/// From where a request comes at `now`.
pub(super) fn origin(parts: &Parts, now: Timestamp) -> Result<Origin, Response> {
    let Some(Peer(address)) = parts.extensions.get::<Peer>() else {
        return Err(StatusCode::INTERNAL_SERVER_ERROR.into_response());
    };
    let browser = text(&parts.headers, "user-agent").unwrap_or_default();
    Ok(Origin::new(*address, browser, now))
}

/// What every form carries.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Sealed {
    /// The token of the session.
    csrf: String,
    /// The number of the form.
    form: String,
}

impl Sealed {
    /// The same from a form that is read piece by piece.
    pub(super) const fn new(csrf: String, form: String) -> Self {
        Self { csrf, form }
    }

    fn is_of(&self, session: &Session, lang: Lang) -> Result<(), Response> {
        let is_same = aws_lc_rs::constant_time::verify_slices_are_equal(
            session.csrf.as_bytes(),
            self.csrf.as_bytes(),
        );
        is_same.map_err(|_| {
            said(lang, StatusCode::FORBIDDEN, lang.pick(
                "画面を開いてから時間がたったため、操作できませんでした。開き直して、もう一度操作してください。",
                "This page was open for too long. Open it anew and try again.",
            ))
        })
    }

    /// See [`Visitor::may_do`].
    pub(super) fn may_do(
        &self,
        session: &Session,
        lang: Lang,
        what: &str,
        leads_to: &str,
    ) -> Result<(), Response> {
        self.is_of(session, lang)?;
        match session.sent_before(&format!("{} {what}", self.form), leads_to) {
            Some(led_to) => Err(Redirect::to(&led_to).into_response()),
            None => Ok(()),
        }
    }
}

impl Visitor {
    /// Whether a form is one of this session; otherwise what to answer. That is enough for a form that
    /// changes nothing: a search, whose words do not belong into an address.
    pub(super) fn is_sealed(&self, shared: &Shared, sealed: &Sealed) -> Result<(), Response> {
        sealed.is_of(&self.0, shared.lang())
    }

    /// Whether `what` may be done now by a form of this session; otherwise what to answer. Where the
    /// same was sent before from the same page, that leads where it led, and is not done again.
    pub(super) fn may_do(
        &self,
        shared: &Shared,
        sealed: &Sealed,
        what: &str,
        leads_to: &str,
    ) -> Result<(), Response> {
        sealed.may_do(&self.0, shared.lang(), what, leads_to)
    }
}
