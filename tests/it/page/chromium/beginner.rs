//! A program that was started for the first time.

use serde_json::{Value, json};

use super::scene::Answers;
use crate::harness::{CARE, free_port};
use crate::page::PASSWORD;
use crate::page::first_start::Assistant;

/// Somebody who begins.
pub(super) struct Beginner(Assistant);

impl Beginner {
    pub(super) fn new() -> Self {
        Self(Assistant::start("ja"))
    }
}

impl Answers for Beginner {
    fn answer(&mut self, question: &[Value]) -> Value {
        match question {
            [what] if what == "link" => self.0.link.clone().into(),
            [what] if what == "person" => json!({
                "office": CARE,
                "port": free_port().to_string(),
                "name": "hanako",
                "password": PASSWORD,
            }),
            [what] if what == "config" => {
                std::fs::read_to_string(self.0.path("renkei.toml")).unwrap_or_default().into()
            }
            _ => panic!("the beginner does not know {question:?}"),
        }
    }
}
