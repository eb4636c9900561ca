//! The end of a server.

use std::time::Duration;

use bytes::Bytes;
use renkei::link::{Limits, SendError};
use renkei::types::Digest;
use tokio::net::TcpStream;

use super::harness::{SENDER, WAIT, new_id, office, pair, reaches, within};

#[tokio::test]
async fn requests_in_flight_are_finished() {
    let (_, node, client) = pair(Limits::default()).await;
    let (endpoint, id, address) = (node.endpoint(), new_id(), node.address);
    let package = Bytes::from_static(WAIT);
    let sending = tokio::spawn(async move { client.put_message(&endpoint, id, package).await });
    let service = std::sync::Arc::clone(&node.service);
    reaches(&service.begun, 1).await;
    let stopped = node.stop();
    within(async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(!sending.is_finished());
    service.gate.add_permits(1);
    let reply = within(sending).await.expect("no panic").expect("taken");
    assert_eq!(reply.receipt, format!("receipt for {}", Digest::of(WAIT)));
    assert!(stopped.await.clean);
}

#[tokio::test]
async fn waiting_polls_are_answered() {
    let (_, node, client) = pair(Limits::default()).await;
    let endpoint = node.endpoint();
    let poll = tokio::spawn(async move {
        client.receipts(&endpoint, office(SENDER), 5, Duration::from_secs(30)).await
    });
    let service = std::sync::Arc::clone(&node.service);
    reaches(&service.polling, 1).await;
    assert!(node.stop().await.clean);
    let page = within(poll).await.expect("no panic").expect("an empty page");
    assert_eq!((page.receipts.len(), page.next), (0, 5));
}

#[tokio::test]
async fn what_does_not_end_in_time_is_cut_off() {
    let limits = Limits { shutdown_grace: Duration::from_millis(100), ..Limits::default() };
    let (_, node, client) = pair(limits).await;
    let endpoint = node.endpoint();
    let package = Bytes::from_static(WAIT);
    let sending =
        tokio::spawn(async move { client.put_message(&endpoint, new_id(), package).await });
    reaches(&node.service.begun, 1).await;
    assert!(!node.stop().await.clean);
    let error = within(sending).await.expect("no panic").unwrap_err();
    assert!(matches!(error, SendError::Broken(_) | SendError::Unreachable(_)), "{error}");
    assert!(error.is_passing());
}

#[tokio::test]
async fn the_server_forgets_a_poll_whose_peer_has_gone() {
    let (_, node, client) = pair(Limits::default()).await;
    let endpoint = node.endpoint();
    let poll = tokio::spawn(async move {
        client.receipts(&endpoint, office(SENDER), 0, Duration::from_secs(30)).await
    });
    reaches(&node.service.polling, 1).await;
    poll.abort();
    reaches(&node.service.polled, 1).await;
}
