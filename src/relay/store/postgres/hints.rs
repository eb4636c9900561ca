//! What instances tell each other by NOTIFY.

use std::future::poll_fn;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_postgres::{AsyncMessage, Config};

use super::super::Hint;
use super::tls::Tls;

/// The channel.
pub(super) const CHANNEL: &str = "renkei_relay";

/// PostgreSQL takes less than 8000 bytes at a time; an office takes 11.
const OFFICES: usize = 500;

/// Says that offices changed.
const CHANGED: &str = "*";

/// The pause before a connection that broke is made again. Until then, looking now and then does.
const PAUSE: Duration = Duration::from_secs(1);

/// The mark before the name of the instance that tells.
const FROM: char = '@';

/// The texts by which an instance tells these.
pub(super) fn payloads(instance: &str, hints: &[Hint]) -> Vec<String> {
    let words: Vec<_> = hints
        .iter()
        .map(|hint| match hint {
            Hint::Something(office) => office.as_str(),
            Hint::Offices => CHANGED,
        })
        .collect();
    words.chunks(OFFICES).map(|words| format!("{FROM}{instance} {}", words.join(" "))).collect()
}

/// What an instance tells. Of what this one told itself it knows what came, and looks at the offices.
fn read<'a>(instance: &str, payload: &'a str) -> impl Iterator<Item = Hint> + 'a {
    let is_ours = payload.split(' ').any(|word| word.strip_prefix(FROM) == Some(instance));
    payload.split(' ').filter_map(move |word| match word {
        CHANGED => Some(Hint::Offices),
        office if !is_ours => office.parse().ok().map(Hint::Something),
        _ => None,
    })
}

/// Hands on what instances tell, on a connection of its own, until nobody listens.
pub(super) async fn listen(instance: &str, config: &Config, tls: &Tls, to: &mpsc::Sender<Hint>) {
    loop {
        tokio::select! {
            () = hear(instance, config, tls, to) => {}
            () = to.closed() => return,
        }
        tokio::select! {
            () = sleep(PAUSE) => {}
            () = to.closed() => return,
        }
    }
}

/// The same until the connection breaks.
async fn hear(instance: &str, config: &Config, tls: &Tls, to: &mpsc::Sender<Hint>) {
    let Ok((client, mut connection)) = config.connect(tls.clone()).await else { return };
    let mut messages = stream::poll_fn(move |context| connection.poll_message(context)).boxed();
    let mut listening = Box::pin(client.batch_execute("LISTEN renkei_relay"));
    let mut is_listening = false;
    loop {
        tokio::select! {
            message = messages.next() => match message {
                Some(Ok(AsyncMessage::Notification(told))) => {
                    for hint in read(instance, told.payload()) {
                        if to.send(hint).await.is_err() {
                            return;
                        }
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
            begun = poll_fn(|context| listening.as_mut().poll(context)), if !is_listening => {
                if begun.is_err() {
                    return;
                }
                is_listening = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read_again_and_fits() {
        let office = |number: u32| format!("{number:010}").parse().expect("an office");
        let hints: Vec<_> = (0..1200)
            .map(|number| Hint::Something(office(number)))
            .chain([Hint::Offices])
            .collect();
        let payloads = payloads("one", &hints);
        assert!(payloads.len() == 3 && payloads.iter().all(|payload| payload.len() < 8000));
        let told: Vec<_> = payloads.iter().flat_map(|payload| read("other", payload)).collect();
        assert_eq!(told, hints);
        let ours: Vec<_> = payloads.iter().flat_map(|payload| read("one", payload)).collect();
        assert_eq!(ours, [Hint::Offices]);
        assert_eq!(read("one", "1370000018").count(), 1, "as it was told before");
        assert_eq!(read("one", "junk  ").count(), 0);
    }
}
