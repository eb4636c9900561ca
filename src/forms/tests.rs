//! The forms of whole files.

mod others;

use crate::record::ms932;
use crate::rules::{self, SourceFile};
use crate::spec::{Format, KnownItem, Spec};
use crate::synth::{self, Content, Request};
use crate::types::{DayStart, Edition, FileKind, FormChoices, Honorific, PrintedNotes};

use super::row::NEVER_SHOWN;
use super::{Change, Drawing, DrawnForm, Form, Names, Options, compare, draw, page};

/// The forms of a 居宅サービス計画書.
const PLAN: [Form; 3] = [Form::First, Form::Second, Form::Third];

fn spec() -> &'static Spec {
    Spec::builtin().expect("consistent")
}

/// Files by their names.
type Files = Vec<(String, Vec<u8>)>;

fn sources(files: &Files) -> Vec<SourceFile<'_>> {
    files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect()
}

fn chosen(choices: FormChoices) -> Options<'static> {
    Options { choices, ..Options::default() }
}

fn drawn(files: &Files) -> Drawing {
    draw(spec(), &sources(files), &Options::default())
}

/// Records of one kind, in which only the named items have a value beside those of every record.
fn records(kind: FileKind, rows: &[&[(KnownItem, &str)]]) -> (String, Vec<u8>) {
    let layout = spec().layout(Edition::V4_1, kind).expect("a layout");
    let mut text = String::new();
    for row in rows {
        let mut items = vec![String::new(); layout.items.len()];
        let usual = [
            (KnownItem::Insurer, "131011"),
            (KnownItem::Insured, "0000900011"),
            (KnownItem::PlanDate, "20260325"),
        ];
        items[0] = "202407".to_owned();
        for (item, value) in usual.iter().chain(*row) {
            let place = layout.find(*item).expect("an item of the kind");
            items[place] = format!("\"{}\"", value.replace('"', "\"\""));
        }
        text.push_str(&items.join(","));
        text.push_str("\r\n");
    }
    let month = if kind == FileKind::Uphosoku { "_000000" } else { "" };
    let name = format!("{kind}{month}_1370000018_43_1370000026_11_20260326101500.CSV");
    (name, ms932::encode(&text).expect("in MS932"))
}

fn sample(name: &str) -> Files {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/samples").join(name);
    let mut files: Files = std::fs::read_dir(folder)
        .expect("a sample")
        .map(|entry| {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().expect("text");
            (name, std::fs::read(entry.path()).expect("readable"))
        })
        .collect();
    files.sort();
    files
}

fn form(drawing: &Drawing, form: Form) -> &DrawnForm {
    let mut forms = drawing.users.iter().flat_map(|user| &user.forms);
    forms.find(|drawn| drawn.form == form).expect("the form")
}

fn html(drawing: &Drawing, wanted: Form) -> &str {
    form(drawing, wanted).html.reveal()
}

/// The cells of the rows of a table: how many rows each spans, and its text without markup.
fn table(html: &str) -> Vec<Vec<(usize, String)>> {
    let body = html.split_once("</thead>").expect("a table").1;
    let body = body.split_once("</table>").expect("its end").0;
    let rows = body.split("<tr>").skip(1);
    rows.map(|row| {
        let cells = row.split("<td").skip(1).map(|cell| {
            let (attributes, rest) = cell.split_once('>').expect("a cell");
            let inside = rest.split_once("</td>").expect("its end").0;
            let span = attributes.split_once("rowspan=\"").map_or(1, |(_, rest)| {
                rest.split_once('"').expect("a value").0.parse().expect("a number")
            });
            (span, words(inside))
        });
        cells.collect()
    })
    .collect()
}

/// The text of HTML.
fn words(html: &str) -> String {
    let mut text = String::new();
    let mut tag = false;
    for character in html.chars() {
        match character {
            '<' => tag = true,
            '>' => tag = false,
            _ if !tag => text.push(character),
            _ => {}
        }
    }
    text
}

