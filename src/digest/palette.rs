//! The colors of the page, light and dark, as numbers that a test can judge.
//!
//! Three categories, told apart by lightness as well as by hue, and set apart by a gap of paper:
//! one-on-one is the warm one and stands out, group calls are blue, email is a grey that steps
//! back. Red against green lost: it grades, and one man in twelve cannot see it.

use std::fmt;

/// A color in sRGB, `0xRRGGBB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u32);

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:06x}", self.0)
    }
}

/// The colors of one theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// What everything lies on.
    pub paper: Rgb,
    /// What sets a passage apart from the paper.
    pub card: Rgb,
    /// Text.
    pub ink: Rgb,
    /// Text that steps back.
    pub soft: Rgb,
    /// Hairlines, which carry no meaning.
    pub line: Rgb,
    /// One-on-one, in bars and in text.
    pub one: Rgb,
    /// Group calls, in bars.
    pub group: Rgb,
    /// Email, in bars.
    pub email: Rgb,
}

/// By day.
pub const LIGHT: Palette = Palette {
    paper: Rgb(0xfb_faf7),
    card: Rgb(0xf3_f0ea),
    ink: Rgb(0x23_262b),
    soft: Rgb(0x5b_6067),
    line: Rgb(0xdf_dad0),
    one: Rgb(0xb2_430c),
    group: Rgb(0x3f_6fa6),
    email: Rgb(0x85_8d96),
};

/// By night.
pub const DARK: Palette = Palette {
    paper: Rgb(0x17_191c),
    card: Rgb(0x20_2327),
    ink: Rgb(0xe8_e4dc),
    soft: Rgb(0xa9_adb3),
    line: Rgb(0x34_383d),
    one: Rgb(0xfa_a061),
    group: Rgb(0x5f_92cc),
    email: Rgb(0x6c_747d),
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Linear light of the three channels, from 0 to 1.
    fn linear(Rgb(color): Rgb) -> [f64; 3] {
        [16, 8, 0].map(|shift| {
            let c = f64::from((color >> shift) & 0xff) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn luminance(color: Rgb) -> f64 {
        let [r, g, b] = linear(color);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// WCAG 2.2, contrast ratio.
    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        if a > b { a / b } else { b / a }
    }

    type Sight = [[f64; 3]; 3];

    /// How full dichromats see, in linear light (Machado, Oliveira, Fernandes 2009, severity 1).
    const SIGHTS: [(&str, Sight); 4] = [
        ("full", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopia",
            [
                [0.152286, 1.052583, -0.204868],
                [0.114503, 0.786281, 0.099216],
                [-0.003882, -0.048116, 1.051998],
            ],
        ),
        (
            "deuteranopia",
            [
                [0.367322, 0.860646, -0.227968],
                [0.280085, 0.672501, 0.047413],
                [-0.011820, 0.042940, 0.968881],
            ],
        ),
        (
            "tritanopia",
            [
                [1.255528, -0.076749, -0.178779],
                [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900],
            ],
        ),
    ];

    /// CIE L*a*b* (D65) as somebody sees it.
    fn lab(color: Rgb, sight: &Sight) -> [f64; 3] {
        let light = linear(color);
        let seen =
            sight.map(|row| row.iter().zip(light).map(|(a, b)| a * b).sum::<f64>().clamp(0.0, 1.0));
        let to_xyz = [
            [0.4124, 0.3576, 0.1805, 0.9505],
            [0.2126, 0.7152, 0.0722, 1.0],
            [0.0193, 0.1192, 0.9505, 1.0890],
        ];
        let [x, y, z] = to_xyz.map(|[r, g, b, white]| {
            let t = (r * seen[0] + g * seen[1] + b * seen[2]) / white;
            if t > 0.008856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 }
        });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    }

    #[test]
    fn text_and_bars_keep_the_contrast_wcag_aa_asks_for() {
        for p in [LIGHT, DARK] {
            for ground in [p.paper, p.card] {
                for text in [p.ink, p.soft, p.one] {
                    let ratio = contrast(text, ground);
                    assert!(ratio >= 4.5, "text {text} on {ground}: {ratio:.2}");
                }
            }
            for bar in [p.one, p.group, p.email] {
                let ratio = contrast(bar, p.paper);
                assert!(ratio >= 3.0, "bar {bar} on {}: {ratio:.2}", p.paper);
            }
        }
    }

    #[test]
    fn the_three_categories_are_told_apart_by_every_kind_of_sight() {
        for p in [LIGHT, DARK] {
            for (name, sight) in SIGHTS {
                for (a, b) in [(p.one, p.group), (p.one, p.email), (p.group, p.email)] {
                    let d = distance(lab(a, &sight), lab(b, &sight));
                    assert!(d >= 20.0, "{name}: {a} and {b} are {d:.1} apart");
                }
            }
        }
    }

    #[test]
    fn one_on_one_stands_out_from_the_paper_the_most() {
        for p in [LIGHT, DARK] {
            let out = |c| contrast(c, p.paper);
            assert!(out(p.one) > out(p.group) && out(p.group) > out(p.email));
        }
    }

    #[test]
    fn the_contrast_formula_is_the_published_one() {
        assert!((contrast(Rgb(0), Rgb(0xff_ffff)) - 21.0).abs() < 1e-9);
        assert!((contrast(Rgb(0x76_7676), Rgb(0xff_ffff)) - 4.54).abs() < 0.005);
    }
}
