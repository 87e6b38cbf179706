//! Runs the cells of a plan: one process a run, limits, measurement, journals.
