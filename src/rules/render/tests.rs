//! What holds for every format.

use proptest::prelude::*;

use super::*;
use crate::rules::finding::{Draft, Place};
use crate::rules::{Options, Overrides, Profile, Rule, SourceFile, check};
use crate::spec::Spec;
use crate::types::Severity;

const NAME: &str = "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV";

fn judge(bytes: &[u8], options: &Options) -> Report {
    let files = [SourceFile { name: NAME, bytes }];
    check(Spec::builtin().expect("consistent"), &files, options)
}

/// Records whose date does not exist.
/// No two are the same, so that each is a finding.
fn bad_dates(count: usize) -> Vec<u8> {
    let records =
        (0..count).map(|year| format!("202407,131011,0000900527,{:04}0231\r\n", 2026 + year));
    records.collect::<String>().into_bytes()
}

fn overridden(severity: &str, bytes: &[u8]) -> Report {
    let text = format!(
        "[[rule]]\ncode = \"L2-FMT-003\"\nseverity = \"{severity}\"\nreason = \"試行中\"\n"
    );
    let overrides = Overrides::parse(&text).expect("well-formed");
    judge(bytes, &Options { profile: Profile::Default(overrides), ..Options::default() })
}

#[test]
fn a_page_stays_small_and_its_totals_exact() {
    let report = judge(&bad_dates(100_000), &Options::default());
    let page = Format::Html.render(&report, Lang::Ja);
    assert_eq!(page.matches("0231").count(), html::MOST);
    assert!(page.contains("<span class=\"total\">100000 件</span>"));
    assert!(page.contains("ほか 99950 件"));
    assert!(page.len() < 100_000, "{} bytes", page.len());

    let text = Format::Text.render(&report, Lang::Ja);
    assert!(text.contains("ほか 997 件（レコード 4〜1000）"), "{text}");
    assert!(text.contains("ほか 99000 件（件数だけを数えました）"), "{text}");
    assert!(text.contains("エラー 100000"), "{text}");
    assert!(text.len() < 4_000, "{} bytes", text.len());
}

#[test]
fn what_frames_a_page_stands_around_it_as_text() {
    let report = judge(&bad_dates(1), &Options::default());
    let head = ["Not sent.", "To: <b>"].map(str::to_owned);
    let frame = Frame { head: &head, closing: "Ask & show." };
    let page = framed_page(&report, &frame, Lang::En);
    let places: Vec<Option<usize>> =
        ["<strong>Not sent.</strong>", "<p>To: &#60;b&#62;</p>", "<h1>", "<p>Ask &#38; show.</p>"]
            .map(|part| page.find(part))
            .into();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} {page}");
    assert_eq!(Format::Html.render(&report, Lang::En).matches("<strong>").count(), 1);
    assert_eq!(page.matches("<strong>").count(), 2);
}

#[test]
fn a_page_has_a_limit_for_all_files_together() {
    let rows = bad_dates(html::MOST * 2);
    let serials = (1..=10).flat_map(|month| (1..=20).map(move |day| (month, day)));
    let name = |(month, day)| NAME.replace("20260327", &format!("2026{month:02}{day:02}"));
    let names: Vec<String> = serials.map(name).collect();
    let files: Vec<_> = names.iter().map(|name| SourceFile { name, bytes: &rows }).collect();
    let report = check(Spec::builtin().expect("consistent"), &files, &Options::default());
    let page = Format::Html.render(&report, Lang::Ja);
    assert_eq!(page.matches("<td class=\"value\">").count(), html::MOST_ROWS);
    assert_eq!(page.matches("<span class=\"total\">100 件</span>").count(), names.len());
}

#[test]
fn sarif_lists_five_thousand_results_and_says_how_many_there_are() {
    let options = Options { findings_per_file: 6_000, ..Options::default() };
    let report = judge(&bad_dates(7_000), &options);
    let sarif: serde_json::Value =
        serde_json::from_str(&Format::Sarif.render(&report, Lang::En)).expect("JSON");
    let run = &sarif["runs"][0];
    assert_eq!(run["results"].as_array().map(Vec::len), Some(5_000));
    assert_eq!(run["properties"]["omitted"], 2_000);
    let note = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(note["message"]["text"], "5000 of 7000 findings are listed");
}

