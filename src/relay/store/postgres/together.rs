//! What several ask at the same moment goes to the database together: one statement, and where it
//! writes, one commit.
//!
//! Nobody waits for others to come: a question goes out at once while few of its kind are under way,
//! and those that come in meanwhile share the next statement. So it is quick when little is asked, and
//! costs the less for each the more is asked.

use std::sync::Arc;

use deadpool_postgres::{Client, Pool};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_postgres::{Error, Row};

use super::RelayStoreError;
use crate::work;

/// Questions of a kind that may wait in line; further ones wait for a place.
const LINE: usize = 1024;

/// So many statements of a kind are under way at a time.
const UNDER_WAY: usize = 2;

/// So many questions share a statement at the most, and so many bytes.
const SHARING: usize = 16;
const BYTES: usize = 4 << 20;

/// The classes of errors that say that a value or a row cannot be, and not that the database has some
/// trouble: data exception, integrity constraint violation, program limit exceeded (PostgreSQL, appendix
/// A).
const OF_VALUES: [&str; 3] = ["22", "23", "54"];

/// Something that is asked of the database.
pub(super) trait Question: Send + Sync + 'static {
    /// About how many bytes are sent and come back for it.
    fn bytes(&self) -> usize;

    /// Asks for all of these. Gives the rows of the answer; the last column of each is the place of its
    /// question, counted from one.
    fn ask(client: &Client, these: &[Self]) -> impl Future<Output = Result<Vec<Row>, Error>> + Send
    where
        Self: Sized;
}

/// A question, and who waits for the row that answers it.
struct Asked<Q> {
    question: Q,
    answer: oneshot::Sender<Result<Row, RelayStoreError>>,
}

/// The line of the questions of one kind.
pub(super) struct Together<Q>(mpsc::Sender<Asked<Q>>);

impl<Q: Question> Together<Q> {
    /// What is asked goes over connections of this pool.
    pub(super) fn new(pool: &Pool) -> Self {
        let (line, asked) = mpsc::channel(LINE);
        let asked = Arc::new(Mutex::new(asked));
        for _ in 0..UNDER_WAY {
            work::spawn(ask_on(pool.clone(), Arc::clone(&asked)));
        }
        Self(line)
    }

    /// The row that answers. What was asked is done also when nobody waits for it any more.
    pub(super) async fn ask(&self, question: Q) -> Result<Row, RelayStoreError> {
        let (answer, answered) = oneshot::channel();
        let ended = || RelayStoreError::Away("the question was broken off".to_owned());
        self.0.send(Asked { question, answer }).await.map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?
    }
}

/// Asks until nobody can ask any more.
async fn ask_on<Q: Question>(pool: Pool, asked: Arc<Mutex<mpsc::Receiver<Asked<Q>>>>) {
    loop {
        let taken = take(&mut *asked.lock().await).await;
        if taken.is_empty() {
            return;
        }
        // Whatever happens to these, those behind them are asked.
        if let Err(error) = work::spawn(answer(pool.clone(), taken)).await {
            tracing::error!(%error, "questions to the database were broken off");
        }
    }
}

async fn answer<Q: Question>(pool: Pool, taken: Vec<Asked<Q>>) {
    let (questions, waiting): (Vec<_>, Vec<_>) =
        taken.into_iter().map(|asked| (asked.question, asked.answer)).unzip();
    for (answer, waits) in answers(&pool, &questions).await.into_iter().zip(waiting) {
        // Nobody listens where whoever asked is gone.
        let _ = waits.send(answer);
    }
}

/// Waits for the first in line, and takes those behind it that go with it.
async fn take<Q: Question>(asked: &mut mpsc::Receiver<Asked<Q>>) -> Vec<Asked<Q>> {
    let Some(first) = asked.recv().await else { return Vec::new() };
    let mut bytes = first.question.bytes();
    let mut taken = vec![first];
    while taken.len() < SHARING
        && bytes < BYTES
        && let Ok(next) = asked.try_recv()
    {
        bytes = bytes.saturating_add(next.question.bytes());
        taken.push(next);
    }
    taken
}

/// An answer to each.
async fn answers<Q: Question>(pool: &Pool, these: &[Q]) -> Vec<Result<Row, RelayStoreError>> {
    let all = |why: RelayStoreError| vec![why; these.len()].into_iter().map(Err).collect();
    let client = match pool.get().await {
        Ok(client) => client,
        Err(error) => return all(error.into()),
    };
    match Q::ask(&client, these).await {
        Ok(rows) => in_place(rows, these.len()),
        Err(error) if these.len() > 1 && is_of_values(&error) => {
            // One of them is to blame, and the others are not.
            let mut answers = Vec::with_capacity(these.len());
            for one in these {
                match Q::ask(&client, std::slice::from_ref(one)).await {
                    Ok(rows) => answers.extend(in_place(rows, 1)),
                    Err(error) => answers.push(Err(error.into())),
                }
            }
            answers
        }
        Err(error) => all(error.into()),
    }
}

fn is_of_values(error: &Error) -> bool {
    error.code().is_some_and(|code| OF_VALUES.iter().any(|class| code.code().starts_with(class)))
}

/// Each row where its question was.
fn in_place(rows: Vec<Row>, questions: usize) -> Vec<Result<Row, RelayStoreError>> {
    let mut answers: Vec<Option<Row>> = std::iter::repeat_with(|| None).take(questions).collect();
    for row in rows {
        let place = row.try_get::<_, i64>(row.len().saturating_sub(1));
        let place = place.ok().and_then(|place| usize::try_from(place.checked_sub(1)?).ok());
        if let Some(answer) = place.and_then(|place| answers.get_mut(place)) {
            *answer = Some(row);
        }
    }
    let missing = || RelayStoreError::Damaged("answer");
    answers.into_iter().map(|answer| answer.ok_or_else(missing)).collect()
}
