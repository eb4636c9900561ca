//! What the rules say of a set, and the reports that go with a set that is held.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::Timestamp;

use super::note::Note;
use crate::attachment::{self, Refused};
use crate::config;
use crate::package::{Manifest, ManifestFile, Package, ReceiptFinding};
use crate::rules::history::History;
use crate::rules::render;
use crate::rules::{self, Checked, Options, Report, Rule, SetCheck, SourceFile};
use crate::spec::Spec;
use crate::store::{UnitFile, UnitSummary};
use crate::types::{
    Digest, Edition, FileKind, FileSerial, Lang, OfficeNumber, ServiceMonth, Severity, code,
};

/// What keeps a set back: findings of the rules, or a fault of the configuration around it.
pub(super) struct Judgement {
    report: Option<Box<Report>>,
    fault: Option<LocalFault>,
}

/// A reason that no rule of the standard knows.
#[derive(Clone)]
struct LocalFault {
    code: &'static str,
    ja: String,
    en: String,
}

/// Checks the files of a package, which were held against the digests of its manifest.
pub(super) fn package(spec: &Spec, package: &Package) -> Judgement {
    let known = package
        .files()
        .map(|(listed, bytes)| (SourceFile { name: &listed.name, bytes }, listed.sha256));
    let received = Options { received: true, ..Options::default() };
    let report = rules::check_known(spec, &known.collect::<Vec<_>>(), &received);
    Judgement { report: Some(Box::new(report)), fault: None }
}

/// Checks the files of one set that is to be sent.
pub(super) fn files(spec: &Spec, files: &[(&str, &[u8])]) -> Judgement {
    against_history(checked(spec, files), None)
}

/// Checks the files of one set that a person downloaded.
pub(super) fn downloaded(spec: &Spec, files: &[(&str, &[u8])]) -> Judgement {
    let mut check = SetCheck::new(spec, Options { received: true, ..Options::default() });
    for (name, bytes) in files {
        check.begin_file(name);
        check.feed(bytes);
    }
    against_history(check.end(), None)
}

/// Checks the files of one set one by one, so that it can be asked what the history has to say.
pub(super) fn checked<'s>(spec: &'s Spec, files: &[(&str, &[u8])]) -> Checked<'s> {
    let mut check = SetCheck::new(spec, Options::default());
    for (name, bytes) in files {
        check.begin_file(name);
        check.feed(bytes);
    }
    check.end()
}

/// Checks them together, and against the history.
pub(super) fn against_history(checked: Checked<'_>, history: Option<&History>) -> Judgement {
    Judgement { report: Some(Box::new(checked.finish(history))), fault: None }
}

/// Checks the attachments of a package.
pub(super) fn attachments(settings: &config::Attachments, package: &Package) -> Judgement {
    for (listed, bytes) in package.files() {
        let Some(document) = &listed.document else { continue };
        let types = settings.types.as_slice();
        match attachment::judge(&document.title, bytes, types, settings.file_size) {
            Ok(found) if found.media_type() == listed.media => {}
            Ok(_) => return Judgement::attachment(Refused::Extension),
            Err(refused) => return Judgement::attachment(refused),
        }
    }
    Judgement { report: None, fault: None }
}

impl Judgement {
    /// A file that is no attachment.
    pub(super) fn attachment(refused: Refused) -> Self {
        let (ja, en) = (refused.text(Lang::Ja), refused.text(Lang::En));
        Self { report: None, fault: Some(LocalFault { code: refused.code(), ja, en }) }
    }

    /// An attachment in which the scanner of the office has found something.
    pub(super) fn infected() -> Self {
        let fault = LocalFault {
            code: code::ATTACHMENT_INFECTED,
            ja: "検査のコマンド（attachments.scanner）が、添付ファイルからウイルスなどを見つけました。".to_owned(),
            en: "the command of attachments.scanner has found something in the attachment".to_owned(),
        };
        Self { report: None, fault: Some(fault) }
    }

    /// An attachment whose partner nobody has configured.
    pub(super) fn attachment_to_nobody(recipient: OfficeNumber) -> Self {
        Self { report: None, fault: None }.unknown_partner(recipient)
    }

    /// A set that was not even read.
    pub(super) fn too_large(limit: u64) -> Self {
        let fault = LocalFault {
            code: code::UNIT_TOO_LARGE,
            ja: format!(
                "ファイルの合計が上限（limits.package_size、{limit} バイト）を超えています。"
            ),
            en: format!("the files together exceed limits.package_size, {limit} bytes"),
        };
        Self { report: None, fault: Some(fault) }
    }

