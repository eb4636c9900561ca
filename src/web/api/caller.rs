//! Who calls: a program with a token, and nobody else. Cookies count for nothing here, so that no page
//! in a browser can use the session of a person.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header;
use axum::http::request::Parts;
use jiff::Timestamp;

use super::super::audit::{Act, Actor};
use super::super::state::Shared;
use super::problem::Refused;
use crate::store::Account;
use crate::types::code::RefusalCode;
use crate::types::{Digest, OfficeNumber};
use crate::users::{Attempts, Right, TokenEntry, Tokens};

/// A program.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    name: String,
    /// Which token it has.
    pub(super) token: Digest,
    rights: Vec<Right>,
    /// Only for this office of ours.
    office: Option<OfficeNumber>,
    address: IpAddr,
}

/// The token of a request.
fn token(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::AUTHORIZATION).into_iter();
    let value = all.next().filter(|_| all.next().is_none())?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The program that has sent these headers.
pub(super) async fn caller(
    shared: &Shared,
    headers: &HeaderMap,
    address: IpAddr,
) -> Result<Caller, Refused> {
    let token = token(headers).ok_or_else(|| Refused::new(RefusalCode::TOKEN_MISSING))?;
    let tokens = shared.tokens().await.map_err(|_| Refused::busy())?;
    let now = shared.node.now();
    let entry = known(&tokens, token, &shared.attempts, address, now)?;
    if entry.is_used_anew(now) {
        let used = entry.digest();
        let noted = shared.change_tokens(move |tokens| {
            tokens.used(used, now);
            Ok(())
        });
        if let Err(error) = noted.await {
            tracing::warn!(%error, "the use of a token cannot be noted");
        }
    }
    Ok(Caller {
        name: entry.name.to_string(),
        token: entry.digest(),
        rights: entry.access.rights.iter().copied().collect(),
        office: entry.access.office,
        address,
    })
}

/// The entry of a token that is good. Wrong ones have to wait after some, and are counted by address
/// too; a right one never has to, as nobody comes upon it by trying.
fn known<'t>(
    tokens: &'t Tokens,
    token: &str,
    attempts: &Attempts,
    address: IpAddr,
    now: Timestamp,
) -> Result<&'t TokenEntry, Refused> {
    if let Some(entry) = tokens.shown(token).filter(|entry| !entry.is_over(now)) {
        return Ok(entry);
    }
    // It has failed with its beginning. Each wrong token is a name of its own: a program that is set up
    // wrongly on this computer locks out itself, and no other.
    let name = format!("token {}", Digest::of(token.as_bytes()));
    Err(match attempts.begin(&name, address, None, now) {
        Ok(_failed) => Refused::new(RefusalCode::TOKEN_REFUSED),
        Err(wait) => Refused::new(RefusalCode::TOKEN_LOCKED).after(wait),
    })
}

impl Caller {
    /// What its token is called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it may do something.
    pub(super) fn may(&self, right: Right) -> Result<(), Refused> {
        if self.rights.contains(&right) {
            return Ok(());
        }
        Err(Refused::new(RefusalCode::TOKEN_NOT_ALLOWED)
            .saying(format!("The token has not the right {}.", right.as_str())))
    }

    /// The office that it sees, of what it asks for: none for all of ours.
    pub(super) fn sees(
        &self,
        asked: Option<OfficeNumber>,
    ) -> Result<Option<OfficeNumber>, Refused> {
        match (self.office, asked) {
            (Some(own), Some(asked)) if own != asked => {
                Err(Refused::new(RefusalCode::TOKEN_NOT_ALLOWED)
                    .saying(format!("The token is for the office {own} alone.")))
            }
            (own, asked) => Ok(asked.or(own)),
        }
    }

    /// Notes that it got what is known of people.
    pub(super) fn noted<P: Into<String>>(
        &self,
        shared: &Shared,
        act: Act,
        about: &str,
        people: impl IntoIterator<Item = P>,
    ) {
        let actor =
            Actor { who: &self.name, account: Account::Token, address: self.address.to_string() };
        shared.audit.noted(actor, act, about, people);
    }
}

impl FromRequestParts<Arc<Shared>> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Shared>) -> Result<Self, Refused> {
        let found = parts.extensions.get::<Self>().cloned();
        found.ok_or_else(|| Refused::new(RefusalCode::TOKEN_MISSING))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::http::HeaderValue;

    use super::*;
    use crate::users::Access;

    #[test]
    fn wrong_tokens_lock_out_no_right_one_of_their_address() {
        let data = tempfile::tempdir().expect("a folder");
        let now = Timestamp::UNIX_EPOCH;
        let attempts = Attempts::open(data.path(), now);
        let mut tokens = Tokens::default();
        let access = Access { rights: BTreeSet::from(Right::ALL), office: None, expires: None };
        let secret = tokens.add("kaigo".parse().expect("a name"), access, now).expect("made");
        let address: IpAddr = "192.0.2.7".parse().expect("an address");
        let code = |token: &str| {
            let found = known(&tokens, token, &attempts, address, now);
            found.map(|entry| entry.name.to_string()).map_err(|refused| refused.code())
        };
        let answers: Vec<_> = (0..30).map(|number| code(&format!("wrong {number}"))).collect();
        assert_eq!(answers.first(), Some(&Err(RefusalCode::TOKEN_REFUSED)));
        assert_eq!(answers.last(), Some(&Err(RefusalCode::TOKEN_LOCKED)), "of its address");
        assert_eq!(code(secret.reveal()), Ok("kaigo".to_owned()));
        assert_eq!(code("wrong 30"), Err(RefusalCode::TOKEN_LOCKED), "that unlocks nobody");
    }

    #[test]
    fn a_token_stands_behind_its_scheme_once() {
        let of = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
            }
            token(&headers).map(str::to_owned)
        };
        assert_eq!(of(&["Bearer renkei_x"]).as_deref(), Some("renkei_x"));
        assert_eq!(of(&["bearer  renkei_x "]).as_deref(), Some("renkei_x"));
        assert_eq!(of(&["Basic cmVua2Vp"]), None);
        assert_eq!(of(&["renkei_x"]), None);
        assert_eq!(of(&["Bearer a", "Bearer b"]), None, "which one counts?");
        assert_eq!(of(&[]), None);
    }
}
