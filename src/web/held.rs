//! What is held: the list, and for each why, where, and what to do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::audit::Act;
use super::correction::{self, Correction};
use super::guard::{Sealed, Visitor};
use super::layout::{Frame, Place, not_found, page, store_fault};
use super::replaced;
use super::state::Shared;
use crate::config::Config;
use crate::contents;
use crate::control::{Answer, Request};
use crate::desk::{held, words};
use crate::folder::read_held;
use crate::package::Manifest;
use crate::rules::{Checked, Finding, Options, Report, SetCheck};
use crate::spec::Spec;
use crate::store::{HeldFilter, HeldItem, StoreError};
use crate::transfer::Direction;
use crate::types::{HeldId, Lang, OfficeNumber, Severity, code};

/// What is listed at the most.
const MOST: u32 = 500;

/// Reasons of one set that advice is given for.
const REASONS: usize = 3;

/// Findings that are shown of one set.
const FINDINGS: usize = 300;

/// One line of the list.
struct Row {
    id: HeldId,
    at: String,
    from: String,
    to: String,
    unit: String,
    what: &'static str,
    reasons: Vec<String>,
    /// That it did not come by renkei.
    came: Option<&'static str>,
}

impl Row {
    fn of(item: &HeldItem, config: &Config, lang: Lang) -> Self {
        let unknown = || lang.pick("（不明）", "(unknown)").to_owned();
        let partner = item.partner.map_or_else(unknown, |partner| words::office(partner, config));
        let own = words::office(item.office, config);
        let (from, to) = match item.direction {
            Direction::Out => (own, partner),
            Direction::In => (partner, own),
        };
        Self {
            id: item.id,
            at: words::time(item.at),
            from,
            to,
            unit: words::unit(&item.unit.kind, lang),
            what: held::what(item, lang),
            reasons: words::reasons(&item.reason, lang),
            came: item.came_by.and_then(|way| way.note(lang)),
        }
    }
}

#[derive(Template)]
#[template(path = "web/held_list.html", config = "src/askama.toml")]
struct List {
    frame: Frame,
    rows: Vec<Row>,
    /// Whether there are more than are listed.
    more: bool,
    /// The partners of whom something is held: number, name, and whether only theirs is shown.
    partners: Vec<(OfficeNumber, String, bool)>,
    /// Which way only is shown.
    way: Option<Direction>,
    is_filtered: bool,
}

/// What of the held sets is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    partner: String,
    way: String,
}

pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Query(wanted): Query<Wanted>,
) -> Response {
    let (lang, config) = (shared.lang(), shared.node.config());
    let asked: Option<OfficeNumber> = wanted.partner.parse().ok();
    let way = match &*wanted.way {
        "out" => Some(Direction::Out),
        "in" => Some(Direction::In),
        _ => None,
    };
    let is_filtered = asked.is_some() || way.is_some();
    let all = HeldFilter::newest(MOST);
    let filter = HeldFilter { partner: asked, direction: way, ..all };
    let store = shared.node.store();
    let found = async {
        let all = held::open(store, &config, all).await?;
        let mut partners: BTreeSet<_> = all.items.iter().filter_map(|item| item.partner).collect();
        partners.extend(asked);
        let open = if is_filtered { held::open(store, &config, filter).await? } else { all };
        Ok::<_, StoreError>((open, partners))
    };
    let (open, partners) = match found.await {
        Ok(found) => found,
        Err(error) => return store_fault(&shared, &error),
    };
    let partners = partners.into_iter();
    let partners = partners.map(|one| (one, words::office(one, &config), asked == Some(one)));
    let rows = open.items.iter().map(|item| Row::of(item, &config, lang)).collect();
    let title = lang.pick("保留", "Held");
    page(&List {
        frame: Frame::new(&shared, &session, Place::Held, title).live(),
        rows,
        more: open.more,
        partners: partners.collect(),
        way,
        is_filtered,
    })
}