#[test]
fn people_are_told_apart_by_the_end_of_their_number() {
    let report = judge(&bad_dates(1), &Options::default());
    assert_eq!(report.findings[0].place.person.as_deref(), Some("*******527"));
    for format in Format::ALL {
        let text = format.render(&report, Lang::Ja);
        assert!(text.contains("*******527") && !text.contains("0000900527"), "{format}");
    }
}

/// 保険者番号 and 被保険者番号 of no person whose plan is for this office.
#[test]
fn findings_over_several_records_say_whom_they_are_about() {
    let name = "UPPLAN_202606_2770000011_43_2770000099_11_20260520111500.CSV";
    let bytes = include_bytes!(
        "../../../spec/samples/usage-11/UPPLAN_202606_2770000011_43_2770000029_11_20260520111500.CSV"
    );
    let files = [SourceFile { name, bytes }];
    let report = check(Spec::builtin().expect("consistent"), &files, &Options::default());
    let unrelated =
        |finding: &&crate::rules::Finding| finding.rule == Rule::UserUnrelatedToRecipient;
    let finding = report.findings.iter().find(unrelated).expect("the finding");
    assert_eq!(finding.place.person.as_deref(), Some("*******013"));
}

#[test]
fn a_silenced_error_stays_in_the_counts() {
    let report = overridden("off", &bad_dates(3));
    assert_eq!((report.counts.error, report.counts.silenced), (0, 3));
    assert_eq!((report.overrides.regraded, report.overrides.silenced), (0, 1));
    assert_eq!(report.overrides.rules[0].findings, 3);
    assert!(report.findings.is_empty() && !report.has_errors());
    assert!(report.rules.run.contains(&Rule::UnrealDate));
    for format in Format::ALL {
        let text = format.render(&report, Lang::Ja);
        assert!(
            text.contains('3') && text.contains("silenced") | text.contains("抑止"),
            "{format}"
        );
    }
    for format in
        [Format::Text, Format::Json, Format::Ndjson, Format::Csv, Format::Html, Format::Sarif]
    {
        assert!(format.render(&report, Lang::Ja).contains("試行中"), "{format}");
    }
}

#[test]
fn a_regraded_rule_has_its_new_severity_everywhere() {
    let report = overridden("info", &bad_dates(2_000));
    assert_eq!((report.counts.error, report.counts.info), (0, 2_000));
    assert_eq!(report.overrides.rules[0].findings, 2_000);
    assert!(report.findings.iter().all(|finding| finding.severity == Severity::Info));
    assert_eq!((report.omitted.len(), report.omitted[0].severity), (1, Severity::Info));
    // They would be errors for whoever takes the files.
    assert_eq!(report.verdict, crate::rules::Verdict::Partial);
}

#[test]
fn a_conformance_test_gives_no_verdict_where_a_rule_could_not_be_run() {
    let conformance = Options { profile: Profile::Conformance, ..Options::default() };
    let good = b"202407,131011,0000900011,20260325\r\n";
    assert_eq!(judge(good, &conformance).verdict, crate::rules::Verdict::Pass);
    assert_eq!(judge(&bad_dates(1), &conformance).verdict, crate::rules::Verdict::Fail);
    let mut report = judge(good, &conformance);
    report.files[0].blocked.push(Rule::UnrealDate);
    let junit = Format::Junit.render(&report, Lang::Ja);
    assert!(roxmltree::Document::parse(&junit).is_ok());
}

#[test]
fn the_rule_set_has_a_version() {
    let digest = crate::rules::rule_set(Spec::builtin().expect("consistent"));
    let report = judge(&bad_dates(1), &Options::default());
    assert_eq!(report.tool.rule_set, digest);
    for format in Format::ALL.into_iter().filter(|format| *format != Format::Text) {
        let text = format.render(&report, Lang::Ja);
        assert!(text.contains(&digest.to_string()), "{format}");
        assert!(text.contains(&report.files[0].sha256.to_string()), "{format}");
    }
    let conformance = Options { profile: Profile::Conformance, ..Options::default() };
    let text = Format::Text.render(&judge(&bad_dates(1), &conformance), Lang::Ja);
    assert!(text.contains(&digest.to_string()) && text.contains("適合試験の判定: 不合格"));
}

