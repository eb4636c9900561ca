//! One file from its first byte to its last.

use crate::record::Reader;
use crate::spec::Spec;
use crate::types::{Digest, DigestBuilder, FileKind};

use super::collect::Findings;
use super::finding::Draft;
use super::jpeg::Picture;
use super::judge::{End, FileIdentity, Judge};
use super::name;
use super::outcome::FileOutcome;
use super::sniff::{self, Foreign, Ms932, OtherJis, Start, Utf8};
use super::table::Rule;

/// Pieces of at least so many bytes are hashed by a thread of their own, which begins in a small
/// part of the time that it saves.
const WORTH_A_THREAD: usize = 1 << 19;

/// The checks of one file.
pub(super) struct FileCheck<'s> {
    label: String,
    folder: String,
    hash: Hash,
    state: State,
    /// The first bytes, until there are enough to judge them.
    start: Vec<u8>,
    utf8: Utf8,
    other_jis: OtherJis,
    ms932: Ms932,
    reader: Reader,
    picture: Option<Picture>,
    judge: Judge<'s>,
}

/// Where the digest of the bytes comes from.
enum Hash {
    /// From who has them.
    Known(Digest),
    Of(DigestBuilder),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing is known of the bytes yet.
    Starting,
    /// They are being read as records.
    Reading,
    /// They are a picture, or cannot be read at all; only counted into the digest.
    Passing,
}

impl<'s> FileCheck<'s> {
    /// Begins a file; `label` is its name, perhaps with folders and `/` before it. Where the digest of
    /// its bytes is known, they are not hashed.
    pub(super) fn new(
        spec: &'s Spec,
        label: &str,
        sha256: Option<Digest>,
        mut findings: Findings,
    ) -> Self {
        let (folder, name) = label.rsplit_once('/').unwrap_or(("", label));
        let (kind, parsed) = name::check(spec, name, &mut findings);
        // Behind another extension is a copy that somebody kept: what is in it is nobody's export.
        let kept = findings.has(Rule::WrongExtension);
        let text = !kept && kind.is_some_and(|kind| !kind.is_image());
        let picture = !kept && kind.is_some_and(FileKind::is_image);
        Self {
            label: shortened(label),
            folder: folder.to_owned(),
            hash: sha256.map_or_else(|| Hash::Of(DigestBuilder::new()), Hash::Known),
            state: if text || picture { State::Starting } else { State::Passing },
            start: Vec::new(),
            utf8: Utf8::default(),
            other_jis: OtherJis::default(),
            ms932: Ms932::default(),
            reader: Reader::default(),
            picture: None,
            judge: Judge::new(spec, kind, parsed, findings),
        }
    }

    /// The name as it is shown.
    pub(super) fn label(&self) -> &str {
        &self.label
    }

    /// The folders before the name.
    pub(super) fn folder(&self) -> &str {
        &self.folder
    }

    /// The kind, where the name tells it.
    pub(super) const fn kind(&self) -> Option<FileKind> {
        self.judge.kind
    }

    /// Takes the next bytes. Those of a large piece are hashed beside the checks, by a second thread
    /// that ends with the call.
    pub(super) fn feed(&mut self, piece: &[u8]) {
        let hash = match &mut self.hash {
            Hash::Known(_) => return self.look_at(piece),
            Hash::Of(hash) if piece.len() < WORTH_A_THREAD => {
                hash.update(piece);
                return self.look_at(piece);
            }
            Hash::Of(hash) => hash.clone(),
        };
        let hashed = |mut hash: DigestBuilder| {
            hash.update(piece);
            hash
        };
        let beside = std::thread::scope(|scope| {
            let begun = hash.clone();
            let beside = std::thread::Builder::new().spawn_scoped(scope, move || hashed(begun));
            self.look_at(piece);
            beside.ok().and_then(|beside| beside.join().ok())
        });
        // Where the system gives no second thread, there is still this one.
        self.hash = Hash::Of(beside.unwrap_or_else(|| hashed(hash)));
    }

    fn look_at(&mut self, piece: &[u8]) {
        match self.state {
            State::Passing => self.pass(piece),
            State::Reading => self.read(piece),
            State::Starting => {
                let wanted = sniff::START.saturating_sub(self.start.len()).min(piece.len());
                let (start, rest) = piece.split_at(wanted);
                self.start.extend_from_slice(start);
                if self.start.len() >= sniff::START {
                    self.begin();
                    self.feed_rest(rest);
                }
            }
        }
    }

    fn feed_rest(&mut self, rest: &[u8]) {
        if self.state == State::Reading {
            self.read(rest);
        } else {
            self.pass(rest);
        }
    }

    fn pass(&mut self, piece: &[u8]) {
        if let Some(picture) = &mut self.picture {
            picture.feed(piece);
        }
    }

    fn read(&mut self, piece: &[u8]) {
        self.utf8.feed(piece);
        self.other_jis.feed(piece);
        if self.utf8.is_possible() || self.other_jis.is_possible() {
            self.ms932.feed(piece);
        }
        self.reader.feed(piece, &mut self.judge);
    }

    /// Judges the first bytes and hands them on.
    fn begin(&mut self) {
        let start = std::mem::take(&mut self.start);
        let findings = &mut self.judge.findings;
        if self.judge.kind.is_some_and(FileKind::is_image) {
            if Picture::begins(&start) {
                let picture = self.picture.insert(Picture::default());
                picture.feed(&start);
            } else {
                findings.add(Rule::NotAJpeg, Draft::file);
            }
            self.state = State::Passing;
            return;
        }
        match sniff::start(&start) {
            Start::Plain => {
                self.state = State::Reading;
                self.read(&start);
            }
            Start::Utf8Bom => {
                findings.add(Rule::Utf8Bom, || Draft::line(1, Some(0)));
                self.state = State::Passing;
            }
            Start::NotText(kind) => {
                findings.add(Rule::NotText, || Draft::line(1, Some(0)).with("kind", kind));
                self.state = State::Passing;
            }
            Start::Utf16 => {
                findings.add(Rule::Utf16Text, || Draft::line(1, Some(0)));
                self.state = State::Passing;
            }
        }
    }

    /// The file is at its end.
    pub(super) fn finish(mut self) -> FileOutcome {
        if self.state == State::Starting {
            self.begin();
        }
        if self.picture.as_ref().is_some_and(Picture::is_cut) {
            self.judge.findings.add(Rule::PictureCut, Draft::file);
        }
        let readable = self.state == State::Reading;
        if readable {
            self.reader.finish(&mut self.judge);
        }
        // ISO-2022-JP is told by control characters, which no text in MS932 has.
        let foreign = match self.other_jis.verdict() {
            Some(Foreign::Iso2022Jp) => Some(Foreign::Iso2022Jp),
            _ if self.ms932.explains() => None,
            _ if self.utf8.verdict() => Some(Foreign::Utf8),
            other => other,
        };
        let foreign = foreign.filter(|_| readable);
        let sha256 = match self.hash {
            Hash::Known(sha256) => sha256,
            Hash::Of(hash) => hash.finish(),
        };
        let identity = FileIdentity { label: self.label, folder: self.folder, sha256 };
        self.judge.finish(identity, &End { reader: &self.reader, readable, foreign })
    }
}

/// A name for showing: no longer than any file system has it.
fn shortened(label: &str) -> String {
    const MOST: usize = 1024;
    let mut shown: String = label.chars().take(MOST).collect();
    if shown.len() < label.len() {
        shown.push('…');
    }
    shown
}