    /// A set of more files than a package may have.
    pub(super) fn too_many(limit: usize) -> Self {
        let fault = LocalFault {
            code: code::UNIT_TOO_MANY_FILES,
            ja: format!("ファイルの数が上限（limits.unit_files、{limit} 個）を超えています。"),
            en: format!("there are more files than limits.unit_files, {limit}"),
        };
        Self { report: None, fault: Some(fault) }
    }

    /// A ZIP whose files cannot be taken.
    pub(super) fn odd_zip(ja: &str, en: &str) -> Self {
        let fault = LocalFault {
            code: code::ZIP_NOT_TAKEN,
            ja: format!("ZIP ファイルの中身を送信用フォルダーに入れられません: {ja}"),
            en: format!("the files of the ZIP cannot be taken: {en}"),
        };
        Self { report: None, fault: Some(fault) }
    }

    /// A set with a file above the limit; it was not even read.
    pub(super) fn file_too_large(limit: u64) -> Self {
        let fault = LocalFault {
            code: code::FILE_TOO_LARGE,
            ja: format!(
                "上限（limits.file_size、{limit} バイト）を超えるファイルがあります。送っていません。"
            ),
            en: format!("a file exceeds limits.file_size, {limit} bytes; nothing was sent"),
        };
        Self { report: None, fault: Some(fault) }
    }

    /// A set with two files of one name.
    pub(super) fn same_names() -> Self {
        let fault = LocalFault {
            code: code::SAME_NAME_IN_DROP,
            ja: "大文字・小文字だけが違う同じ名前のファイルが二つ以上あるため、どれを送るべきか分かりません。送っていません。このフォルダーでは、二つ目からの名前に番号を付けてあります。正しいほうを元の名前で送信用フォルダーに入れ直してください。".to_owned(),
            en: "two or more files have the same name but for the letter case, so it is not clear which one is meant; nothing was sent. Here the later ones have a number in their names. Put the right one back into the drop folder under its name".to_owned(),
        };
        Self { report: None, fault: Some(fault) }
    }

    /// The same set, kept back because it was put into another office's folder.
    pub(super) fn not_this_office(self, sender: OfficeNumber) -> Self {
        self.kept_back(
            code::NOT_THIS_OFFICE,
            format!("送信元事業所番号 {sender} は、このフォルダーの事業所ではありません。正しい事業所の送信用フォルダーに入れてください。"),
            format!("the sender {sender} is not the office of this folder; use the drop folder of that office"),
        )
    }

    /// The same set, kept back because nobody has configured its addressee.
    pub(super) fn unknown_partner(self, recipient: OfficeNumber) -> Self {
        self.kept_back(
            code::UNKNOWN_PARTNER,
            format!("送信先事業所番号 {recipient} は、相手として登録されていません。"),
            format!("the recipient {recipient} is not registered as a partner"),
        )
    }

    /// Whether the set takes the place of 実績 with service codes that it lacks.
    pub(super) fn loses_services(&self) -> bool {
        let mut findings = self.report.iter().flat_map(|report| &report.findings);
        findings.any(|finding| finding.rule == Rule::ActualsLoseServices)
    }

    /// Whether there are 実績 in the set.
    pub(super) fn has_actuals(&self) -> bool {
        let mut files = self.report.iter().flat_map(|report| &report.files);
        files.any(|file| file.kind == Some(FileKind::Upjsk))
    }

    /// The same set, kept back because a person has to say whether that is meant.
    pub(super) fn needs_word(self) -> Self {
        let findings = self.report.iter().flat_map(|report| &report.findings);
        let lost = || findings.clone().filter(|it| it.rule == Rule::ActualsLoseServices);
        let (first, more) = (lost().next(), lost().count().saturating_sub(1));
        let text = |lang: Lang| {
            let message = first.map(|finding| finding.message(lang)).unwrap_or_default();
            let person = first.and_then(|finding| finding.place.person.as_deref());
            let person = person.unwrap_or_default();
            match (lang, more) {
                (Lang::Ja, 0) => format!("{message}（利用者 {person}）"),
                (Lang::Ja, more) => format!("{message}（利用者 {person}、ほか {more} 件）"),
                (Lang::En, 0) => format!("{message} (user {person})"),
                (Lang::En, more) => format!("{message} (user {person}, and {more} more)"),
            }
        };
        let (ja, en) = (text(Lang::Ja), text(Lang::En));
        self.kept_back(code::ACTUALS_NEED_WORD, ja, en)
    }