#[test]
fn a_plan_is_drawn_as_its_files_say() {
    let drawing = drawn(&sample("care-plan"));
    assert!(drawing.notes.is_empty(), "{}", drawing.notes.len());
    let [user] = drawing.users.as_slice() else { panic!("{}", drawing.users.len()) };
    assert_eq!((user.insurer.as_str(), user.name.reveal().as_str()), ("271001", "架空　花枝"));
    let order: Vec<Form> = user.forms.iter().map(|form| form.form).collect();
    assert_eq!(order, PLAN);
    let first = html(&drawing, Form::First);
    for shown in [
        "作成年月日　<bdi class=\"fm-v\">令和8年5月20日</bdi>",
        "利用者名　<bdi class=\"fm-v\">架空　花枝</bdi>　殿",
        "<bdi class=\"fm-v\">昭和16年12月3日</bdi>",
        "〒<bdi class=\"fm-v\">540-9999</bdi>",
        "<em class=\"fm-c fm-on\">継続</em>",
        "<span class=\"fm-c\">初回</span>",
        "<em class=\"fm-c fm-on\">認定済</em>",
        "<em class=\"fm-c fm-on\">要介護３</em>",
        "<em class=\"fm-c fm-on\">１．一人暮らし</em>",
        "本人：庭の手入れを続けたい。\n家族：転ばないか心配, 入浴も手伝ってほしい。",
        "利用者氏名フリガナ＝<bdi>ｶｸｳ ﾊﾅｴ</bdi>",
        "利用者性別＝<bdi>女性</bdi>",
    ] {
        assert!(first.contains(shown), "{shown} in {first}");
    }
    // What both files say stands once, and zeros say nothing.
    assert!(!first.contains("利用者補足情報の認定日"), "{first}");
    assert!(!first.contains("利用者補足情報の利用者住所"), "{first}");
    assert!(!first.contains("対象年月"), "{first}");
    let third = html(&drawing, Form::Third);
    assert_eq!(third.matches("<rect class=\"fm-block").count(), 5);
    assert!(third.contains("福祉用具貸与（歩行器）"));
    assert!(words(third).contains("21:30 就寝"), "a point in time");
}

#[test]
fn one_text_stands_over_the_rows_that_repeat_it() {
    let drawing = drawn(&sample("care-plan"));
    let rows = table(html(&drawing, Form::Second));
    let spans: Vec<Vec<usize>> =
        rows.iter().map(|row| row.iter().map(|(span, _)| *span).collect()).collect();
    assert_eq!(spans[0], [2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1]);
    assert_eq!(spans[1], [1; 6]);
    assert_eq!(spans[2], [1; 11]);
    let texts: Vec<&str> = rows[0].iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(
        texts[..3],
        ["庭に出て花の世話をしたい", "屋外を安全に歩ける", "2026/6/1～2026/11/30"]
    );
    assert_eq!(texts[6], "○");
    assert_eq!(rows[2][8].1, "架空デイサービス&#34;あおば&#34;");
}

#[test]
fn rows_stand_by_their_numbers_and_short_goals_under_their_long_one() {
    use KnownItem::{
        GoalNumber, HelpNumber, Issue, IssueNumber, LongGoal, ServiceContent, ShortGoal,
    };
    let rows: [&[(KnownItem, &str)]; 5] = [
        &[
            (IssueNumber, "2"),
            (Issue, "後"),
            (GoalNumber, "1"),
            (HelpNumber, "1"),
            (ServiceContent, "う"),
        ],
        &[
            (IssueNumber, "1"),
            (Issue, "先"),
            (GoalNumber, "2"),
            (ShortGoal, "短2"),
            (HelpNumber, "1"),
            (ServiceContent, "い"),
        ],
        &[
            (IssueNumber, "1"),
            (GoalNumber, "1"),
            (LongGoal, "長"),
            (ShortGoal, "短1"),
            (HelpNumber, "1"),
            (ServiceContent, "あ"),
        ],
        &[
            (IssueNumber, "1"),
            (GoalNumber, "10"),
            (LongGoal, "長"),
            (HelpNumber, "1"),
            (ServiceContent, "え"),
        ],
        &[(IssueNumber, "x"), (Issue, "番号なし"), (ServiceContent, "お")],
    ];
    let drawing = drawn(&vec![records(FileKind::Up2kyo, &rows)]);
    let table = table(html(&drawing, Form::Second));
    let cell = |span: usize, text: &str| (span, text.to_owned());
    assert_eq!(table[0][..4], [cell(3, "先"), cell(2, "長"), cell(2, ""), cell(1, "短1")]);
    assert_eq!(table[1][0], cell(1, "短2"), "under the same long-term goal");
    assert_eq!(table[2][0], cell(1, "長"), "another one begins where it says so");
    let contents: Vec<&str> = table.iter().map(|row| row[row.len() - 6].1.as_str()).collect();
    assert_eq!(contents, ["あ", "い", "え", "う", "お"]);
    let notes = &form(&drawing, Form::Second).notes;
    assert!(notes.iter().any(|note| note.reveal() == "課題ＮＯ＝x"), "what orders nothing is told");
}

