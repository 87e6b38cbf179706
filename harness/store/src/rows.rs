//! How each row struct becomes columns and back. A field added to a struct does not compile until it is listed here.

use std::cmp::Ordering;

use harness_core::record::{AuditRow, ClaimRow, EnvRow, RunRecord, SampleRow, TraceRow};
use harness_core::{EnvKey, RunId};

use crate::parquet::{Builder, Frame, View};
use crate::schema::{Column, Table};
use crate::value::Value;

/// A row of a table.
pub(crate) trait Row: Sized {
    /// Its table.
    const TABLE: Table;
    /// The columns, in order.
    fn columns() -> Vec<Column>;
    /// Appends the row to one builder a column.
    fn append(&self, builders: &mut [Builder]);
    /// Reads the row at an index from one view a column; the error names the column.
    fn read(views: &[View], row: usize) -> Result<Self, String>;
    /// The order of the rows in files. Rows that it does not tell apart stay as they were recorded.
    fn order(a: &Self, b: &Self) -> Ordering;
}

fn column<R, V: Value>(name: &'static str, _: fn(&R) -> &V) -> Column {
    Column { name, kind: V::KIND, nullable: V::NULLABLE }
}

macro_rules! table {
    ($row:ident, $table:ident, by $order:expr, [$($field:ident),+ $(,)?]) => {
        impl Row for $row {
            const TABLE: Table = Table::$table;

            fn columns() -> Vec<Column> {
                vec![$(column(stringify!($field), |row: &$row| &row.$field)),+]
            }

            fn append(&self, builders: &mut [Builder]) {
                let $row { $($field),+ } = self;
                let mut builders = builders.iter_mut();
                $($field.append(builders.next().expect("one builder a column"));)+
            }

            fn read(views: &[View], row: usize) -> Result<Self, String> {
                let mut views = views.iter();
                $(
                    let $field = Value::read(views.next().expect("one view a column"), row)
                        .map_err(|e| format!("column `{}`, row {row}: {e}", stringify!($field)))?;
                )+
                Ok($row { $($field),+ })
            }

            fn order(a: &Self, b: &Self) -> Ordering {
                let order: fn(&Self, &Self) -> Ordering = $order;
                order(a, b)
            }
        }
    };
}

table!(
    RunRecord,
    Runs,
    by | a,
    b | a.run_id.cmp(&b.run_id),
    [
        run_id,
        campaign_id,
        cell_key,
        code_key,
        env_key,
        attempt,
        shard,
        suite,
        profile,
        problem,
        problem_params,
        solver,
        solver_params,
        stop,
        measure,
        replicate,
        master_seed,
        device,
        dtype,
        threads,
        control,
        block,
        position,
        solver_code,
        solver_facts,
        outcome,
        solver_status,
        signal,
        exit_code,
        reason,
        stderr_tail,
        leaked,
        hard_limit_ns,
        memory_limit,
        started_unix_ns,
        elapsed_ns,
        setup_ns,
        import_ns,
        compile_ns,
        solve_wall_ns,
        solve_cpu_ns,
        seen_wall_ns,
        eval_ns,
        process_cpu_ns,
        n_iter,
        work,
        counters,
        objective,
        feas,
        gap,
        metrics,
        instance,
        vmhwm_setup,
        vmhwm_solve,
        minflt,
        majflt,
        nvcsw,
        nivcsw,
        cpu_list,
        quiet,
        contaminated,
        result_hash,
        trace_rows,
        git_commit,
        git_dirty,
        harness_version,
    ]
);

/// Which campaign made a run, where and when: the columns of `runs` that tell campaigns apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Which attempt.
    pub run_id: RunId,
    /// The campaign that made the run.
    pub campaign_id: String,
    /// Where it ran.
    pub env_key: EnvKey,
    /// When it started, since 1970-01-01 UTC.
    pub started_unix_ns: i64,
}

table!(Origin, Runs, by | a, b | a.run_id.cmp(&b.run_id), [run_id, campaign_id, env_key, started_unix_ns]);

table!(
    SampleRow,
    Samples,
    by | a,
    b | a.run_id.cmp(&b.run_id),
    [
        run_id,
        cell_key,
        rep,
        warmup,
        wall_ns,
        cpu_ns,
        iters,
        nvcsw,
        nivcsw,
        psi_cpu_some_us,
        steal_ticks,
        freq_mhz,
        contaminated,
        contamination,
    ]
);

table!(
    TraceRow,
    Traces,
    by | a,
    b | (&a.cell_key, &a.run_id, &a.metric, a.step).cmp(&(&b.cell_key, &b.run_id, &b.metric, b.step)),
    [run_id, cell_key, metric, step, t_ns, work, value]
);

table!(EnvRow, Env, by Ord::cmp, [env_key, name, value, identity]);

table!(
    ClaimRow,
    Claims,
    by | a,
    b | a.claim_id.cmp(&b.claim_id),
    [
        campaign_id,
        claim_id,
        suite,
        profile,
        paper,
        source,
        transcribed,
        kind,
        statement,
        metric,
        reported,
        region_lo,
        region_hi,
        estimate,
        ci_lo,
        ci_hi,
        ci_level,
        ci_method,
        p,
        p_adjusted,
        n,
        proxy,
        better,
        verdict,
        reason,
        needed_n,
        cell_keys,
        env_key,
        code_key,
    ]
);

table!(
    AuditRow,
    Audits,
    by | a,
    b | (&a.audit_id, &a.kind, &a.solver, &a.cell_key_a).cmp(&(
        &b.audit_id,
        &b.kind,
        &b.solver,
        &b.cell_key_a
    )),
    [
        audit_id,
        suite,
        kind,
        problem,
        solver,
        declared,
        cell_key_a,
        cell_key_b,
        run_a,
        run_b,
        level,
        max_ulp,
        max_diff,
        first_diff_step,
        passed,
        reason,
        code_key,
        env_key,
    ]
);

/// One builder a column, filled.
pub(crate) fn build<R: Row>(rows: &[&R]) -> Vec<Builder> {
    let mut builders: Vec<Builder> = R::columns().iter().map(|c| Builder::new(c, rows.len())).collect();
    for row in rows {
        row.append(&mut builders);
    }
    builders
}

/// The column that names the run, of the tables that have it.
pub(crate) fn run_column(table: Table) -> Option<Column> {
    table.columns().into_iter().find(|c| c.name == "run_id")
}

/// The run of every row of a frame whose first column is `run_id`. Rows of one run follow each other, so the text is
/// parsed once a run.
pub(crate) fn run_ids(frame: &Frame) -> Result<Vec<RunId>, String> {
    let view = &frame.views[0];
    let mut ids: Vec<RunId> = Vec::with_capacity(frame.rows);
    let mut last: Option<(&str, RunId)> = None;
    for row in 0..frame.rows {
        let text = view.text(row).ok_or_else(|| format!("column `run_id`, row {row}: it is null"))?;
        let id = match last {
            Some((same, id)) if same == text => id,
            _ => text.parse().map_err(|e| format!("column `run_id`, row {row}: `{text}`: {e}"))?,
        };
        last = Some((text, id));
        ids.push(id);
    }
    Ok(ids)
}
