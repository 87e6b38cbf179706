//! Entropic optimal transport: Sinkhorn-Newton-Sparse against Sinkhorn and later solvers.

pub mod kernels;
