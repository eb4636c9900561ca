//! A relay goes by its configuration as it is now, without a new start.

use std::fs;

use renkei::package::Usage;
use renkei::types::Digest;

use super::harness::{Client, Relay, World, answer, pair};
use crate::harness::until;
use crate::proof::{long, office};

const NEW: &str = "1370000034";

/// Asks until the answer has this status.
fn until_status(client: &Client, relay: &Relay, path: &str, status: u16) {
    tokio::task::block_in_place(|| {
        until("the relay goes by what was written", || {
            let asked = answer(client.get(relay, path));
            let asked = tokio::runtime::Handle::current().block_on(asked).expect("answered");
            (asked.status == status).then_some(())
        });
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn offices_and_limits_are_taken_up_while_it_runs() {
    let world = World::new();
    let mut relay = Relay::new(&world, "relay", "");
    relay.start();
    let (sender, recipient, keys) = pair(&world);
    recipient.mailbox(&relay, 0, 0).await;
    let tls = renkei::certs::self_made(office(NEW), Usage::Tls, &[], long()).expect("made");
    let signing = renkei::certs::self_made(office(NEW), Usage::Signing, &[], long()).expect("made");
    let new = Client::with(NEW, &tls, &signing);
    let path = format!("/v1/mailbox?office={NEW}");
    assert_eq!(answer(new.get(&relay, &path)).await.expect("answered").status, 403);
    let before = fs::read_to_string(relay.config()).expect("made");
    let digest = Digest::of(tls.certificate().expect("one"));
    let wanted = format!(
        "{before}\n[[office]]\nnumber = \"{NEW}\"\ntls_certificates = [\"{digest}\"]\n[limits]\noffice_messages = 1\n"
    );
    fs::write(relay.config(), &wanted).expect("written");
    until_status(&new, &relay, &path, 200);
    // One waits, and one is all that may wait now.
    for status in [202, 507] {
        let package = sender.package();
        let id = package.manifest().message_id;
        let put = sender.deposit(&relay, id, &keys.seal(&package)).await.expect("answered");
        assert_eq!(put.status, status, "{put:?}");
    }
    // What is wrong changes nothing.
    fs::write(relay.config(), format!("{wanted}\noffice_mesages = 9\n")).expect("written");
    until("it is told", || relay.log().contains("is not taken up").then_some(()));
    assert_eq!(answer(new.get(&relay, &path)).await.expect("answered").status, 200);
    // At once, when it is asked to.
    fs::write(relay.config(), before).expect("written");
    #[cfg(unix)]
    relay.signal(rustix::process::Signal::HUP);
    until_status(&new, &relay, &path, 403);
}