#[test]
fn different_texts_are_not_merged() {
    use KnownItem::{GoalNumber, HelpNumber, Issue, IssueNumber, ShortGoal};
    let rows: [&[(KnownItem, &str)]; 3] = [
        &[
            (IssueNumber, "1"),
            (Issue, "ア"),
            (GoalNumber, "1"),
            (ShortGoal, "短"),
            (HelpNumber, "1"),
        ],
        &[
            (IssueNumber, "1"),
            (Issue, "ア"),
            (GoalNumber, "1"),
            (ShortGoal, "違"),
            (HelpNumber, "2"),
        ],
        &[(IssueNumber, "1"), (Issue, "イ"), (GoalNumber, "1"), (HelpNumber, "3")],
    ];
    let drawing = drawn(&vec![records(FileKind::Up2kyo, &rows)]);
    let table = table(html(&drawing, Form::Second));
    assert_eq!(table[0][0], (2, "ア".to_owned()));
    assert_eq!(table[2][0], (1, "イ".to_owned()));
    assert_eq!(table[0][3], (1, "短".to_owned()));
    assert_eq!(table[1][0], (2, "違".to_owned()));
    let notes = form(&drawing, Form::Second).notes.iter();
    let told = notes.filter(|note| note.reveal().contains("まとめずに描いています"));
    assert_eq!(told.count(), 2);
}

#[test]
fn a_long_table_is_cut_between_goals_and_its_texts_begin_again() {
    use KnownItem::{GoalNumber, HelpNumber, Issue, IssueNumber, ServiceContent, ShortGoal};
    let numbers: Vec<String> = (1..=60).map(|number| number.to_string()).collect();
    let rows: Vec<Vec<(KnownItem, &str)>> = (0..60)
        .map(|at| {
            vec![
                (IssueNumber, "1"),
                (Issue, "課題の文"),
                (GoalNumber, numbers[at / 5].as_str()),
                (ShortGoal, "目標の文"),
                (HelpNumber, numbers[at].as_str()),
                (ServiceContent, "内容"),
            ]
        })
        .collect();
    let rows: Vec<&[(KnownItem, &str)]> = rows.iter().map(Vec::as_slice).collect();
    let drawing = drawn(&vec![records(FileKind::Up2kyo, &rows)]);
    let html = html(&drawing, Form::Second);
    let pages = html.matches("<tbody class=\"fm-new-page\">").count();
    assert_eq!(pages, 2);
    assert_eq!(html.matches("課題の文</bdi>（続き）").count(), pages);
    assert!(!html.contains("目標の文</bdi>（続き）"), "no goal is cut");
    let spans: usize = table(html).iter().filter(|row| row.len() == 11).map(|row| row[0].0).sum();
    assert_eq!(spans, 60, "every row is under the need");
    let before = vec![records(FileKind::Up2kyo, &rows)];
    let gone = changed(&before, &vec![records(FileKind::Up1kyo, &[&[]])]);
    let html = self::html(&gone, Form::Second);
    assert_eq!(html.matches("<del>課題の文</del></bdi>（続き）").count(), pages);
}

fn week(rows: &[[&str; 4]], options: &Options<'_>) -> String {
    use KnownItem::{Weekday, WeeklyEnd, WeeklyService, WeeklyStart};
    let rows: Vec<[(KnownItem, &str); 4]> = rows
        .iter()
        .map(|[day, start, end, text]| {
            [(Weekday, *day), (WeeklyStart, *start), (WeeklyEnd, *end), (WeeklyService, *text)]
        })
        .collect();
    let rows: Vec<&[(KnownItem, &str)]> = rows.iter().map(<[_; 4]>::as_slice).collect();
    let files = vec![records(FileKind::Up3kyo, &rows)];
    let drawing = draw(spec(), &sources(&files), options);
    html(&drawing, Form::Third).to_owned()
}

