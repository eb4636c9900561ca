//! The version of the rule set.

use std::sync::OnceLock;

use crate::spec::Spec;
use crate::types::{Digest, DigestBuilder};

use super::table::TABLE;

/// The digest over everything that decides about a verdict and is data: the rule table and the
/// tables of the standard.
pub fn rule_set(spec: &Spec) -> Digest {
    // A node judges thousands of sets by the same tables.
    static FIRST: OnceLock<(Digest, Digest)> = OnceLock::new();
    let (of, digest) = FIRST.get_or_init(|| (spec.digest(), compute(spec)));
    if *of == spec.digest() { *digest } else { compute(spec) }
}

fn compute(spec: &Spec) -> Digest {
    let mut builder = DigestBuilder::new();
    builder.update(spec.digest().as_raw());
    for info in &TABLE {
        let (level, severity, since) =
            (info.level.as_str(), info.severity.as_str(), info.since.as_str());
        let mut cells =
            vec![info.code, info.name, level, severity, since, info.clause, info.bad, info.good];
        for text in [&info.ja, &info.en] {
            cells.extend([text.message, text.why, text.fix]);
        }
        for cell in cells {
            builder.update(cell.as_bytes());
            builder.update(b"\n");
        }
    }
    builder.finish()
}
