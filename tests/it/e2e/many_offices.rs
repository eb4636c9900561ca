//! One node for several offices of a company.

use renkei::types::Digest;

use super::invariants;
use super::rogue::identity;
use super::units::{ACTUAL, USAGE, Unit, export, sample, withdrawal};
use crate::harness::{CARE, DAY, HELP, offices, quoted, until};

#[test]
fn a_node_serves_several_offices_with_one_tls_certificate() {
    let [mut care, mut company, day] = offices([CARE, HELP, DAY]);
    company.host(&day);
    // The certificate names one office; for the other the partner has registered it.
    let certificate = Digest::of(&identity(&company, "tls").chain()[0]);
    care.set_peer(DAY, "url", quoted(format!("https://127.0.0.1:{}", company.port)));
    care.set_peer(DAY, "tls_certificates", format!("[\"{certificate}\"]"));
    care.start();
    company.start();

    let (to_help, to_day) = (sample(USAGE, "20260520111500"), sample("usage-15", "20260520111501"));
    let from_help = sample(ACTUAL, "20260702090000");
    let from_day: Unit = withdrawal(HELP, 1)
        .into_iter()
        .map(|(name, bytes)| {
            let name = name.replace(&format!("{HELP}_11"), &format!("{DAY}_15"));
            let text = String::from_utf8(bytes).expect("ASCII");
            (name, text.replace(&format!("{HELP},11"), &format!("{DAY},15")).into_bytes())
        })
        .collect();
    export(&care, &to_help);
    export(&care, &to_day);
    export(&company, &from_help);
    export(&day, &from_day);
    until("both plans", || care.has_sent("HANDED_OVER", 2));
    until("both actuals", || company.has_sent("HANDED_OVER", 2));
    assert_eq!(company.files("import"), to_help);
    assert_eq!(day.files("import"), to_day);
    let mut actuals = from_help;
    actuals.extend(from_day);
    assert_eq!(care.files("import-actuals"), actuals);
    invariants::check(&company, &care, 1);
    assert_eq!(
        company.sql("SELECT office, sequence FROM outgoing ORDER BY office"),
        [format!("{HELP}|1"), format!("{DAY}|1")],
        "each office counts for itself"
    );
}
