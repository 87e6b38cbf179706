//! The dispatcher against an executor that starts no process and never sleeps.
