//! From the parser's events to the tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::{Entry, Kind, Node, scalar};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Source, Span};

/// The most nodes of a document with its aliases expanded.
const MAX_NODES: usize = 200_000;
/// How deep lists and mappings may nest.
const MAX_DEPTH: usize = 64;

/// Reads one document.
///
/// # Errors
///
/// The first error of syntax, or all duplicate keys, unknown tags and wrong merges.
pub fn parse(source: &Arc<Source>) -> Result<Node, Diagnostics> {
    let text = source.text();
    // The parser counts characters; positions here are bytes.
    let bytes: Option<Vec<usize>> = (!text.is_ascii())
        .then(|| text.char_indices().map(|(at, _)| at).chain(std::iter::once(text.len())).collect());
    let byte = |index: usize| match &bytes {
        Some(bytes) => bytes.get(index).copied().unwrap_or(text.len()),
        None => index.min(text.len()),
    };
    let mut builder = Builder::new(source);
    let mut parser = Parser::new_from_str(text);
    while let Some(next) = parser.next_event() {
        match next {
            Ok((event, span)) => {
                let span = Span::new(byte(span.start.index()), byte(span.end.index()));
                if builder.event(event, span).is_err() {
                    break;
                }
            }
            Err(error) => {
                let at = byte(error.marker().index());
                builder.syntax(at, error.info());
                break;
            }
        }
    }
    let node = builder.root.unwrap_or(Node {
        span: Span::default(),
        defined: Span::default(),
        text: String::new(),
        kind: Kind::Null,
    });
    builder.errors.into_result(node)
}

/// An error after which reading on makes no sense; it is already recorded.
struct Stop;

struct Builder<'s> {
    source: &'s Arc<Source>,
    errors: Diagnostics,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    documents: usize,
    root: Option<Node>,
}

/// A list or mapping that is not closed yet.
struct Open {
    span: Span,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, merges: Vec<Node>, key: Option<Key> },
}

struct Key {
    text: String,
    span: Span,
    merge: bool,
}

impl<'s> Builder<'s> {
    fn new(source: &'s Arc<Source>) -> Self {
        Self {
            source,
            errors: Diagnostics::default(),
            open: Vec::new(),
            anchors: BTreeMap::new(),
            nodes: 0,
            documents: 0,
            root: None,
        }
    }

    fn error(&mut self, span: Span, message: impl Into<String>, help: Option<&str>) {
        self.errors.push(self.source, span, message, help.map(str::to_owned));
    }

