//! What is known of a subject before any file is judged: the files that it looks at, and the rules
//! that it decides there. What a report says of the rules of subjects, it says from here.

use crate::rules::rule::RuleSet;
use crate::rules::table::Rule;
use crate::spec::{Layout, Spec};
use crate::types::{Edition, FileKind, FileName};

use super::{Context, Subject};

/// A subject.
pub(super) struct Declared {
    /// It is there for the files of each of these.
    pub(super) scopes: &'static [Scope],
    pub(super) new: New,
}

/// How a subject is made for a file that one of its scopes holds.
pub(super) enum New {
    OfLayout(fn(&Context<'_>) -> Box<dyn Subject>),
    /// Of files with a name of the standard only.
    OfName(fn(&Context<'_>, &FileName) -> Box<dyn Subject>),
}

/// Some files, and the rules that a subject decides for them.
pub(super) struct Scope {
    kinds: &'static [FileKind],
    /// The first edition.
    since: Edition,
    when: When,
    rules: &'static [Rule],
}

/// What else has to hold of a file.
enum When {
    Always,
    /// Its layout.
    Layout(fn(&Layout) -> bool),
    /// Its name, which has to be one of the standard.
    Name(fn(&Spec, &FileName) -> bool),
}

impl Scope {
    /// All files of some kinds. A subject that only gathers decides no rule.
    pub(super) const fn of(kinds: &'static [FileKind], rules: &'static [Rule]) -> Self {
        Self { kinds, since: Edition::V3, when: When::Always, rules }
    }

    /// Only from an edition on.
    pub(super) const fn since(self, edition: Edition) -> Self {
        Self { since: edition, ..self }
    }

    /// Only where something holds of the layout.
    pub(super) const fn where_layout(self, holds: fn(&Layout) -> bool) -> Self {
        Self { when: When::Layout(holds), ..self }
    }

    /// Only where the name is one of the standard and something holds of it.
    pub(super) const fn where_name(self, holds: fn(&Spec, &FileName) -> bool) -> Self {
        Self { when: When::Name(holds), ..self }
    }

    fn holds(&self, context: &Context<'_>) -> bool {
        let Layout { kind, edition, .. } = context.layout;
        let when = match self.when {
            When::Always => true,
            When::Layout(holds) => holds(context.layout),
            When::Name(holds) => context.name.is_some_and(|name| holds(context.spec, name)),
        };
        when && *edition >= self.since && self.kinds.contains(kind)
    }
}

impl Declared {
    /// The rules that it decides for a file; nothing where it is not there for it.
    pub(super) fn rules(&self, context: &Context<'_>) -> Option<RuleSet> {
        let mut scopes = self.scopes.iter().filter(|scope| scope.holds(context)).peekable();
        scopes.peek()?;
        let mut rules = RuleSet::default();
        scopes.for_each(|scope| rules.extend(&RuleSet::of(scope.rules)));
        Some(rules)
    }

    /// The subject, for a file that one of its scopes holds.
    pub(super) fn make(&self, context: &Context<'_>) -> Option<Box<dyn Subject>> {
        match self.new {
            New::OfLayout(new) => Some(new(context)),
            New::OfName(new) => context.name.map(|name| new(context, name)),
        }
    }
}

/// Any name of the standard.
pub(super) const fn any_name(_: &Spec, _: &FileName) -> bool {
    true
}

/// The recipient is none of the care managers, who share whole plans (包括 and 受託居宅).
pub(super) fn to_a_service_office(spec: &Spec, name: &FileName) -> bool {
    !name.service_types.is_some_and(|(_, to)| spec.is_care_management(to))
}

#[cfg(test)]
mod tests {
    use super::super::SUBJECTS;
    use super::*;

    /// Or a file could be in the scope of a subject that cannot be made for it.
    #[test]
    fn what_is_made_of_a_name_asks_for_one() {
        for subject in SUBJECTS.iter().filter(|subject| matches!(subject.new, New::OfName(_))) {
            let asks = |scope: &Scope| matches!(scope.when, When::Name(_));
            assert!(subject.scopes.iter().all(asks));
        }
    }
}
