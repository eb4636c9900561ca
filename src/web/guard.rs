//! What every request has to fulfil, and what every answer says to the browser.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::layout::{self, message};
use super::session::Session;
use super::state::Shared;

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

/// The name of the cookie. Cookies do not know ports, so it names the port itself: another page on
/// this computer does not end our session with its own.
pub(super) fn cookie_name(shared: &Shared) -> String {
    format!("renkei-{}", shared.address.port())
}

/// The value of our cookie in a request.
pub(super) fn cookie(shared: &Shared, headers: &HeaderMap) -> Option<String> {
    let name = cookie_name(shared);
    let cookies =
        headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then(|| value.to_owned())
    });
    pairs.next()
}

/// Stands before every route.
pub(super) async fn guard(
    State(shared): State<Arc<Shared>>,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let mut answer = if !host.is_some_and(|host| shared.is_own_host(host)) {
        (StatusCode::MISDIRECTED_REQUEST, "this page has another name").into_response()
    } else if changes(request.method()) && !is_from_here(&shared, headers) {
        let lang = shared.lang();
        message(&shared, StatusCode::FORBIDDEN, lang.pick(
            "ほかのページからの操作は受け付けません。この画面を開き直して、もう一度操作してください。",
            "What comes from another page is not done. Open this page anew and try again.",
        ))
    } else {
        if let Some(session) = cookie(&shared, headers).and_then(|it| shared.sessions.find(&it)) {
            // What the page asks by itself keeps nobody logged in.
            if !headers.contains_key("x-renkei-live") {
                session.touch();
            }
            request.extensions_mut().insert(session);
        }
        next.run(request).await
    };
    let headers = answer.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

/// Whether the browser says that a page of ours sent it. Old browsers say nothing of the site, but
/// all name the origin of a form.
fn is_from_here(shared: &Shared, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let site = text("sec-fetch-site").is_none_or(|site| site == "same-origin");
    let origin = text("origin").is_some_and(|origin| {
        origin.strip_prefix("http://").is_some_and(|host| shared.is_own_host(host))
    });
    site && origin
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
            None if parts.headers.contains_key("x-renkei-live") => {
                Err(StatusCode::UNAUTHORIZED.into_response())
            }
            None => Err(Redirect::to("/welcome").into_response()),
        }
    }
}

/// What every form carries.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Sealed {
    /// The token of the session.
    csrf: String,
    /// The number of the form.
    form: String,
}

impl Visitor {
    /// Whether a form is one of this session; otherwise what to answer.
    pub(super) fn is_sealed(&self, shared: &Shared, sealed: &Sealed) -> Result<(), Response> {
        let Self(session) = self;
        let is_same = aws_lc_rs::constant_time::verify_slices_are_equal(
            session.csrf.as_bytes(),
            sealed.csrf.as_bytes(),
        );
        if is_same.is_err() {
            let lang = shared.lang();
            return Err(layout::message(shared, StatusCode::FORBIDDEN, lang.pick(
                "画面を開いてから時間がたったため、操作できませんでした。開き直して、もう一度操作してください。",
                "This page was open for too long. Open it anew and try again.",
            )));
        }
        Ok(())
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
        self.is_sealed(shared, sealed)?;
        let Self(session) = self;
        match session.sent_before(&format!("{} {what}", sealed.form), leads_to) {
            Some(led_to) => Err(Redirect::to(&led_to).into_response()),
            None => Ok(()),
        }
    }
}