    /// The same set, kept back because its addressee imports another edition only, in which it
    /// would not be complete; `ja` and `en` say what is in the way.
    pub(super) fn not_convertible(self, wanted: Edition, ja: &str, en: &str) -> Self {
        self.kept_back(
            code::EDITION_NOT_ACCEPTED,
            format!(
                "相手は標準仕様の {wanted} だけを取り込めますが、このファイルは {wanted} に変換できません。{wanted} で出力し直してください。\n{ja}"
            ),
            format!(
                "the recipient imports edition {wanted} only, and the files cannot be converted; export them in that edition\n{en}"
            ),
        )
    }

    /// The same set, kept back because the care software of its addressee does not import such a unit.
    pub(super) fn not_taken(self, kind: &str, name: &str, takes: &[String]) -> Self {
        let takes = takes.join(", ");
        self.kept_back(
            code::UNIT_NOT_TAKEN,
            format!("相手の介護ソフトは「{name}」（{kind}）を取り込めません。取り込めるもの: {takes}。送っていません。"),
            format!("the care software of the recipient does not import the send unit {kind}; it imports {takes}"),
        )
    }

    /// The same set, held against what its signed manifest says it is. Order and repetition of the
    /// months are nobody's concern.
    pub(super) fn against(self, manifest: &Manifest) -> Self {
        if self.has_errors() {
            return self;
        }
        let said: BTreeSet<_> = manifest.months.iter().copied().collect();
        let unlike = [
            ("kind", manifest.kind != self.kind()),
            ("edition", manifest.edition != self.edition()),
            ("months", said != self.months().into_iter().collect()),
        ];
        let unlike: Vec<&str> =
            unlike.into_iter().filter_map(|(field, unlike)| unlike.then_some(field)).collect();
        if unlike.is_empty() {
            return self;
        }
        let fields = unlike.join(", ");
        self.kept_back(
            code::MANIFEST_MISMATCH,
            format!(
                "送信側のソフトが書いた目録の項目（{fields}）が、ファイルの内容と一致しません。"
            ),
            format!("the manifest says otherwise than the files: {fields}"),
        )
    }

    fn kept_back(self, code: &'static str, ja: String, en: String) -> Self {
        Self { fault: Some(LocalFault { code, ja, en }), ..self }
    }

    /// Whether the set must not go on.
    pub(super) fn has_errors(&self) -> bool {
        self.fault.is_some() || self.report.as_ref().is_some_and(|report| report.has_errors())
    }

    /// Whether the only thing wrong is that files are missing which may still come.
    pub(super) fn is_incomplete(&self) -> bool {
        self.fault.is_none() && self.report.as_ref().is_some_and(|report| report.is_incomplete())
    }

    /// What the store tells of a set that came with this manifest.
    pub(super) fn unit(&self, manifest: &Manifest) -> UnitSummary {
        UnitSummary {
            kind: manifest.kind.clone(),
            edition: manifest.edition,
            converted_from: None,
            quoted: None,
            months: manifest.months.clone(),
            files: listed_files(&manifest.files),
            records: self.records(),
            findings: self.findings(),
        }
    }

    /// Records in all files.
    pub(super) fn records(&self) -> u64 {
        let files = self.report.iter().flat_map(|report| &report.files);
        files.filter_map(|file| file.records).sum()
    }

    /// The digest of a file that was checked.
    pub(super) fn sha256(&self, name: &str) -> Option<Digest> {
        let mut files = self.report.iter().flat_map(|report| &report.files);
        files.find(|file| file.name == name).map(|file| file.sha256)
    }

    /// Errors and warnings.
    pub(super) fn findings(&self) -> u64 {
        let counts = self.report.as_ref().map(|report| report.counts.error + report.counts.warning);
        counts.unwrap_or_default() + u64::from(self.fault.is_some())
    }

    /// The send unit, such as `K1`; `-` where the files make none.
    pub(super) fn kind(&self) -> String {
        let unit =
            self.report.iter().flat_map(|report| &report.units).find_map(|unit| unit.unit.clone());
        unit.unwrap_or_else(|| "-".to_owned())
    }

    /// The edition of the files.
    pub(super) fn edition(&self) -> Option<Edition> {
        self.report.iter().flat_map(|report| &report.files).find_map(|file| file.edition)
    }

