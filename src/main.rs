use std::process::ExitCode;

use clap::Parser;
use station_network::app::commands::{Cli, run};

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
