//! The routes of the API v1, and what each may answer (`spec/openapi.yaml`).

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Extension;
use axum::http::Response;
use axum::routing::{get, put};

use super::answers::{ELSEWHERE, refuse};
use super::api::Service;
use super::card::{GET_CARD, get_card, put_card};
use super::mailbox::{GET_ITEM, GET_MAILBOX, PUT_RECEIPT, get_item, get_mailbox, put_receipt};
use super::messages::{PUT_MESSAGE, put_message};
use super::problem::Refusal;
use super::recall::{GET_RECALL, PUT_RECALL, get_recall, put_recall};
use super::receipts::{GET_RECEIPTS, get_receipts};
use super::shared::{Link, Shared};
use super::status::{GET_STATUS, get_status};
use crate::types::code::RefusalCode;

/// All routes.
pub(super) fn router<S: Service>(shared: Arc<Shared<S>>) -> Router {
    Router::new()
        .route(PUT_MESSAGE.path, put(put_message::<S>))
        .route(GET_RECEIPTS.path, get(get_receipts::<S>))
        .route(GET_STATUS.path, get(get_status::<S>))
        .route(GET_CARD.path, get(get_card::<S>).put(put_card::<S>))
        .route(GET_MAILBOX.path, get(get_mailbox::<S>))
        .route(GET_ITEM.path, get(get_item::<S>))
        .route(PUT_RECEIPT.path, put(put_receipt::<S>))
        .route(PUT_RECALL.path, put(put_recall::<S>))
        .route(GET_RECALL.path, get(get_recall::<S>))
        .fallback(async |link: Extension<Arc<Link>>| elsewhere(&link, RefusalCode::NOT_FOUND))
        .method_not_allowed_fallback(async |link: Extension<Arc<Link>>| {
            elsewhere(&link, RefusalCode::METHOD_NOT_ALLOWED)
        })
        .with_state(shared)
}

/// The answer to a request that no route takes. Who is no partner learns that and no more.
fn elsewhere(link: &Link, code: RefusalCode) -> Response<Body> {
    refuse(&ELSEWHERE, link.partner().err().unwrap_or_else(|| Refusal::plain(code)))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;

    use super::*;
    use crate::link::answers::Route;
    use crate::link::card::PUT_CARD;
    use crate::link::problem::Document;
    use crate::types::code::{self, Area};

    const OPENAPI: &str = include_str!("../../spec/openapi.yaml");
    const ROUTES: [Route; 10] = [
        PUT_MESSAGE,
        GET_RECEIPTS,
        GET_STATUS,
        GET_CARD,
        PUT_CARD,
        GET_MAILBOX,
        GET_ITEM,
        PUT_RECEIPT,
        PUT_RECALL,
        GET_RECALL,
    ];

    fn openapi() -> Value {
        serde_saphyr::from_str(OPENAPI).expect("spec/openapi.yaml is YAML")
    }

    fn members(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
        object.as_object().expect("an object").iter()
    }

    /// What partners are refused with; the page refuses care software with others.
    fn of_partners() -> impl Iterator<Item = &'static RefusalCode> {
        RefusalCode::ALL.iter().filter(|code| {
            let info = code::find(code.code()).expect("it is in the table");
            info.is_in(Area::Refusal) || info.is_in(Area::OfPackage)
        })
    }

    /// What is refused on every route: a head that cannot be read, a connection that has lived on with
    /// a certificate that has not, and what is asked in vain beside it.
    const EVERYWHERE: [RefusalCode; 5] = [
        RefusalCode::BAD_REQUEST,
        RefusalCode::HEAD_TOO_LARGE,
        RefusalCode::CERTIFICATE_REFUSED,
        RefusalCode::NOT_FOUND,
        RefusalCode::METHOD_NOT_ALLOWED,
    ];

    /// The status and the code of every refusal that a route may answer with.
    fn refusals(route: &Route) -> impl Iterator<Item = (u16, &'static str)> {
        let refused = route.refused.iter().chain(&EVERYWHERE);
        refused.map(|code| (code.status().code(), code.code()))
    }

    #[test]
    fn the_description_has_every_route_status_and_code_and_no_other() {
        let mut expected = BTreeMap::new();
        for route in ROUTES {
            let mut statuses = BTreeMap::<String, BTreeSet<String>>::new();
            for status in route.granted {
                statuses.insert(status.to_string(), BTreeSet::new());
            }
            for (status, code) in refusals(&route) {
                statuses.entry(status.to_string()).or_default().insert(code.to_owned());
            }
            expected.insert((route.path.to_owned(), route.method.to_owned()), statuses);
        }
        let openapi = openapi();
        let mut described = BTreeMap::new();
        for (path, methods) in members(&openapi["paths"]) {
            for (method, operation) in members(methods).filter(|(name, _)| *name != "parameters") {
                if method == "head" {
                    // Answered as GET is, without the body.
                    let statuses = |operation: &Value| -> BTreeSet<String> {
                        members(&operation["responses"]).map(|(status, _)| status.clone()).collect()
                    };
                    assert_eq!(statuses(operation), statuses(&methods["get"]), "{path}");
                    continue;
                }
                let statuses = members(&operation["responses"]).map(|(status, response)| {
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

    #[test]
    fn the_examples_of_the_description_are_what_the_program_answers() {
        let openapi = openapi();
        let expected: BTreeMap<_, _> = of_partners()
            .map(|code| {
                let refusal = Refusal::plain(*code);
                let document = serde_json::to_value(Document::of(&refusal)).expect("JSON");
                (code.code().to_owned(), document)
            })
            .collect();
        let described = members(&openapi["components"]["examples"])
            .map(|(code, example)| (code.clone(), example["value"].clone()));
        assert_eq!(described.collect::<BTreeMap<_, _>>(), expected);
        for (name, example) in openapi["paths"]
            .as_object()
            .expect("paths")
            .values()
            .flat_map(|methods| members(methods).filter(|(name, _)| *name != "parameters"))
            .flat_map(|(_, operation)| members(&operation["responses"]))
            .filter_map(|(_, response)| {
                response["content"]["application/problem+json"]["examples"].as_object()
            })
            .flatten()
        {
            assert_eq!(example["$ref"], format!("#/components/examples/{name}"));
        }
    }

    #[test]
    fn every_code_of_a_refusal_is_answered_somewhere() {
        let listed = ROUTES.iter().chain([&ELSEWHERE]).flat_map(|route| route.refused);
        let listed: BTreeSet<_> = listed.map(|code| code.code()).collect();
        let known: BTreeSet<_> = of_partners().map(|code| code.code()).collect();
        assert_eq!(listed, known);
        let openapi = openapi();
        let schema = &openapi["components"]["schemas"]["Problem"]["properties"]["code"];
        let described = schema["examples"].as_array().expect("examples").iter();
        let described: BTreeSet<_> = described.filter_map(Value::as_str).collect();
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
