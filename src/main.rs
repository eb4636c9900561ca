//! The command `renkei`.

use std::process::ExitCode;

fn main() -> ExitCode {
    renkei::cli::main(std::env::args_os())
}
