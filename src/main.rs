//! The `station-network` binary: parses the command line and runs the command.

use std::process::ExitCode;

use clap::Parser;
use station_network::app::commands::{Cli, run};

/// mimalloc, because rendering a page allocates many short-lived strings and buffers.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("station-network: {error:#}");
            ExitCode::FAILURE
        }
    }
}
