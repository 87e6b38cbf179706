//! `peers.yaml`: external solvers, and what they need installed. The format is described in `docs/compare.md`.

use std::sync::Arc;

use harness_core::{Determinism, Dtype, Suite, suggest};
use serde_json::{Map, Value};

use crate::check::{FILE_NAME, is_file_name};
use crate::decode::{Decode, Decoder, Dotted, OneOrMany, Positive};
use crate::diagnostic::Diagnostics;
use crate::source::{Source, Spanned};
use crate::suite_file::decode::schema;
use crate::yaml::{self, Kind, Node};

/// A peers file, read and checked against the suite's code.
#[derive(Debug, Clone, PartialEq)]
pub struct PeersFile {
    /// The text, for errors about it.
    pub source: Arc<Source>,
    /// Environments by name.
    pub environments: Vec<Environment>,
    /// Peers by name.
    pub peers: Vec<Peer>,
}

/// A virtual environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// Its name.
    pub name: Spanned<String>,
    /// The file of pinned requirements, relative to the peers file.
    pub requirements: Spanned<String>,
    /// The oldest version of Python that serves, major and minor.
    pub python: Option<(u32, u32)>,
}

/// An external solver.
#[derive(Debug, Clone, PartialEq)]
pub struct Peer {
    /// Its name; its id is `peer:` and this.
    pub name: Spanned<String>,
    /// One sentence.
    pub summary: String,
    /// Where it comes from.
    pub source: String,
    /// The environment that it runs in; none: the system's programs.
    pub environment: Option<Spanned<String>>,
    /// The program and its arguments. `python` is the environment's interpreter, names of files are relative to the peers
    /// file.
    pub command: Vec<Spanned<String>>,
    /// Which of the program's methods.
    pub method: String,
    /// Its parameters with their defaults.
    pub params: Map<String, Value>,
    /// Further files that belong to its code.
    pub files: Vec<Spanned<String>>,
    /// Element types that it computes in: f64, unless it says otherwise.
    pub dtypes: Vec<Dtype>,
    /// The problems that it solves; empty: all.
    pub problems: Vec<Spanned<String>>,
    /// How far two runs may differ.
    pub determinism: Determinism,
}

impl PeersFile {
    /// Reads and checks a peers file. `name` is how errors cite it.
    ///
    /// # Errors
    ///
    /// All errors at once.
    pub fn parse(name: &str, text: &str, suite: &Suite) -> Result<Self, Diagnostics> {
        let source = Source::new(name, text);
        let root = yaml::parse(&source)?;
        let mut d = Decoder::new(&source);
        let file = read(&root, &mut d);
        let file = d.errors.into_result(file)?.expect("a file without errors is read");
        file.check(suite)?;
        Ok(file)
    }

    /// An environment by name.
    pub fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments.iter().find(|e| *e.name == name)
    }

    fn check(&self, suite: &Suite) -> Result<(), Diagnostics> {
        let mut errors = Diagnostics::default();
        for peer in &self.peers {
            if let Some(name) = &peer.environment
                && self.environment(name).is_none()
            {
                let known: Vec<&str> = self.environments.iter().map(|e| e.name.as_str()).collect();
                let help = suggest::hint(name, known);
                errors.push(&self.source, name.span, format!("unknown environment `{name}`"), Some(help));
            }
            for problem in &peer.problems {
                if suite.problem(problem).is_none() {
                    let help = suggest::hint(problem, suite.problems().iter().map(|p| p.id));
                    let message = format!("suite `{}` has no problem `{problem}`", suite.id);
                    errors.push(&self.source, problem.span, message, Some(help));
                }
            }
        }
        errors.into_result(())
    }
}

