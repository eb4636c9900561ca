//! What stands in a document: headings, links, blocks.

use std::fs;
use std::path::{Path, PathBuf};

/// A document of the repository.
pub(super) struct Document {
    /// From the root of the repository, with `/`.
    pub(super) name: String,
    pub(super) text: String,
    pub(super) headings: Vec<Heading>,
    pub(super) blocks: Vec<Block>,
}

pub(super) struct Heading {
    pub(super) level: usize,
    pub(super) text: String,
}

/// What stands between two lines of three backticks.
pub(super) struct Block {
    /// Where it begins.
    pub(super) line: usize,
    /// The first word behind the backticks.
    pub(super) language: String,
    /// The words behind it, which say how it is run; GitHub does not show them.
    pub(super) how: String,
    pub(super) text: String,
}

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The documents in a folder of the repository, by name.
pub(super) fn documents_in(folder: &str) -> Vec<Document> {
    let entries = fs::read_dir(root().join(folder)).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut names: Vec<String> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| path.file_name().expect("a name").to_str().expect("UTF-8").to_owned())
        .map(|name| if folder.is_empty() { name } else { format!("{folder}/{name}") })
        .collect();
    names.sort();
    names.iter().map(|name| Document::read(name)).collect()
}

/// The documents for users: the README and the folder `docs`, in both languages.
pub(super) fn for_users() -> Vec<Document> {
    let mut documents = documents_in("");
    documents.retain(|document| document.name.starts_with("README"));
    documents.extend(documents_in("docs"));
    documents
}

impl Document {
    pub(super) fn read(name: &str) -> Self {
        let text = fs::read_to_string(root().join(name)).expect(name).replace("\r\n", "\n");
        let (mut headings, mut blocks) = (Vec::new(), Vec::<Block>::new());
        let mut is_open = false;
        for (line, content) in text.lines().enumerate() {
            if let Some(info) = content.strip_prefix("```") {
                if !is_open {
                    let (language, how) = info.split_once(' ').unwrap_or((info, ""));
                    let (language, how) = (language.to_owned(), how.trim().to_owned());
                    blocks.push(Block { line: line + 1, language, how, text: String::new() });
                }
                is_open = !is_open;
            } else if is_open {
                let block = blocks.last_mut().expect("it is open");
                block.text.push_str(content);
                block.text.push('\n');
            } else if content.starts_with('#') {
                let text = content.trim_start_matches('#');
                let level = content.len() - text.len();
                headings.push(Heading { level, text: text.trim().to_owned() });
            }
        }
        assert!(!is_open, "{name}: a block has no end");
        Self { name: name.to_owned(), text, headings, blocks }
    }

    pub(super) fn is_japanese(&self) -> bool {
        self.name.ends_with(".ja.md")
    }

    /// The same document in Japanese.
    pub(super) fn translation(&self) -> Self {
        Self::read(&self.name.replace(".md", ".ja.md"))
    }

    /// The text without blocks.
    pub(super) fn prose(&self) -> String {
        let mut is_open = false;
        let prose = self.text.lines().filter(|line| {
            let is_fence = line.starts_with("```");
            is_open ^= is_fence;
            !is_fence && !is_open
        });
        prose.collect::<Vec<_>>().join("\n")
    }

    /// Where the links of the text lead, without those to the web.
    pub(super) fn links(&self) -> Vec<String> {
        let prose = self.prose();
        let targets = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let is_ours = |target: &&str| !target.contains("://") && !target.starts_with("mailto:");
        targets.filter(is_ours).map(str::to_owned).collect()
    }

    /// The file that a link leads to.
    pub(super) fn resolve(&self, file: &str) -> PathBuf {
        let folder = Path::new(&self.name).parent().expect("a name");
        root().join(folder).join(file)
    }

    /// The anchors of the headings as GitHub makes them.
    pub(super) fn anchors(&self) -> Vec<String> {
        let mut anchors: Vec<String> = Vec::new();
        for heading in &self.headings {
            let is_kept =
                |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
            let text = heading.text.to_lowercase();
            let anchor: String = text.chars().filter(is_kept).collect();
            let anchor = anchor.replace(' ', "-");
            let earlier = anchors.iter().filter(|other| **other == anchor).count();
            anchors.push(if earlier == 0 { anchor } else { format!("{anchor}-{earlier}") });
        }
        anchors
    }
}

impl Block {
    /// Whether it holds commands for a shell of Unix.
    pub(super) fn is_commands(&self) -> bool {
        matches!(self.language.as_str(), "sh" | "console")
    }

    /// Why it is not run.
    pub(super) fn not_run(&self) -> Option<&str> {
        self.how.strip_prefix("not-run:").map(str::trim)
    }

    /// The commands, each with the output that is shown; `sh` shows none and is one command.
    pub(super) fn commands(&self) -> Vec<(String, Vec<String>)> {
        if self.language != "console" {
            return vec![(self.text.clone(), Vec::new())];
        }
        let mut commands: Vec<(String, Vec<String>)> = Vec::new();
        for line in self.text.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                commands.push((command.to_owned(), Vec::new()));
            } else {
                let (command, shown) = commands.last_mut().expect("a command before its output");
                if command.ends_with('\\') {
                    command.push('\n');
                    command.push_str(line);
                } else {
                    shown.push(line.to_owned());
                }
            }
        }
        commands
    }
}