    /// The months that the file names carry.
    pub(super) fn months(&self) -> Vec<ServiceMonth> {
        let units = self.report.iter().flat_map(|report| &report.units);
        let mut months: Vec<_> = units.flat_map(|unit| unit.months.iter().copied()).collect();
        months.sort_unstable();
        months.dedup();
        months
    }

    /// The codes of what keeps the set back, each once, joined with commas.
    pub(super) fn codes(&self) -> String {
        let mut codes: Vec<&str> = self.fault.iter().map(|fault| fault.code).collect();
        for finding in self.errors() {
            if !codes.contains(&finding.rule.code()) {
                codes.push(finding.rule.code());
            }
        }
        codes.join(",")
    }

    /// The findings as they may leave the house: places and rules, no values.
    pub(super) fn receipt_findings(&self) -> Vec<ReceiptFinding> {
        let findings = |finding: &rules::Finding| {
            let (code, name) = (finding.rule.code(), finding.rule.info().name);
            let places: Vec<ReceiptFinding> = finding
                .places()
                .map(|place| ReceiptFinding {
                    rule: code.to_owned(),
                    file: place.file.clone(),
                    line: place.line,
                    item: place.item.map(u32::from),
                    message: name.to_owned(),
                })
                .collect();
            places
        };
        let fault = self.fault.iter().map(|fault| ReceiptFinding {
            rule: fault.code.to_owned(),
            file: None,
            line: None,
            item: None,
            message: fault.en.clone(),
        });
        fault.chain(self.errors().flat_map(findings)).collect()
    }

    /// What the rules say, without what says something about a person; nothing of a set that was not
    /// read.
    pub(super) fn masked_report(&self) -> Option<Report> {
        self.report.as_ref().map(|report| report.masked())
    }

    /// What no rule knows, in words.
    pub(super) fn fault_text(&self, lang: Lang) -> Option<&str> {
        self.fault.as_ref().map(|fault| lang.pick(fault.ja.as_str(), fault.en.as_str()))
    }

    /// The files that explain a set that was not sent: for people and for programs. `to` says for
    /// whom it was.
    pub(super) fn reports(&self, to: Option<&str>, lang: Lang) -> Vec<(&'static str, String)> {
        let head = self.head(to, lang);
        let mut text = head.join("\n");
        let masked = self.report.as_ref().map(|report| report.masked());
        if let Some(report) = &masked {
            let _ = write!(text, "\n\n{}", render::findings(report, lang));
        }
        let _ = writeln!(text, "\n\n{}", lang.pick("結果: 送っていません", "Result: not sent"));
        let mut note = Note::new(&text, lang);
        // A page with a verdict of its own would contradict a fault that no rule knows.
        if let Some(report) = masked.as_ref().filter(|_| self.fault.is_none()) {
            let closing = lang.pick(
                "直し方が分からないときは、このページを介護ソフトの会社に見せてください。",
                "Where it is not clear how to mend it, show this page to the maker of the care software.",
            );
            let frame = render::Frame { head: &head, closing };
            note = note.with_page(render::framed_page(report, &frame, lang));
        }
        let json = masked.map(|report| ("report.json", report.to_json()));
        note.into_files().into_iter().chain(json).collect()
    }

    /// That nothing was sent, to whom, why, and what to do.
    fn head(&self, to: Option<&str>, lang: Lang) -> Vec<String> {
        let mut lines = vec![lang.pick("送っていません。", "Not sent.").to_owned()];
        let mut say = |name: &str, fact: &str| lines.push(format!("{name}: {fact}"));
        if let Some(to) = to {
            say(lang.pick("宛先", "To"), to);
        }
        let why = lang.pick("理由", "Why");
        let to_do = lang.pick("対応", "What to do");
        if let Some(fault) = &self.fault {
            say(why, &format!("[{}] {}", fault.code, lang.pick(&fault.ja, &fault.en)));
            if let Some(info) = code::find(fault.code) {
                say(to_do, info.to_do(lang));
            }
        } else {
            let count: u64 = self.errors().map(crate::rules::Finding::count).sum();
            say(
                why,
                &match lang {
                    Lang::Ja => format!(
                        "ファイルに誤りが {count} 件あります。下の「直し方」をご覧ください。"
                    ),
                    Lang::En if count == 1 => {
                        "the files have 1 error; see below how to mend it".to_owned()
                    }
                    Lang::En => {
                        format!("the files have {count} errors; see below how to mend them")
                    }
                },
            );
            for deed in self.deeds(lang) {
                say(to_do, deed);
            }
        }
        lines
    }

