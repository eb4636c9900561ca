//! Every sample goes from the node to the partner, and from the partner to the node.

use serde_json::json;

use super::partner::believe;
use super::{Keys, Partner, handed_over, prove};
use crate::e2e::units::{Unit, export, together};
use crate::harness::{CARE, DAY, HELP, Office, offices, until};
use crate::support::sample;

/// 福祉用具貸与
const EQUIPMENT: &str = "2770000045";
/// 地域包括支援センター
const CENTRE: &str = "2700000051";
/// 訪問型サービス
const SERVICE: &str = "27A0000018";

const TO_HELP: [&str; 3] = ["v3-usage", "care-plan", "usage-11"];
const TO_EQUIPMENT: [&str; 2] = ["usage-17", "delete-usage"];
const ACTUALS: [&str; 2] = ["actual", "delete-actual"];
const FROM_CENTRE: [&str; 2] = ["basic-info", "prevention-plan"];

fn units(names: &[&str]) -> Vec<Unit> {
    names.iter().map(|name| sample(name).into_iter().collect()).collect()
}

#[test]
fn every_sample_of_the_repository_is_exchanged() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/samples");
    let there: Vec<_> =
        crate::harness::visible(&folder).iter().map(|path| crate::harness::name_of(path)).collect();
    let mut here = [&TO_HELP[..], &TO_EQUIPMENT, &ACTUALS, &FROM_CENTRE, &["usage-15"]].concat();
    here.sort_unstable();
    assert_eq!(there, here);
}

/// Certificates that nobody issued, with P-256.
#[test]
fn a_node_and_partners_that_pin_each_other() {
    let [mut care, centre, help, day, equipment, service] =
        offices([CARE, CENTRE, HELP, DAY, EQUIPMENT, SERVICE]);
    care.host(&centre);
    let keys = Keys::Pinned.make(&[HELP, DAY, EQUIPMENT, SERVICE]);
    let mut partners = [help, day, equipment, service].map(|home| Partner::new(home, &keys));
    let senders = [&care, &care, &care, &centre];
    for (partner, sender) in partners.iter_mut().zip(senders) {
        partner.add_peer(sender, &care, &["tls", "signing"]);
    }
    for partner in &mut partners {
        partner.pin_at(&mut care);
        partner.start();
    }
    let plans = [&TO_HELP[..], &["usage-15"], &TO_EQUIPMENT, &FROM_CENTRE].map(units);
    let senders: [&Office; 4] = [&care, &care, &care, &centre];
    for (units, sender) in plans.iter().zip(senders) {
        for unit in units {
            export(sender, unit);
        }
    }
    let actuals = units(&ACTUALS);
    let [help, ..] = &partners;
    for unit in &actuals {
        help.send(unit, None);
    }
    care.start();
    handed_over(&care, 8);
    until("the actuals", || help.has_sent("ContentHandover", actuals.len()));
    for (partner, units) in partners.iter().zip(&plans) {
        assert_eq!(partner.imported(), together(units), "{}", partner.home.number);
    }
    assert_eq!(care.files("import-actuals"), together(&actuals));
    assert_eq!(prove(&care), 10);
}

/// RSA under an authority and a root; the TLS certificate of a node of several offices is pinned,
/// because it can name only one of them.
#[test]
fn a_node_of_several_offices_and_a_partner_under_an_authority() {
    let [care, mut help, mut day, mut equipment] = offices([CARE, HELP, DAY, EQUIPMENT]);
    let keys = Keys::Authority.make(&[CARE, HELP, DAY, EQUIPMENT]);
    for office in [&mut help, &mut day, &mut equipment] {
        believe(office, &keys);
    }
    help.host(&day);
    help.host(&equipment);
    let mut care = Partner::new(care, &keys);
    care.set("authority", json!(keys.path().join("root.pem")));
    for office in [&help, &day, &equipment] {
        care.add_peer(office, &help, &["tls"]);
    }
    let plans = [&TO_HELP[..], &["usage-15"], &TO_EQUIPMENT].map(units);
    for unit in plans.iter().flatten() {
        care.send(unit, None);
    }
    let actuals = units(&ACTUALS);
    for unit in &actuals {
        export(&help, unit);
    }
    help.start();
    care.start();
    until("the plans", || care.has_sent("ContentHandover", 6));
    handed_over(&help, actuals.len());
    for (office, units) in [&help, &day, &equipment].into_iter().zip(&plans) {
        assert_eq!(office.files("import"), together(units), "{}", office.number);
    }
    assert_eq!(care.imported(), together(&actuals));
    assert_eq!(prove(&help), 8);
}

/// The authority alone: nobody registered a certificate.
#[test]
fn a_partner_under_an_authority_repeats_is_refused_and_leaves_a_gap() {
    let [centre, mut service] = offices([CENTRE, SERVICE]);
    let keys = Keys::Authority.make(&[CENTRE, SERVICE]);
    believe(&mut service, &keys);
    service.set("timing", "order_wait", "\"3s\"");
    let mut centre = Partner::new(centre, &keys);
    centre.set("authority", json!(keys.path().join("root.pem")));
    centre.add_peer(&service, &service, &[]);
    let [info, plan] = FROM_CENTRE.map(|name| sample(name).into_iter().collect::<Unit>());
    let late: Unit = sample("basic-info")
        .into_iter()
        .map(|(name, bytes)| (name.replace("20260518140000", "20260518135900"), bytes))
        .collect();
    // Number 2 is missing; what came is placed when it has been waited for.
    let ids = [centre.send(&info, Some(1)), centre.send(&plan, Some(3))];
    service.start();
    centre.start();
    until("both", || centre.has_sent("ContentHandover", 2));
    let broken: Unit = late.keys().map(|name| (name.clone(), b"202407,1\r\n".to_vec())).collect();
    let refused = centre.send(&broken, Some(2));
    until("refused", || {
        let states = centre.states();
        states.contains(&(refused.clone(), "Rejection".to_owned())).then_some(())
    });
    let order = "SELECT serial FROM journal WHERE state = 'PLACED' ORDER BY id";
    assert_eq!(service.sql(order), ["20260518140000", "20260518140100"]);
    // The same bytes under the same id: the first receipt, byte for byte.
    for id in ids.iter().chain([&refused]) {
        let (_, first) = centre.receipts(id).remove(0);
        assert_eq!(centre.repeat(id), format!("200 {}", renkei::types::Digest::of(&first)));
    }
    assert_eq!(service.files("import"), together(&[info, plan]));
    assert_eq!(prove(&service), 2);
}