    fn syntax(&mut self, at: usize, info: &str) {
        let rest = &self.source.text()[at..];
        let alias =
            rest.find(|c: char| c.is_whitespace() || ",]}".contains(c)).map_or(rest, |end| &rest[..end]);
        if info.contains("unknown anchor") && alias.starts_with('*') {
            let message = format!("unknown anchor `{}`: no `&{}` comes before it", &alias[1..], &alias[1..]);
            self.error(Span::new(at, at + alias.len()), message, None);
        } else {
            self.error(Span::new(at, at), format!("not YAML: {info}"), None);
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.error(span, "a second document: expected one a file", Some("remove the `---`"));
                    return Err(Stop);
                }
                Ok(())
            }
            Event::SequenceStart(anchor, tag) => {
                self.tag(tag.as_deref(), span, "seq");
                self.open(Open { span, anchor, content: Content::List(Vec::new()) })
            }
            Event::MappingStart(anchor, tag) => {
                self.tag(tag.as_deref(), span, "map");
                let content = Content::Map { entries: Vec::new(), merges: Vec::new(), key: None };
                self.open(Open { span, anchor, content })
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Scalar(text, style, anchor, tag) => {
                let kind = self.scalar(&text, style, tag.as_deref(), span);
                let merge = style == ScalarStyle::Plain && text == "<<";
                self.count(1, span)?;
                self.add(Node { span, defined: span, text: text.into_owned(), kind }, anchor, merge);
                Ok(())
            }
            Event::Alias(id) => match self.anchors.get(&id).cloned() {
                Some(node) => {
                    self.count(node.size(), span)?;
                    self.add(Node { span, ..node }, 0, false);
                    Ok(())
                }
                None => {
                    self.error(span, "the alias is inside of what it stands for", None);
                    Err(Stop)
                }
            },
            _ => Ok(()),
        }
    }

    fn count(&mut self, nodes: usize, span: Span) -> Result<(), Stop> {
        self.nodes += nodes;
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        self.error(span, format!("more than {MAX_NODES} values, aliases expanded"), Some("split the file"));
        Err(Stop)
    }

    fn tag(&mut self, tag: Option<&Tag>, span: Span, allowed: &str) {
        if let Some(tag) = tag
            && !(tag.is_yaml_core_schema() && tag.suffix == allowed)
        {
            self.error(span, format!("the tag `{tag}` is not supported here"), Some("remove it"));
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Kind {
        if tag.is_some() {
            self.tag(tag, span, "str");
            return Kind::Text;
        }
        if style == ScalarStyle::Plain { scalar::plain(text) } else { Kind::Text }
    }

    fn open(&mut self, open: Open) -> Result<(), Stop> {
        self.count(1, open.span)?;
        if self.open.len() >= MAX_DEPTH {
            self.error(open.span, format!("nested more than {MAX_DEPTH} deep"), None);
            return Err(Stop);
        }
        self.open.push(open);
        Ok(())
    }

    fn close(&mut self, end: Span) -> Result<(), Stop> {
        let Some(Open { span, anchor, content }) = self.open.pop() else {
            return Err(Stop);
        };
        let written = self.source.slice(Span::new(span.start, end.end)).trim_end().len();
        let span = Span::new(span.start, span.start + written);
        let kind = match content {
            Content::List(items) => Kind::List(items),
            Content::Map { entries, merges, .. } => Kind::Map(self.merged(entries, &merges)),
        };
        self.add(Node { span, defined: span, text: String::new(), kind }, anchor, false);
        Ok(())
    }

    /// Adds a finished node to what is open: as an item, a key or a value.
    fn add(&mut self, node: Node, anchor: usize, merge: bool) {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, merges, key }) => match key.take() {
                Some(Key { merge: true, .. }) => merges.push(node),
                Some(Key { text, span, .. }) => {
                    entries.push(Entry { key: text, key_span: span, value: node });
                }
                None => {
                    let is_scalar = !matches!(node.kind, Kind::List(_) | Kind::Map(_));
                    *key = Some(Key { text: node.text, span: node.span, merge });
                    if !is_scalar {
                        self.error(node.span, "a list or a mapping as a key: expected a name", None);
                    }
                }
            },
        }
    }

    /// Checks that keys are unique and adds what is merged in. Keys written in the mapping win; of several merged
    /// mappings the first wins.
    fn merged(&mut self, mut entries: Vec<Entry>, merges: &[Node]) -> Vec<Entry> {
        let mut seen: BTreeMap<String, Span> = BTreeMap::new();
        for entry in &entries {
            match seen.get(&entry.key) {
                Some(first) => {
                    let (line, column) = self.source.line_column(first.start);
                    self.errors.add(Diagnostic {
                        source: Arc::clone(self.source),
                        span: entry.key_span,
                        message: format!(
                            "duplicate key `{}`: it is first given at line {line}, column {column}",
                            entry.key
                        ),
                        help: Some("remove one".to_owned()),
                        other: Some((*first, "first given here".to_owned())),
                    });
                }
                None => {
                    seen.insert(entry.key.clone(), entry.key_span);
                }
            }
        }
        if let [_, second, ..] = merges {
            self.error(second.span, "a second `<<`", Some("merge a list: `<<: [*a, *b]`"));
        }
        let mut sources: Vec<&Node> = Vec::new();
        for merge in merges {
            match &merge.kind {
                Kind::List(items) => sources.extend(items),
                _ => sources.push(merge),
            }
        }
        for node in sources {
            let Kind::Map(given) = &node.kind else {
                let message = format!("`<<` merges mappings, found {}", node.describe());
                self.error(node.span, message, Some("name an anchor of a mapping: `<<: *name`"));
                continue;
            };
            for entry in given {
                if !seen.contains_key(&entry.key) {
                    seen.insert(entry.key.clone(), entry.key_span);
                    entries.push(entry.clone());
                }
            }
        }
        entries
    }
}
