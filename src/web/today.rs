//! 今日: what needs a person now, and how the exchange goes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::certificates;
use super::guard::{Sealed, Visitor};
use super::layout::{Frame, Place, page, store_fault};
use super::month::{CLAIM, missing_in_words, month_of_claim};
use super::state::Shared;
use crate::contents::PersonKey;
use crate::control::{Request, Target};
use crate::desk::{dates, held, words};
use crate::node::{Handle, Notice};
use crate::store::{HeldItem, Missing, MonthLine, StoreError, Traffic, Waiting};
use crate::types::{Lang, OfficeNumber, code};

/// Held sets that are shown.
const HELD: u32 = 50;

/// A package that is given up sooner than this is worth a word.
const SOON: SignedDuration = SignedDuration::from_hours(48);

#[derive(Template)]
#[template(path = "web/today.html", config = "src/askama.toml")]
struct Today {
    frame: Frame,
    day: String,
    needs: Vec<Need>,
    /// How many there are; with a `+` where more are held than are shown.
    count: String,
    traffic: Vec<TrafficRow>,
    claims: Vec<Claim>,
}

/// What one of our offices exchanged.
struct TrafficRow {
    office: String,
    today: Traffic,
    month: Traffic,
}

/// What is missing for the claim of one of our offices.
struct Claim {
    office: OfficeNumber,
    /// Its name, where there are several.
    name: Option<String>,
    month: String,
    link: String,
    /// Of how many people each is missing, in words.
    missing: Vec<(&'static str, usize)>,
}

/// Something that needs a person.
struct Need {
    /// `bad`, `warn` or `busy`.
    tone: &'static str,
    title: String,
    lines: Vec<String>,
    act: Option<Act>,
}

/// The one button beside it.
enum Act {
    Link { path: String, label: &'static str },
    Retry { partner: OfficeNumber, label: &'static str },
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Visitor(session): Visitor) -> Response {
    let lang = shared.lang();
    let (needs, more_held) = match needs(&shared.node, lang).await {
        Ok(found) => found,
        Err(error) => return store_fault(&shared, &error),
    };
    let (traffic, claims) = match figures(&shared.node, lang).await {
        Ok(found) => found,
        Err(error) => return store_fault(&shared, &error),
    };
    let title = lang.pick("今日", "Today");
    let frame = Frame::new(&shared, &session, Place::Today, title).live();
    let day = day(shared.node.now(), lang);
    let count = format!("{}{}", needs.len(), if more_held { "+" } else { "" });
    page(&Today { frame, day, needs, count, traffic, claims })
}

/// What was exchanged, and what is missing for the claim while offices claim.
async fn figures(node: &Handle, lang: Lang) -> Result<(Vec<TrafficRow>, Vec<Claim>), StoreError> {
    let now = node.now().to_zoned(TimeZone::system());
    let day = now.start_of_day().map_or(node.now(), |day| day.timestamp());
    let month = now.first_of_month().and_then(|first| first.start_of_day());
    let month = month.map_or(day, |month| month.timestamp());
    let found = node.store().traffic(day, month).await?;
    let config = node.config();
    let rows = config.offices.iter().map(|office| {
        let of_office = found.iter().find(|traffic| traffic.office == office.number);
        TrafficRow {
            office: words::office(office.number, &config),
            today: of_office.map(|traffic| traffic.today).unwrap_or_default(),
            month: of_office.map(|traffic| traffic.month).unwrap_or_default(),
        }
    });
    let rows = rows.collect();
    let mut claims = Vec::new();
    let Some(month) = month_of_claim(node.now()).filter(|_| now.day() <= CLAIM) else {
        return Ok((rows, claims));
    };
    let offices = &config.offices;
    for office in offices {
        let lines = node.store().month(office.number, month).await?;
        claims.push(Claim {
            office: office.number,
            name: (offices.len() > 1).then(|| words::office(office.number, &config)),
            month: words::month(month, lang),
            link: format!(
                "/month?month={:04}-{:02}&office={}",
                month.year(),
                month.month(),
                office.number
            ),
            missing: missing(&lines)
                .into_iter()
                .map(|(what, count)| (missing_in_words(what, lang), count))
                .collect(),
        });
    }
    Ok((rows, claims))
}

/// Of how many people each is missing. Somebody may have several partners, with a line for each.
fn missing(lines: &[MonthLine]) -> BTreeMap<Missing, usize> {
    let mut people: BTreeMap<Missing, BTreeSet<PersonKey>> = BTreeMap::new();
    for line in lines {
        if let Some(what) = line.missing() {
            people.entry(what).or_default().insert(line.person.key);
        }
    }
    people.into_iter().map(|(what, people)| (what, people.len())).collect()
}

async fn needs(node: &Handle, lang: Lang) -> Result<(Vec<Need>, bool), StoreError> {
    let (store, config, now) = (node.store(), node.config(), node.now());
    let mut status = store.status(HELD + 1).await?;
    let more = status.held.len() > usize::try_from(HELD).unwrap_or(usize::MAX);
    status.held.truncate(usize::try_from(HELD).unwrap_or(usize::MAX));
    status.held.retain(|item| held::is_open(item, &config));
    held::add_last_reasons(store, &mut status.held).await?;
    let mut needs: Vec<Need> = status.held.iter().map(|item| of_held(item, node, lang)).collect();
    needs.extend(status.waiting.iter().filter_map(|pair| of_waiting(pair, node, now, lang)));
    let notices = node.notices().0;
    let notices = notices.iter().filter(|notice| !is_told(notice, &status.waiting));
    needs.extend(notices.map(|notice| Need {
        tone: "warn",
        title: code::meaning(&notice.code, lang).unwrap_or_else(|| notice.code.clone()),
        lines: vec![notice.text(lang).to_owned()],
        act: None,
    }));
    let ends = crate::work::blocking(move || ends(&dates::read(&config, lang), now, lang)).await;
    needs.extend(ends.unwrap_or_default());
    Ok((needs, more))
}

fn of_held(item: &HeldItem, node: &Handle, lang: Lang) -> Need {
    let partner = item.partner.map(|partner| words::office(partner, &node.config()));
    let partner = partner.unwrap_or_else(|| lang.pick("（相手不明）", "(unknown)").to_owned());
    let unit = words::unit(&item.unit.kind, lang);
    let mut lines = vec![held::what(item, lang).to_owned()];
    lines.extend(words::reasons(&item.reason, lang).into_iter().take(2));
    Need {
        tone: "bad",
        title: format!("{partner}　{unit}"),
        lines,
        act: Some(Act::Link {
            path: format!("/held/{}", item.id),
            label: lang.pick("理由と直し方を見る", "See why, and settle it"),
        }),
    }
}

/// What does not get to a partner, or is about to be given up.
fn of_waiting(pair: &Waiting, node: &Handle, now: Timestamp, lang: Lang) -> Option<Need> {
    let is_late = pair.expires_at.duration_since(now) < SOON;
    if pair.reason.is_empty() && !is_late {
        return None;
    }
    let partner = words::office(pair.partner, &node.config());
    let mut lines = words::reasons(&pair.reason, lang);
    if pair.reason.is_empty() {
        lines.clear();
    }
    let last = pair.reason.rsplit(':').next().and_then(code::find);
    lines.extend(last.map(|info| info.to_do(lang).to_owned()));
    let (next, end) = (words::time(pair.next_at), words::time(pair.expires_at));
    lines.push(match lang {
        Lang::Ja => format!("次の送信: {next}　取りやめる日時: {end}"),
        Lang::En => format!("next attempt {next}, given up at {end}"),
    });
    Some(Need {
        tone: if is_late { "bad" } else { "warn" },
        title: match lang {
            Lang::Ja => format!("{partner} に届いていません（{} 件）", pair.count),
            Lang::En => format!("not at {partner} yet: {}", pair.count),
        },
        lines,
        act: Some(Act::Retry {
            partner: pair.partner,
            label: lang.pick("すぐに送り直す", "Try again now"),
        }),
    })
}

/// Whether a notice says what is told of a package that waits, with its button.
fn is_told(notice: &Notice, waiting: &[Waiting]) -> bool {
    [code::PARTNER_UNREACHABLE, code::PARTNER_REFUSES].contains(&&*notice.code)
        && waiting
            .iter()
            .any(|pair| !pair.reason.is_empty() && notice.is_about(pair.office, pair.partner))
}

/// Certificates and lists that end soon, have ended, or cannot be used.
fn ends(dates: &dates::Dates, now: Timestamp, lang: Lang) -> Vec<Need> {
    let (certificates, lists) = certificates::rows(dates, now, lang);
    let kinds = [
        (
            certificates,
            lang.pick("証明書", "certificate"),
            lang.pick("新しい証明書を用意してください。", "Have a new certificate made."),
        ),
        (
            lists,
            lang.pick("失効リスト", "revocation list"),
            lang.pick("新しい失効リストに置き換えてください。", "Put a new revocation list there."),
        ),
    ];
    let needs = kinds.into_iter().flat_map(|(rows, what, to_do)| {
        rows.into_iter().filter(|row| row.tone != "good").map(move |row| {
            let name = if row.name.is_empty() { row.file } else { row.name };
            let mut lines = vec![row.state];
            // What cannot be read says by itself what to do.
            if !row.span.is_empty() {
                lines.push(format!("{}: {}", lang.pick("有効期間", "valid"), row.span));
                lines.push(to_do.to_owned());
            }
            Need { tone: row.tone, title: format!("{what}: {name}"), lines, act: None }
        })
    });
    needs.collect()
}

/// The day in words.
fn day(now: Timestamp, lang: Lang) -> String {
    let date = now.to_zoned(TimeZone::system()).date();
    let weekday = usize::try_from(date.weekday().to_sunday_zero_offset()).unwrap_or_default();
    match lang {
        Lang::Ja => {
            let names = ["日", "月", "火", "水", "木", "金", "土"];
            let name = names.get(weekday).copied().unwrap_or_default();
            format!("{}年{}月{}日（{name}）", date.year(), date.month(), date.day())
        }
        Lang::En => date.strftime("%A, %-d %B %Y").to_string(),
    }
}

/// What the button to try again sends.
#[derive(Debug, Deserialize)]
pub(super) struct Retry {
    #[serde(flatten)]
    sealed: Sealed,
    partner: OfficeNumber,
}

pub(super) async fn retry(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(retry): Form<Retry>,
) -> Response {
    let what = format!("retry {}", retry.partner);
    if let Err(answer) = visitor.may_do(&shared, &retry.sealed, &what, "/") {
        return answer;
    }
    let Visitor(session) = visitor;
    let request = Request::Retry { target: Target::Partner(retry.partner) };
    let answer = shared.node.order(request, session.user.clone()).await;
    session.tell(answer.done, answer.text(shared.lang()));
    Redirect::to("/").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::dates::{
        CertificateDates, CertificateFacts, Dates, Found, ListDates, ListFacts,
    };
    use crate::types::Digest;

    #[test]
    fn what_has_ended_is_not_said_to_end_soon() {
        let now = Timestamp::from_second(1_800_000_000).expect("in range");
        let day = SignedDuration::from_hours(24);
        let certificate = |usage: &str, left: i32| CertificateDates {
            usage: usage.to_owned(),
            file: "a.pem".to_owned(),
            found: Found::Read(CertificateFacts {
                sha256: Digest::of(b"a"),
                not_before: now - day * 90,
                not_after: now + day * left,
            }),
        };
        let list = |left: i32| ListDates {
            file: "a.crl".to_owned(),
            found: Found::Read(ListFacts {
                issuer: "CN=CA".to_owned(),
                this_update: now - day * 90,
                next_update: now + day * left,
            }),
        };
        let dates = Dates {
            certificates: vec![
                certificate("tls", -1),
                certificate("office 1370000018 signing", 10),
                certificate("page", 90),
            ],
            revocation_lists: vec![list(-1), list(1)],
        };
        let needs = ends(&dates, now, Lang::Ja);
        let told: Vec<_> =
            needs.iter().map(|need| (need.tone, &*need.title, &*need.lines[0])).collect();
        assert_eq!(
            told,
            [
                ("bad", "証明書: 通信用（TLS）", "期限切れ"),
                ("warn", "証明書: 署名用（1370000018）", "あと 10 日"),
                ("bad", "失効リスト: CN=CA", "古くなっています"),
            ]
        );
    }
}
