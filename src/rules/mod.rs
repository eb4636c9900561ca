//! The rule table, the checks and the report.