fn read(root: &Node, d: &mut Decoder) -> Option<PeersFile> {
    let mut f = d.fields(root, "a peers file")?;
    let schema = schema(&mut f, d);
    let environments = f.node("environments").map_or(Some(Vec::new()), |node| {
        named(node, d, "environments", |name, node, d| {
            let mut f = d.fields(node, "an environment")?;
            let (requirements, python) = (f.need(d, "requirements"), f.may(d, "python"));
            f.end(d, Dotted::Refuse);
            Some(Environment {
                name,
                requirements: requirements?,
                python: python?.map(|Version(major, minor)| (major, minor)),
            })
        })
    });
    let peers = f.node("peers").map(|node| named(node, d, "peers", peer));
    if peers.is_none() {
        d.error(f.span, "missing field `peers` of a peers file", None);
    }
    f.end(d, Dotted::Ignore);
    schema?;
    Some(PeersFile { source: Arc::clone(&d.source), environments: environments?, peers: peers?? })
}

fn named<T>(
    node: &Node,
    d: &mut Decoder,
    what: &str,
    read: impl Fn(Spanned<String>, &Node, &mut Decoder) -> Option<T>,
) -> Option<Vec<T>> {
    let entries = d.entries(node, &format!("{what} by name (a mapping)"))?;
    let mut all = Vec::new();
    for entry in entries {
        // The name becomes part of folder names and ids.
        if !is_file_name(&entry.key) {
            let help = Some(FILE_NAME.to_owned());
            d.error(entry.key_span, format!("`{}` is not a name", entry.key), help);
            all.push(None);
            continue;
        }
        let name = Spanned::new(entry.key.clone(), entry.key_span);
        all.push(read(name, &entry.value, d));
    }
    all.into_iter().collect()
}

fn peer(name: Spanned<String>, node: &Node, d: &mut Decoder) -> Option<Peer> {
    let mut f = d.fields(node, "a peer")?;
    let (summary, source) = (f.or_default(d, "summary"), f.or_default(d, "source"));
    let (environment, method) = (f.may(d, "environment"), f.or_default(d, "method"));
    let command: Option<Spanned<Vec<Spanned<String>>>> = f.need(d, "command");
    let params = f.node("params").map_or(Some(Map::new()), |node| params(node, d));
    let (files, problems) = (f.or_default(d, "files"), f.or_default(d, "problems"));
    let dtypes: Option<Option<OneOrMany<Dtype>>> = f.may(d, "dtypes");
    let determinism: Option<Option<Determinism>> = f.may(d, "determinism");
    f.end(d, Dotted::Refuse);
    let command = command?;
    if command.value.is_empty() {
        d.error(command.span, "`command` is empty: expected a program and its arguments", None);
        return None;
    }
    Some(Peer {
        name,
        summary: summary?,
        source: source?,
        environment: environment?,
        command: command.value,
        method: method?,
        params: params?,
        files: files?,
        dtypes: dtypes?.map_or_else(|| vec![Dtype::F64], |dtypes| dtypes.0),
        problems: problems?,
        determinism: determinism?.unwrap_or(Determinism::Statistical),
    })
}

fn params(node: &Node, d: &mut Decoder) -> Option<Map<String, Value>> {
    let Value::Object(map) = d.json(node)? else {
        d.wrong(node, "parameters with their defaults (a mapping)", None);
        return None;
    };
    let Kind::Map(entries) = &node.kind else { return Some(map) };
    let mut complete = true;
    // `{every}` is read as `{every: null}`: somebody forgot the default.
    for entry in entries.iter().filter(|e| e.value.kind == Kind::Null && e.value.text.is_empty()) {
        let (message, help) = (
            format!("parameter `{}` has no default", entry.key),
            format!("write `{}: 10`, or `null` if any value will do", entry.key),
        );
        d.error(entry.key_span, message, Some(help));
        complete = false;
    }
    complete.then_some(map)
}

/// A version of Python: `">=3.9"`.
struct Version(u32, u32);

