//! What a person should know of certificates and lists at the moment.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use super::super::clock::local_time;
use super::super::partners;
use super::own::{self, OwnFault};
use super::renew;
use super::{Own, Problems, Proof};
use crate::certs::fetched;
use crate::certs::renewal::{self, Stage};
use crate::config::Config;
use crate::package::{CertificateInfo, ListInfo, TrustError};
use crate::types::code;

const DAY: SignedDuration = SignedDuration::from_hours(24);

impl Proof {
    /// Everything that stands at `now`, with its code, what it is about and what to do.
    pub(in crate::node) fn conditions(&self, config: &Config, now: Timestamp) -> Problems {
        let mut told = Problems(self.faults.clone());
        for (own, trust) in self.own() {
            match (own::check_dates(own, now), own::check(own, trust, now)) {
                (Err(fault), _) => not_valid(own, fault, now, &mut told),
                (Ok(()), Ok(())) => {}
                (Ok(()), Err(error)) => others_refuse(own, error, config, now, &mut told),
            }
            ends_soon(own, &self.renewals, now, &mut told);
        }
        for (path, list) in self.sources.lists() {
            list_dates(&fetched::place(config, path), &list, config, now, &mut told);
        }
        told.0.extend(self.unlisted_issuers().0);
        told
    }

    /// The issuers without a revocation list that were met.
    pub(in crate::node) fn unlisted_issuers(&self) -> Problems {
        let mut told = Problems::default();
        for trust in [&self.trust, &self.tls_trust] {
            for (about, ja, en) in trust.unlisted_issuers().iter().map(|name| unlisted(name)) {
                told.add(code::REVOCATION_UNKNOWN_ISSUER, &about, ja, en);
            }
        }
        told
    }
}

fn unlisted(issuer: &str) -> (String, String, String) {
    (
        format!("tls.revocation_lists {issuer}"),
        "この認証局の失効リストがないため、発行された証明書の失効 (revocation) を確認せずに受け入れています。tls.revocation_lists にこの認証局のリストを加えてください。".to_owned(),
        "certificates of this authority are accepted without knowing their revocation: add its list to tls.revocation_lists, or refuse them with revocation = \"strict\"".to_owned(),
    )
}

fn not_valid(own: Own<'_>, fault: OwnFault, now: Timestamp, told: &mut Problems) {
    let (file, now) = (own.file.display(), local_time(now));
    let (ja, en) = match fault {
        OwnFault::NotYetValid(from) => (
            format!(
                "自分の証明書 {file} は {} から有効です（このパソコンの時計: {now}）。時計が正しいか確かめてください。それまでは送信も署名もしません。",
                local_time(from)
            ),
            format!(
                "our certificate {file} is valid from {} on, and the clock of this computer says {now}; check the clock. Until then nothing is sent or signed",
                local_time(from)
            ),
        ),
        OwnFault::Expired(until) => (
            format!(
                "自分の証明書 {file} は {} に期限が切れました（このパソコンの時計: {now}）。新しい証明書に置き換えてください。それまでは送信も署名もしません。",
                local_time(until)
            ),
            format!(
                "our certificate {file} ended at {}, and the clock of this computer says {now}; put a new one in its place. Until then nothing is sent or signed",
                local_time(until)
            ),
        ),
        OwnFault::NoSigner | OwnFault::Signer(_) => return,
    };
    told.add(code::OWN_CERTIFICATE_NOT_VALID, own.place, ja, en);
}

fn others_refuse(
    own: Own<'_>,
    error: TrustError,
    config: &Config,
    now: Timestamp,
    told: &mut Problems,
) {
    let (now, file) = (local_time(now), own.file.display());
    let info = own.chain.first().and_then(|der| CertificateInfo::of(der).ok());
    let names = info.and_then(|info| info.office);
    let office = own.office;
    match (error, names) {
        (TrustError::UnknownIssuer | TrustError::WrongOffice { .. }, Some(other))
            // A node of several offices shows one certificate for all of them.
            if config.office(other).is_none() =>
        {
            told.add(
                code::OWN_CERTIFICATE_OTHER_NAME,
                own.place,
                format!("設定の事業所番号は {office} ですが、証明書 {file} の名義 (CN) は {other} です。番号の書き間違いでなければ、相手の設定にこの証明書の SHA-256 の登録が必要です。"),
                format!("the configured office is {office}, but the common name of the certificate {file} is {other}; if neither is a mistake, partners have to pin this certificate"),
            );
        }
        // Where no authority plays a part, everybody registers everybody.
        (TrustError::UnknownIssuer, _)
            if config.tls.roots.is_empty() && partners::are_all_pinned(config) => {}
        (TrustError::UnknownIssuer, _) => told.add(
            code::OWN_CERTIFICATE_TO_REGISTER,
            own.place,
            format!("証明書 {file} は、tls.roots の認証局が発行したものではないため、SHA-256 を設定に登録した相手だけが受け入れます。"),
            format!("the certificate {file} was not issued by an authority of tls.roots, so that partners accept it only where they have registered it"),
        ),
        (TrustError::WrongOffice { .. }, _) => told.add(
            code::OWN_CERTIFICATE_TO_REGISTER,
            own.place,
            format!("証明書 {file} の名義 (CN、または tls.office_number に書いた項目) は事業所番号 {office} ではないため、SHA-256 を設定に登録した相手だけが受け入れます。"),
            format!("the common name of the certificate {file}, or the field that tls.office_number names, is not the office number {office}, so that partners accept it only where they have registered it"),
        ),
        (TrustError::WeakSignature, _) => told.add(
            code::OWN_CERTIFICATE_TO_REGISTER,
            own.place,
            format!("証明書 {file}（または中間の認証局の証明書）の署名の方式（SHA-1 など）は古いため、SHA-256 を設定に登録した相手だけが受け入れます。発行し直してもらってください。"),
            format!("the certificate {file}, or one above it, is signed with SHA-1 or the like, so that partners accept it only where they have registered it; have it issued anew"),
        ),
        (TrustError::StaleList { next_update }, _) => told.add(
            code::OWN_CERTIFICATE_UNKNOWN_REVOCATION,
            own.place,
            format!("自分の証明書の認証局の失効リスト (tls.revocation_lists) は、{} までに更新されるはずでした（このパソコンの時計: {now}）。新しいリストに置き換えてください。", local_time(next_update)),
            format!("the revocation list (tls.revocation_lists) of our own authority should have been renewed at {}, and the clock of this computer says {now}; put the new list in its place", local_time(next_update)),
        ),
        (TrustError::UnfitList | TrustError::NoList, _) => told.add(
            code::OWN_CERTIFICATE_UNKNOWN_REVOCATION,
            own.place,
            "自分の証明書の失効を、tls.revocation_lists のリストでは確認できません。発行した認証局のリストを置いてください。".to_owned(),
            format!("{error}: put the list of the authority that issued our certificate into tls.revocation_lists"),
        ),
        (TrustError::NotYetValid { not_before: date } | TrustError::Expired { not_after: date }, _) => told.add(
            code::OWN_CERTIFICATE_NOT_VALID,
            own.place,
            format!("自分の証明書の認証局の証明書が有効期間の外です（{}、このパソコンの時計: {now}）。", local_time(date)),
            format!("the authority of our certificate: {error}, and the clock of this computer says {now}"),
        ),
        (
            TrustError::Unreadable
            | TrustError::WeakKey
            | TrustError::Revoked
            | TrustError::Version1
            | TrustError::Authority
            | TrustError::WrongUsage,
            _,
        ) => {
            own::tell_unusable(&own, error, told);
        }
    }
}

