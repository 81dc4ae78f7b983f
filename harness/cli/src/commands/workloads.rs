//! `dyno workloads`: the built-in workloads and their parameters, from their own specs.

use workload_api::{Kind, ParamSpec, Spec};

use crate::args::WorkloadsArgs;
use crate::exit::{Exit, UsageError};
use crate::output::print;

/// Prints every workload in short, or one in full.
///
/// # Errors
/// When there is no workload of that name.
pub(crate) fn run(args: &WorkloadsArgs) -> anyhow::Result<Exit> {
    let specs: Vec<Spec> = workloads::ALL.iter().map(|workload| workload.spec()).collect();
    let Some(name) = &args.name else {
        print(&overview(&specs))?;
        return Ok(Exit::Ok);
    };
    let Some(spec) = specs.iter().find(|spec| spec.name == *name) else {
        let names: Vec<_> = specs.iter().map(|spec| spec.name.as_str()).collect();
        let message = format!("no workload named `{name}`; there are: {}", names.join(", "));
        return Err(UsageError(message).into());
    };
    let params: Vec<_> = spec.params.iter().map(param_text).collect();
    print(&format!("{}: {}\n\n{}", spec.name, spec.about, params.join("\n")))?;
    Ok(Exit::Ok)
}

fn overview(specs: &[Spec]) -> String {
    let mut text = String::new();
    for spec in specs {
        text.push_str(&format!("{:<14} {}\n", spec.name, spec.about));
    }
    text.push_str("\n`dyno workloads NAME` prints the parameters of one.\n");
    text
}

fn param_text(param: &ParamSpec) -> String {
    let mut text = format!("{}: {}\n", param.name, param.kind.expectation());
    text.push_str(&format!("    {}\n", param.about));
    if let Some(default) = &param.default {
        text.push_str(&format!("    default: {default}\n"));
    }
    if let Kind::Choice { values } = &param.kind {
        for choice in values.iter().filter(|choice| !choice.about.is_empty()) {
            text.push_str(&format!("    {:<12} {}\n", choice.value, choice.about));
        }
    }
    text
}
