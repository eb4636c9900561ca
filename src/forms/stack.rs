//! The forms of a person as they are drawn, and how many of them there may be.

use super::sheet::DrawnForm;

/// The most forms of one person; the plans of a year and all their months are a tenth of it.
const MOST_OF_PERSON: usize = 2_000;

/// The most forms of all people together.
const MOST_FORMS: usize = 20_000;

/// The most bytes of HTML, all forms together. Forms beyond it are not begun.
const MOST_BYTES: usize = 512 << 20;

/// The most rows that forms draw which another form draws too: every 第6表 of a month has all its
/// actuals.
const MOST_REPEATED: usize = 2_000_000;

/// How much may still be drawn.
pub(super) struct Left {
    forms: usize,
    bytes: usize,
    repeated: usize,
}

impl Default for Left {
    fn default() -> Self {
        Self { forms: MOST_FORMS, bytes: MOST_BYTES, repeated: MOST_REPEATED }
    }
}

/// The forms of one person, in the order of printing.
pub(super) struct Stack<'l> {
    pub(super) forms: Vec<DrawnForm>,
    /// How many there are beyond what may be drawn.
    pub(super) left_out: usize,
    drawn: usize,
    left: &'l mut Left,
}

impl<'l> Stack<'l> {
    pub(super) const fn new(left: &'l mut Left) -> Self {
        Self { forms: Vec::new(), left_out: 0, drawn: 0, left }
    }

    /// Puts a form on top.
    pub(super) fn add(&mut self, draw: impl FnOnce() -> DrawnForm) {
        let form = self.draw(0, draw);
        self.forms.extend(form);
    }

    /// Draws a form and gives it back. `repeated` rows of it are on other forms too.
    pub(super) fn draw(
        &mut self,
        repeated: usize,
        draw: impl FnOnce() -> DrawnForm,
    ) -> Option<DrawnForm> {
        let left = &mut *self.left;
        let has_room = self.drawn < MOST_OF_PERSON && left.forms > 0 && left.bytes > 0;
        let Some(repeated) = left.repeated.checked_sub(repeated).filter(|_| has_room) else {
            self.left_out += 1;
            return None;
        };
        let form = draw();
        self.drawn += 1;
        left.forms -= 1;
        left.bytes = left.bytes.saturating_sub(form.html.reveal().len());
        left.repeated = repeated;
        Some(form)
    }
}