#[test]
fn boxes_of_the_week_lie_where_their_times_are() {
    let html = week(
        &[
            ["1", "0900", "1000", "訪問介護"],
            ["1", "0930", "1030", "訪問看護"],
            ["7", "2300", "0100", "夜間"],
            ["3", "", "1000", "時刻なし"],
            ["9", "0900", "1000", "曜日違い"],
            ["2", "1300", "1330", "三十分に収まらないとても長い名前の内容"],
        ],
        &Options::default(),
    );
    for place in [
        "x=\"21.2mm\" y=\"61.0mm\" width=\"13.8mm\" height=\"6.0mm\"",
        "x=\"35.4mm\" y=\"64.0mm\" width=\"13.8mm\" height=\"6.0mm\"",
        // Sunday 23:00, and Monday up to 1:00.
        "x=\"192.2mm\" y=\"145.0mm\" width=\"28.1mm\" height=\"6.0mm\"",
        "x=\"21.2mm\" y=\"7.0mm\" width=\"28.1mm\" height=\"6.0mm\"",
    ] {
        assert!(html.contains(&format!("<foreignObject {place}>")), "{place} in {html}");
    }
    let text = words(&html);
    for told in [
        "水曜日 ～10:00　時刻なし",
        "曜日「9」 9:00～10:00　曜日違い",
        "(1) 月曜日 9:00～10:00　訪問介護",
        "(2) 月曜日 9:30～10:30　訪問看護",
        "(3) 火曜日 13:00～13:30　三十分に収まらないとても長い名前の内容",
        "日曜日 23:00～1:00 は翌日にまたがる",
    ] {
        assert!(text.contains(told), "{told} in {text}");
    }
    let at_four = chosen(FormChoices { day_start: DayStart::Four, ..FormChoices::USUAL });
    let html = week(&[["1", "0100", "0200", "夜間"]], &at_four);
    assert!(html.contains("x=\"192.2mm\" y=\"133.0mm\""), "the night before Monday: {html}");
}

#[test]
fn nothing_in_a_value_is_markup_and_nothing_is_inline() {
    let hostile = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>&{{7*7}}\u{1}";
    let mut files = Files::new();
    for kind in [FileKind::Up1kyo, FileKind::Up2kyo, FileKind::Up3kyo, FileKind::Uphosoku] {
        let layout = spec().layout(Edition::V4_1, kind).expect("a layout");
        let keys = [KnownItem::Insurer, KnownItem::Insured, KnownItem::PlanDate]
            .map(|item| layout.place(item));
        let row: Vec<String> = (0..layout.items.len())
            .map(|place| match place {
                0 => "202407".to_owned(),
                place if layout.find(KnownItem::ServiceMonth) == Some(place) => "000000".to_owned(),
                place if keys.first() == Some(&place) => {
                    format!("\"{}\"", hostile.replace('"', "\"\""))
                }
                place if keys.get(1) == Some(&place) => {
                    format!("\"{}\"", hostile.replace('"', "\"\""))
                }
                place if keys.get(2) == Some(&place) => "20260325".to_owned(),
                _ => format!("\"{}\"", hostile.replace('"', "\"\"")),
            })
            .collect();
        let (name, _) = records(kind, &[]);
        files.push((name, ms932::encode(&(row.join(",") + "\r\n")).expect("in MS932")));
    }
    let drawing = drawn(&files);
    assert_eq!(drawing.users[0].forms.len(), 3);
    let page = page("題<", &drawing.users, &drawing.notes);
    for bad in
        ["<script", "<img", "onerror=alert(1)>&{", "\u{1}", " style=", "href=", "<title>題<<"]
    {
        assert!(!page.contains(bad), "{bad}");
    }
    assert!(page.contains("&#60;script&#62;alert(1)&#60;/script&#62;"));
    assert!(page.contains("&#60;U+0001&#62;"));
}

#[test]
fn values_that_turn_text_are_seen_and_kept_apart() {
    // MS932 has no such characters; a list of names may.
    let names = Names::parse("131011,\u{202E}市役所".as_bytes()).expect("a list");
    let options = Options { insurers: Some(&names), ..Options::default() };
    let files = sample("care-plan");
    let files: Files = files
        .into_iter()
        .map(|(name, bytes)| {
            let text = ms932::decode(&bytes).expect("MS932").replace("271001", "131011");
            (name, ms932::encode(&text).expect("MS932"))
        })
        .collect();
    let drawing = draw(spec(), &sources(&files), &options);
    let first = html(&drawing, Form::First);
    assert!(first.contains("&#60;U+202E&#62;市役所"), "{first}");
    assert!(!first.contains('\u{202E}'));
}

