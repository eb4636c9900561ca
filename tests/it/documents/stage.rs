//! Where a document is played: a folder with a shell in which its blocks are run in order.
//!
//! Behind the language of a block stands how it is run, which GitHub does not show:
//!
//! | words | meaning |
//! |---|---|
//! | none | the commands are run; exit code 0, or what a following `echo $?` shows |
//! | `not-run: REASON` | for what no test can do, such as becoming root |
//! | `background` | goes on until the document ends or a block is `offline`; waits for the output |
//! | `until` | is repeated until the output is as shown |
//! | `offline` | what runs in the background is stopped first |
//! | `in=FOLDER` | is run in this folder below that of the document |
//! | `file=NAME` | is no command but the text of this file, which is written |

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::terminal::{Running, Said, Terminal, agrees};
use super::text::{Block, Document};
use crate::harness::PATIENCE;

/// The pause before a command is repeated, or it is looked what one has printed.
const LOOK: Duration = Duration::from_millis(100);

/// What a document is played with.
pub(super) struct Stage<'a> {
    document: &'a Document,
    home: PathBuf,
    /// Words of the document and what stands for them here.
    words: Vec<(&'static str, String)>,
    terminals: BTreeMap<String, Terminal>,
    background: Option<Running>,
}

impl<'a> Stage<'a> {
    pub(super) fn new(document: &'a Document, home: &Path) -> Self {
        let home = home.to_owned();
        let (terminals, words) = (BTreeMap::new(), Vec::new());
        Self { document, home, words, terminals, background: None }
    }

    /// Lets something stand for a word of the document.
    pub(super) fn replace(&mut self, word: &'static str, by: impl Into<String>) {
        self.words.push((word, by.into()));
    }

    /// Plays a block.
    pub(super) fn play(&mut self, block: &Block) {
        if let Some(reason) = block.not_run() {
            assert!(reason.len() > 5, "{}: no reason", self.place(block));
            return;
        }
        if let Some(name) = block.value("file") {
            let path = self.home.join(name);
            fs::write(path, self.here(&block.text)).expect("written");
            return;
        }
        if !block.is_commands() {
            return;
        }
        let folder = block.value("in").unwrap_or_default().to_owned();
        if block.says("offline") {
            let running = self.background.take();
            let running = running.unwrap_or_else(|| panic!("{}: nothing runs", self.place(block)));
            running.stop(self.terminal(""));
        }
        let commands = block.commands();
        assert!(!commands.is_empty(), "{}: no command", self.place(block));
        for (index, (command, shown)) in commands.iter().enumerate() {
            let shown: Vec<_> = shown.iter().map(|line| self.here(line)).collect();
            if block.says("background") {
                self.start(block, &folder, command, shown);
                continue;
            }
            let asks = commands.get(index + 1).is_some_and(|(next, _)| next == "echo $?");
            let command = self.with_ids(&folder, command);
            let command =
                if block.language == "sh" { format!("( set -e\n{command})") } else { command };
            let is_good = |said: &Said| {
                (asks || said.code == 0) && (block.language == "sh" || agrees(&shown, &said.text))
            };
            let place = self.place(block);
            let terminal = self.terminal(&folder);
            let mut said = terminal.run(&command);
            let started = Instant::now();
            while block.says("until") && !is_good(&said) && started.elapsed() < PATIENCE {
                thread::sleep(LOOK);
                said = terminal.run(&command);
            }
            assert!(
                is_good(&said),
                "{place}: {command}\nexit code {}, printed:\n{}\nshown:\n{}",
                said.code,
                said.text,
                shown.join("\n")
            );
        }
    }

    fn start(&mut self, block: &Block, folder: &str, command: &str, mut shown: Vec<String>) {
        assert!(self.background.is_none(), "{}: something runs already", self.place(block));
        shown.push("…".to_owned());
        let command = self.here(command);
        let running = self.terminal(folder).start(&command);
        let started = Instant::now();
        while !agrees(&shown, &running.said()) {
            assert!(
                started.elapsed() < PATIENCE,
                "{}: {command}\nprinted:\n{}{}\nshown:\n{}",
                self.place(block),
                running.said(),
                running.log(),
                shown.join("\n")
            );
            thread::sleep(LOOK);
        }
        self.background = Some(running);
    }

    fn terminal(&mut self, folder: &str) -> &mut Terminal {
        let home = self.home.join(folder);
        self.terminals.entry(folder.to_owned()).or_insert_with(|| {
            fs::create_dir_all(&home).expect("a folder");
            Terminal::open(&home)
        })
    }

    /// A text of the document as it is here.
    fn here(&self, text: &str) -> String {
        let replace = |text: String, (word, by): &(&str, String)| text.replace(word, by);
        self.words.iter().fold(text.to_owned(), replace)
    }

    /// The same with ids as a reader would take them from the list: the newest.
    fn with_ids(&mut self, folder: &str, command: &str) -> String {
        let mut command = self.here(command);
        for (word, list, field) in [
            ("MESSAGE_ID", "renkei history --format json", "message_id"),
            ("HELD_ID", "renkei hold list --json", "id"),
        ] {
            if command.contains(word) {
                let said = self.terminal(folder).run(list);
                let start = format!("\"{field}\": \"");
                let (_, rest) =
                    said.text.split_once(&start).unwrap_or_else(|| panic!("{}", said.text));
                let (id, _) = rest.split_once('"').expect("an end");
                command = command.replace(word, id);
            }
        }
        command
    }

    fn place(&self, block: &Block) -> String {
        format!("{}:{}", self.document.name, block.line)
    }
}

impl Block {
    /// Whether this word stands behind the language.
    pub(super) fn says(&self, word: &str) -> bool {
        self.not_run().is_none() && self.how.split(' ').any(|other| other == word)
    }

    /// What stands behind `name=`.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let words = self.how.split(' ').filter(|_| self.not_run().is_none());
        words
            .filter_map(|word| word.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }
}
