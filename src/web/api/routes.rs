//! All routes on one screen, each with the right that it takes, and with what it may answer.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};

use super::super::guard::{Peer, names_this_page};
use super::super::state::Shared;
use super::caller::{Caller, caller};
use super::problem::{ROOT, Refused};
use super::{held, lists, overview, package, send};
use crate::types::code::RefusalCode;
use crate::users::Right;

/// A route.
struct Route {
    method: &'static str,
    path: &'static str,
    right: Right,
    granted: &'static [u16],
    /// What it is refused with, beside what every route is.
    refused: &'static [RefusalCode],
    handler: fn() -> MethodRouter<Arc<Shared>>,
}

/// With what every route is refused.
const EVERYWHERE: [RefusalCode; 8] = [
    RefusalCode::TOKEN_MISSING,
    RefusalCode::TOKEN_REFUSED,
    RefusalCode::TOKEN_NOT_ALLOWED,
    RefusalCode::TOKEN_LOCKED,
    RefusalCode::METHOD_NOT_ALLOWED,
    RefusalCode::WRONG_HOST,
    RefusalCode::BUSY,
    RefusalCode::TIMEOUT,
];

const READS: &[RefusalCode] = &[RefusalCode::REQUEST_MALFORMED];
const NAMES: &[RefusalCode] = &[RefusalCode::NOT_FOUND];

const ROUTES: [Route; 13] = [
    Route {
        method: "get",
        path: "/api/v1/status",
        right: Right::Read,
        granted: &[200],
        refused: READS,
        handler: || get(overview::status),
    },
    Route {
        method: "get",
        path: "/api/v1/partners",
        right: Right::Read,
        granted: &[200],
        refused: READS,
        handler: || get(overview::partners),
    },
    Route {
        method: "get",
        path: "/api/v1/notices",
        right: Right::Read,
        granted: &[200],
        refused: READS,
        handler: || get(overview::notices),
    },
    Route {
        method: "get",
        path: "/api/v1/changes",
        right: Right::Read,
        granted: &[200],
        refused: READS,
        handler: || get(overview::changes),
    },
    Route {
        method: "get",
        path: "/api/v1/sent",
        right: Right::Read,
        granted: &[200],
        refused: READS,
        handler: || get(lists::sent),
    },
    Route {
        method: "get",
        path: "/api/v1/received",
        right: Right::Read,
        granted: &[200],
        refused: READS,
        handler: || get(lists::received),
    },
    Route {
        method: "post",
        path: "/api/v1/search",
        right: Right::Read,
        granted: &[200],
        refused: &[
            RefusalCode::REQUEST_MALFORMED,
            RefusalCode::UNSUPPORTED_MEDIA_TYPE,
            RefusalCode::BODY_BROKEN,
            RefusalCode::TOO_LARGE,
        ],
        handler: || post(lists::search),
    },
    Route {
        method: "get",
        path: "/api/v1/held",
        right: Right::Read,
        granted: &[200],
        refused: READS,
        handler: || get(held::list),
    },
    Route {
        method: "get",
        path: "/api/v1/held/{office}/{id}",
        right: Right::Read,
        granted: &[200],
        refused: NAMES,
        handler: || get(held::show),
    },
    Route {
        method: "get",
        path: "/api/v1/packages/{office}/{id}",
        right: Right::Read,
        granted: &[200],
        refused: NAMES,
        handler: || get(package::show),
    },
    Route {
        method: "get",
        path: "/api/v1/packages/{office}/{id}/files/{number}",
        right: Right::Read,
        granted: &[200],
        refused: NAMES,
        handler: || get(package::file),
    },
    Route {
        method: "get",
        path: "/api/v1/packages/{office}/{id}/evidence",
        right: Right::Read,
        granted: &[200],
        refused: &[RefusalCode::NOT_FOUND, RefusalCode::PROOF_NOT_MADE],
        handler: || get(package::evidence),
    },
    // The one that changes something.
    Route {
        method: "post",
        path: "/api/v1/send",
        right: Right::Send,
        granted: &[200, 201],
        refused: &[
            RefusalCode::REQUEST_MALFORMED,
            RefusalCode::UNSUPPORTED_MEDIA_TYPE,
            RefusalCode::BODY_BROKEN,
            RefusalCode::TOO_LARGE,
            RefusalCode::TOO_MANY_FILES,
            RefusalCode::NOT_ONE_SET,
            RefusalCode::SET_REFUSED,
            RefusalCode::KEY_REUSED,
            RefusalCode::STORAGE_FULL,
        ],
        handler: || post(send::send),
    },
];

/// What every answer says: it is for a program, and for no cache.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The routes of the API.
pub(in super::super) fn router(shared: Arc<Shared>) -> Router {
    let mut router = Router::new();
    for route in &ROUTES {
        let guarded = move |caller: Caller, request: Request, next: Next| async move {
            let answer = match caller.may(route.right) {
                Ok(()) => next.run(request).await,
                Err(refused) => refused.into_response(),
            };
            let refused = Refused::of(&answer).map(|refused| refused.code().code());
            tracing::debug!(
                method = route.method,
                route = route.path,
                refused,
                token = caller.name(),
                "a program has asked"
            );
            // So that it is found early, what the description does not have ends a program that is built
            // for tests.
            debug_assert!(is_described(route, &answer), "{} answers otherwise", route.path);
            answer
        };
        let layer = middleware::from_fn_with_state(Arc::clone(&shared), guarded);
        // The page hands on what is behind its root.
        let path = route.path.strip_prefix(ROOT).unwrap_or(route.path);
        router = router.route(path, (route.handler)().layer(layer));
    }
    let elsewhere = |code| move || async move { Refused::new(code) };
    router
        .fallback(elsewhere(RefusalCode::NOT_FOUND))
        .method_not_allowed_fallback(elsewhere(RefusalCode::METHOD_NOT_ALLOWED))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), guard))
        .with_state(shared)
}

