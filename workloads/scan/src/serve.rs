//! `scan serve PARAMETERS`: a planner and its workers for clients that are not ours.
//!
//! Called by `main`. The servers are those that the workload starts for the same parameters, which
//! stand in one argument as the worker protocol sends them. The planner's location is the first line
//! of the output; the servers end when the input does.

use std::io::{self, Write};
use std::process::ExitCode;

use workload_api::Params;

use crate::cluster::Cluster;
use crate::settings::Settings;

/// The whole of `scan serve`. Exits with 2 where the parameters are not understood.
#[expect(clippy::print_stderr, reason = "this is the end of main")]
pub fn run(params: Option<&str>) -> ExitCode {
    let settings = match settings(params.unwrap_or("{}")) {
        Ok(settings) => settings,
        Err(why) => {
            eprintln!("scan serve: {why}");
            return ExitCode::from(2);
        }
    };
    match serve(&settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scan serve: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The seed is the query's, which is the client's to ask.
fn settings(params: &str) -> Result<Settings, String> {
    let params: Params = serde_json::from_str(params)
        .map_err(|error| format!("parameters as a JSON object, found `{params}`: {error}"))?;
    Settings::new(&params, 0).map_err(|error| error.to_string())
}

fn serve(settings: &Settings) -> Result<(), Box<dyn std::error::Error>> {
    let link = tempfile::NamedTempFile::new()?;
    let program = std::env::current_exe()?;
    let cluster = Cluster::start(&program, settings.workers, &settings.worker(link.path()))?;
    let mut output = io::stdout();
    writeln!(output, "{}", cluster.planner())?;
    output.flush()?;
    io::copy(&mut io::stdin().lock(), &mut io::sink())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_those_of_the_workload() {
        let found = settings(r#"{"workers":2,"latency":1000000}"#).unwrap();
        assert_eq!((found.workers, found.latency.as_micros()), (2, 1000));
        assert!(settings(r#"{"nodes":2}"#).unwrap_err().starts_with("unknown parameter `nodes`"));
        assert!(settings("workers=2").unwrap_err().starts_with("parameters as a JSON object"));
    }
}
