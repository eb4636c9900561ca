//! Looks every moment whether the store and the folders are still there, and the same.
//!
//! Each use of them asks by itself before it changes anything; this tells people at once, also where
//! nothing is to be done at the moment, and keeps the record of the store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::context::{Context, blocking, stopped};
use super::folders::Watched;
use super::problems::folder_words;
use super::supervise::Beat;
use crate::folder::{FolderError, Place};
use crate::store::StoreError;
use crate::types::Lang;
use crate::work::{self, watch};

const INTERVAL: Duration = Duration::from_secs(2);

/// What the store is called.
const STORE: &str = "node.data";

/// What stands of each thing.
type Told = BTreeMap<String, &'static str>;

pub(super) async fn run(context: Arc<Context>, beat: Beat, mut stopping: watch::Receiver<bool>) {
    let mut told = Told::new();
    while !*stopping.borrow() {
        beat.works("looking after store and folders");
        let shared = Arc::clone(&context);
        let looked = blocking(move || {
            let places = shared.places();
            let watched = places.values().flat_map(|places| places.watched.iter().cloned());
            let renewed = |watched: Watched| {
                let renewed = watched.1.renew();
                (watched, renewed)
            };
            (shared.store.keep_record(false), watched.map(renewed).collect::<Vec<_>>())
        });
        if let Some((store, folders)) = looked.await {
            tell_store(&context, &store, &mut told);
            let is_watched = |key: &str| folders.iter().any(|((watched, _), _)| watched == key);
            let gone: Vec<_> =
                told.keys().filter(|key| *key != STORE && !is_watched(key)).cloned().collect();
            for key in gone {
                tell(&context, &key, None, &mut told);
            }
            for ((key, place), renewed) in &folders {
                tell_folder(&context, (key, place), renewed, &mut told);
            }
        }
        beat.sleeps(work::pause(INTERVAL));
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            () = tokio::time::sleep(work::pause(INTERVAL)) => {}
        }
    }
}

fn tell_store(context: &Context, looked: &Result<(), StoreError>, told: &mut Told) {
    match looked {
        Err(error) => {
            let words = (error.text(Lang::Ja), error.text(Lang::En));
            tell(context, STORE, Some((error.code(), words)), told);
        }
        Ok(()) => tell(context, STORE, None, told),
    }
}

fn tell_folder(
    context: &Context,
    (key, place): (&str, &Place),
    looked: &Result<(), FolderError>,
    told: &mut Told,
) {
    let fault = looked.as_ref().err();
    let fault = fault.map(|error| (error.code(), folder_words(place.path(), error)));
    tell(context, key, fault, told);
}

fn tell(
    context: &Context,
    about: &str,
    fault: Option<(&'static str, (String, String))>,
    told: &mut Told,
) {
    let code = fault.as_ref().map(|(code, _)| *code);
    if let Some(before) = told.remove(about).filter(|before| Some(*before) != code) {
        context.notices.clear(before, about);
    }
    if let Some((code, words)) = fault {
        context.notices.raise(code, about, words, context.now());
        told.insert(about.to_owned(), code);
    }
}