fn ends_soon(own: Own<'_>, renewals: &[(PathBuf, Stage)], now: Timestamp, told: &mut Problems) {
    let infos = own.chain.iter().filter_map(|der| CertificateInfo::of(der).ok());
    let Some(ends) = infos.min_by_key(|info| info.not_after) else { return };
    let until = ends.not_after;
    let left = until.duration_since(now);
    let is_begun = renewal::is_due(ends.not_before, until, now);
    let code = match left {
        _ if left.is_negative() => return,
        _ if left > DAY * 60 && is_begun => code::CERTIFICATE_ENDS_WITHIN_90_DAYS,
        _ if left > DAY * 30 && is_begun => code::CERTIFICATE_ENDS_WITHIN_60_DAYS,
        _ if left > DAY * 30 => return,
        _ if left <= DAY => code::CERTIFICATE_ENDS_WITHIN_1_DAY,
        _ if left <= DAY * 7 => code::CERTIFICATE_ENDS_WITHIN_7_DAYS,
        _ => code::CERTIFICATE_ENDS_WITHIN_30_DAYS,
    };
    let (file, until) = (own.file.display(), local_time(until));
    let (do_ja, do_en) = renew::to_do(renewals, own.file);
    let ja = format!("証明書 {file} の期限は {until} です。{do_ja}");
    told.add(code, own.place, ja, format!("the certificate {file} ends at {until}: {do_en}"));
}

fn list_dates(about: &str, list: &ListInfo, config: &Config, now: Timestamp, told: &mut Problems) {
    let (from, until, issuer) = (list.this_update, list.next_update, &list.issuer);
    if from > now {
        let (from, now) = (local_time(from), local_time(now));
        told.add(
            code::REVOCATION_LIST_AHEAD,
            about,
            format!("失効リストの作成日時 {from} が、このパソコンの時計 {now} より先です（{issuer}）。時計を確かめてください。"),
            format!("the list of {issuer} was made at {from}, after the time of this computer's clock, {now}; check the clock"),
        );
    }
    let left = until.duration_since(now);
    let grace = config.tls.revocation_grace;
    let good_until = until.checked_add(grace).unwrap_or(Timestamp::MAX);
    let is_over = now > good_until;
    let (until, good_until, now) = (local_time(until), local_time(good_until), local_time(now));
    let (code, ja, en) = if is_over {
        (
            code::REVOCATION_LIST_REFUSES,
            format!(
                "失効リストの期限 {until} と猶予を過ぎたため、{issuer} の証明書をすべて拒否しています。新しいリストに置き換えてください（このパソコンの時計: {now}）。"
            ),
            format!(
                "the list of {issuer} ended at {until} and its grace is over: all certificates of this authority are refused until a new list is there (clock of this computer: {now})"
            ),
        )
    } else if left.is_negative() {
        (
            code::REVOCATION_LIST_OUT_OF_DATE,
            format!(
                "失効リストの期限 {until} を過ぎました（{issuer}）。{good_until} から、この認証局の証明書をすべて拒否します。新しいリストに置き換えてください。"
            ),
            format!(
                "the list of {issuer} ended at {until}; from {good_until} on all certificates of this authority are refused. Put the new list in its place"
            ),
        )
    } else if left <= DAY * 7 {
        let code = match left {
            _ if left <= SignedDuration::from_hours(6) => code::REVOCATION_LIST_ENDS_WITHIN_HOURS,
            _ if left <= DAY => code::REVOCATION_LIST_ENDS_WITHIN_1_DAY,
            _ => code::REVOCATION_LIST_ENDS_WITHIN_7_DAYS,
        };
        (
            code,
            format!(
                "失効リストの期限は {until} です（{issuer}）。それまでに新しいリストに置き換えてください。"
            ),
            format!("the list of {issuer} ends at {until}: put the next one in its place before"),
        )
    } else {
        return;
    };
    told.add(code, about, ja, en);
}