/// What stands in a file, stands on a form, but for what [`NEVER_SHOWN`] lists.
#[test]
fn no_item_vanishes() {
    for edition in Edition::ALL {
        let kinds = [FileKind::Up1kyo, FileKind::Up2kyo, FileKind::Up3kyo, FileKind::Uphosoku];
        let layouts: Vec<_> =
            kinds.iter().filter_map(|kind| spec().layout(edition, *kind)).collect();
        let mut files = Files::new();
        let mut marks: Vec<(FileKind, String, String)> = Vec::new();
        for layout in &layouts {
            let keys = [KnownItem::Insurer, KnownItem::Insured, KnownItem::PlanDate];
            let place = |item| layout.find(item);
            let row: Vec<String> = layout
                .items
                .iter()
                .enumerate()
                .map(|(at, item)| match at {
                    0 => edition.csv_version().to_owned(),
                    at if place(keys[0]) == Some(at) => "131011".to_owned(),
                    at if place(keys[1]) == Some(at) => "0000900011".to_owned(),
                    at if place(keys[2]) == Some(at) => "20260325".to_owned(),
                    at if place(KnownItem::ServiceMonth) == Some(at) => "000000".to_owned(),
                    at => {
                        let mark = format!("値{}ノ{at}末", layout.kind as u8);
                        marks.push((layout.kind, item.name.clone(), mark.clone()));
                        mark
                    }
                })
                .collect();
            let (name, _) = records(FileKind::Dlt1kyo, &[]);
            let month = if layout.kind == FileKind::Uphosoku { "_000000" } else { "" };
            let name = name.replace("DLT1KYO", &format!("{}{month}", layout.kind));
            files.push((name, ms932::encode(&(row.join(",") + "\r\n")).expect("in MS932")));
        }
        assert!(marks.len() > 80, "{}", marks.len());
        let options =
            chosen(FormChoices { printed_notes: PrintedNotes::All, ..FormChoices::USUAL });
        let all = draw(spec(), &sources(&files), &options);
        let html = page("", &all.users, &all.notes);
        for (kind, name, mark) in &marks {
            let listed = NEVER_SHOWN.contains(&name.as_str());
            assert_eq!(html.contains(mark.as_str()), !listed, "{edition} {kind} {name}");
        }
        // Keys are seen too: at the top of every sheet, and as the date of the plan.
        assert!(html.contains("131011") && html.contains("0000900011"));
        assert!(html.contains("令和8年3月25日"));
        // Without the other files, and file by file, nothing vanishes either.
        for (at, (file, layout)) in files.iter().zip(&layouts).enumerate() {
            let alone = vec![file.clone()];
            let drawing = draw(spec(), &sources(&alone), &options);
            let html = page("", &drawing.users, &drawing.notes);
            for (kind, name, mark) in marks.iter().filter(|(kind, ..)| *kind == layout.kind) {
                let listed = NEVER_SHOWN.contains(&name.as_str());
                assert_eq!(
                    html.contains(mark.as_str()),
                    !listed,
                    "{at} {edition} {kind} {name} alone"
                );
            }
        }
    }
    let unused: Vec<_> = spec()
        .layouts()
        .flat_map(|layout| layout.items.iter())
        .filter(|item| item.format == Format::Unused)
        .map(|item| item.name.as_str())
        .collect();
    assert!(unused.iter().all(|name| NEVER_SHOWN.contains(name)), "{unused:?}");
}

#[test]
fn what_cannot_be_read_is_told() {
    let (name, mut bytes) = records(FileKind::Up1kyo, &[&[], &[]]);
    bytes.extend_from_slice(b"202407,131011,0000900012,short\r\n202407,\"open");
    let files = vec![(name, bytes), ("memo.csv".to_owned(), b"a,b\r\n".to_vec())];
    let drawing = drawn(&files);
    assert_eq!(drawing.users[0].forms.len(), 2, "two records of one plan are two forms");
    let notes: Vec<_> = drawing.notes.iter().map(|note| note.reveal().as_str()).collect();
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(notes[0].contains("3 行目") && notes[0].contains("0000900012,short"), "{notes:?}");
    assert!(notes[1].contains("引用符"), "{notes:?}");
    assert!(notes[2].contains("memo.csv"), "{notes:?}");
}

