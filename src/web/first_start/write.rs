//! Writes what was answered, once.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use tokio::net::TcpListener;

use super::check::{asked, problems, told};
use super::entrance::Inside;
use super::fields::Fields;
use super::frame::Step;
use super::shared::{Founding, Shared, Stage};
use crate::desk::founding::{self, FoundingError, Keys};
use crate::types::{Lang, io_text};

/// Where nothing was written, people read why above what they answered.
pub(super) async fn write(
    State(shared): State<Arc<Shared>>,
    Inside(session): Inside,
    Form(fields): Form<Fields>,
) -> Response {
    let (lang, next) = (shared.lang(), Step::Done.path());
    if let Err(answer) = fields.sealed().may_do(&session, lang, "write", next) {
        return answer;
    }
    // Another tab may have written it meanwhile.
    if !shared.begins_to_write() {
        return Redirect::to(next).into_response();
    }
    match written(&shared).await {
        Ok(founding) => {
            shared.set_stage(match &founding {
                Founding::Node(_) => Stage::Starting(session),
                Founding::Requests(steps) => Stage::Requested(steps.clone()),
            });
            shared.tell(founding).await;
            Redirect::to(next).into_response()
        }
        Err(wrong) => {
            shared.set_stage(Stage::Asking);
            (StatusCode::CONFLICT, asked(&shared, &session, wrong).await).into_response()
        }
    }
}

async fn written(shared: &Shared) -> Result<Founding, Vec<String>> {
    let lang = shared.lang();
    let unfinished = || {
        lang.pick(
            "答えていない手順があるか、フォルダーが応答しません。",
            "A step is not answered yet, or the folders do not answer.",
        )
    };
    let Some(mut planned) = shared.planned().await else {
        return Err(vec![unfinished().to_owned()]);
    };
    let head = lang.pick("設定できません", "It cannot be set up");
    let failed = |error: FoundingError| vec![format!("{head}: {}", error.text(lang))];
    let home = planned.plan.home();
    let folders: Vec<_> = planned.to_make.drain(..).map(|folder| home.join(folder)).collect();
    let made = shared.working(move || {
        folders.into_iter().try_for_each(|path| {
            let made = founding::make_folder(&path);
            made.map_err(|source| FoundingError::Io { path, source })
        })
    });
    made.await.ok_or_else(|| vec![head.to_owned()])?.map_err(failed)?;
    let found = problems(shared, &planned).await;
    if !found.0.is_empty() {
        return Err(told(&found, lang));
    }
    let usual = shared.usual().0.map(|page| page.listen);
    let listener = page_listener(usual).await;
    let (listener, listen) = listener.map_err(|error| vec![io_text(&error, lang)])?;
    if let Some(node) = &mut planned.plan.node {
        node.page_listen = Some(listen).filter(|listen| Some(*listen) != usual);
    }
    let now = shared.clock.now();
    let founded = shared.working(move || {
        let plan = planned.plan;
        let founded = founding::found(&plan, now)?;
        Ok::<_, FoundingError>((founded, matches!(plan.keys, Keys::Request)))
    });
    let (founded, is_request) =
        founded.await.ok_or_else(|| vec![head.to_owned()])?.map_err(failed)?;
    if is_request {
        let requests = founded.requests.iter();
        let steps = requests.map(|request| founding::request_step(request, lang));
        let last = next_step(&founding::in_command(&shared.config), lang);
        return Ok(Founding::Requests(steps.chain([last]).collect()));
    }
    Ok(Founding::Node(listener))
}

fn next_step(config: &str, lang: Lang) -> String {
    match lang {
        Lang::Ja => format!("証明書を取り込んだら、renkei run --config {config} で起動する"),
        Lang::En => {
            format!("start it with renkei run --config {config} when the certificates are there")
        }
    }
}

/// The usual address of a page, or another one where that is taken. It is held from here on, so that
/// it is the one that is written.
async fn page_listener(usual: Option<SocketAddr>) -> io::Result<(TcpListener, SocketAddr)> {
    let first = match usual {
        Some(usual) => TcpListener::bind(usual).await.ok(),
        None => None,
    };
    let listener = match first {
        Some(listener) => listener,
        None => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?,
    };
    let listen = listener.local_addr()?;
    Ok((listener, listen))
}