/// Whether a route may answer so.
fn is_described(route: &Route, answer: &Response) -> bool {
    match Refused::of(answer).map(|refused| refused.code()) {
        Some(code) => {
            code == RefusalCode::INTERNAL
                || route.refused.contains(&code)
                || EVERYWHERE.contains(&code)
        }
        None => route.granted.contains(&answer.status().as_u16()),
    }
}

/// Stands before every route.
async fn guard(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let address = request.extensions().get::<Peer>().map(|Peer(address)| *address);
    let mut answer = match admitted(&shared, request.headers(), address).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refused) => refused.into_response(),
    };
    if let Some(refused) = Refused::of(&answer).cloned() {
        let allow = answer.headers_mut().remove(header::ALLOW);
        answer = refused.answer(shared.lang());
        answer.headers_mut().extend(allow.map(|allow| (header::ALLOW, allow)));
    }
    let headers = answer.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

async fn admitted(
    shared: &Shared,
    headers: &HeaderMap,
    address: Option<IpAddr>,
) -> Result<Caller, Refused> {
    if !names_this_page(&shared.site, headers) {
        return Err(Refused::new(RefusalCode::WRONG_HOST));
    }
    let address = address.ok_or_else(|| Refused::new(RefusalCode::INTERNAL))?;
    caller(shared, headers, address).await
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;

    use super::*;
    use crate::types::Lang;

    const DESCRIPTION: &str = include_str!("../../../spec/page-api.yaml");

    fn description() -> Value {
        serde_saphyr::from_str(DESCRIPTION).expect("spec/page-api.yaml is YAML")
    }

    fn members(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
        object.as_object().expect("an object").iter()
    }

    /// What a part of the description says, or what it points at.
    fn resolved<'v>(description: &'v Value, part: &'v Value) -> &'v Value {
        match part["$ref"].as_str() {
            Some(pointer) => {
                description.pointer(pointer.trim_start_matches('#')).expect("it is there")
            }
            None => part,
        }
    }

    #[test]
    fn the_description_has_every_route_status_and_code_and_no_other() {
        let mut expected = BTreeMap::new();
        for route in &ROUTES {
            let mut statuses = BTreeMap::<String, BTreeSet<String>>::new();
            for status in route.granted {
                statuses.insert(status.to_string(), BTreeSet::new());
            }
            for code in route.refused.iter().chain(&EVERYWHERE) {
                let status = code.status().code().to_string();
                statuses.entry(status).or_default().insert(code.code().to_owned());
            }
            expected.insert((route.path.to_owned(), route.method.to_owned()), statuses);
        }
        let description = description();
        let mut described = BTreeMap::new();
        for (path, methods) in members(&description["paths"]) {
            for (method, operation) in members(methods) {
                let statuses = members(&operation["responses"]).map(|(status, response)| {
                    let response = resolved(&description, response);
                    let problem = &response["content"]["application/problem+json"];
                    let codes = problem["examples"].as_object();
                    let codes = codes.map(|codes| codes.keys().cloned().collect());
                    (status.clone(), codes.unwrap_or_default())
                });
                described.insert((path.clone(), method.clone()), statuses.collect());
            }
        }
        assert_eq!(described, expected);
    }

    #[tokio::test]
    async fn the_examples_of_the_description_are_what_the_program_answers() {
        let description = description();
        let listed = ROUTES.iter().flat_map(|route| route.refused);
        let listed: BTreeSet<_> =
            listed.chain(&EVERYWHERE).chain([&RefusalCode::INTERNAL]).map(|it| it.code()).collect();
        let mut described = BTreeSet::new();
        for (code, example) in members(&description["components"]["examples"]) {
            let refusal = RefusalCode::find(code).expect("a code of the table");
            let answer = Refused::new(refusal).answer(Lang::En);
            let body = axum::body::to_bytes(answer.into_body(), 1 << 16).await.expect("a body");
            let told: Value = serde_json::from_slice(&body).expect("JSON");
            let mut value = example["value"].clone();
            for of_set in ["codes", "report"] {
                value.as_object_mut().expect("an object").remove(of_set);
            }
            assert_eq!(value, told);
            described.insert(refusal.code());
        }
        assert_eq!(described, listed);
        let api: BTreeSet<_> =
            crate::types::code::of(crate::types::code::Area::Api).map(|info| info.code).collect();
        assert_eq!(api, listed, "what the table of codes says of the API");
    }

    #[test]
    fn the_description_points_at_what_exists() {
        let description = description();
        for reference in DESCRIPTION.lines().filter_map(|line| line.trim().strip_prefix("$ref: ")) {
            let pointer = reference.trim_matches(['\'', '#']);
            assert!(description.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
    }
}
