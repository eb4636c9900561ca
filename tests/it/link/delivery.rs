//! What partners do every day.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use renkei::link::{Limits, SendError};
use renkei::types::Digest;

use super::harness::{
    BUSY, Node, PANIC, RECIPIENT, SENDER, TestTrust, WAIT, new_id, now, office, pair, reaches,
    settings, within,
};

#[tokio::test]
async fn a_package_arrives_and_a_repeat_gets_the_same_receipt() {
    let (_, node, client) = pair(Limits::default()).await;
    let id = new_id();
    let package = Bytes::from(vec![0xfe; 300_000]);
    let first = client.put_message(&node.endpoint(), id, package.clone()).await.expect("taken");
    assert!(!first.repeated);
    assert_eq!(node.service.taken(id), Some(Digest::of(&package)));
    let second = client.put_message(&node.endpoint(), id, package).await.expect("taken");
    assert!(second.repeated);
    assert_eq!(first.receipt, second.receipt);
}

#[tokio::test]
async fn a_refusal_carries_code_and_text_for_the_peer_only() {
    let (_, node, client) = pair(Limits::default()).await;
    let id = new_id();
    client.put_message(&node.endpoint(), id, Bytes::from("one")).await.expect("taken");
    let error = client.put_message(&node.endpoint(), id, Bytes::from("two")).await.unwrap_err();
    assert_eq!(error.code(), "peer-refuses");
    assert_eq!(error.to_string(), "the partner refuses: 409 id-taken");
    assert!(!error.is_passing());
}

#[tokio::test]
async fn a_busy_partner_says_when_to_come_again() {
    let (_, node, client) = pair(Limits::default()).await;
    let package = Bytes::from_static(BUSY);
    let error = client.put_message(&node.endpoint(), new_id(), package).await.unwrap_err();
    let SendError::Busy { problem, retry_after } = &error else { panic!("{error}") };
    assert_eq!((problem.status, problem.code), (507, "storage-full"));
    assert_eq!(*retry_after, Some(Duration::from_secs(7)));
    assert!(error.is_passing());
}

#[tokio::test]
async fn a_panic_of_the_service_is_one_answer_and_not_the_end() {
    let (_, node, client) = pair(Limits::default()).await;
    let package = Bytes::from_static(PANIC);
    let error = client.put_message(&node.endpoint(), new_id(), package).await.unwrap_err();
    let SendError::Busy { problem, .. } = &error else { panic!("{error}") };
    assert_eq!((problem.status, problem.code), (500, "internal"));
    client.put_message(&node.endpoint(), new_id(), Bytes::from("x")).await.expect("it lives");
}

