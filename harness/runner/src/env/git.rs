//! The state of the sources, asked of git itself.

use std::path::Path;
use std::process::{Command, Stdio};

/// The commit of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitFacts {
    /// The commit that is checked out; none outside a repository, or without git.
    pub commit: Option<String>,
    /// Whether tracked files differ from it.
    pub dirty: Option<bool>,
}

/// What git says about the folder `dir`. It changes nothing, the index included.
pub fn git(dir: &Path) -> GitFacts {
    let Some(commit) = ask(dir, &["rev-parse", "--verify", "HEAD"]) else { return GitFacts::default() };
    let changes = ask(dir, &["status", "--porcelain", "--untracked-files=no"]);
    GitFacts { commit: Some(commit.trim().to_owned()), dirty: changes.map(|text| !text.trim().is_empty()) }
}

fn ask(dir: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("--no-optional-locks")
        .args(arguments)
        .current_dir(dir)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(dir: &Path, arguments: &[&str]) {
        let status = Command::new("git")
            .args(["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=main"])
            .args(arguments)
            .current_dir(dir)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(status.unwrap().success(), "git {arguments:?}");
    }

    #[test]
    fn a_commit_is_found_and_a_change_makes_it_dirty() {
        let dir = tempfile::tempdir().unwrap();
        run(dir.path(), &["init", "-q"]);
        assert_eq!(git(dir.path()).commit, None, "nothing is committed");
        std::fs::write(dir.path().join("a"), "1").unwrap();
        run(dir.path(), &["add", "a"]);
        run(dir.path(), &["commit", "-q", "-m", "one"]);
        let clean = git(dir.path());
        assert_eq!(clean.commit.as_deref().map(str::len), Some(40));
        assert_eq!(clean.dirty, Some(false));
        std::fs::write(dir.path().join("untracked"), "1").unwrap();
        assert_eq!(git(dir.path()), clean);
        std::fs::write(dir.path().join("a"), "2").unwrap();
        assert_eq!(git(dir.path()).dirty, Some(true));
    }
}
