//! From YAML to a plan: typed suite and claims files, sweeps, keys, resume decisions.
