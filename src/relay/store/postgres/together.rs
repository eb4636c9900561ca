//! What several ask at the same moment goes to the database together: one statement, and where it
//! writes, one commit.
//!
//! Nobody waits for others to come: a question goes out at once while few of its kind are under way,
//! and those that come in meanwhile share the next statement. So it is quick when little is asked, and
//! costs the less for each the more is asked.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{GenericClient, Pool};
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot};
use tokio::time::timeout;
use tokio_postgres::{Error, Row};

use super::RelayStoreError;
use crate::work;

/// Questions of a kind that may wait in line; further ones wait for a place.
const LINE: usize = 1024;

/// So many statements of a kind are under way at a time.
const UNDER_WAY: usize = 2;

/// So many of a kind are asked alone at a time, after a statement that they shared has failed.
const ALONE: usize = 4;

/// So many questions share a statement at the most, and no more join when they have so many bytes.
const SHARING: usize = 16;
const BYTES: usize = 4 << 20;

/// Nobody waits longer for an answer, so that one still comes before the request is given up.
const PATIENCE: Duration = Duration::from_secs(25);

/// The errors that one question may have brought upon those that shared its statement, by the beginnings
/// of their codes (PostgreSQL, appendix A): a value or a row cannot be (data exception, integrity
/// constraint violation, program limit exceeded), somebody else holds a row (lock not available,
/// deadlock), it took too long (query canceled).
const OF_ONE: [&str; 6] = ["22", "23", "54", "55P03", "40P01", "57014"];

/// Something that is asked of the database.
pub(super) trait Question: Send + Sync + 'static {
    /// About how many bytes are sent and come back for it.
    fn bytes(&self) -> usize;

    /// Asks for all of these. Gives the rows of the answer; the last column of each is the place of its
    /// question, counted from one.
    fn ask(
        client: &impl GenericClient,
        these: &[Self],
    ) -> impl Future<Output = Result<Vec<Row>, Error>> + Send
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
        let (asked, turns) = (Arc::new(Mutex::new(asked)), Arc::new(Semaphore::new(ALONE)));
        for _ in 0..UNDER_WAY {
            work::spawn(ask_on(pool.clone(), Arc::clone(&turns), Arc::clone(&asked)));
        }
        Self(line)
    }

    /// The row that answers. What has gone out is done also when nobody waits for it any more.
    pub(super) async fn ask(&self, question: Q) -> Result<Row, RelayStoreError> {
        let ended = || RelayStoreError::Away("the question was broken off".to_owned());
        let asked = async {
            let (answer, answered) = oneshot::channel();
            self.0.send(Asked { question, answer }).await.map_err(|_| ended())?;
            answered.await.map_err(|_| ended())?
        };
        let late = || RelayStoreError::Away("PostgreSQL did not answer in time".to_owned());
        timeout(PATIENCE, asked).await.unwrap_or_else(|_elapsed| Err(late()))
    }
}

/// Asks until nobody can ask any more.
async fn ask_on<Q: Question>(
    pool: Pool,
    turns: Arc<Semaphore>,
    asked: Arc<Mutex<mpsc::Receiver<Asked<Q>>>>,
) {
    loop {
        let taken = take(&mut *asked.lock().await).await;
        if taken.is_empty() {
            return;
        }
        // Whatever happens to these, those behind them are asked.
        if let Err(error) = work::spawn(answer(pool.clone(), Arc::clone(&turns), taken)).await {
            tracing::error!(%error, "questions to the database were broken off");
        }
    }
}

/// Waits for the first in line, and takes those behind it that go with it.
async fn take<Q: Question>(asked: &mut mpsc::Receiver<Asked<Q>>) -> Vec<Asked<Q>> {
    let (mut taken, mut bytes) = (Vec::new(), 0_usize);
    while taken.len() < SHARING && bytes < BYTES {
        let next = if taken.is_empty() { asked.recv().await } else { asked.try_recv().ok() };
        let Some(next) = next else { break };
        // Nobody waits for it any more, and nothing was done for it yet.
        if next.answer.is_closed() {
            continue;
        }
        bytes = bytes.saturating_add(next.question.bytes());
        taken.push(next);
    }
    taken
}

/// Asks all of these with one statement, and where one of them is to blame that this failed, each with
/// its own: those in line do not wait for them.
async fn answer<Q: Question>(pool: Pool, turns: Arc<Semaphore>, taken: Vec<Asked<Q>>) {
    for alone in ask_all(&pool, taken).await {
        let (pool, turns) = (pool.clone(), Arc::clone(&turns));
        work::spawn(async move {
            let _turn = turns.acquire().await;
            if !alone.answer.is_closed() {
                ask_all(&pool, vec![alone]).await;
            }
        });
    }
}

/// Asks all of these with one statement. Gives those that have to be asked alone.
async fn ask_all<Q: Question>(pool: &Pool, taken: Vec<Asked<Q>>) -> Vec<Asked<Q>> {
    let (questions, waiting): (Vec<_>, Vec<_>) =
        taken.into_iter().map(|asked| (asked.question, asked.answer)).unzip();
    let answers = match pool.get().await {
        Ok(client) => match Q::ask(&client, &questions).await {
            Ok(rows) => in_place(rows, questions.len()),
            Err(error) if questions.len() > 1 && is_of_one(&error) => {
                let alone = questions.into_iter().zip(waiting);
                return alone.map(|(question, answer)| Asked { question, answer }).collect();
            }
            Err(error) => all_fail(questions.len(), error.into()),
        },
        Err(error) => all_fail(questions.len(), error.into()),
    };
    for (answer, waits) in answers.into_iter().zip(waiting) {
        // Nobody listens where whoever asked is gone.
        let _ = waits.send(answer);
    }
    Vec::new()
}

fn all_fail(questions: usize, why: RelayStoreError) -> Vec<Result<Row, RelayStoreError>> {
    vec![why; questions].into_iter().map(Err).collect()
}

fn is_of_one(error: &Error) -> bool {
    error.code().is_some_and(|code| OF_ONE.iter().any(|begins| code.code().starts_with(begins)))
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
