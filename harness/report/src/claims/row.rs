//! A verdict as a row of the `claims` table.

use std::collections::BTreeSet;

use harness_core::record::ClaimRow;

use super::ClaimResult;
use crate::Identity;

impl ClaimResult {
    /// The row of the `claims` table.
    pub fn row(&self, identity: &Identity) -> ClaimRow {
        let cells: BTreeSet<&str> = self.runs.iter().map(|r| r.cell_key.as_str()).collect();
        let estimate = self.estimate.as_ref();
        ClaimRow {
            campaign_id: identity.campaign_id.clone(),
            claim_id: self.id.clone(),
            suite: identity.suite.clone(),
            profile: identity.profile.clone(),
            paper: Some(self.paper.clone()),
            source: self.source.clone(),
            transcribed: Some(self.transcribed_text()),
            kind: self.kind.to_owned(),
            statement: self.statement.clone(),
            metric: Some(self.metric.clone()),
            reported: self.reported,
            region_lo: self.region_lo,
            region_hi: self.region_hi,
            estimate: estimate.map(|e| e.value),
            ci_lo: estimate.and_then(|e| e.lo),
            ci_hi: estimate.and_then(|e| e.hi),
            ci_level: estimate.map_or(0.95, |e| e.level),
            ci_method: estimate.map(|e| e.method.to_owned()),
            p: self.p,
            p_adjusted: self.p_adjusted,
            n: estimate.map_or(0, |e| e.n as u32),
            proxy: self.proxy,
            better: Some(self.better),
            verdict: self.verdict.as_str().to_owned(),
            reason: self.reason.clone(),
            needed_n: self.needed_n.map(|n| n as u32),
            cell_keys: serde_json::json!(cells).to_string(),
            env_key: identity.env_key.clone(),
            code_key: identity.code_key.clone(),
        }
    }
}
