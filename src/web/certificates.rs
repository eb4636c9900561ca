//! 証明書: our own certificates and the revocation lists, and for how long they hold.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::guard::Visitor;
use super::layout::{Frame, Place, page};
use super::state::Shared;
use crate::desk::dates;
use crate::desk::expiry::{self, Row};
use crate::work;

#[derive(Template)]
#[template(path = "web/certificates.html", config = "src/askama.toml")]
struct Certificates {
    frame: Frame,
    certificates: Vec<Row>,
    lists: Vec<Row>,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Visitor(session): Visitor) -> Response {
    let (lang, now) = (shared.lang(), shared.node.now());
    let config = shared.node.config();
    let read = work::blocking(move || dates::read(&config, lang)).await;
    let (certificates, lists) =
        read.map(|dates| expiry::rows(&dates, now, lang)).unwrap_or_default();
    let title = lang.pick("証明書", "Certificates");
    let frame = Frame::new(&shared, &session, Place::Certificates, title);
    page(&Certificates { frame, certificates, lists })
}