    /// What mends errors of the files.
    fn deeds(&self, lang: Lang) -> Vec<&'static str> {
        // What Explorer appends is met as a part of the name that is none of the standard's.
        let may_be_copy = |rule: Rule| ["L1-NAME-003", "L1-NAME-004"].contains(&rule.code());
        let rules: Vec<Rule> = self.errors().map(|finding| finding.rule).collect();
        let mut deeds = Vec::new();
        if rules.contains(&Rule::UnknownFileName) {
            deeds.push(lang.pick(
                "ケアプランデータではないファイルです。送信用フォルダーに入れないでください。",
                "A file is no care-plan data: do not put it into the drop folder.",
            ));
        }
        if rules.iter().copied().any(may_be_copy) {
            deeds.push(lang.pick(
                "名前の終わりに「 - コピー」や「(1)」があれば取り、元の名前に戻してください。",
                "If \" - Copy\" or \"(1)\" stands at the end of the name, take it off.",
            ));
        }
        let is_foreign = |rule: Rule| rule == Rule::UnknownFileName;
        if !rules.iter().copied().all(|rule| may_be_copy(rule) || is_foreign(rule)) {
            deeds.push(lang.pick(
                "介護ソフトで直して、もう一度出力してください。",
                "Mend it in the care software and export again.",
            ));
        }
        deeds
    }

    fn errors(&self) -> impl Iterator<Item = &rules::Finding> {
        let findings = self.report.iter().flat_map(|report| &report.findings);
        findings.filter(|finding| finding.severity == Severity::Error)
    }
}

/// The files as the history lists them.
pub(super) fn unit_files(files: &[(&str, &[u8])]) -> Vec<UnitFile> {
    files
        .iter()
        .map(|(name, bytes)| UnitFile {
            name: (*name).to_owned(),
            size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            sha256: Digest::of(bytes),
        })
        .collect()
}

/// The same from a manifest whose digests were held against the files.
pub(super) fn listed_files(listed: &[ManifestFile]) -> Vec<UnitFile> {
    let unit_file = |file: &ManifestFile| UnitFile {
        name: file.name.clone(),
        size: file.size,
        sha256: file.sha256,
    };
    listed.iter().map(unit_file).collect()
}

/// The name of a set's folder: sorts by 連番 and says from whom to whom.
pub(super) fn unit_name(serial: FileSerial, from: OfficeNumber, to: OfficeNumber) -> String {
    format!("{serial}_{from}_{to}")
}

/// The name of the folder of a file whose name is not of the standard.
pub(super) fn stranger_name(now: Timestamp) -> String {
    let now = now.to_zoned(jiff::tz::TimeZone::UTC);
    format!("{}_unknown", now.strftime("%Y%m%d%H%M%S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_never_contradicts_what_keeps_a_set_back() {
        let name = "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV";
        let spec = Spec::builtin().expect("consistent");
        let set: [(&str, &[u8]); 1] = [(name, b"202407,131011,0000900527,20260325,")];
        let names = |judgement: &Judgement| -> Vec<&str> {
            judgement.reports(None, Lang::Ja).into_iter().map(|(name, _)| name).collect()
        };
        let broken = files(spec, &set);
        assert_eq!(names(&broken), ["report.txt", "report.html", "report.json"]);
        assert!(
            broken.reports(None, Lang::Ja).iter().all(|(_, text)| !text.contains("0000900527"))
        );
        let stranger = files(spec, &set).not_this_office("1370000026".parse().expect("an office"));
        assert_eq!(names(&stranger), ["report.txt", "report.html", "report.json"]);
        assert_eq!(names(&Judgement::too_large(1)), ["report.txt", "report.html"]);
        for judgement in [&broken, &stranger] {
            for (name, text) in judgement.reports(Some("1370000026"), Lang::Ja) {
                if name == "report.json" {
                    continue;
                }
                let (_, rest) = text.split_once("送っていません").expect("it says so");
                assert!(rest.contains("宛先: 1370000026"), "{name}: {text}");
                assert!(!text.contains("判定: 合格"), "{text}");
                // On the page they are folded away.
                assert!(name == "report.html" || !text.contains("実行した規則"), "{text}");
            }
        }
    }
}
