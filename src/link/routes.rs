//! The routes of the API v1, and what each may answer (`spec/openapi.yaml`).

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, put};

use super::answers::{ELSEWHERE, refuse};
use super::api::Service;
use super::messages::{PUT_MESSAGE, put_message};
use super::problem::{Refusal, RefusalStatus};
use super::receipts::{GET_RECEIPTS, get_receipts};
use super::shared::Shared;
use super::status::{GET_STATUS, get_status};
use crate::types::code;

/// All routes.
pub(super) fn router<S: Service>(shared: Arc<Shared<S>>) -> Router {
    Router::new()
        .route(PUT_MESSAGE.path, put(put_message::<S>))
        .route(GET_RECEIPTS.path, get(get_receipts::<S>))
        .route(GET_STATUS.path, get(get_status::<S>))
        .fallback(async || refuse(&ELSEWHERE, not_found()))
        .method_not_allowed_fallback(async || refuse(&ELSEWHERE, method_not_allowed()))
        .with_state(shared)
}

fn not_found() -> Refusal {
    Refusal::plain(RefusalStatus::NotFound, code::NOT_FOUND, "There is no such resource.")
}

fn method_not_allowed() -> Refusal {
    Refusal::plain(
        RefusalStatus::MethodNotAllowed,
        code::METHOD_NOT_ALLOWED,
        "The resource has no such method.",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::link::problem::refusals;

    const OPENAPI: &str = include_str!("../../spec/openapi.yaml");

    fn openapi() -> serde_json::Value {
        serde_saphyr::from_str(OPENAPI).expect("spec/openapi.yaml is YAML")
    }

    #[test]
    fn the_description_has_every_route_and_status_and_no_other() {
        let mut expected = BTreeMap::new();
        for route in [PUT_MESSAGE, GET_RECEIPTS, GET_STATUS] {
            let refused = route.refused.iter().map(|status| status.code());
            // 431 is what the HTTP parser itself answers.
            let statuses = route.granted.iter().copied().chain(refused).chain([431]);
            let statuses: BTreeSet<_> = statuses.map(|status| status.to_string()).collect();
            expected.insert((route.path.to_owned(), route.method.to_owned()), statuses);
        }
        let openapi = openapi();
        let mut described = BTreeMap::new();
        for (path, methods) in openapi["paths"].as_object().expect("paths") {
            for (method, operation) in methods.as_object().expect("methods") {
                if method == "parameters" {
                    continue;
                }
                let responses = operation["responses"].as_object().expect("responses");
                let statuses: BTreeSet<_> = responses.keys().cloned().collect();
                described.insert((path.clone(), method.clone()), statuses);
            }
        }
        assert_eq!(described, expected);
    }

    #[test]
    fn the_description_has_every_code_of_the_link() {
        let openapi = openapi();
        let schema = &openapi["components"]["schemas"]["Problem"]["properties"]["code"];
        let described: BTreeSet<_> = schema["examples"]
            .as_array()
            .expect("examples")
            .iter()
            .filter_map(|c| c.as_str())
            .collect();
        let known: BTreeSet<_> = refusals().collect();
        assert_eq!(described, known, "spec/openapi.yaml and the table of codes");
    }

    #[test]
    fn the_description_points_at_what_exists() {
        let openapi = openapi();
        for reference in OPENAPI.lines().filter_map(|line| line.trim().strip_prefix("$ref: ")) {
            let pointer = reference.trim_matches(['"', '\'', '#']);
            assert!(openapi.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
    }
}