#[test]
fn findings_are_marked_in_their_cells_and_listed() {
    let mut files = sample("care-plan");
    for (name, bytes) in &mut files {
        if name.starts_with("UP1KYO") {
            let text = ms932::decode(bytes).expect("MS932");
            let text = text.replace(",20260401,20260401,", ",20260231,20260401,");
            *bytes = ms932::encode(&text).expect("MS932");
        }
    }
    let report = rules::check(spec(), &sources(&files), &rules::Options::default());
    assert!(report.has_errors());
    let options = Options { findings: &report.findings, ..Options::default() };
    let drawing = draw(spec(), &sources(&files), &options);
    let first = html(&drawing, Form::First);
    let marked = "<bdi class=\"fm-v fm-bad\">20260231</bdi><sup class=\"fm-mark\">▲1</sup>";
    assert!(first.contains(marked), "{first}");
    assert!(first.contains("<b>▲1</b> エラー L2-FMT-003【認定日】"), "{first}");
    let total: usize = drawing.users[0].forms.iter().map(|form| form.findings).sum();
    let placed = report.findings.iter().filter(|finding| finding.place.record.is_some()).count();
    assert!(total >= placed, "{total} of {placed}");
}

#[test]
fn settings_are_followed() {
    let files = sample("care-plan");
    let with = |options: &Options<'_>| {
        html(&draw(spec(), &sources(&files), options), Form::First).to_owned()
    };
    let sama = with(&chosen(FormChoices { honorific: Honorific::Sama, ..FormChoices::USUAL }));
    assert!(sama.contains("架空　花枝</bdi>　様"), "{sama}");
    let usual = with(&Options::default());
    assert!(usual.contains("<li class=\"fm-screen\">介護支援事業者コード"), "{usual}");
    let all = with(&chosen(FormChoices { printed_notes: PrintedNotes::All, ..FormChoices::USUAL }));
    assert!(!all.contains("fm-screen"), "{all}");
}

fn changed(before: &Files, after: &Files) -> Drawing {
    compare(spec(), &sources(before), &sources(after), &Options::default())
}

#[test]
fn the_same_set_has_no_changes() {
    for name in ["care-plan", "usage-11"] {
        let files = sample(name);
        let drawing = changed(&files, &files);
        for form in drawing.users.iter().flat_map(|user| &user.forms) {
            assert!(form.changes.is_empty(), "{:?}", form.changes.len());
            assert!(!form.html.reveal().contains("<del>") && !form.html.reveal().contains("<ins>"));
        }
    }
}

#[test]
fn a_need_that_was_put_before_others_is_the_only_change() {
    use KnownItem::{GoalNumber, HelpNumber, Issue, IssueNumber, ServiceContent};
    let row = |issue, number, help| {
        [
            (IssueNumber, number),
            (Issue, issue),
            (GoalNumber, "1"),
            (HelpNumber, "1"),
            (ServiceContent, help),
        ]
    };
    let (a, b) = (row("歩く", "1", "見守り"), row("食べる", "2", "調理"));
    let before = vec![records(FileKind::Up2kyo, &[&a, &b])];
    let (new, a, b) =
        (row("眠る", "1", "相談"), row("歩く", "2", "見守り"), row("食べる", "3", "配食"));
    let after = vec![records(FileKind::Up2kyo, &[&new, &a, &b])];
    let drawing = changed(&before, &after);
    let form = form(&drawing, Form::Second);
    let changes: Vec<_> = form
        .changes
        .iter()
        .map(|change| {
            let Change { label, before, after } = change;
            (
                label.reveal().as_str(),
                before.reveal().as_str(),
                after.reveal().as_str(),
                change.kind(),
            )
        })
        .collect();
    assert_eq!(
        changes,
        [
            ("課題1 課題", "", "眠る", "追加"),
            ("課題1 目標1 援助内容1 サービス内容", "", "相談", "追加"),
            ("課題3 目標1 援助内容1 サービス内容", "調理", "配食", "変更"),
        ]
    );
    assert!(form.html.reveal().contains("<del>調理</del><ins>配食</ins>"));
    let gone = changed(&after, &before);
    let table = table(html(&gone, Form::Second));
    assert_eq!(table.len(), 3, "what is gone is still seen, at the end");
    assert_eq!(table[2][0].1, "眠る");
}

