//! The registries' own clients.

use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::{FetchCause, Progress};
use crate::catalogue::{Package, Registry};

/// Gets packages.
pub trait Downloader {
    /// Downloads `package` into the empty folder `into`; gives the path of the one file that is the package.
    fn download(
        &self,
        package: &Package,
        into: &Path,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<PathBuf, FetchCause>;

    /// The command that writes the tar archive inside a `.deb` file to its standard output.
    fn deb_to_tar(&self, deb: &Path) -> Command;
}

/// The clients' programs, with the arguments that always go first, and their patience.
#[derive(Debug, Clone)]
pub struct Clients {
    /// npm.
    pub npm: Vec<OsString>,
    /// apt-get.
    pub apt_get: Vec<OsString>,
    /// dpkg-deb.
    pub dpkg_deb: Vec<OsString>,
    /// pip.
    pub pip: Vec<OsString>,
    /// A client that runs longer is stopped.
    pub patience: Duration,
}

impl Default for Clients {
    fn default() -> Self {
        Self {
            npm: vec!["npm".into()],
            apt_get: vec!["apt-get".into()],
            dpkg_deb: vec!["dpkg-deb".into()],
            pip: vec!["python3".into(), "-m".into(), "pip".into()],
            patience: Duration::from_secs(30 * 60),
        }
    }
}

const LAST_LINES: usize = 8;

impl Downloader for Clients {
    fn download(
        &self,
        package: &Package,
        into: &Path,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<PathBuf, FetchCause> {
        run(self.command(package), package, into, self.patience, progress)?;
        let suffix = match package.registry {
            Registry::Npm => ".tgz",
            Registry::Debian => ".deb",
            Registry::Pypi => ".whl",
        };
        only_file(into, suffix).map_err(|message| FetchCause::Package { package: into.to_owned(), message })
    }

    fn deb_to_tar(&self, deb: &Path) -> Command {
        let mut command = program(&self.dpkg_deb);
        command.arg("--fsys-tarfile").arg(deb);
        command
    }
}

impl Clients {
    /// The command that downloads `package` into the folder it runs in.
    pub(super) fn command(&self, package: &Package) -> Command {
        match package.registry {
            Registry::Npm => self.npm_pack(package),
            Registry::Debian => self.apt_download(package),
            Registry::Pypi => self.pip_download(package),
        }
    }

    fn npm_pack(&self, package: &Package) -> Command {
        let mut command = program(&self.npm);
        command
            .args(["pack", "--ignore-scripts", "--no-update-notifier", "--loglevel=error"])
            // The default of two makes a machine without a network wait for more than a minute.
            .arg("--fetch-retries=1")
            .arg(format!("{}@{}", package.name, package.version));
        command
    }

    fn apt_download(&self, package: &Package) -> Command {
        let mut command = program(&self.apt_get);
        command.args(["-q", "download"]).arg(&package.name);
        command
    }