#[derive(Template)]
#[template(path = "web/held.html", config = "src/askama.toml")]
struct Show {
    frame: Frame,
    row: Row,
    is_out: bool,
    /// Who may be asked once more as it is.
    asked_again: Option<OfficeNumber>,
    /// Nothing is wrong with it: a person lets it in or not.
    needs_word: bool,
    /// It was downloaded from the WEB service, and nobody is told what becomes of it: that in words.
    came: Option<&'static str>,
    /// It lacks services that were sent before: a person says whether that is meant.
    loses_services: bool,
    /// These 実績 beside the former, as HTML of our own making.
    beside: String,
    serial: String,
    folder: Option<String>,
    files: Vec<FileRow>,
    judged: Option<Judged>,
    correction: Option<Correction>,
    /// What is to be done about something that was downloaded, where a person decides.
    download: Option<&'static str>,
    /// What is to be done about the reasons; nothing where the advice is that of every set.
    to_do: Vec<&'static str>,
    /// Why the files cannot be read.
    unreadable: Option<String>,
}

struct FileRow {
    name: String,
    size: u64,
}

/// What the rules say of the files as they lie there now.
struct Judged {
    /// How many errors there are, in words; none if there are none.
    errors: Option<String>,
    /// The same of warnings.
    warnings: Option<String>,
    groups: Vec<Group>,
    omitted: u64,
}

/// Findings of one rule.
struct Group {
    severity: Severity,
    code: &'static str,
    title: String,
    fix: String,
    lines: Vec<Line>,
}

/// One finding.
struct Line {
    file: String,
    line: String,
    person: String,
    item: String,
    value: String,
    message: String,
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Path(id): Path<HeldId>,
) -> Response {
    let (lang, config) = (shared.lang(), shared.node.config());
    let items = match held::named(shared.node.store(), id).await {
        Ok(items) => items,
        Err(error) => return store_fault(&shared, &error),
    };
    let Some(item) = items.into_iter().next() else { return not_found(&shared) };
    let folder = held::folder(&item, &config);
    let found = match folder.clone() {
        Some(folder) => {
            let most = config.limits.package_size;
            let received = item.direction == Direction::In;
            // The rules of the standard say nothing of attachments.
            let is_of_attachments = item.unit.kind == Manifest::ATTACHMENTS;
            let spec = shared.node.spec();
            let judged = shared.drawing(move || {
                let files = read_held(&folder, most).map_err(|error| error.text(lang))?;
                let rows = files.iter().map(|(name, bytes)| FileRow {
                    name: name.clone(),
                    size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
                });
                let rows = rows.collect::<Vec<_>>();
                if is_of_attachments {
                    return Ok((rows, None, None, Vec::new()));
                }
                let checked = checked(spec, &files, received);
                // Findings show numbers shortened, and changes quote whatever stands there: so it
                // is about everybody in the files.
                let files_of = files.iter().map(|(name, bytes)| (name.as_str(), &bytes[..]));
                let people = contents::read(spec, files_of).people.into_iter();
                let people: Vec<_> = people.map(|one| one.key.insured().to_owned()).collect();
                let correction = correction::of(spec, &files, lang);
                Ok((rows, Some(checked), correction, people))
            });
            Some(judged.await.unwrap_or_else(|| Err(String::new())))
        }
        None => None,
    };
    let (found, unreadable) = match found {
        Some(Ok(found)) => (Some(found), None),
        Some(Err(why)) => (None, Some(why)),
        None => (None, None),
    };
    let (files, judged, correction) = match found {
        Some((files, checked, correction, people)) => {
            shared.audit.viewed(&session, Act::ViewHeld, &id.to_string(), people);
            let report = match checked {
                Some(checked) => against_history(&shared, checked).await,
                None => None,
            };
            (files, report.map(|report| judged(&report, lang)), correction)
        }
        None => (Vec::new(), None, None),
    };
    let loses_services = item.reason == code::ACTUALS_NEED_WORD;
    let beside = if loses_services {
        replaced::of_held(&shared, &item, folder.as_deref()).await
    } else {
        String::new()
    };
    let row = Row::of(&item, &config, lang);
    let title = format!("{} {}", lang.pick("保留", "Held"), row.unit);
    page(&Show {
        frame: Frame::new(&shared, &session, Place::Held, title),
        is_out: item.direction == Direction::Out,
        asked_again: held::may_be_asked_again(&item),
        needs_word: item.reason == code::DELETION_NEEDS_WORD,
        came: item.came_by.and_then(|way| way.sentence(lang)),
        loses_services,
        beside,
        serial: item.serial.map(|serial| serial.to_string()).unwrap_or_default(),
        folder: folder
            .map(|folder| std::path::absolute(&folder).unwrap_or(folder).display().to_string()),
        row,
        files,
        judged,
        correction: correction.filter(|_| item.direction == Direction::Out),
        download: download(&item, lang),
        to_do: to_do(&item, lang),
        unreadable,
    })
}

