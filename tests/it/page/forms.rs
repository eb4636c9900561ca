//! Forms are drawn as the office chose, unless somebody wants them otherwise.

use super::opened;
use crate::e2e::units::{PLAN, USAGE, export, sample};
use crate::harness::{CARE, HELP, offices, quoted, until};

#[test]
fn forms_are_drawn_as_the_office_chose() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.set("page", "listen", quoted("127.0.0.1:0"));
    care.set("office", "forms", "{ honorific = \"sama\", slip = \"provider\", day_start = \"4\" }");
    care.start();
    help.start();
    export(&care, &sample(PLAN, "20260520101500"));
    export(&care, &sample(USAGE, "20260520101600"));
    until("handed over", || care.has_sent("HANDED_OVER", 2));
    let id = |kind: &str| {
        let query = format!(
            "SELECT lower(hex(message_id)) FROM outgoing WHERE json_extract(unit, '$.kind') = '{kind}'"
        );
        let hex = care.sql(&query).remove(0);
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        parts.join("-")
    };
    let mut browser = opened(&care);
    let mut forms = |kind: &str, query: &str| {
        let answer = browser.get(&format!("/package/{}/forms?{query}", id(kind)));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    };
    let plan = forms("K1", "");
    assert!(plan.contains("様") && !plan.contains("殿"), "{plan}");
    assert!(plan.contains("<option value=\"sama\" selected"), "{plan}");
    let slip = forms("K2", "");
    assert!(slip.contains("サービス提供票"), "{slip}");
    // What the address asks for holds, and what it makes up does not.
    assert!(forms("K1", "honorific=dono").contains("殿"));
    let other = forms("K2", "slip=user&honorific=%3Cscript%3E");
    assert!(!other.contains("<script>") && !other.contains(">サービス提供票<"), "{other}");
    // The command draws them alike.
    let out = care.path("outside/forms");
    let out = out.to_str().expect("UTF-8");
    let printed = care.command(&["print", "--out", out, &id("K1")]);
    assert!(printed.status.success(), "{printed:?}");
    let page = std::fs::read_dir(out).expect("a folder").next().expect("a file").expect("one");
    let html = std::fs::read_to_string(page.path()).expect("UTF-8");
    assert!(html.contains("様") && !html.contains("殿"), "{html}");
    let printed =
        care.command(&["print", "--force", "--honorific", "dono", "--out", out, &id("K1")]);
    assert!(printed.status.success(), "{printed:?}");
    let html = std::fs::read_to_string(page.path()).expect("UTF-8");
    assert!(html.contains("殿"), "{html}");
}
