//! What `renkei run --check` finds, sorted by what it is about, and what is in order beside it.

use std::path::Path;

use super::line::{Grade, Line, Topic};
use crate::certs::fetched;
use crate::config::{Config, Draft};
use crate::desk::dates::{self, CertificateDates, Found, ListDates};
use crate::desk::words;
use crate::folder::on_network_share;
use crate::node::{Checked, StartProblem};
use crate::types::{Lang, Problem, Problems, code};

/// What is wrong with the files of the configuration.
pub(super) fn configuration(problems: &[Problem]) -> Vec<Line> {
    if problems.is_empty() {
        return vec![Line::fine(
            Topic::Configuration,
            "",
            "設定ファイルに誤りはありません。",
            "the configuration can be read",
        )];
    }
    let line = |problem: &Problem| {
        let one = Problems(vec![problem.clone()]);
        let (ja, en) = (one.text(Lang::Ja), one.text(Lang::En));
        Line::fine(Topic::Configuration, "", ja, en).grade(Grade::Broken)
    };
    problems.iter().map(line).collect()
}

/// What does not go the way that the configuration names for the rest.
pub(super) fn mails(config: &Config) -> Option<Line> {
    let (mail, _) = (config.mail.as_ref()?, config.network.proxy.as_ref()?);
    let server = &mail.server;
    Some(Line::fine(
        Topic::Configuration,
        "mail.server",
        format!(
            "メールは [network] proxy を通りません。{server} に直接つながるかは、renkei mail test で確かめられます。"
        ),
        format!(
            "mails do not go through the proxy of [network]: renkei mail test says whether {server} can be reached directly"
        ),
    ))
}

/// What the check of a node says, and a line for each folder, certificate and list that is in order.
/// Asks the disk.
pub(super) fn checked(checked: &Checked, draft: &Draft) -> Vec<Line> {
    let problems = checked.problems.0.iter().map(|told| line(told, Grade::Broken));
    let notes = checked.notes.0.iter().map(|told| line(told, Grade::Look));
    let mut lines: Vec<Line> = problems.chain(notes).collect();
    let is_told = |lines: &[Line], about: &str| lines.iter().any(|line| line.about == about);
    for (about, path) in folders(&draft.config) {
        if !path.as_os_str().is_empty() && !is_told(&lines, &about) {
            lines.push(folder(about, path));
        }
    }
    let dates = dates::read(&draft.config, Lang::En);
    lines.extend(certificates(dates.certificates, &lines));
    lines.extend(lists(&draft.config, dates.revocation_lists, &lines));
    let is_free = !checked.runs && !is_told(&lines, "node.listen");
    if let Some(listen) = draft.config.node.listen.filter(|_| is_free) {
        lines.push(Line::fine(
            Topic::Port,
            "node.listen",
            format!("{listen} は空いています。"),
            format!("{listen} is free"),
        ));
    }
    lines
}

fn line(told: &StartProblem, grade: Grade) -> Line {
    let StartProblem { code, place, ja, en } = told;
    let line = Line::fine(topic(told), place, ja, en);
    line.grade(grade).code(Some(*code))
}

fn topic(told: &StartProblem) -> Topic {
    let place = told.place.as_str();
    let is_of_lists = [
        code::OWN_CERTIFICATE_UNKNOWN_REVOCATION,
        code::REVOCATION_LIST_REFUSES,
        code::REVOCATION_LIST_UNUSABLE,
    ]
    .contains(&told.code);
    match place.split([' ', '.']).next().unwrap_or_default() {
        _ if is_of_lists || place.starts_with("tls.revocation") => Topic::Lists,
        "tls" => Topic::Certificates,
        "office" if place.contains(" signing_") => Topic::Certificates,
        "office" => Topic::Folders,
        "peer" => Topic::Partners,
        "node" if place == "node.listen" => Topic::Port,
        "node" if place == "node.data" => Topic::Store,
        _ => Topic::Configuration,
    }
}