/// The files one by one, by the rules of the standard.
pub(super) fn checked(
    spec: &'static Spec,
    files: &[(String, Vec<u8>)],
    received: bool,
) -> Checked<'static> {
    let mut check = SetCheck::new(spec, Options { received, ..Options::default() });
    for (name, bytes) in files {
        check.begin_file(name);
        check.feed(bytes);
    }
    check.end()
}

/// What the rules say of files, with what was exchanged before.
pub(super) async fn against_history(
    shared: &Arc<Shared>,
    checked: Checked<'static>,
) -> Option<Report> {
    let history = shared.node.store().exchanged(checked.questions()).await;
    if let Err(error) = &history {
        tracing::warn!(code = error.code(), "files are shown without what was exchanged before");
    }
    shared.drawing(move || checked.finish(history.as_ref().ok())).await
}

/// What a person is to do about a set that was downloaded, in the words of the page.
fn download(item: &HeldItem, lang: Lang) -> Option<&'static str> {
    Some(match item.reason.as_str() {
        code::DOWNLOAD_DIFFERS => lang.pick(
            "前に受け取ったものと見比べて、新しいほうを取り込むか、取り込まないかを選んでください。前のファイルが取込フォルダーに残っているときは、取り込む前に別の場所へ移してください。",
            "Compare it with what came before, then let the new one in or not. Where the former files still lie in the import folder, move them away before.",
        ),
        code::DOWNLOAD_HAS_ERRORS => lang.pick(
            "下の「検査の結果」を見て、送信元に直して登録し直すよう頼んでください。問題がないと分かっているときは、このまま取り込めます。",
            "See below what the check found, and have the sender mend it and upload it anew. Where you know that it does no harm, it can be let in as it is.",
        ),
        code::DOWNLOAD_INCOMPLETE => lang.pick(
            "足りないファイルを、WEBサービスからダウンロードしてください。そろえば自動で取り込みます。足りないまま取り込むこともできます。",
            "Download the missing files from the WEB service; when all are there, they are imported by themselves. It can be let in as it is, too.",
        ),
        _ => return None,
    })
}

/// What the table of codes says that is to be done about the reasons. What the page itself has a button
/// for it says better; of rules the findings say it.
fn to_do(item: &HeldItem, lang: Lang) -> Vec<&'static str> {
    let has_button = [
        code::IMPORT_NAME_TAKEN,
        code::REFUSED_FOR_GOOD,
        code::DELETION_NEEDS_WORD,
        code::ACTUALS_NEED_WORD,
        code::DOWNLOAD_DIFFERS,
        code::DOWNLOAD_HAS_ERRORS,
        code::DOWNLOAD_INCOMPLETE,
    ];
    let codes = item.reason.split(',').filter(|code| !has_button.contains(code));
    let known = codes.filter_map(|code| code.rsplit(':').find_map(code::find));
    known.map(|info| info.to_do(lang)).take(REASONS).collect()
}

