//! The values that stand in several tables, and what is said where they are wrong.

use std::str::FromStr;

use jiff::SignedDuration;

use super::units;
use crate::types::settings::Section;
use crate::types::text::{is_office_name, is_unit};
use crate::types::{Edition, OfficeNumber, PeerUrl, ServiceType};

const OFFICE_JA: &str = "事業所番号（数字または英大文字 10 桁）";
const OFFICE_EN: &str = "an office number: 10 digits or capital letters";
const TYPE_JA: &str = "サービス種類コード（2 桁）";
const TYPE_EN: &str = "service types of 2 characters";
const EDITION_JA: &str = "v3 か v4.1";
const EDITION_EN: &str = "v3 or v4.1";
const UNIT_JA: &str = "送信単位の ID（K1、S1、3-2 など。半角英数字と _ - .、16 文字まで）";
const UNIT_EN: &str = "ids of send units such as K1, S1, 3-2: up to 16 of A-Z a-z 0-9 _ - .";

/// `key` with an office number, which has to be there.
pub(super) fn office_number(table: &mut Section<'_, '_>, key: &str) -> Option<OfficeNumber> {
    table.required(key, |table, key| table.parsed(key, parse, OFFICE_JA, OFFICE_EN))
}

/// `url`: where a node is reached.
pub(super) fn url(table: &mut Section<'_, '_>) -> Option<PeerUrl> {
    table.parsed("url", parse, "https://ホスト名:ポート", "https://host:port without a path")
}

/// `relay`: where what is sent to a partner waits for it.
pub(super) fn relay(table: &mut Section<'_, '_>) -> Option<PeerUrl> {
    table.parsed("relay", parse, "https://ホスト名:ポート", "https://host:port without a path")
}

/// `service_types`
pub(super) fn service_types(table: &mut Section<'_, '_>) -> Vec<ServiceType> {
    table.list("service_types", parse, TYPE_JA, TYPE_EN)
}

/// `edition`
pub(super) fn edition(table: &mut Section<'_, '_>) -> Option<Edition> {
    table.parsed("edition", parse, EDITION_JA, EDITION_EN)
}

/// `editions`
pub(super) fn editions(table: &mut Section<'_, '_>) -> Vec<Edition> {
    table.list("editions", parse, EDITION_JA, EDITION_EN)
}

/// `takes`: the send units that a care software imports.
pub(super) fn takes(table: &mut Section<'_, '_>) -> Vec<String> {
    let unit = |text: &str| is_unit(text).then(|| text.to_owned());
    table.list("takes", unit, UNIT_JA, UNIT_EN)
}

/// The name of an office, for people.
pub(super) fn name(table: &mut Section<'_, '_>) -> Option<String> {
    let read = |text: &str| is_office_name(text).then(|| text.to_owned());
    let ja = "100 文字までの、改行や見えない文字を含まない名前";
    table.parsed("name", read, ja, "a name of up to 100 characters that are all visible")
}

pub(super) fn parse<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// A duration, or what it is by default.
pub(super) fn duration(table: &mut Section<'_, '_>, key: &str, default: &str) -> SignedDuration {
    table
        .parsed(
            key,
            units::duration,
            "時間（例 250ms、2s、5m、24h、7d）",
            "a duration such as 2s, 5m, 24h, 7d",
        )
        .or_else(|| units::duration(default))
        .unwrap_or_default()
}

/// The same, of more than nothing.
pub(super) fn positive(table: &mut Section<'_, '_>, key: &str, default: &str) -> SignedDuration {
    let span = table.span();
    let stood_there = table.has(key);
    let duration = duration(table, key, default);
    if stood_there && duration.is_zero() {
        let ja = "0 より長い時間を書いてください。";
        table.report(&span, key, ja, "expected more than zero");
    }
    duration
}

/// A size in bytes, or what it is by default.
pub(super) fn size(table: &mut Section<'_, '_>, key: &str, default: &str) -> u64 {
    table
        .parsed(
            key,
            units::size,
            "大きさ（例 64KiB、32MiB、1GiB）",
            "a size such as 64KiB, 32MiB, 1GiB",
        )
        .or_else(|| units::size(default))
        .unwrap_or_default()
}
