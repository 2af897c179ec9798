//! The figures as tables, each beside what it must reach and what it should.

use std::fmt::Write;

use super::score::{Detection, Score, coverage, share};

/// One world in a line.
pub(crate) fn world(seed: u32, score: &Score) -> String {
    let Detection { right, wrong, expected, found, .. } = score.program;
    format!(
        "seed {seed}: precision {:.3} ({wrong} false of {}), recall {:.3} ({found} of {expected}), \
         states {:.4}, {} of {} person-days differ, edge cases {} of {}",
        score.program.precision(),
        right + wrong,
        score.program.recall(),
        share(score.states.0, score.states.1),
        score.days.1 - score.days.0,
        score.days.1,
        score.edge_cases.0,
        score.edge_cases.1,
    )
}

/// One figure: what it is, what it came to, what it must reach, what it should.
struct Figure {
    name: &'static str,
    got: f64,
    digits: usize,
    must: (f64, f64),
    should: (f64, f64),
}

fn figures_of(score: &Score) -> Vec<Figure> {
    let least = |value: f64| (value, f64::INFINITY);
    let most = |value: f64| (f64::NEG_INFINITY, value);
    let mut figures = Vec::new();
    let mut figure = |name, got, digits, must, should| {
        figures.push(Figure { name, got, digits, must, should });
    };
    let program = &score.program;
    let best = score.naive.iter().map(|(_, naive)| naive.f1()).fold(0.0, f64::max);
    let per_week = |count: u32| f64::from(count) / score.weeks;
    let per_year = |count: u32| f64::from(count) / score.client_years;
    let beyond = |at: usize| 100.0 * share(score.gaps.0[at], score.gaps.1);
    let whole = share(score.edge_cases.0, score.edge_cases.1);
    figure("precision", program.precision(), 3, least(0.95), least(0.95));
    figure("recall", program.recall(), 3, least(0.92), least(0.95));
    figure("F1 above the best naive rule", program.f1() - best, 3, least(0.25), least(0.45));
    figure("median delay, days", program.delay(50).into(), 0, most(1.0), most(1.0));
    figure("90 % delay, days", program.delay(90).into(), 0, most(10.0), most(7.0));
    figure("false alerts per user-week", per_week(program.wrong), 4, most(0.02), most(0.02));
    figure("state accuracy", share(score.states.0, score.states.1), 4, least(0.985), least(0.985));
    figure(
        "person-days equal to truth",
        share(score.days.0, score.days.1),
        5,
        least(0.999),
        least(1.0),
    );
    figure("edge cases right", whole, 3, least(1.0), least(1.0));
    figure("gaps beyond the 80 % point, %", beyond(0), 1, (0.0, 100.0), (0.0, 100.0));
    figure("gaps beyond the 90 % point, %", beyond(1), 1, (0.0, 100.0), (0.0, 100.0));
    figure("gaps beyond the 95 % point, %", beyond(2), 1, (1.0, 8.0), (3.0, 6.0));
    figure("cover of the 90 % share interval", coverage(), 3, (0.86, 0.94), (0.88, 0.92));
    figure("state changes per client-year", per_year(score.changes.0), 2, most(4.0), most(3.0));
    figure("quick reversals per client-year", per_year(score.changes.1), 2, most(0.4), most(0.2));
    figures
}

fn within(got: f64, (least, most): (f64, f64)) -> bool {
    least <= got && got <= most
}

/// Every figure, then the detectors side by side.
pub(crate) fn figures(score: &Score) -> String {
    let mut out = String::new();
    for figure in figures_of(score) {
        let mark = match (within(figure.got, figure.must), within(figure.got, figure.should)) {
            (false, _) => "MISSED",
            (true, false) => "ok, bold goal missed",
            (true, true) => "ok",
        };
        let digits = figure.digits;
        writeln!(out, "{:34} {:>9.digits$}  {mark}", figure.name, figure.got).expect("a string");
    }
    out += "\n| | precision | recall | F1 | median delay | 90 % delay | false per week | alerts per week |\n";
    out += "|---|---|---|---|---|---|---|---|\n";
    let naive = score.naive.iter().map(|(name, detection)| (*name, detection));
    let own = [("Hallway", &score.program), ("Hallway under its limits", &score.limited)];
    for (name, detection) in own.into_iter().chain(naive) {
        writeln!(
            out,
            "| {name} | {:.3} | {:.3} | {:.3} | {} d | {} d | {:.3} | {:.1} |",
            detection.precision(),
            detection.recall(),
            detection.f1(),
            detection.delay(50),
            detection.delay(90),
            f64::from(detection.wrong) / score.weeks,
            f64::from(detection.alerts) / score.weeks,
        )
        .expect("a string");
    }
    out
}

/// Whether every figure is what it must be.
pub(crate) fn must(score: &Score) -> bool {
    figures_of(score).iter().all(|figure| within(figure.got, figure.must))
}