    fn pip_download(&self, package: &Package) -> Command {
        let mut command = program(&self.pip);
        command.args(["download", "--no-deps", "--only-binary=:all:", "--no-input", "--quiet"]);
        command.arg("--disable-pip-version-check");
        if let Some(wheel) = &package.wheel {
            let digits: String = wheel.python.chars().filter(char::is_ascii_digit).collect();
            command.args(["--implementation", "cp", "--python-version", &wheel.python]).args([
                "--abi",
                &format!("cp{digits}"),
                "--platform",
                &wheel.platform,
            ]);
        }
        command.arg(format!("{}=={}", package.name, package.version));
        command
    }
}

fn program(words: &[OsString]) -> Command {
    let (first, rest) = words.split_first().map_or((None, &[][..]), |(first, rest)| (Some(first), rest));
    let mut command = Command::new(first.map_or_else(|| "missing".into(), Clone::clone));
    command.args(rest);
    command
}

/// The command as a person would type it.
pub(super) fn spelled(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn hint(registry: Registry) -> &'static str {
    match registry {
        Registry::Npm => "check the network and npm's registry setting, then try again",
        Registry::Debian => "check the network, run `apt-get update` as root, then try again",
        Registry::Pypi => "check the network and pip's index setting, then try again",
    }
}

fn run(
    mut command: Command,
    package: &Package,
    into: &Path,
    patience: Duration,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<(), FetchCause> {
    let program = command.get_program().to_string_lossy().into_owned();
    progress(Progress::Downloading {
        client: &program,
        package: &package.to_string(),
        bytes: package.download_bytes,
    });
    let command_line = spelled(&command);
    let failed = |status: String, last_lines: String| FetchCause::ClientFailed {
        command: command_line.clone(),
        status,
        last_lines,
        hint: hint(package.registry),
    };
    // Standard output is discarded: a full pipe that nobody reads would stop the client.
    command.current_dir(into).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(FetchCause::ClientMissing { client: program });
        }
        Err(error) => return Err(failed("it did not start".to_owned(), error.to_string())),
    };
    let lines = LastLines::collect(child.stderr.take());
    let status = wait(&mut child, patience, progress);
    match status {
        Ok(Some(status)) if status.success() => Ok(()),
        Ok(Some(status)) => Err(failed(status.to_string(), lines.text())),
        Ok(None) => Err(failed(format!("stopped after {} s", patience.as_secs()), lines.text())),
        Err(error) => Err(failed("it cannot be waited for".to_owned(), error.to_string())),
    }
}

/// Waits for `child`; `None` if it had to be stopped.
fn wait(
    child: &mut Child,
    patience: Duration,
    progress: &mut dyn FnMut(Progress<'_>),
) -> io::Result<Option<std::process::ExitStatus>> {
    const POLL: Duration = Duration::from_millis(50);
    const TELL: Duration = Duration::from_secs(1);
    let begin = Instant::now();
    let mut told = begin;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begin.elapsed() > patience {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        if told.elapsed() >= TELL {
            told = Instant::now();
            progress(Progress::Waiting { elapsed: begin.elapsed() });
        }
        thread::sleep(POLL);
    }
}

/// The last lines of a stream, read by a thread so that the pipe never fills.
pub(super) struct LastLines {
    lines: Arc<Mutex<Vec<String>>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl LastLines {
    pub(super) fn collect(stream: Option<impl Read + Send + 'static>) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let thread = stream.map(|stream| {
            let lines = Arc::clone(&lines);
            thread::spawn(move || {
                for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                    let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                    if let Ok(mut lines) = lines.lock() {
                        if lines.len() == LAST_LINES {
                            lines.remove(0);
                        }
                        lines.push(line);
                    }
                }
            })
        });
        Self { lines, thread }
    }

    /// What there is once the stream ends.
    pub(super) fn text(mut self) -> String {
        // A grandchild that outlives a stopped client may hold the pipe: wait a little, not for ever.
        let begin = Instant::now();
        while self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
            && begin.elapsed() < Duration::from_secs(2)
        {
            thread::sleep(Duration::from_millis(10));
        }
        if let Some(thread) = self.thread.take_if(|thread| thread.is_finished()) {
            // It cannot panic; and if it did, its lines would still be there.
            let _ = thread.join();
        }
        let lines = self.lines.lock().map(|lines| lines.join("\n")).unwrap_or_default();
        if lines.trim().is_empty() { "(it said nothing)".to_owned() } else { lines }
    }
}

fn only_file(folder: &Path, suffix: &str) -> Result<PathBuf, String> {
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    let mut found: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file() && path.to_string_lossy().ends_with(suffix))
        .collect();
    match (found.pop(), found.is_empty()) {
        (Some(path), true) => Ok(path),
        (None, _) => Err(format!("the client ended well but left no {suffix} file")),
        (Some(_), false) => Err(format!("the client left more than one {suffix} file")),
    }
}
