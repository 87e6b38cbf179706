use proptest::prelude::*;

use super::*;

fn shown(text: &str) -> String {
    match parse(text) {
        Ok(parsed) => parsed.expr.to_string(),
        Err(e) => {
            format!("{}..{}: {}; {}", e.span.start, e.span.end, e.message, e.help.unwrap_or_default())
        }
    }
}

#[test]
fn operators_bind_and_associate_as_in_arithmetic() {
    let n = |v: f64| Box::new(Expr::Number(v));
    let sub = |left, right| Expr::Binary { op: Op::Subtract, left, right };
    assert_eq!(parse("1 - 2 - 3").unwrap().expr, sub(Box::new(sub(n(1.0), n(2.0))), n(3.0)));
    assert_eq!(parse("1 - (2 - 3)").unwrap().expr, sub(n(1.0), Box::new(sub(n(2.0), n(3.0)))));
    let product = Expr::Binary { op: Op::Multiply, left: n(2.0), right: n(3.0) };
    assert_eq!(parse("1-2*3").unwrap().expr, sub(n(1.0), Box::new(product)));
}

#[test]
fn white_space_and_spellings_of_numbers_do_not_matter() {
    let want = parse("iters_to(gap <= 1e-3) / 2").unwrap().expr;
    for text in
        ["iters_to(gap<=0.001)/2", " iters_to ( gap  <= .001 ) / 2.0 ", "(iters_to((gap) <= 1e-3)) / 2"]
    {
        if text.contains("((gap)") {
            assert!(parse(text).is_err());
        } else {
            assert_eq!(parse(text).unwrap().expr, want);
        }
    }
}

#[test]
fn names_are_listed_with_their_places() {
    let text = "final(gap) + counter(matvecs)";
    let uses = parse(text).unwrap().uses;
    let found: Vec<_> = uses.iter().map(|u| (u.kind, &text[u.span.start..u.span.end])).collect();
    assert_eq!(found, [(UseKind::Trace, "gap"), (UseKind::Counter, "matvecs")]);
}

#[test]
fn errors_name_the_place_and_the_nearest_function() {
    let faulty = [
        "",
        "iter_to(gap <= 1)",
        "iters_to(gap = 1)",
        "iters_to(gap <= x)",
        "iters_to gap",
        "wal",
        "wall()",
        "marginal_l1",
        "final()",
        "final(gap",
        "at(gap)",
        "at(gap, steps=3)",
        "1 +",
        "1 2",
        "(1",
        "1e999",
        "wall / §",
        "final(gap, 1)",
        "iters_to(gap <= 1, patients=3)",
        "iters_to(gap <= 1, patience=1.5)",
        "iters_to(gap <= 1, patience=",
        "auc(gap, steps)",
        "auc(gap, )",
        "outcome(timeot)",
        "outcome(skipped)",
        "outcome()",
        "area(gap)",
    ];
    let text: Vec<String> = faulty.iter().map(|t| format!("{t}\n    {}", shown(t))).collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn deep_nesting_is_refused_and_does_not_overflow() {
    assert!(parse(&"(".repeat(100_000)).unwrap_err().message.contains("nested"));
    assert!(parse(&"-".repeat(100_000)).unwrap_err().message.contains("nested"));
}

#[test]
fn times_are_known_to_depend_on_the_machine() {
    for (text, timed) in [("wall / iterations", true), ("iters_to(a <= 1)", false), ("cpu_to(a <= 1)", true)]
    {
        assert_eq!(parse(text).unwrap().expr.reads_time(), timed, "{text}");
    }
}

#[test]
fn clocks_are_known_apart() {
    for (text, wall, cpu) in [
        ("sample_wall", true, false),
        ("1 + time_to(a <= 1)", true, false),
        ("at(a, t=3)", true, false),
        ("setup", true, false),
        ("-cpu / iterations", false, true),
        ("cpu_to(a <= 1)", false, true),
        ("sample_wall / sample_cpu", true, true),
        ("iterations * work + peak_mem", false, false),
        ("at(a, step=3) / counter(b)", false, false),
    ] {
        assert_eq!(parse(text).unwrap().expr.clocks(), Clocks { wall, cpu }, "{text}");
    }
}

fn name() -> impl Strategy<Value = String> {
    "[a-z_][a-z0-9_]{0,8}"
}

fn one_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

fn finite() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("finite", |f| f.is_finite())
}

