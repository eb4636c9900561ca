//! A shell that runs the commands of a document one after the other, as a reader would.

use std::fs;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use tempfile::TempDir;

use crate::harness::until;

/// What a command printed, and its exit code.
pub(super) struct Said {
    pub(super) code: i32,
    pub(super) text: String,
}

/// One shell, from the first command of a document to its last.
pub(super) struct Terminal {
    shell: Child,
    input: ChildStdin,
    /// What commands print, apart from the folder in which they run.
    notes: TempDir,
    count: u32,
    last: i32,
}

impl Terminal {
    pub(super) fn open(folder: &Path) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_renkei"));
        let mut paths = vec![program.parent().expect("a folder").to_owned()];
        let path = std::env::var_os("PATH").unwrap_or_default();
        paths.extend(std::env::split_paths(&path));
        let mut shell = Command::new("sh")
            .current_dir(folder)
            .env("PATH", std::env::join_paths(paths).expect("a path"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("a shell");
        let input = shell.stdin.take().expect("a pipe");
        let notes = tempfile::tempdir().expect("a folder");
        Self { shell, input, notes, count: 0, last: 0 }
    }

    /// Runs a command and waits for its end.
    pub(super) fn run(&mut self, command: &str) -> Said {
        let (out, end) = self.next();
        // What a command reads is not what comes after it, and `$?` is that of the command before.
        let (last, out_path, end_path) = (self.last, out.display(), end.display());
        self.write(&format!(
            "{{ (exit {last})\n{command}\n}} </dev/null >{out_path} 2>&1\necho \"$? end\" >{end_path}\n"
        ));
        let code = Self::number(&end);
        self.last = code;
        Said { code, text: read(&out) }
    }

    /// Starts a command that goes on.
    pub(super) fn start(&mut self, command: &str) -> Running {
        let (out, end) = self.next();
        let (out_path, end_path) = (out.display(), end.display());
        let log = out.with_extension("log");
        let log_path = log.display();
        self.write(&format!(
            "{{ exec {command}\n}} </dev/null >{out_path} 2>{log_path} &\necho \"$! end\" >{end_path}\n"
        ));
        Running { process: Self::number(&end), out, log }
    }

    fn next(&mut self) -> (PathBuf, PathBuf) {
        self.count += 1;
        let path = |kind: &str| self.notes.path().join(format!("{kind}-{}", self.count));
        (path("out"), path("end"))
    }

    fn write(&mut self, script: &str) {
        self.input.write_all(script.as_bytes()).expect("the shell reads");
    }

    fn number(path: &Path) -> i32 {
        until("the end of a command", || {
            let text = fs::read_to_string(path).ok()?;
            text.strip_suffix(" end\n")?.parse().ok()
        })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // With everything that it has started.
        let group = format!("-{}", self.shell.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.shell.wait();
    }
}

/// A command that goes on until it is stopped.
pub(super) struct Running {
    process: i32,
    out: PathBuf,
    log: PathBuf,
}

impl Running {
    /// What it has printed so far, its log aside, the lines of which come whenever they like.
    pub(super) fn said(&self) -> String {
        read(&self.out)
    }

    pub(super) fn log(&self) -> String {
        read(&self.log)
    }

    /// Stops it as a service manager does and waits for its end.
    pub(super) fn stop(self, terminal: &mut Terminal) {
        let process = self.process;
        terminal.run(&format!("kill -TERM {process}; wait {process}"));
    }
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

/// Whether the output is what a document shows: a line of `…` alone stands for any lines, `…` in a
/// line for any text; a run of spaces is one.
pub(super) fn agrees(shown: &[String], said: &str) -> bool {
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let tidy = |lines: &mut dyn Iterator<Item = &str>| {
        let mut lines: Vec<String> = lines.map(words).collect();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines
    };
    let mut shown = tidy(&mut shown.iter().map(String::as_str));
    for line in &mut shown {
        // Columns that are left out take the spaces between them along.
        *line = line.replace(" …", "…").replace("… ", "…");
    }
    lines_agree(&shown, &tidy(&mut said.lines()))
}

fn lines_agree(shown: &[String], said: &[String]) -> bool {
    match shown.split_first() {
        None => said.is_empty(),
        Some((first, rest)) if first == "…" => {
            (0..=said.len()).any(|skipped| lines_agree(rest, &said[skipped..]))
        }
        Some((first, rest)) => said
            .split_first()
            .is_some_and(|(line, others)| line_agrees(first, line) && lines_agree(rest, others)),
    }
}

fn line_agrees(shown: &str, said: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut rest) = parts.next().and_then(|start| said.strip_prefix(start)) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        if let Some(part) = last {
            let Some((_, behind)) = rest.split_once(part) else { return false };
            rest = behind;
        }
        last = Some(part);
    }
    last.map_or(rest.is_empty(), |part| rest.ends_with(part))
}

#[test]
fn shown_output_stands_for_what_is_printed() {
    let agrees = |shown: &[&str], said: &str| {
        agrees(&shown.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>(), said)
    };
    assert!(agrees(&["a  b", "…", "z"], "a b\nc\nd\nz\n"));
    assert!(agrees(&["…"], "") && agrees(&[], "") && agrees(&["a … c … e"], "a b c d e"));
    assert!(agrees(&["a …", "b"], "a c\nb\n"));
    for (shown, said) in
        [(&["a"][..], "a\nb"), (&["a", "b"], "a"), (&["a … c"], "a b"), (&["…b"], "bc"), (&[], "x")]
    {
        assert!(!agrees(shown, said), "{shown:?} {said:?}");
    }
}
