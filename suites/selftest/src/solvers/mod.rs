//! Solvers: two that walk, and those that misbehave on the way.

mod crash;
mod endless;
mod leak;
mod noise;
mod unlike;
mod walker;

pub use crash::{Abort, ExitEarly, Fail, Panic, Segv};
pub use endless::{Hang, Oom};
pub use leak::ForkLeak;
pub use noise::{BadUtf8, Complain, Flood, Gabble};
pub use unlike::{ByProcess, ByThreads};
pub use walker::{Nan, Quick, Slow};
