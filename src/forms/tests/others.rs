//! 第6表, 第7表, 利用者基本情報, 介護予防サービス・支援計画書 and deletions.

use super::*;
use crate::spec::{Item, Layout};
use crate::types::{PreventionPaper, Slip};

use FileKind as Kind;
use KnownItem as I;

const NAME: &str = "1370000018_43_1370000026_11_20260326101500";

/// A file with some rows of a layout, `row` of them by place.
fn file(layout: &Layout, rows: &[Vec<String>]) -> (String, Vec<u8>) {
    let month = match layout.kind {
        Kind::Upplan
        | Kind::Upsikyu
        | Kind::Upjsk
        | Kind::Uphosoku
        | Kind::Dltplan
        | Kind::Dltjsk => "_202606",
        _ => "",
    };
    let mut text = String::new();
    for row in rows {
        let quoted: Vec<_> =
            row.iter().map(|value| format!("\"{}\"", value.replace('"', "\"\""))).collect();
        text.push_str(&quoted.join(","));
        text.push_str("\r\n");
    }
    let name = match layout.edition {
        Edition::V4_1 => NAME.to_owned(),
        Edition::V3 => NAME.replace("_43_", "_").replace("_11_", "_"),
    };
    (format!("{}{month}_{name}.CSV", layout.kind), ms932::encode(&text).expect("in MS932"))
}

/// A value that fits an item, and another one.
fn values(layout: &Layout, item: &Item) -> [String; 2] {
    let known = |known: I| item.name == known.name();
    let two = |one: &str, other: &str| [one.to_owned(), other.to_owned()];
    match item.format {
        _ if item.name == Layout::VERSION_ITEM => two(layout.edition.csv_version(), "202412"),
        _ if known(I::Insurer) => two("271001", "271002"),
        _ if known(I::ServiceDay) => two("20260603", "20260604"),
        _ if known(I::LevelChangedOn) => two("20260615", "20260616"),
        _ if known(I::PreviousLevel) => two("21", "22"),
        _ if known(I::RowOffice) => two("2770000029", "2770000037"),
        _ if known(I::FixedOffice) => two("9999999999", "1"),
        _ if known(I::FamilyPicture) => {
            let picture = |branch| format!("UPKIHON_IMAGE_{NAME}_{branch}.jpg");
            [picture("0001"), picture("0002")]
        }
        Format::Date => two("20260401", "20260402"),
        Format::DateOrZero => two("00000000", "20260401"),
        Format::Month | Format::MonthOrZero => two("202606", "202607"),
        Format::OfficeNumber => two("2770000029", "2770000037"),
        Format::InsuredNumber => two("0000800013", "0000800021"),
        Format::Integer => two("11", "12"),
        Format::ServiceCode => two("171003", "171004"),
        Format::ServiceType => two("11", "15"),
        Format::Code => {
            let codes = &item.codes.as_ref().expect("codes").codes;
            [codes[0].code.to_string(), codes[1].code.to_string()]
        }
        _ if item.name.contains("時刻") => two("0900", "1000"),
        _ => two("甲", "乙"),
    }
}

