//! The same in Chromium.
//!
//! `tests/page/` says what somebody in front of Chromium does and sees, one file per scene. Here
//! stand the offices around it: real nodes that exchange, hold and wait. A scene asks them for what
//! it needs, see `town`.
//!
//! Chromium, node and fonts are installed by `.ci/test`, what node needs by `.ci/tools`.

mod beginner;
mod scene;
mod town;

use beginner::Beginner;
use scene::play;
use town::{Names, Town};

#[test]
fn every_page_on_a_screen_and_on_paper() {
    play(&["every_page", "wide"], || Town::new(Names::Hostile));
}

#[test]
fn every_page_on_a_telephone() {
    play(&["every_page", "narrow"], || Town::new(Names::Hostile));
}

#[test]
fn every_page_at_150_percent() {
    play(&["every_page", "zoomed"], || Town::new(Names::Hostile));
}

#[test]
fn entrance() {
    play(&["entrance"], || Town::new(Names::Plain));
}

#[test]
fn live() {
    play(&["live"], || Town::new(Names::Hostile));
}

#[test]
fn notify() {
    play(&["notify"], || Town::new(Names::Hostile));
}

#[test]
fn held() {
    play(&["held"], || Town::new(Names::Hostile));
}

#[test]
fn lookup() {
    play(&["lookup"], || Town::new(Names::Plain));
}

#[test]
fn attach() {
    play(&["attach"], || Town::new(Names::Plain));
}

#[test]
fn partners() {
    play(&["partners"], || Town::new(Names::Plain));
}

#[test]
fn settings() {
    play(&["settings"], || Town::new(Names::Plain));
}

#[test]
fn accounts() {
    play(&["accounts"], || Town::new(Names::Plain));
}

#[test]
fn web_service_on_a_screen() {
    play(&["web_service", "wide"], || Town::new(Names::Plain));
}

#[test]
fn web_service_on_a_telephone() {
    play(&["web_service", "narrow"], || Town::new(Names::Plain));
}

#[test]
fn retry() {
    play(&["retry"], || Town::new(Names::Plain));
}

#[test]
fn take_back() {
    play(&["take_back"], || Town::new(Names::Plain));
}

#[test]
fn without_script() {
    play(&["without_script"], || Town::new(Names::Hostile));
}

#[test]
fn keyboard() {
    play(&["keyboard"], || Town::new(Names::Plain));
}

#[test]
fn first_start_on_a_screen() {
    play(&["first_start", "wide"], Beginner::new);
}

#[test]
fn first_start_on_a_telephone() {
    play(&["first_start", "narrow"], Beginner::new);
}

/// Makes the pictures of the documents anew, in `docs/images`.
#[test]
#[ignore = "makes pictures"]
fn screenshots() {
    for lang in ["ja", "en"] {
        play(&["screenshots"], || Town::speaking(lang, Names::Plain));
    }
}
