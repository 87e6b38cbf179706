//! Text → expression, with the place of every error.

use harness_core::{Outcome, suggest};

use super::{Axis, Cost, Expr, Goal, Op, Quantity, Relation};
use crate::source::Span;

/// How deep parentheses and signs may nest.
const MAX_DEPTH: usize = 64;

/// An expression and the names in it, with their places.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The expression.
    pub expr: Expr,
    /// The names it uses, in order of appearance.
    pub uses: Vec<Use>,
}

/// A name that an expression uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// What it names.
    pub kind: UseKind,
    /// The name.
    pub name: String,
    /// Where, in bytes of the expression's text.
    pub span: Span,
}

/// What a name in an expression names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UseKind {
    /// A metric of the trace.
    Trace,
    /// A counter of the run.
    Counter,
    /// A fact about the instance.
    Instance,
}

/// An expression that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExprError {
    /// What is wrong, and what was expected.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where, in bytes of the expression's text.
    pub span: Span,
}

/// Reads an expression.
///
/// # Errors
///
/// At the first place that does not fit the grammar, with what was expected there.
pub fn parse(text: &str) -> Result<Parsed, ExprError> {
    let mut parser = Parser { text, at: 0, depth: 0, uses: Vec::new() };
    let expr = parser.sum()?;
    parser.space();
    if parser.at < text.len() {
        return Err(parser.unexpected("an operator (`+ - * /`) or the end"));
    }
    Ok(Parsed { expr, uses: parser.uses })
}

/// A goal and the names in it, with their places.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedGoal {
    /// The goal.
    pub goal: Goal,
    /// The names it uses, in order of appearance.
    pub uses: Vec<Use>,
}

/// Reads a goal: two expressions with a relation between them, or `solved`, or `outcome(…)`.
///
/// # Errors
///
/// As [`parse`], and for an expression alone that is not true or false.
pub fn parse_goal(text: &str) -> Result<ParsedGoal, ExprError> {
    let mut parser = Parser { text, at: 0, depth: 0, uses: Vec::new() };
    let left = parser.sum()?;
    let goal = match parser.relation() {
        Some(relation) => Goal::Relation { left, relation, right: parser.sum()? },
        None => {
            parser.space();
            let is_flag = matches!(left, Expr::Quantity(Quantity::Solved) | Expr::Outcome(_));
            if parser.at == text.len() && !is_flag {
                let mut error = parser.unexpected("`<=`, `<`, `>=` or `>` after the expression");
                error.help = Some("for example `final(gap) <= 1e-9`, or `solved`".to_owned());
                return Err(error);
            }
            Goal::Flag(left)
        }
    };
    parser.space();
    if parser.at < text.len() {
        return Err(parser.unexpected("an operator, a relation or the end"));
    }
    Ok(ParsedGoal { goal, uses: parser.uses })
}

const CALLS: [&str; 11] = [
    "iters_to", "time_to", "cpu_to", "work_to", "final", "best", "at", "auc", "counter", "instance",
    "outcome",
];