/// The folders of the configuration by the names that the check gives them.
fn folders(config: &Config) -> Vec<(String, &Path)> {
    let mut all = vec![("node.data".to_owned(), config.node.data.as_path())];
    for office in &config.offices {
        let mut add = |key: &str, path| all.push((format!("office {} {key}", office.number), path));
        add("drop", office.drop.as_path());
        add("work", &office.work);
        add("import", &office.import);
        if office.import_actuals != office.import {
            add("import_actuals", &office.import_actuals);
        }
        add("hold", &office.hold);
        if let Some(sent) = &office.sent {
            add("sent", sent);
        }
        if let Some(downloads) = &office.downloads {
            add("downloads", downloads);
        }
    }
    all
}

fn folder(about: String, path: &Path) -> Line {
    let shown = path.display();
    let (ja, en) = if !path.exists() {
        (
            format!("{shown} はまだありません。起動したときに作ります。"),
            format!("{shown} is not there yet; it is made at the start"),
        )
    } else if on_network_share(path).unwrap_or(false) {
        (
            format!(
                "{shown} に書き込めます（共有フォルダーのため、変更を知るのに timing.scan_interval までかかることがあります）。"
            ),
            format!(
                "{shown} can be written (on a network share: a change may be noticed as late as timing.scan_interval)"
            ),
        )
    } else {
        (format!("{shown} を使えます。"), format!("{shown} can be used"))
    };
    Line::fine(Topic::Folders, about, ja, en)
}

/// Our certificates of which nothing is told.
fn certificates(all: Vec<CertificateDates>, told: &[Line]) -> Vec<Line> {
    let mut lines = Vec::new();
    for certificate in all {
        let about = match certificate.usage.as_str() {
            dates::PAGE => "page".to_owned(),
            usage => usage.replace(" signing", " signing_certificate"),
        };
        let is_told =
            told.iter().any(|line| line.topic == Topic::Certificates && line.about == about);
        let file = &certificate.file;
        match certificate.found {
            Found::Read(facts) if !is_told => {
                let until = words::time(facts.not_after);
                lines.push(Line::fine(
                    Topic::Certificates,
                    about,
                    format!("{file} を使えます（期限 {until}）。"),
                    format!("{file} can be used (until {until})"),
                ));
            }
            // The check of a node does not look at the page.
            Found::Fault { .. } if about == "page" => {
                lines.push(
                    Line::fine(
                        Topic::Certificates,
                        about,
                        format!("画面の証明書 {file} を使えません。renkei run --check で詳しい理由を表示します。"),
                        format!("the certificate {file} of the page cannot be used; renkei run --check says why"),
                    )
                    .grade(Grade::Broken)
                    .code(Some(code::PAGE_CERTIFICATE_UNUSABLE)),
                );
            }
            _ => {}
        }
    }
    lines
}

/// The lists of which nothing is told.
fn lists(config: &Config, all: Vec<ListDates>, told: &[Line]) -> Vec<Line> {
    let tls = &config.tls;
    if tls.roots.is_empty() {
        return vec![Line::fine(
            Topic::Lists,
            "",
            "認証局を使っていないため、失効リストは要りません。",
            "no authority is trusted, so none is needed",
        )];
    }
    let is_told = told.iter().any(|line| line.topic == Topic::Lists);
    if !tls.has_lists() && !is_told {
        return vec![
            Line::fine(
                Topic::Lists,
                "tls.revocation_lists",
                "認証局 (tls.roots) を信頼していますが、失効リストがありません。証明書が取り消されても分からないため、認証局のリストを加えてください。",
                "authorities are trusted (tls.roots) without any revocation list: a revoked certificate would not be noticed. Add the lists of the authorities",
            )
            .grade(Grade::Look),
        ];
    }
    let mut lines = Vec::new();
    for list in all {
        let about = fetched::place(config, Path::new(&list.file));
        let is_told = told.iter().any(|line| line.about == about);
        if let (Found::Read(facts), false) = (list.found, is_told) {
            let (issuer, until) = (facts.issuer, words::time(facts.next_update));
            lines.push(Line::fine(
                Topic::Lists,
                about,
                format!("{issuer}: 次の更新 {until}"),
                format!("{issuer}: next one at {until}"),
            ));
        }
    }
    lines
}