/// Files that are sent together, each with its rows.
type Unit = Vec<(&'static Layout, Vec<Vec<String>>)>;

fn units(edition: Edition) -> Vec<Unit> {
    let kinds: &[&[Kind]] = &[
        &[Kind::Upplan, Kind::Upsikyu, Kind::Uphosoku],
        &[Kind::Upjsk],
        &[Kind::Upkihon, Kind::UpkihonSub1, Kind::UpkihonSub2],
        &[Kind::Upyobo, Kind::UpyoboSub],
        &[Kind::Dlt1kyo, Kind::Dltplan, Kind::Dltjsk, Kind::Dltkihon, Kind::Dltyobo],
    ];
    let rows = |layout: &Layout| {
        let row: Vec<_> = layout.items.iter().map(|item| values(layout, item)[0].clone()).collect();
        if layout.kind != Kind::Upsikyu {
            return vec![row];
        }
        let mut total = row.clone();
        for (item, value) in [(I::RowOffice, "9999999999"), (I::ServiceCode, "999999")] {
            total[layout.place(item)] = value.to_owned();
        }
        vec![row, total]
    };
    let unit = |kinds: &&[Kind]| {
        let layouts = kinds.iter().filter_map(|kind| spec().layout(edition, *kind));
        layouts.map(|layout| (layout, rows(layout))).collect::<Vec<_>>()
    };
    kinds.iter().map(unit).filter(|unit| !unit.is_empty()).collect()
}

fn files_of(unit: &[(&'static Layout, Vec<Vec<String>>)]) -> Files {
    unit.iter().map(|(layout, rows)| file(layout, rows)).collect()
}

/// Everything that is drawn and told.
fn everything(files: &Files) -> String {
    let options = chosen(FormChoices { printed_notes: PrintedNotes::All, ..FormChoices::USUAL });
    let drawing = draw(spec(), &sources(files), &options);
    page("", &drawing.users, &drawing.notes)
}

/// Another value of any item makes another page, unless no form ever shows the item.
#[test]
fn every_valid_value_is_seen() {
    let mut seen = 0;
    for edition in Edition::ALL {
        for unit in units(edition) {
            let picture = (format!("UPKIHON_IMAGE_{NAME}_0001.jpg"), b"\xFF\xD8\xFF\xE0".to_vec());
            let mut files = files_of(&unit);
            files.push(picture);
            let usual = everything(&files);
            for (at, (layout, rows)) in unit.iter().enumerate() {
                for (place, item) in layout.items.iter().enumerate() {
                    if NEVER_SHOWN.contains(&item.name.as_str()) {
                        continue;
                    }
                    for row in 0..rows.len() {
                        let mut rows = rows.clone();
                        let other = values(layout, item)
                            .into_iter()
                            .find(|value| *value != rows[row][place])
                            .expect("another value");
                        rows[row][place] = other;
                        let mut changed = files.clone();
                        changed[at] = file(layout, &rows);
                        let (kind, name) = (layout.kind, &item.name);
                        let same = everything(&changed) == usual;
                        assert!(!same, "{edition} {kind} {name} {row}");
                        seen += 1;
                    }
                }
            }
        }
    }
    assert!(seen > 400, "{seen}");
}

/// What is no valid value stands there too, with the other files of its unit and alone.
#[test]
fn no_odd_value_vanishes() {
    for edition in Edition::ALL {
        for unit in units(edition) {
            let mut marks = Vec::new();
            let mut files = Files::new();
            for (layout, rows) in &unit {
                let keys = [
                    I::Insurer,
                    I::Insured,
                    I::PlanDate,
                    I::ServiceMonth,
                    I::ConsultedOn,
                    I::PreventionPlanDate,
                ];
                let is_key = |at: usize| keys.iter().any(|key| layout.find(*key) == Some(at));
                let mut rows = rows.clone();
                for (row, values) in rows.iter_mut().enumerate() {
                    for (at, value) in values.iter_mut().enumerate() {
                        let is_code = row > 0 && layout.find(I::ServiceCode) == Some(at);
                        if at > 0 && !is_key(at) && !is_code {
                            *value = format!("値{}ノ{row}ノ{at}末", layout.kind as u8);
                            let name = layout.items[at].name.clone();
                            marks.push((layout.kind, name, value.clone()));
                        }
                    }
                }
                files.push(file(layout, &rows));
            }
            let all = everything(&files);
            let alone: Vec<String> =
                files.iter().map(|file| everything(&vec![file.clone()])).collect();
            for (kind, name, mark) in &marks {
                let listed = NEVER_SHOWN.contains(&name.as_str());
                assert_eq!(all.contains(mark), !listed, "{edition} {kind} {name} {mark}");
                let alone = alone.iter().any(|page| page.contains(mark));
                assert_eq!(alone, !listed, "{edition} {kind} {name} alone");
            }
        }
    }
}

/// The rows of the body of a table of 第6表: one pair of rows for each service.
fn grid(html: &str) -> Vec<Vec<String>> {
    let rows = html.split("<tbody class=\"fm-u-line\">").skip(1);
    rows.flat_map(|line| {
        let line = line.split_once("</tbody>").expect("its end").0;
        line.split("<tr>").skip(1).map(|row| {
            row.split("<td").skip(1).map(|cell| words(&format!("<td{cell}"))).collect::<Vec<_>>()
        })
    })
    .collect()
}

#[test]
fn a_month_is_drawn_with_its_plan_and_its_actual() {
    let files = [sample("usage-11"), sample("actual")].concat();
    let drawing = drawn(&files);
    let forms: Vec<_> = drawing.users[0].forms.iter().map(|form| form.form).collect();
    assert_eq!(forms, [Form::Usage, Form::UsageTable]);
    let usage = html(&drawing, Form::Usage);
    assert!(usage.contains("令和8年6月</bdi>分　サービス利用票（兼居宅サービス計画）"), "{usage}");
    assert!(usage.contains("居宅介護支援事業者→利用者"));
    for digits in ["271001", "0000800013"] {
        let boxes = digits.chars().map(|digit| format!("<span>{digit}</span>")).collect::<Vec<_>>();
        let boxes = boxes.concat();
        assert!(usage.contains(&boxes), "{digits}");
    }
    let rows = grid(usage);
    assert_eq!(rows.len(), 8, "four services, two rows each");
    // By time; what has none comes last.
    let first: Vec<_> = rows.iter().step_by(2).map(|row| row[0].as_str()).collect();
    assert_eq!(first, ["09:30 から16:30", "09:30 から16:30", "10:00 から11:00", ""]);
    let (plan, actual) = (&rows[4], &rows[5]);
    assert_eq!(plan[1], "訪問介護 (111211)");
    assert_eq!(plan.len(), 3 + 1 + 31 + 1);
    assert_eq!((plan[3].as_str(), actual[0].as_str()), ("予定", "実績"));
    assert_eq!((plan.last(), actual.last()), (Some(&"13".to_owned()), Some(&"12".to_owned())));
    // The 19th was planned and did not take place; June has no 31st.
    assert_eq!((plan[3 + 19].as_str(), actual[19].as_str()), ("1", ""));
    assert!(usage.contains("<td class=\"fm-past\"></td><td>"));
    assert_eq!(usage.matches("<em class=\"fm-ring\">日</em>").count(), 4);
    // Alone an actual is a サービス提供票, with nothing planned.
    let alone = drawn(&sample("actual"));
    let html = html(&alone, Form::Provision);
    let rows = grid(html);
    assert!(rows[0][4..].iter().all(String::is_empty), "{:?}", rows[0]);
    assert_eq!(rows[1].last().map(String::as_str), Some("12"));
    assert!(html.contains("居宅介護支援事業者→サービス事業者"));
}

#[test]
fn names_of_services_and_offices_come_from_where_they_are_known() {
    let services = Names::parse("111211,身体介護２\n".as_bytes()).expect("a list");
    let insurers = Names::parse("271001,例示市\n".as_bytes()).expect("a list");
    let options = Options {
        services: Some(&services),
        insurers: Some(&insurers),
        choices: FormChoices { slip: Slip::ForProvider, ..FormChoices::USUAL },
        ..Options::default()
    };
    let files = [sample("usage-11"), sample("care-plan")].concat();
    let drawing = draw(spec(), &sources(&files), &options);
    let usage = html(&drawing, Form::Provision);
    assert!(usage.contains("身体介護２") && !usage.contains("(111211)"));
    assert!(usage.contains("サービスコード（身体介護２）＝<bdi>111211"), "the code is told");
    assert!(usage.contains("例示市"));
    // 第1表 of the same set has the name of the care manager.
    assert!(usage.contains("（2770000011）"), "{usage}");
    let table = html(&drawing, Form::ProvisionTable);
    assert!(table.contains("サービス提供票別表") && table.contains("身体介護２"));
}

fn usage_rows(days: &[&str]) -> (String, Vec<u8>) {
    let layout = spec().layout(Edition::V4_1, Kind::Upplan).expect("a layout");
    let rows: Vec<Vec<String>> = days
        .iter()
        .map(|day| {
            let mut row: Vec<_> =
                layout.items.iter().map(|item| values(layout, item)[0].clone()).collect();
            for (item, value) in [
                (I::ServiceDay, *day),
                (I::ServiceCount, "2"),
                (I::ServiceCode, "111211"),
                (I::StartTime, "0900"),
                (I::EndTime, "9999"),
            ] {
                row[layout.place(item)] = value.to_owned();
            }
            row
        })
        .collect();
    file(layout, &rows)
}

#[test]
fn days_are_added_up_and_others_are_told() {
    let drawing = drawn(&vec![usage_rows(&["20260603", "20260603", "20260701", "20260631"])]);
    let usage = html(&drawing, Form::Usage);
    let rows = grid(usage);
    assert_eq!((rows[0][3 + 3].as_str(), rows[0].last().expect("cells").as_str()), ("4", "4"));
    for day in ["20260701", "20260631"] {
        assert!(usage.contains(&format!("サービス利用日「{day}」")), "{day}");
    }
    // The end of 9999 is no time.
    assert!(rows[0][0].ends_with("から"), "{}", rows[0][0]);
}

#[test]
fn a_newer_actual_takes_the_place_of_an_older_one() {
    let actual = sample("actual");
    let later: Files = actual
        .iter()
        .map(|(name, bytes)| (name.replace("20260702090000", "20260703090000"), bytes.clone()))
        .collect();
    let files = [sample("usage-11"), actual, later].concat();
    let drawing = drawn(&files);
    let forms: Vec<_> = drawing.users[0].forms.iter().map(|form| form.form).collect();
    assert_eq!(forms, [Form::Usage, Form::UsageTable, Form::Provision]);
    assert_eq!(grid(html(&drawing, Form::Usage))[5].last().map(String::as_str), Some("12"));
    assert!(html(&drawing, Form::Provision).contains("新しい実績があるため"));
}

#[test]
fn sums_are_drawn_as_given_and_told_where_they_differ() {
    let right = drawn(&sample("usage-11"));
    let table = html(&right, Form::UsageTable);
    assert!(!table.contains("行を足すと"), "{table}");
    for text in ["(4,085)", "通所介護合計", "102,235", "11.12", "27,048", "歩行器"] {
        assert!(table.contains(text), "{text}");
    }
    // The codes of 全合計 and the zeros that fill its place are not printed.
    assert!(!table.contains(">999999<") && !table.contains("9999999999"));
    let total = table.split("fm-s-total").nth(1).expect("a total");
    assert!(total.split_once("合計").expect("its word").0.contains("fm-struck"));

    let mut files = sample("usage-11");
    for (name, bytes) in &mut files {
        if name.starts_with("UPSIKYU") {
            let text = ms932::decode(bytes).expect("MS932");
            let text = text.replace(",102235,", ",102236,").replace(",4085,4085,", ",4086,4085,");
            *bytes = ms932::encode(&text).expect("MS932");
        }
    }
    let wrong = drawn(&files);
    let table = html(&wrong, Form::UsageTable);
    assert!(table.contains("102,236") && table.contains("(4,086)"), "as given");
    let told: Vec<_> = form(&wrong, Form::UsageTable)
        .notes
        .iter()
        .filter(|note| note.reveal().contains("行を足すと"))
        .collect();
    assert_eq!(told.len(), 3, "the subtotal, and two columns of the total");
}

#[test]
fn rows_that_were_torn_apart_stand_together() {
    let mut files = sample("usage-11");
    for (name, bytes) in &mut files {
        if name.starts_with("UPSIKYU") {
            let text = ms932::decode(bytes).expect("MS932");
            let mut lines: Vec<_> = text.lines().collect();
            // The subtotal of 通所介護 comes first, 全合計 before the last service.
            let subtotal = lines.remove(3);
            lines.insert(0, subtotal);
            lines.swap(4, 5);
            *bytes = ms932::encode(&(lines.join("\r\n") + "\r\n")).expect("MS932");
        }
    }
    let drawing = drawn(&files);
    let table = html(&drawing, Form::UsageTable);
    let place = |text: &str| table.find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(place("(155301)") < place("通所介護合計"));
    assert!(place("(171003)") < place("fm-s-total"));
}

#[test]
fn v3_is_drawn_too() {
    let drawing = drawn(&sample("v3-usage"));
    let forms: Vec<_> = drawing.users[0].forms.iter().map(|form| form.form).collect();
    assert_eq!(forms, [Form::Usage, Form::UsageTable]);
    let table = html(&drawing, Form::UsageTable);
    assert!(table.contains("11.12") && table.contains("55,944"), "{table}");
    assert_eq!(grid(html(&drawing, Form::Usage))[0].last().map(String::as_str), Some("13"));
}

#[test]
fn basics_have_their_picture() {
    let files = sample("basic-info");
    let drawing = drawn(&files);
    let basics = html(&drawing, Form::Basics);
    assert!(basics.contains("src=\"data:image/jpeg;base64,/9j/"), "inside the page");
    assert!(basics.contains("明</span>") && basics.contains("<em class=\"fm-c fm-on\">昭</em>"));
    assert!(basics.contains("（ 80 ）歳"), "full years on 相談日");
    let text = words(basics);
    assert!(text.contains("身障（）、療育（）"), "nothing holds: {text}");
    for kept in ["散歩, 体操", "☆架空内科", "令和2年4月", "次男が月に数回訪ねる"]
    {
        assert!(text.contains(kept), "{kept}");
    }
    let without: Files = files.into_iter().filter(|(name, _)| !name.ends_with("jpg")).collect();
    let drawing = drawn(&without);
    let basics = html(&drawing, Form::Basics);
    assert!(!basics.contains("<img") && basics.contains("がありません"), "{basics}");
}

#[test]
fn a_prevention_plan_merges_what_rows_repeat() {
    let files = sample("prevention-plan");
    let drawing = drawn(&files);
    let plan = html(&drawing, Form::Prevention);
    assert!(plan.contains("fm-a3"));
    assert_eq!(plan.matches("膝の痛みで外出が減っている").count(), 1);
    assert!(plan.contains("<td rowspan=\"2\">") && plan.contains("合唱の会"));
    let circled: Vec<_> = plan
        .split("<span class=\"fm-c fm-on\">")
        .skip(1)
        .map(|rest| words(rest.split_once("</span>").expect("its end").0))
        .collect();
    assert_eq!(circled, ["2／5", "1／2"], "programs that are needed");
    assert!(!plan.contains("支援計画ＮＯ"), "numbers that only count are not told");
    assert!(!plan.contains("fm-y-long"), "both tables end together");
    let options =
        chosen(FormChoices { prevention_paper: PreventionPaper::TwoA4, ..FormChoices::USUAL });
    let two = draw(spec(), &sources(&files), &options);
    let plan = html(&two, Form::Prevention);
    assert!(plan.contains("fm-land") && plan.contains("fm-next"));
    assert_eq!(plan.matches("膝の痛みで外出が減っている").count(), 1);
}

#[test]
fn what_is_withdrawn_is_listed() {
    let files = [sample("delete-actual"), sample("delete-usage"), sample("usage-11")].concat();
    let drawing = drawn(&files);
    let list = words(html(&drawing, Form::Deletion));
    for text in [
        "サービスの実績",
        "令和8年6月分",
        "2770000029 訪問介護 (11)",
        "2026-07-03 10:00",
        "サービス利用票・別表",
        "架空　花枝",
    ] {
        assert!(list.contains(text), "{text} in {list}");
    }
}

#[test]
fn what_changed_in_a_month_is_marked() {
    let before = [sample("usage-11"), sample("actual")].concat();
    let same = changed(&before, &before);
    assert!(same.users[0].forms.iter().all(|form| form.changes.is_empty()));
    let mut after = before.clone();
    for (name, bytes) in &mut after {
        let text = ms932::decode(bytes).expect("MS932");
        let text = match name.split('_').next() {
            Some("UPPLAN") => text.replace(",20260619,,1000,", ",20260620,,1000,"),
            Some("UPSIKYU") => text.replace(",2250,,250,", ",2251,,249,"),
            _ => text,
        };
        *bytes = ms932::encode(&text).expect("MS932");
    }
    let drawing = changed(&before, &after);
    let labels = |wanted| {
        let changes = &form(&drawing, wanted).changes;
        changes.iter().map(|change| change.label.reveal().clone()).collect::<Vec<_>>()
    };
    assert_eq!(labels(Form::Usage), ["訪問介護 (111211) 予定 19日", "訪問介護 (111211) 予定 20日"]);
    assert_eq!(labels(Form::UsageTable).len(), 2, "{:?}", labels(Form::UsageTable));
    assert!(!format!("{drawing:?}").contains("訪問介護"), "what rows say is masked");
    // A service that is gone is struck, and so is a form.
    let gone = changed(&before, &sample("care-plan"));
    assert!(html(&gone, Form::Usage).contains("<del>13</del>"));
}

#[test]
fn hostile_values_stay_text_on_every_form() {
    let hostile = "<script>alert(1)</script>\"'&\u{1}";
    for unit in units(Edition::V4_1) {
        let mut files = Files::new();
        for (layout, rows) in unit {
            let keys = [I::Insurer, I::Insured, I::PlanDate, I::ServiceMonth, I::ConsultedOn];
            let mut rows = rows.clone();
            for row in &mut rows {
                for (at, value) in row.iter_mut().enumerate().skip(1) {
                    if !keys.iter().any(|key| layout.find(*key) == Some(at)) {
                        *value = format!("{hostile}{}", "長".repeat(10_000));
                    }
                }
            }
            files.push(file(layout, &rows));
        }
        let page = everything(&files);
        assert!(!page.contains("<script") && !page.contains("style=\""));
        assert!(page.contains("&#60;script&#62;") || page.len() < 20_000);
    }
}

/// As much as fits into the limits, about one person and one month.
#[test]
fn a_hostile_month_is_drawn_too() {
    let many = vec!["20260603"; 50_000];
    let files = vec![usage_rows(&many)];
    let drawing = drawn(&files);
    assert_eq!(grid(html(&drawing, Form::Usage))[0][3 + 3], "100000");
    let twice = changed(&files, &files);
    assert!(twice.users[0].forms.iter().all(|form| form.changes.is_empty()));
}

/// Units of many partners and days: what looks through all of them for each would not come to an end.
#[test]
fn so_many_forms_are_drawn_and_others_are_told() {
    let layout = spec().layout(Edition::V4_1, Kind::Up3kyo).expect("a layout");
    let rows: Vec<Vec<String>> = (0..50_000)
        .map(|number| {
            let mut row = vec![String::new(); layout.items.len()];
            row[0] = "202407".to_owned();
            let day = format!("2026{number:05}");
            for (item, value) in
                [(I::Insurer, "271001"), (I::Insured, "0000800013"), (I::PlanDate, &day)]
            {
                row[layout.place(item)] = value.to_owned();
            }
            row
        })
        .collect();
    let drawing = drawn(&vec![file(layout, &rows)]);
    assert_eq!(drawing.users[0].forms.len(), 2_000);
    assert!(drawing.notes[0].reveal().contains("48000 様式を描いていません"));
    assert!(drawing.notes.len() < 200);
}

#[test]
fn units_of_one_moment_to_different_partners_stay_apart() {
    let (name, bytes) = usage_rows(&["20260603"]);
    let other = name.replace("_1370000026_", "_1370000034_");
    assert_ne!(name, other);
    let counts = |files: &Files| -> Vec<String> {
        let drawing = drawn(files);
        let forms = drawing.users[0].forms.iter();
        forms.map(|form| grid(form.html.reveal())[0][3 + 3].clone()).collect()
    };
    let files = vec![(name.clone(), bytes.clone()), (other, bytes.clone())];
    assert_eq!(counts(&files), ["2", "2"]);
    // One name twice is one file, and that is told.
    let twice = vec![(format!("a/{name}"), bytes.clone()), (format!("b/{name}"), bytes)];
    assert_eq!(counts(&twice), ["2"]);
    assert!(drawn(&twice).notes[0].reveal().contains("同じ名前"));
}

#[test]
fn what_only_the_older_version_has_does_not_vanish() {
    let layout = spec().layout(Edition::V4_1, Kind::Upkihon).expect("a layout");
    let row = |item: &Item, at: usize| values(layout, item)[at].clone();
    let one: Vec<String> = layout.items.iter().map(|item| row(item, 0)).collect();
    let mut two = one.clone();
    two[layout.place(I::InCharge)] = "担当丙".to_owned();
    let (before, after) = (vec![file(layout, &[one.clone(), two])], vec![file(layout, &[one])]);
    let drawing = changed(&before, &after);
    assert_eq!(drawing.users[0].forms.len(), 2);
    assert!(everything_of(&drawing).contains("<del>担当丙</del>"));

    // Nor does a row of it that is on no form.
    let supplement =
        sample("usage-11").into_iter().filter(|(name, _)| name.starts_with("UPHOSOKU"));
    let gone = changed(&supplement.collect(), &after);
    assert!(gone.notes.iter().any(|note| note.reveal().starts_with("前の版: ")));
}

fn everything_of(drawing: &Drawing) -> String {
    let forms = drawing.users.iter().flat_map(|user| &user.forms);
    forms.map(|form| form.html.reveal().as_str()).collect()
}

#[test]
fn a_level_that_changes_in_one_version_alone_is_marked_so() {
    let before = sample("usage-11");
    let mut after = before.clone();
    let layout = spec().layout(Edition::V4_1, Kind::Uphosoku).expect("a layout");
    let (_, bytes) =
        after.iter_mut().find(|(name, _)| name.starts_with("UPHOSOKU")).expect("there");
    let text = ms932::decode(bytes).expect("MS932");
    let mut items: Vec<String> = text.trim_end().split(',').map(str::to_owned).collect();
    assert_eq!(items.len(), layout.items.len());
    let level = items[layout.place(I::CareLevel)].clone();
    for (item, value) in
        [(I::PreviousLevel, level.as_str()), (I::CareLevel, "25"), (I::LevelChangedOn, "20260615")]
    {
        items[layout.place(item)] = value.to_owned();
    }
    assert_ne!(level, "25");
    *bytes = ms932::encode(&format!("{}\r\n", items.join(","))).expect("MS932");
    // Up to the 15th it is the level of before in both versions.
    for (files, new) in [(changed(&before, &after), "<ins>"), (changed(&after, &before), "<del>")] {
        let usage = form(&files, Form::Usage);
        let labels: Vec<_> = usage.changes.iter().map(|change| change.label.reveal()).collect();
        assert_eq!(
            labels.iter().filter(|label| label.contains("要介護状態区分")).count(),
            1,
            "{labels:?}"
        );
        assert!(usage.html.reveal().contains(&format!("{new}要介護５")), "{labels:?}");
    }
}
