//! 証明書: our own certificates and the revocation lists, for how long they hold, and what to do.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::guard::Visitor;
use super::layout::{Frame, Place, page};
use super::state::Shared;
use crate::certs;
use crate::certs::renewal::{self, Stage};
use crate::config::{Config, IdentityFiles};
use crate::desk::dates;
use crate::desk::expiry::{self, Row};
use crate::desk::words;
use crate::node::unaware_of_next;
use crate::types::Digest;
use crate::users::Role;
use crate::work;

#[derive(Template)]
#[template(path = "web/certificates.html", config = "src/askama.toml")]
struct Certificates {
    frame: Frame,
    certificates: Vec<Own>,
    lists: Vec<Row>,
    is_administrator: bool,
}

/// One of our certificates.
struct Own {
    row: Row,
    /// By which forms name it; nothing for one that is not renewed here.
    of: Option<String>,
    step: Step,
    /// The next certificate, if it is there.
    next: String,
    /// When that is taken into use by itself.
    at: String,
    /// The partners that have not said that they know it.
    unaware: Vec<String>,
}

/// What to do about a certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It is renewed by itself, or now.
    SelfMade,
    /// An authority is asked for the next one.
    Issued,
    /// The next one waits to be used.
    Prepared,
    /// An authority is asked.
    Requested,
    /// What it sent is taken up soon.
    Answered,
    /// Somebody has to put another file there.
    ByHand,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Visitor(session): Visitor) -> Response {
    let (lang, now) = (shared.lang(), shared.node.now());
    let config = shared.node.config();
    let read = work::blocking(move || {
        let dates = dates::read(&config, lang);
        let (rows, lists) = expiry::rows(&dates, now, lang);
        let usages = dates.certificates.iter().map(|one| one.usage.as_str());
        let own = usages.zip(rows).map(|(usage, row)| Own::of(&config, usage, row));
        (own.collect(), lists)
    });
    let (certificates, lists) = read.await.unwrap_or_default();
    let title = lang.pick("証明書", "Certificates");
    let is_administrator = session.role() == Role::Administrator;
    let frame = Frame::new(&shared, &session, Place::Certificates, title);
    page(&Certificates { frame, certificates, lists, is_administrator })
}

impl Own {
    fn of(config: &Config, usage: &str, mut row: Row) -> Self {
        if let Ok(sha256) = row.sha256.parse::<Digest>() {
            row.sha256 = words::in_fours(&sha256);
        }
        let of = name(usage);
        let files = of.as_deref().and_then(|of| files(config, of));
        let unaware = files.map(|files| unaware_of_next(config, files)).unwrap_or_default();
        let unaware = unaware.into_iter().map(|partner| words::office(partner, config)).collect();
        let (step, next, at) = files.map_or((Step::ByHand, String::new(), String::new()), step);
        Self { row, of: of.filter(|_| step != Step::ByHand), step, next, at, unaware }
    }
}

/// By which forms name a certificate: `tls`, or the office that signs with it. That of the page is not
/// renewed here.
fn name(usage: &str) -> Option<String> {
    match usage.strip_prefix("office ") {
        Some(rest) => rest.split(' ').next().map(str::to_owned),
        None => (usage == "tls").then(|| usage.to_owned()),
    }
}

/// The files of the certificate that a form names.
pub(super) fn files<'c>(config: &'c Config, of: &str) -> Option<&'c IdentityFiles> {
    match of {
        "tls" => Some(&config.tls.identity),
        office => config.office(office.parse().ok()?).map(|office| &office.signing),
    }
}

/// What to do about a certificate, with the next one and when it is used.
fn step(files: &IdentityFiles) -> (Step, String, String) {
    let none = |step| (step, String::new(), String::new());
    if renewal::files_of(files).is_empty() {
        return none(Step::ByHand);
    }
    match renewal::stage(files) {
        Stage::Prepared { certificate, at } => {
            let sha256 = words::in_fours(&Digest::of(&certificate));
            (Step::Prepared, sha256, words::time(at))
        }
        Stage::Requested { .. } => none(Step::Requested),
        Stage::Answered => none(Step::Answered),
        Stage::None => {
            let own = certs::load_certificates(files.certificate());
            let own = own.ok().and_then(|all| all.into_iter().next());
            let self_made = own.is_some_and(|own| certs::is_self_made(&own));
            none(if self_made { Step::SelfMade } else { Step::Issued })
        }
    }
}