/// The findings by rule, the worst first.
fn judged(report: &Report, lang: Lang) -> Judged {
    let mut groups: BTreeMap<(std::cmp::Reverse<Severity>, &'static str), Group> = BTreeMap::new();
    let mut shown = 0_usize;
    for finding in report.findings.iter().filter(|finding| finding.severity != Severity::Info) {
        let key = (std::cmp::Reverse(finding.severity), finding.rule.code());
        let group = groups.entry(key).or_insert_with(|| {
            let info = finding.rule.info();
            Group {
                severity: finding.severity,
                code: finding.rule.code(),
                title: info.title(lang),
                fix: info.text(lang).fix.to_owned(),
                lines: Vec::new(),
            }
        });
        if shown < FINDINGS {
            shown += 1;
            group.lines.push(line(finding, lang));
        }
    }
    let counts = report.counts;
    let all = counts.error.saturating_add(counts.warning);
    Judged {
        errors: told(counts.error, ("誤り", "errors:"), lang),
        warnings: told(counts.warning, ("注意", "warnings:"), lang),
        groups: groups.into_values().collect(),
        omitted: all.saturating_sub(u64::try_from(shown).unwrap_or(u64::MAX)),
    }
}

/// A number with its name, if it is not 0.
fn told(count: u64, (ja, en): (&str, &str), lang: Lang) -> Option<String> {
    (count > 0).then(|| format!("{} {count}", lang.pick(ja, en)))
}

fn line(finding: &Finding, lang: Lang) -> Line {
    let place = &finding.place;
    Line {
        file: place.file.clone().unwrap_or_default(),
        line: place.line.map(|line| line.to_string()).unwrap_or_default(),
        person: place.person.clone().unwrap_or_default(),
        item: match (place.item, &place.item_name) {
            (Some(number), Some(name)) => format!("{number} {name}"),
            (Some(number), None) => number.to_string(),
            (None, _) => String::new(),
        },
        value: finding.value.as_ref().map(|value| value.text().to_owned()).unwrap_or_default(),
        message: finding.message(lang).to_owned(),
    }
}

/// What the buttons send.
#[derive(Debug, Deserialize)]
pub(super) struct Settle {
    #[serde(flatten)]
    sealed: Sealed,
}

pub(super) async fn release(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(id): Path<HeldId>,
    Form(settle): Form<Settle>,
) -> Response {
    settled(&shared, &visitor, &settle, &Request::Release { id }).await
}

/// What the button to correct sends.
#[derive(Debug, Deserialize)]
pub(super) struct Correct {
    #[serde(flatten)]
    sealed: Sealed,
    /// Of the files as they were shown.
    files: String,
}

/// Corrects what stood on the page: where the files have changed since, nobody approved of it.
pub(super) async fn correct(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(id): Path<HeldId>,
    Form(correct): Form<Correct>,
) -> Response {
    // What stands there is no digest where somebody else made it up.
    let Ok(files) = correct.files.parse() else { return not_found(&shared) };
    let request = Request::Correct { id, files };
    if let Err(answer) = visitor.may_do(&shared, &correct.sealed, &format!("{request:?}"), "/held")
    {
        return answer;
    }
    let Visitor(session) = &visitor;
    let answer = shared.node.order(request, session.user.clone()).await;
    session.tell(answer.done, answer.text(shared.lang()));
    if answer.code == code::FILES_CHANGED {
        return Redirect::to(&format!("/held/{id}")).into_response();
    }
    Redirect::to("/held").into_response()
}

pub(super) async fn dismiss(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(id): Path<HeldId>,
    Form(settle): Form<Settle>,
) -> Response {
    let request = Request::Dismiss { id, reason: None, delete: false };
    settled(&shared, &visitor, &settle, &request).await
}

async fn settled(
    shared: &Shared,
    visitor: &Visitor,
    settle: &Settle,
    request: &Request,
) -> Response {
    let what = format!("{request:?}");
    if let Err(answer) = visitor.may_do(shared, &settle.sealed, &what, "/held") {
        return answer;
    }
    ordered(shared, visitor, request).await
}

async fn ordered(shared: &Shared, visitor: &Visitor, request: &Request) -> Response {
    let Visitor(session) = visitor;
    let answer: Answer = shared.node.order(request.clone(), session.user.clone()).await;
    session.tell(answer.done, answer.text(shared.lang()));
    Redirect::to("/held").into_response()
}