impl Decode for Version {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let text = String::decode(node, d)?;
        let parts = text.strip_prefix(">=").and_then(|v| v.trim().split_once('.'));
        let version = parts.and_then(|(major, minor)| Some(Self(major.parse().ok()?, minor.parse().ok()?)));
        if version.is_none() {
            d.wrong(node, "the oldest version that serves, such as \">=3.9\"", None);
        }
        version
    }
}

impl Decode for Determinism {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        match &node.kind {
            Kind::Map(_) => {
                let mut f = d.fields(node, "a determinism")?;
                let tolerance: Option<Positive> = f.need(d, "tolerance");
                f.end(d, Dotted::Refuse);
                Some(Self::Tolerance(tolerance?.0))
            }
            _ => d.one_of(
                node,
                "determinism",
                [("bitwise", Self::Bitwise), ("statistical", Self::Statistical)],
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::suite;

    const TEXT: &str = r#"
schema: 1
environments:
  pot: {requirements: requirements-pot.txt, python: ">=3.9"}
peers:
  pot_emd:
    summary: "Network simplex."
    source: "POT"
    environment: pot
    command: [python, pot_peer.py, "--fast"]
    method: emd
    params: {every: 10, mode: log}
    dtypes: [f32, f64]
    determinism: {tolerance: 1.0e-9}
  shell: {command: [sh, example.sh]}
"#;

    fn errors(text: &str) -> String {
        PeersFile::parse("peers.yaml", text, &suite()).unwrap_err().to_string()
    }

    #[test]
    fn a_file_is_read_with_its_defaults() {
        let file = PeersFile::parse("peers.yaml", TEXT, &suite()).unwrap();
        assert_eq!(file.environment("pot").unwrap().python, Some((3, 9)));
        let (emd, shell) = (&file.peers[0], &file.peers[1]);
        assert_eq!((emd.name.as_str(), emd.method.as_str()), ("pot_emd", "emd"));
        assert_eq!(emd.determinism, Determinism::Tolerance(1e-9));
        assert_eq!(
            emd.command.iter().map(|c| c.as_str()).collect::<Vec<_>>(),
            ["python", "pot_peer.py", "--fast"]
        );
        assert_eq!(emd.params["every"], 10);
        assert_eq!((&emd.dtypes[..], &shell.dtypes[..]), (&[Dtype::F32, Dtype::F64][..], &[Dtype::F64][..]));
        assert_eq!((shell.determinism, shell.environment.is_none()), (Determinism::Statistical, true));
    }

    #[test]
    fn names_of_environments_problems_and_fields_are_checked() {
        let wrong = TEXT
            .replace("environment: pot", "environment: pott")
            .replace("method: emd", "problems: [nothing_like_it]");
        let told = errors(&wrong);
        assert!(told.contains("unknown environment `pott`"), "{told}");
        assert!(told.contains("has no problem `nothing_like_it`"), "{told}");
        assert!(errors(&TEXT.replace("method:", "methud:")).contains("unknown field `methud`"));
        assert!(errors(&TEXT.replace("pot_emd:", "../up:")).contains("`../up` is not a name"));
        for name in ["-rf", ".x", "a b", "\"\""] {
            let told = name.trim_matches('"');
            for from in ["pot_emd:", "pot: {"] {
                let to = from.replace("pot_emd", name).replace("pot", name);
                let told = format!("`{told}` is not a name; {FILE_NAME}");
                assert!(errors(&TEXT.replace(from, &to)).contains(&told), "{told}");
            }
        }
        let told = errors(&TEXT.replace("{every: 10, mode: log}", "{every, mode: log}"));
        assert!(told.contains("parameter `every` has no default; write `every: 10`"), "{told}");
        assert!(errors(&TEXT.replace("[sh, example.sh]", "[]")).contains("`command` is empty"));
        assert!(errors(&TEXT.replace(">=3.9", "3")).contains("the oldest version"));
        assert!(errors("schema: 1\n").contains("missing field `peers`"));
    }
}
