//! What lies in the program: style, script, icon.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Name, media type, content.
const ASSETS: [(&str, &str, &str); 4] = [
    ("forms.css", CSS, crate::forms::CSS),
    ("style.css", CSS, include_str!("assets/style.css")),
    ("page.js", SCRIPT, include_str!("assets/page.js")),
    ("icon.svg", SVG, include_str!("assets/icon.svg")),
];

/// One of them. A newer program has other ones under the same names, so browsers ask each time.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    match ASSETS.iter().find(|(known, ..)| *known == name) {
        Some((_, media, content)) => {
            let headers = [(header::CONTENT_TYPE, *media), (header::CACHE_CONTROL, "no-cache")];
            (headers, *content).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
