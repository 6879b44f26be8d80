//! All of it on this machine.

use clap::Args;

#[derive(Args)]
pub(crate) struct Options {
    /// How many simulated accounts
    #[arg(long, value_name = "N", default_value_t = 50)]
    accounts: usize,
    /// How many workers
    #[arg(long, value_name = "N", default_value_t = 3)]
    workers: usize,
    /// End after so long [default: at Ctrl-C]
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,
}

pub(crate) async fn run(_options: Options, _stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    Ok(())
}
