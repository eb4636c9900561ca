//! 今日: what needs a person now, and how the exchange goes.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::guard::{Sealed, Visitor};
use super::layout::{Frame, Place, page, store_fault};
use super::month::{CLAIM, missing_in_words, month_of_claim};
use super::state::Shared;
use crate::control::{Request, Target};
use crate::desk::{dates, held, words};
use crate::node::{Handle, Notice};
use crate::store::{HeldItem, Missing, StoreError, Traffic, Waiting};
use crate::types::{Lang, OfficeNumber, code};

/// Held sets that are shown.
const HELD: u32 = 50;

/// A package that is given up sooner than this is worth a word.
const SOON: SignedDuration = SignedDuration::from_hours(48);

/// A certificate that ends sooner than this is worth a word.
const CERTIFICATE_SOON: SignedDuration = SignedDuration::from_hours(60 * 24);

#[derive(Template)]
#[template(path = "web/today.html", config = "src/askama.toml")]
struct Today {
    frame: Frame,
    day: String,
    needs: Vec<Need>,
    more_held: bool,
    traffic: Vec<TrafficRow>,
    claim: Option<Claim>,
}

/// What one of our offices exchanged.
struct TrafficRow {
    office: String,
    today: Traffic,
    month: Traffic,
}

/// What is missing for the claim.
struct Claim {
    month: String,
    link: String,
    /// How often each is missing, in words.
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
    let (traffic, claim) = match figures(&shared.node, lang).await {
        Ok(found) => found,
        Err(error) => return store_fault(&shared, &error),
    };
    let title = lang.pick("今日", "Today");
    let frame = Frame::new(&shared, &session, Place::Today, title).live();
    let day = day(shared.node.now(), lang);
    page(&Today { frame, day, needs, more_held, traffic, claim })
}

/// What was exchanged, and what is missing for the claim while offices claim.
async fn figures(
    node: &Handle,
    lang: Lang,
) -> Result<(Vec<TrafficRow>, Option<Claim>), StoreError> {
    let now = node.now().to_zoned(TimeZone::system());
    let day = now.start_of_day().map_or(node.now(), |day| day.timestamp());
    let month = now.first_of_month().and_then(|first| first.start_of_day());
    let month = month.map_or(day, |month| month.timestamp());
    let found = node.store().traffic(day, month).await?;
    let rows = node.config().offices.iter().map(|office| {
        let of_office = found.iter().find(|traffic| traffic.office == office.number);
        TrafficRow {
            office: words::office(office.number, node.config()),
            today: of_office.map(|traffic| traffic.today).unwrap_or_default(),
            month: of_office.map(|traffic| traffic.month).unwrap_or_default(),
        }
    });
    let rows = rows.collect();
    let Some(month) = month_of_claim(node.now()).filter(|_| now.day() <= CLAIM) else {
        return Ok((rows, None));
    };
    let mut missing: BTreeMap<Missing, usize> = BTreeMap::new();
    for office in &node.config().offices {
        for line in node.store().month(office.number, month).await? {
            if let Some(what) = line.missing() {
                *missing.entry(what).or_default() += 1;
            }
        }
    }
    let missing = missing.into_iter().map(|(what, count)| (missing_in_words(what, lang), count));
    let link = format!("/month?month={:04}-{:02}", month.year(), month.month());
    Ok((rows, Some(Claim { month: words::month(month, lang), link, missing: missing.collect() })))
}

async fn needs(node: &Handle, lang: Lang) -> Result<(Vec<Need>, bool), StoreError> {
    let (store, config, now) = (node.store(), node.config(), node.now());
    let mut status = store.status(HELD + 1).await?;
    let more = status.held.len() > usize::try_from(HELD).unwrap_or(usize::MAX);
    status.held.truncate(usize::try_from(HELD).unwrap_or(usize::MAX));
    status.held.retain(|item| held::is_open(item, config));
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
    let (config, at) = (config.clone(), now);
    let ends = crate::work::blocking(move || ends(&dates::read(&config, lang), at, lang)).await;
    needs.extend(ends.unwrap_or_default());
    Ok((needs, more))
}

fn of_held(item: &HeldItem, node: &Handle, lang: Lang) -> Need {
    let partner = item.partner.map(|partner| words::office(partner, node.config()));
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
    let partner = words::office(pair.partner, node.config());
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

/// Certificates and lists that end soon, or cannot be used.
fn ends(dates: &dates::Dates, now: Timestamp, lang: Lang) -> Vec<Need> {
    let need =
        |title: String, line: String| Need { tone: "warn", title, lines: vec![line], act: None };
    let mut needs = Vec::new();
    for row in &dates.certificates {
        let name = match lang {
            Lang::Ja => format!("証明書（{}）", row.usage),
            Lang::En => format!("certificate ({})", row.usage),
        };
        match &row.found {
            dates::Found::Fault { problem } => needs.push(need(name, problem.clone())),
            dates::Found::Read(facts) => {
                let left = facts.not_after.duration_since(now);
                if left < CERTIFICATE_SOON {
                    let days = left.as_hours().max(0) / 24;
                    let until = words::time(facts.not_after);
                    needs.push(need(name, match lang {
                        Lang::Ja => format!(
                            "あと {days} 日で期限が切れます（{until} まで）。新しい証明書を用意してください。"
                        ),
                        Lang::En => format!("ends in {days} days ({until}); have a new one made"),
                    }));
                }
            }
        }
    }
    needs
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
