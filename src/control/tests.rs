//! Orders in a real folder.

use std::fs;

use super::*;

fn now(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("in range")
}

fn control(data: &Path) -> ControlBox {
    ControlBox::open(data).expect("a folder")
}

fn done() -> Answer {
    Answer::done("done", "済み", "done")
}

#[test]
fn an_order_is_carried_out_once_and_answered() {
    let data = tempfile::tempdir().expect("a folder");
    let (command, node) = (control(data.path()), control(data.path()));
    let ticket = command.post(Request::Reload, "tanaka\n\u{202e}", now(0)).expect("posted");
    assert_eq!(ticket.wait(Duration::ZERO).expect("read"), None, "nobody has seen it");
    let taken = node.take().expect("read").pop().expect("one order");
    let order = taken.order.as_ref().expect("an order");
    assert_eq!((order.by.as_str(), &order.request), ("tanaka", &Request::Reload));
    // A crash before the answer: it is still there.
    assert_eq!(node.take().expect("read").len(), 1);
    node.answer(&taken, &done()).expect("answered");
    assert!(node.take().expect("read").is_empty());
    assert_eq!(ticket.wait(Duration::ZERO).expect("read"), Some(done()));
    assert!(fs::read_dir(data.path().join("control")).expect("listed").next().is_none());
}

#[test]
fn orders_come_in_the_order_in_which_they_were_given() {
    let data = tempfile::tempdir().expect("a folder");
    let control = control(data.path());
    let partner: crate::types::OfficeNumber = "1370000026".parse().expect("an office");
    let id = MessageId::new(now(9));
    let requests = [
        Request::Retry { target: Target::All },
        Request::Retry { target: Target::Partner(partner) },
        Request::Retry { target: Target::Message(id) },
        Request::Release { id: crate::types::HeldId::Set(3) },
        Request::Dismiss {
            id: crate::types::HeldId::Package(id),
            reason: Some("not-needed".to_owned()),
            delete: true,
        },
    ];
    for (request, second) in requests.iter().zip(0..) {
        control.post(request.clone(), "", now(second)).expect("posted");
    }
    let taken = control.take().expect("read").into_iter();
    let taken: Vec<_> = taken.map(|taken| taken.order.expect("an order").request).collect();
    assert_eq!(taken, requests);
}

#[test]
fn whatever_is_no_order_is_answered_and_gone() {
    let data = tempfile::tempdir().expect("a folder");
    let control = control(data.path());
    let folder = data.path().join("control");
    let good = serde_json::to_string(&Order::new(Request::Reload, "", now(0))).expect("JSON");
    let wrong: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"\xff\xfe{}".to_vec(),
        b"{}".to_vec(),
        vec![b'['; 10_000],
        vec![b' '; 1 << 20],
        good.replace("/1", "/2").into_bytes(),
        good.replace("reload", "format-the-disk").into_bytes(),
        good.replace("\"reload\"", "{\"release\":{\"id\":\"../../x\"}}").into_bytes(),
        good.replace(
            "\"reload\"",
            "{\"dismiss\":{\"id\":\"h1\",\"reason\":\"A name\",\"delete\":false}}",
        )
        .into_bytes(),
    ];
    for (bytes, second) in wrong.iter().zip(0..) {
        fs::write(folder.join(format!("{}.order", MessageId::new(now(second)))), bytes)
            .expect("written");
    }
    fs::create_dir(folder.join(format!("{}.order", MessageId::new(now(99))))).expect("made");
    for stranger in ["x.order", "..order", "notes.txt", ".x.order.tmp"] {
        fs::write(folder.join(stranger), good.as_bytes()).expect("written");
    }
    let taken = control.take().expect("read");
    assert_eq!(taken.len(), wrong.len() + 1);
    for taken in taken {
        let answer = taken.order.as_ref().expect_err("no order");
        assert_eq!((answer.done, answer.code.as_str()), (false, "not-an-order"));
        control.answer(&taken, answer).expect("answered");
    }
    assert!(control.take().expect("read").is_empty());
    control.clean_up().expect("cleaned");
    assert!(!folder.join(".x.order.tmp").exists() && folder.join("notes.txt").exists());
}

#[test]
fn many_orders_and_answers_that_nobody_fetches_are_bounded() {
    let data = tempfile::tempdir().expect("a folder");
    let control = control(data.path());
    for second in 0..150 {
        control.post(Request::Reload, "", now(second)).expect("posted");
    }
    let mut rounds = 0;
    loop {
        let taken = control.take().expect("read");
        assert!(taken.len() <= AT_A_TIME);
        if taken.is_empty() {
            break;
        }
        rounds += 1;
        for taken in taken {
            control.answer(&taken, &done()).expect("answered");
        }
    }
    let left = fs::read_dir(data.path().join("control")).expect("listed").count();
    assert_eq!((rounds, left), (3, KEPT_ANSWERS));
}

#[cfg(unix)]
#[test]
fn the_folder_is_closed_to_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let data = tempfile::tempdir().expect("a folder");
    control(data.path());
    let mode = fs::metadata(data.path().join("control")).expect("made").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}
