//! Integration tests, one binary; each module tests one fact of the program from outside.

mod example_config;
mod layers;