fn expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        finite().prop_map(|v| Expr::Number(v.abs())),
        (0_u32..2000).prop_map(|v| Expr::Number(f64::from(v))),
        one_of(Quantity::ALL).prop_map(Expr::Quantity),
        name().prop_map(Expr::Final),
        name().prop_map(Expr::Best),
        name().prop_map(Expr::Counter),
        name().prop_map(Expr::Instance),
        (name(), one_of(Axis::ALL), finite()).prop_map(|(metric, axis, at)| Expr::At { metric, axis, at }),
        (name(), one_of(Axis::ALL)).prop_map(|(metric, axis)| Expr::Auc { metric, axis }),
        prop::sample::select(ENDINGS).prop_map(Expr::Outcome),
        (one_of(Cost::ALL), name(), one_of(Relation::ALL), finite(), prop_oneof![Just(0), 0_u64..1 << 50])
            .prop_map(|(cost, metric, relation, threshold, patience)| Expr::To {
                cost,
                metric,
                relation,
                threshold,
                patience
            }),
    ];
    leaf.prop_recursive(5, 40, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|e| Expr::Negate(Box::new(e))),
            (one_of(Op::ALL), inner.clone(), inner).prop_map(|(op, left, right)| Expr::Binary {
                op,
                left: Box::new(left),
                right: Box::new(right)
            }),
        ]
    })
}

const ENDINGS: &[Outcome] =
    &[Outcome::Ok, Outcome::Timeout, Outcome::Oom, Outcome::Signal, Outcome::Panic, Outcome::Error];

fn goal() -> impl Strategy<Value = Goal> {
    prop_oneof![
        Just(Goal::Flag(Expr::Quantity(Quantity::Solved))),
        prop::sample::select(ENDINGS).prop_map(|o| Goal::Flag(Expr::Outcome(o))),
        (expr(), one_of(Relation::ALL), expr()).prop_map(|(left, relation, right)| Goal::Relation {
            left,
            relation,
            right
        }),
    ]
}

#[test]
fn a_goal_is_true_or_false() {
    let shown = |text: &str| match parse_goal(text) {
        Ok(parsed) => parsed.goal.to_string(),
        Err(e) => {
            format!("{}..{}: {}; {}", e.span.start, e.span.end, e.message, e.help.unwrap_or_default())
        }
    };
    let texts = [
        "solved",
        " final( gap )<=1e-9 ",
        "wall / iterations > 2 * 3",
        "outcome(timeout)",
        "final(gap)",
        "final(gap) = 1",
        "final(gap) <=",
        "final(gap) <= 1 < 2",
        "solved 1",
        "finl(gap) <= 1",
    ];
    let text: Vec<String> = texts.iter().map(|t| format!("{t}\n    {}", shown(t))).collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn an_area_is_along_the_steps_unless_it_says_otherwise() {
    assert_eq!(parse("auc(gap)").unwrap().expr, parse("auc(gap, step)").unwrap().expr);
    assert!(parse("auc(gap, t)").unwrap().expr.reads_time());
    assert!(!parse("auc(gap, work)").unwrap().expr.reads_time());
    assert_eq!(parse("1 + auc(gap, work)").unwrap().expr.trace_metrics(), ["gap"]);
}

#[test]
fn times_are_in_seconds_and_ratios_of_times_are_not() {
    let is_in_seconds = |text: &str| parse(text).unwrap().expr.is_in_seconds();
    for text in [
        "wall",
        "-sample_cpu",
        "cpu_to(gap <= 1e-9)",
        "time_to(gap <= 1e-9) - 3",
        "sample_cpu / iterations",
        "iterations / wall",
        "wall * cpu",
        "auc(gap, t)",
        "at(gap, t=5)",
        "at(gap, t=5) / at(gap, t=10)",
        "setup + iterations",
    ] {
        assert!(is_in_seconds(text), "{text}");
    }
    for text in [
        "iterations",
        "setup / wall",
        "(wall - setup) / (wall + setup)",
        "2 * cpu / wall - 1",
        "wall * iterations / cpu",
        "iters_to(gap <= 1e-9) - 20",
        "auc(gap, work)",
        "at(gap, step=5)",
        "peak_mem",
    ] {
        assert!(!is_in_seconds(text), "{text}");
    }
    let goal = |text: &str| parse_goal(text).unwrap().goal.is_in_seconds();
    for text in ["wall <= 60", "60 >= wall", "cpu_to(gap <= 1e-9) < iterations"] {
        assert!(goal(text), "{text}");
    }
    for text in ["solved", "final(gap) <= 1e-9", "cpu <= 2 * wall", "wall / setup >= 10"] {
        assert!(!goal(text), "{text}");
    }
}

proptest! {
    #[test]
    fn a_printed_goal_reads_back_the_same(g in goal()) {
        let text = g.to_string();
        prop_assert_eq!(parse_goal(&text).map(|p| p.goal), Ok(g), "{}", text);
    }

    #[test]
    fn what_is_printed_reads_back_the_same(e in expr()) {
        let text = e.to_string();
        prop_assert_eq!(parse(&text).map(|p| p.expr), Ok(e), "{}", text);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[a-z(),<=>0-9.eE+*/ §_-]{0,40}") {
        if let Err(e) = parse(&text) {
            prop_assert!(text.get(e.span.start..e.span.end).is_some());
        }
    }
}
