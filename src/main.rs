use std::process::ExitCode;

use clap::Parser;
use station_network::app::commands::{Cli, run};

/// Pages are made of many short-lived strings and buffers.
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
