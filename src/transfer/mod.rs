//! The states of a package on its way.