/// How a run that was executed can end.
fn endings() -> impl Iterator<Item = Outcome> + Clone {
    Outcome::ALL.into_iter().filter(|o| !matches!(o, Outcome::Skipped | Outcome::Interrupted))
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    uses: Vec<Use>,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str, after: &str) -> Result<(), ExprError> {
        if self.eat(token) { Ok(()) } else { Err(self.unexpected(&format!("`{token}` after {after}"))) }
    }

    /// An error at the next token.
    fn unexpected(&mut self, expected: &str) -> ExprError {
        self.space();
        let start = self.at;
        let word = self.word_len().max(self.rest().chars().next().map_or(0, char::len_utf8));
        let found = match &self.rest()[..word] {
            "" => "the end".to_owned(),
            token => format!("`{token}`"),
        };
        let message = format!("expected {expected}, found {found}");
        ExprError { message, help: None, span: Span::new(start, start + word) }
    }

    fn word_len(&self) -> usize {
        let rest = self.rest();
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return 0;
        }
        rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(rest.len())
    }

    fn word(&mut self) -> Option<(&'a str, Span)> {
        self.space();
        let (start, len) = (self.at, self.word_len());
        self.at += len;
        (len > 0).then(|| (&self.text[start..start + len], Span::new(start, start + len)))
    }

    fn name(&mut self, kind: UseKind, expected: &str) -> Result<String, ExprError> {
        match self.word() {
            Some((name, span)) => {
                self.uses.push(Use { kind, name: name.to_owned(), span });
                Ok(name.to_owned())
            }
            None => Err(self.unexpected(expected)),
        }
    }

    fn number(&mut self) -> Result<Option<f64>, ExprError> {
        self.space();
        let (start, bytes) = (self.at, self.text.as_bytes());
        let digits = |mut at: usize| {
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            at
        };
        let mut end = digits(start);
        let mut any = end > start;
        if bytes.get(end) == Some(&b'.') {
            let after = digits(end + 1);
            any |= after > end + 1;
            end = after;
        }
        if !any {
            return Ok(None);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let after = digits(end + 1 + sign);
            if after > end + 1 + sign {
                end = after;
            }
        }
        let span = Span::new(start, end);
        let value: f64 = self.text[start..end].parse().map_err(|_| ExprError {
            message: format!("`{}` is not a number", &self.text[start..end]),
            help: None,
            span,
        })?;
        if !value.is_finite() {
            let message = format!("`{}` is too large for a number", &self.text[start..end]);
            return Err(ExprError { message, help: None, span });
        }
        self.at = end;
        Ok(Some(value))
    }

    fn signed(&mut self, expected: &str) -> Result<f64, ExprError> {
        let negative = self.eat("-");
        match self.number()? {
            Some(value) => Ok(if negative { -value } else { value }),
            None => Err(self.unexpected(expected)),
        }
    }

    fn sum(&mut self) -> Result<Expr, ExprError> {
        let mut left = self.product()?;
        while let Some(op) = self.operator(&[Op::Add, Op::Subtract]) {
            let right = Box::new(self.product()?);
            left = Expr::Binary { op, left: Box::new(left), right };
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Expr, ExprError> {
        let mut left = self.unary()?;
        while let Some(op) = self.operator(&[Op::Multiply, Op::Divide]) {
            let right = Box::new(self.unary()?);
            left = Expr::Binary { op, left: Box::new(left), right };
        }
        Ok(left)
    }

    fn operator(&mut self, ops: &[Op]) -> Option<Op> {
        ops.iter().copied().find(|op| self.eat(op.as_str()))
    }

    fn unary(&mut self) -> Result<Expr, ExprError> {
        self.space();
        let start = self.at;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("nested more than {MAX_DEPTH} deep");
            return Err(ExprError { message, help: None, span: Span::new(start, self.text.len()) });
        }
        let expr = if self.eat("-") {
            Expr::Negate(Box::new(self.unary()?))
        } else if self.eat("(") {
            let inner = self.sum()?;
            self.expect(")", "the expression")?;
            inner
        } else {
            self.atom()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn atom(&mut self) -> Result<Expr, ExprError> {
        if let Some(value) = self.number()? {
            return Ok(Expr::Number(value));
        }
        let Some((word, span)) = self.word() else {
            return Err(self.unexpected("a number, a quantity, a function or `(`"));
        };
        self.space();
        let called = self.rest().starts_with('(');
        if called {
            return self.call(word, span);
        }
        Quantity::from_name(word).map(Expr::Quantity).ok_or_else(|| {
            let help = match (CALLS.contains(&word), suggest::nearest(word, quantity_names())) {
                (true, _) => format!("`{word}` is a function: write `{}`", example(word)),
                (false, Some(near)) => format!("did you mean `{near}`?"),
                (false, None) => format!("the last value of a trace metric is `final({word})`"),
            };
            ExprError { message: format!("unknown quantity `{word}`"), help: Some(help), span }
        })
    }

    fn call(&mut self, function: &'a str, span: Span) -> Result<Expr, ExprError> {
        if !CALLS.contains(&function) {
            let help = if Quantity::from_name(function).is_some() {
                format!("`{function}` is a quantity: write it without parentheses")
            } else {
                suggest::hint(function, CALLS)
            };
            return Err(ExprError {
                message: format!("unknown function `{function}`"),
                help: Some(help),
                span,
            });
        }
        self.expect("(", &format!("`{function}`"))?;
        let expr = match function {
            "final" => Expr::Final(self.metric()?),
            "best" => Expr::Best(self.metric()?),
            "counter" => Expr::Counter(self.name(UseKind::Counter, "the name of a counter")?),
            "instance" => Expr::Instance(self.name(UseKind::Instance, "the name of a fact")?),
            "at" => self.at_call()?,
            "auc" => self.auc_call()?,
            "outcome" => self.outcome_call()?,
            _ => self
                .threshold_call(Cost::from_name(function).expect("the other functions are handled above"))?,
        };
        self.expect(")", &format!("the argument of `{function}`")).map_err(|mut error| {
            error.help = Some(format!("for example `{}`", example(function)));
            error
        })?;
        Ok(expr)
    }

    fn metric(&mut self) -> Result<String, ExprError> {
        self.name(UseKind::Trace, "the name of a trace metric")
    }

    fn at_call(&mut self) -> Result<Expr, ExprError> {
        let metric = self.metric()?;
        self.expect(",", "the metric")?;
        let axis = self.axis("`step=`, `t=` or `work=`", "at")?;
        self.expect("=", &format!("`{axis}`"))?;
        Ok(Expr::At { metric, axis, at: self.signed("a number")? })
    }

    fn auc_call(&mut self) -> Result<Expr, ExprError> {
        let metric = self.metric()?;
        // Along the steps unless another axis is named.
        let axis = if self.eat(",") { self.axis("`step`, `t` or `work`", "auc")? } else { Axis::Step };
        Ok(Expr::Auc { metric, axis })
    }

    fn axis(&mut self, expected: &str, function: &str) -> Result<Axis, ExprError> {
        let Some((word, span)) = self.word() else {
            return Err(self.unexpected(expected));
        };
        Axis::from_name(word).ok_or_else(|| ExprError {
            message: format!("expected {expected}, found `{word}`"),
            help: Some(format!("for example `{}`", example(function))),
            span,
        })
    }

    fn outcome_call(&mut self) -> Result<Expr, ExprError> {
        let Some((word, span)) = self.word() else {
            return Err(self.unexpected("how a run ends, such as `timeout`"));
        };
        endings().find(|o| o.as_str() == word).map(Expr::Outcome).ok_or_else(|| ExprError {
            message: format!("no run ends with `{word}`"),
            help: Some(suggest::hint(word, endings().map(Outcome::as_str))),
            span,
        })
    }

    fn relation(&mut self) -> Option<Relation> {
        // `<=` is tried before `<`: the order of the values.
        Relation::ALL.iter().copied().find(|r| self.eat(r.as_str()))
    }

    /// `patience=k` behind a threshold.
    fn patience(&mut self) -> Result<u64, ExprError> {
        if !self.eat(",") {
            return Ok(0);
        }
        let wrong = |span, found: &str| ExprError {
            message: format!("expected `patience=`, found `{found}`"),
            help: Some("for example `iters_to(gap <= 1e-6, patience=10)`".to_owned()),
            span,
        };
        match self.word() {
            Some(("patience", _)) => {}
            Some((word, span)) => return Err(wrong(span, word)),
            None => return Err(self.unexpected("`patience=`")),
        }
        self.expect("=", "`patience`")?;
        self.space();
        let start = self.at;
        let steps = self.number()?;
        let span = Span::new(start, self.at);
        match steps {
            None => Err(self.unexpected("a number of steps")),
            Some(k) if k == k.trunc() && k < 9e15 => Ok(k as u64),
            Some(_) => {
                let message =
                    format!("expected a whole number of steps, found `{}`", &self.text[start..self.at]);
                Err(ExprError { message, help: None, span })
            }
        }
    }

    fn threshold_call(&mut self, cost: Cost) -> Result<Expr, ExprError> {
        let metric = self.metric()?;
        let Some(relation) = self.relation() else {
            let mut error = self.unexpected("`<=`, `<`, `>=` or `>` after the metric");
            error.help = Some(format!("for example `{}`", example(cost.as_str())));
            return Err(error);
        };
        let threshold = self.signed("a number")?;
        Ok(Expr::To { cost, metric, relation, threshold, patience: self.patience()? })
    }
}

fn quantity_names() -> impl Iterator<Item = &'static str> {
    Quantity::ALL.iter().map(|q| q.as_str()).chain(CALLS)
}

fn example(function: &str) -> String {
    match function {
        "at" => "at(gap, step=100)".to_owned(),
        "final" | "best" => format!("{function}(gap)"),
        "counter" => "counter(matvecs)".to_owned(),
        "instance" => "instance(n)".to_owned(),
        "auc" => "auc(gap, work)".to_owned(),
        "outcome" => "outcome(timeout)".to_owned(),
        to => format!("{to}(gap <= 1e-6)"),
    }
}
