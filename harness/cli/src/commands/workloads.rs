//! `dyno workloads`: the built-in workloads and their parameters, from their own specs.

use workload_api::{Kind, ParamSpec, Spec};

use crate::args::WorkloadsArgs;
use crate::exit::{Exit, UsageError};

/// Prints every workload in short, or one in full.
///
/// # Errors
/// When there is no workload of that name.
pub(crate) fn run(args: &WorkloadsArgs) -> anyhow::Result<Exit> {
    let specs: Vec<Spec> = workloads::ALL.iter().map(|workload| workload.spec()).collect();
    let Some(name) = &args.name else {
        for spec in &specs {
            println!("{:<14} {}", spec.name, spec.about);
        }
        println!("\n`dyno workloads NAME` prints the parameters of one.");
        return Ok(Exit::Ok);
    };
    let Some(spec) = specs.iter().find(|spec| spec.name == *name) else {
        let names: Vec<_> = specs.iter().map(|spec| spec.name.as_str()).collect();
        let message = format!("no workload named `{name}`; there are: {}", names.join(", "));
        return Err(UsageError(message).into());
    };
    println!("{}: {}\n", spec.name, spec.about);
    for param in &spec.params {
        print_param(param);
    }
    Ok(Exit::Ok)
}

fn print_param(param: &ParamSpec) {
    println!("{}: {}", param.name, param.kind.expectation());
    println!("    {}", param.about);
    if let Some(default) = &param.default {
        println!("    default: {default}");
    }
    if let Kind::Choice { values } = &param.kind {
        for choice in values.iter().filter(|choice| !choice.about.is_empty()) {
            println!("    {:<12} {}", choice.value, choice.about);
        }
    }
    println!();
}
