//! Names for the cases that do one stage of the others' work alone.

use record::CaseInfo;

use super::RunSet;
use crate::labels;

impl RunSet {
    /// Calls each after its stage, and after what varies where a stage has several.
    pub(super) fn name_stages(&mut self) {
        let infos: Vec<CaseInfo> = self.stages.iter().map(|one| one.info.clone()).collect();
        for (stage, info) in self.stages.iter_mut().zip(&infos) {
            let name = info.stage.clone().unwrap_or_default();
            let same: Vec<&CaseInfo> = infos.iter().filter(|one| one.stage == info.stage).collect();
            let varying = labels::varying(&same).into_iter();
            let values = varying.filter_map(|name| {
                Some(format!("{name}={}", labels::text(info.params.get(&name)?)))
            });
            let parts: Vec<String> = [name].into_iter().chain(values).collect();
            stage.label = parts.join(" ");
        }
    }
}