#[tokio::test]
async fn a_slow_service_is_not_interrupted() {
    let limits = Limits { request_timeout: Duration::from_millis(50), ..Limits::default() };
    let (_, node, client) = pair(limits).await;
    let id = new_id();
    let package = Bytes::from_static(WAIT);
    let error = client.put_message(&node.endpoint(), id, package.clone()).await.unwrap_err();
    let SendError::Busy { problem, retry_after } = &error else { panic!("{error}") };
    assert_eq!((problem.status, problem.code), (503, "timeout"));
    assert!(retry_after.is_some());
    node.service.gate.add_permits(2);
    within(async {
        while node.service.taken(id).is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(client.put_message(&node.endpoint(), id, package).await.expect("taken").repeated);
}

#[tokio::test]
async fn a_package_is_taken_even_if_its_sender_goes_away() {
    let (_, node, client) = pair(Limits::default()).await;
    let id = new_id();
    let (endpoint, package) = (node.endpoint(), Bytes::from_static(WAIT));
    let sending = tokio::spawn(async move { client.put_message(&endpoint, id, package).await });
    reaches(&node.service.begun, 1).await;
    sending.abort();
    assert!(sending.await.unwrap_err().is_cancelled());
    node.service.gate.add_permits(1);
    within(async {
        while node.service.taken(id).is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn status_tells_version_clock_and_limits() {
    let limits = Limits { package_bytes: 12_345, ..Limits::default() };
    let (_, node, client) = pair(limits).await;
    let status = client.status(&node.endpoint()).await.expect("a status");
    assert_eq!((status.version.as_str(), status.time), ("test", now()));
    assert_eq!(status.limits.package_bytes, 12_345);
    assert_eq!(status.limits.wait_seconds, limits.longest_wait.as_secs());
}

#[tokio::test]
async fn receipts_come_in_pages_and_in_order() {
    let limits = Limits { page_bytes: 100, ..Limits::default() };
    let (_, node, client) = pair(limits).await;
    for position in [3, 5, 9] {
        node.service.announce(position, Bytes::from(vec![b'r'; 50]));
    }
    let ask = async |after| {
        let asked = client.receipts(&node.endpoint(), office(SENDER), after, Duration::ZERO).await;
        let page = asked.expect("a page");
        let positions: Vec<_> = page.receipts.iter().map(|entry| entry.position).collect();
        (positions, page.next, page.more)
    };
    assert_eq!(ask(0).await, (vec![3, 5], 5, true));
    assert_eq!(ask(5).await, (vec![9], 9, false));
    assert_eq!(ask(9).await, (vec![], 9, false));
    let error =
        client.receipts(&node.endpoint(), office(RECIPIENT), 0, Duration::ZERO).await.unwrap_err();
    assert_eq!(error.to_string(), "the partner refuses: 403 certificate-not-allowed");
}

#[tokio::test]
async fn a_long_poll_ends_with_news_or_with_its_time() {
    let limits = Limits { longest_wait: Duration::from_secs(1), ..Limits::default() };
    let (_, node, client) = pair(limits).await;
    let endpoint = node.endpoint();
    let poll = client.receipts(&endpoint, office(SENDER), 0, Duration::from_secs(1));
    let news = async {
        reaches(&node.service.polling, 1).await;
        node.service.announce(4, Bytes::from("news"));
    };
    let (page, ()) = tokio::join!(poll, news);
    let page = page.expect("a page");
    assert_eq!((page.next, &page.receipts[0].receipt[..]), (4, &b"news"[..]));
    assert_eq!(*node.service.polled.borrow(), 1, "the service is asked once");
    // The server cuts the wait to its own limit, so this does not take an hour.
    let poll = client.receipts(&endpoint, office(SENDER), 4, Duration::from_hours(1));
    let page = within(poll).await.expect("a page");
    assert!(page.receipts.is_empty());
    assert_eq!((page.next, page.more), (4, false));
}

#[tokio::test]
async fn many_packages_at_a_time_share_a_few_connections() {
    let limits = Limits { connections: 16, ..Limits::default() };
    let (_, node, client) = pair(limits).await;
    let endpoint = node.endpoint();
    let sent = (0..200_u32).map(async |number| {
        let package = Bytes::from(vec![number.to_be_bytes()[3]; 60_000]);
        let id = new_id();
        let reply = client.put_message(&endpoint, id, package.clone()).await.expect("taken");
        assert_eq!(reply.receipt, format!("receipt for {}", Digest::of(&package)));
        assert!(!reply.repeated);
    });
    within(join_all(sent)).await;
}

#[tokio::test]
async fn a_connection_that_died_while_idle_is_not_an_error() {
    let (authority, node, client) = pair(Limits::default()).await;
    client.put_message(&node.endpoint(), new_id(), Bytes::from("x")).await.expect("taken");
    let address = node.address;
    assert!(node.stop().await.clean);
    let settings = settings(&authority.issue(RECIPIENT), TestTrust::of(&authority));
    let node = Node::start_at(address, settings, Limits::default()).await;
    client.put_message(&node.endpoint(), new_id(), Bytes::from("x")).await.expect("taken again");
}

#[tokio::test]
async fn nodes_are_reached_over_ipv6_too() {
    let authority = super::harness::Authority::new("test authority");
    // A machine without IPv6 cannot say anything here, and shall not say that all is well.
    let probe = std::net::TcpListener::bind("[::1]:0");
    drop(probe.expect("::1 can be bound; switch IPv6 on for the loopback interface"));
    let settings = settings(&authority.issue(RECIPIENT), TestTrust::of(&authority));
    let address = "[::1]:0".parse().expect("an address");
    let node = Node::start_at(address, settings, Limits::default()).await;
    let client = super::harness::client(&authority.issue(SENDER), TestTrust::of(&authority));
    client.status(&node.endpoint()).await.expect("a status");
}
