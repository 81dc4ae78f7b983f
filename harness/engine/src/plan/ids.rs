//! Names of cases: stable, readable, unique.
//!
//! An id depends only on runner, workload and the stated parameters, in name order, so that a
//! suite may be reordered and a workload may gain parameters without breaking its history.

use std::fmt::Write;

use record::CaseId;
use workload_api::Params;

use crate::case::{Runner, RunnerKind};

/// `workload/name=value,name=value`; `runner:workload/...` for a foreign program.
pub(super) fn id(runner: &Runner, workload: &str, params: &Params) -> CaseId {
    let mut id = match runner.kind {
        RunnerKind::Program { .. } => format!("{}:{}", escape(&runner.name), escape(workload)),
        RunnerKind::Builtin | RunnerKind::Command(_) => escape(workload),
    };
    for (at, (name, value)) in params.iter().enumerate() {
        id.push(if at == 0 { '/' } else { ',' });
        id.push_str(&escape(name));
        id.push('=');
        id.push_str(&escape(&value.to_string()));
    }
    CaseId::new(id)
}

/// Everything but letters, digits and a few signs as `%XX`, so that no two ids look the same.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() || "-_.+".contains(c) {
            escaped.push(c);
            continue;
        }
        let mut bytes = [0; 4];
        for byte in c.encode_utf8(&mut bytes).bytes() {
            // OK because writing to a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;

    fn builtin() -> Runner {
        let kind = RunnerKind::Builtin;
        Runner { name: "builtin".to_owned(), kind, env: BTreeMap::new(), cwd: PathBuf::new() }
    }

    #[test]
    fn an_id_states_the_parameters_in_name_order_and_escapes_odd_signs() {
        let mut params = Params::default();
        assert_eq!(id(&builtin(), "pipeline", &params).as_str(), "pipeline");
        params.set("step", "08");
        params.set("rows", 1000);
        params.set("file", "a/b,c=ü 100%");
        assert_eq!(
            id(&builtin(), "pipeline", &params).as_str(),
            "pipeline/file=a%2Fb%2Cc%3Dü%20100%25,rows=1000,step=08"
        );
    }

    proptest! {
        #[test]
        fn different_texts_have_different_ids(a in "\\PC{0,8}", b in "\\PC{0,8}") {
            prop_assert_eq!(a == b, escape(&a) == escape(&b));
        }
    }
}
