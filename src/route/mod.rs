//! Where an incoming send unit goes, and when.