#[test]
fn a_plan_of_another_day_is_the_next_version() {
    let before = sample("care-plan");
    let after: Files = before
        .iter()
        .map(|(name, bytes)| {
            let text = ms932::decode(bytes).expect("MS932");
            let text = text.replace("20260520", "20261120").replace(",1000,1100,", ",1000,1130,");
            (name.clone(), ms932::encode(&text.replace(",21,2,2026", ",11,2,2026")).expect("MS932"))
        })
        .collect();
    let drawing = changed(&before, &after);
    assert_eq!(drawing.users[0].forms.len(), 3, "no form stands twice");
    let first = html(&drawing, Form::First);
    assert!(first.contains("<del>令和8年5月20日</del><ins>令和8年11月20日</ins>"), "{first}");
    assert!(first.contains("<em class=\"fm-c fm-on\"><ins>初回</ins></em>"), "{first}");
    assert!(first.contains("<span class=\"fm-c fm-off\"><del>継続</del></span>"), "{first}");
    let third = form(&drawing, Form::Third);
    let moved =
        html(&drawing, Form::Third).matches("<del>10:00～11:00</del><ins>10:00～11:30</ins>");
    assert!(moved.count() >= 3);
    let times =
        third.changes.iter().filter(|change| change.label.reveal().ends_with("時間")).count();
    assert_eq!(
        times,
        3,
        "{:?}",
        third.changes.iter().map(|c| c.label.reveal()).collect::<Vec<_>>()
    );
}

fn made(people: u64, seed: u64) -> Files {
    let content = Content::Unit { id: "K1".to_owned(), people };
    let mut request = Request::usual(spec(), Edition::V4_1, content).expect("possible");
    request.seed = seed;
    let files = synth::files(spec(), &request).expect("possible");
    let bytes = |file: synth::SynthFile| {
        let name = file.name().to_string();
        (name, file.flat_map(|piece| piece.expect("in MS932")).collect())
    };
    files.into_iter().map(bytes).collect()
}

#[test]
fn everybody_has_every_form() {
    let files = made(30, 1);
    let drawing = drawn(&files);
    assert_eq!(drawing.users.len(), 30);
    assert!(drawing.notes.is_empty());
    for user in &drawing.users {
        assert_eq!(user.forms.iter().map(|form| form.form).collect::<Vec<_>>(), PLAN);
        assert!(!user.name.reveal().is_empty());
    }
    let mut keys: Vec<_> =
        drawing.users.iter().map(|user| (&user.insurer, user.insured.reveal())).collect();
    let order = keys.clone();
    keys.sort();
    assert_eq!(keys, order);
    assert!(!format!("{drawing:?}").contains(drawing.users[0].name.reveal().as_str()));
}

/// As much as fits into the limits, about one person, in one group, on one day: what is not linear
/// would not come to an end.
#[test]
fn a_hostile_size_is_drawn_too() {
    use KnownItem::{
        Activity, ActivityStart, IssueNumber, ServiceContent, Weekday, WeeklyEnd, WeeklyService,
        WeeklyStart,
    };
    let many = 50_000;
    let second: &[(KnownItem, &str)] = &[(IssueNumber, "1"), (ServiceContent, "内")];
    let third: &[(KnownItem, &str)] = &[
        (WeeklyService, "長い名前の訪問の内容です"),
        (Weekday, "1"),
        (WeeklyStart, "0900"),
        (WeeklyEnd, "0915"),
        (Activity, "起"),
        (ActivityStart, "0700"),
    ];
    let files = vec![
        records(FileKind::Up2kyo, &vec![second; many]),
        records(FileKind::Up3kyo, &vec![third; many]),
    ];
    let drawing = drawn(&files);
    let third = html(&drawing, Form::Third);
    assert_eq!(third.matches("<li><b>(").count(), many, "all are listed");
    let twice = changed(&files, &files);
    assert!(twice.users[0].forms.iter().all(|form| form.changes.is_empty()));
}