/// A report in which every text that comes from others is `text`.
fn hostile(text: &str) -> Report {
    let mut report = judge(&bad_dates(2), &Options::default());
    let mut shown = Draft::file().showing(text).finish(Rule::UnrealDate, Severity::Error);
    shown.place = Place {
        file: Some(text.to_owned()),
        line: Some(1),
        item: Some(1),
        item_name: Some(text.to_owned()),
        ..Place::default()
    };
    shown.related = vec![shown.place.clone()];
    shown.message_ja = text.to_owned();
    shown.message_en = text.to_owned();
    report.findings.push(shown);
    report.files[0].name = text.to_owned();
    report.unfinished.push(text.to_owned());
    report.base = Some(text.to_owned());
    report
}

fn commas_and_lines(text: &str) -> Vec<Vec<String>> {
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let row = |row: csv::StringRecord| row.iter().map(str::to_owned).collect();
    reader.records().map(|record| row(record.expect("well-formed"))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// A text never becomes anything but text, in any format.
    #[test]
    fn texts_of_others_stay_texts(
        text in "(<script>|</td>|\"|'|&|\\]\\]>|::error::|%0A|\r|\n|=|,|-->|\u{202e}|\u{0}|\u{ffff}|[a-z<>あ\\PC]){0,12}"
    ) {
        // The same with nothing in it that means something to any format.
        let harmless: String =
            text.chars().map(|c| if c.is_alphanumeric() { c } else { 'x' }).collect();
        let (report, plain) = (hostile(&text), hostile(&harmless));

        for lang in [Lang::Ja, Lang::En] {
            let tags = |report: &Report| {
                let page = Format::Html.render(report, lang);
                (page.matches('<').count(), page.matches('>').count(), page.matches('"').count())
            };
            prop_assert_eq!(tags(&report), tags(&plain));

            let elements = |report: &Report| {
                let xml = Format::Junit.render(report, lang);
                let document = roxmltree::Document::parse(&xml).expect("well-formed");
                document.descendants().filter(roxmltree::Node::is_element).count()
            };
            prop_assert_eq!(elements(&report), elements(&plain));

            let rows = commas_and_lines(&Format::Csv.render(&report, lang));
            prop_assert_eq!(rows.len(), commas_and_lines(&Format::Csv.render(&plain, lang)).len());
            let formula = |cell: &String| cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
            prop_assert!(!rows.iter().flatten().any(formula));

            let commands = Format::Github.render(&report, lang);
            let plain_commands = Format::Github.render(&plain, lang);
            prop_assert_eq!(commands.lines().count(), plain_commands.lines().count());
            for line in commands.split('\n').filter(|line| !line.is_empty()) {
                let known = ["::error ", "::warning ", "::notice "];
                prop_assert!(known.iter().any(|command| line.starts_with(command)), "{}", line);
                prop_assert!(!line.contains('\r'));
            }
            let shown = Format::Text.render(&report, lang);
            let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            prop_assert!(!shown.chars().any(steers));
        }
        for format in [Format::Json, Format::Sarif] {
            let json = serde_json::from_str::<serde_json::Value>(&format.render(&report, Lang::Ja));
            prop_assert!(json.is_ok());
        }
        let lines = Format::Ndjson.render(&report, Lang::Ja);
        prop_assert_eq!(lines.lines().count(), report.findings.len() + 2);
        for line in lines.lines() {
            prop_assert!(serde_json::from_str::<serde_json::Value>(line).is_ok());
        }
    }
}

#[test]
fn formats_are_called_by_their_names() {
    for format in Format::ALL {
        assert_eq!(format.as_str().parse(), Ok(format));
    }
    assert_eq!("xml".parse::<Format>(), Err(ParseFormatError));
}
