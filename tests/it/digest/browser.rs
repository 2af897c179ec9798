//! The page in headless Chromium, with every host unresolvable, as in a browser of the user.
//!
//! Measured in frames of a given width by `tests/browser/frame.html`, since the page itself may
//! run no script; looked at as pixels besides, since only they show what was painted.

use std::path::Path;
use std::process::Command;

use hallway::digest::{DARK, LIGHT, Rgb, html};
use serde_json::Value;

use super::sample;

/// What a reader prefers, as `--blink-settings=preferredColorScheme` numbers it (Chromium 148;
/// another number hangs the renderer, and `--force-dark-mode` inverts pages instead).
#[derive(Clone, Copy, Debug, PartialEq)]
enum Theme {
    Dark = 0,
    Light = 1,
}

/// A folder with a page and a place for Chromium's own files.
struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    fn new(page: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("page.html"), page).unwrap();
        Self { folder }
    }

    fn chromium(&self, theme: Theme, widths: &str, more: &[&str]) -> Vec<u8> {
        let profile = tempfile::tempdir_in(self.folder.path()).unwrap();
        let frame = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/frame.html");
        let page = self.folder.path().join("page.html");
        // timeout(1) ends a hanging browser; --no-sandbox, since the gate runs as root.
        let run = Command::new("timeout")
            .args(["60", "chromium", "--headless", "--no-sandbox", "--disable-gpu"])
            .args(["--disable-quic", "--no-first-run", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync", "--hide-scrollbars"])
            .args(["--allow-file-access-from-files", "--virtual-time-budget=5000"])
            .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--force-device-scale-factor=1"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(format!("--blink-settings=preferredColorScheme={}", theme as u8))
            .args(more)
            .arg(format!(
                "file://{}?page=file://{}&widths={widths}",
                frame.display(),
                page.display()
            ))
            .output()
            .expect("timeout(1) of coreutils runs");
        assert!(
            run.status.success(),
            "chromium ({}; Debian package `chromium`): {}",
            run.status,
            String::from_utf8_lossy(&run.stderr)
        );
        run.stdout
    }

    fn measure(&self, theme: Theme, widths: &str) -> Vec<Value> {
        let dom = self.chromium(theme, widths, &["--dump-dom"]);
        let dom = String::from_utf8(dom).unwrap();
        let (_, rest) = dom.split_once("data-measured=\"").expect("the frame has measured");
        let (measured, _) = rest.split_once('"').unwrap();
        let measured = [("&quot;", "\""), ("&nbsp;", "\u{a0}"), ("&lt;", "<"), ("&gt;", ">")]
            .iter()
            .fold(measured.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
            .replace("&amp;", "&");
        serde_json::from_str(&measured).unwrap()
    }

    fn picture(&self, theme: Theme, width: u32) -> Picture {
        let file = self.folder.path().join("page.png");
        let window = format!("--window-size={},1600", width.max(500));
        let shot = format!("--screenshot={}", file.display());
        self.chromium(theme, &width.to_string(), &[&window, &shot]);
        Picture::read(&file, width)
    }
}

/// The part of a picture that the frame covers.
struct Picture {
    rows: Vec<Vec<u32>>,
}

impl Picture {
    fn read(file: &Path, width: u32) -> Self {
        let file = std::io::BufReader::new(std::fs::File::open(file).unwrap());
        let mut decoder = png::Decoder::new(file);
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        let samples = info.color_type.samples();
        let pixel = |p: &[u8]| u32::from(p[0]) << 16 | u32::from(p[1]) << 8 | u32::from(p[2]);
        let rows = bytes
            .chunks(info.line_size)
            .map(|row| row.chunks(samples).take(width as usize).map(pixel).collect())
            .collect();
        Self { rows }
    }

    fn count(&self, color: Rgb) -> usize {
        self.rows.iter().flatten().filter(|pixel| **pixel == color.0).count()
    }

    /// Mean of the channels, 0 to 255.
    fn brightness(&self) -> f64 {
        let pixels: Vec<u32> = self.rows.iter().flatten().copied().collect();
        let sum: u32 = pixels.iter().map(|p| (p >> 16) + (p >> 8 & 0xff) + (p & 0xff)).sum();
        f64::from(sum) / 3.0 / pixels.len() as f64
    }
}

fn css(Rgb(color): Rgb) -> String {
    format!("rgb({}, {}, {})", color >> 16, color >> 8 & 0xff, color & 0xff)
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// Measures a page at phone, tablet and desk widths and demands what holds for every page.
fn check(page: &str, theme: Theme) -> Vec<Value> {
    let measured = Stage::new(page).measure(theme, "360,610,900,1400");
    let widths: Vec<_> = measured.iter().map(|m| m["width"].as_u64().unwrap()).collect();
    assert_eq!(widths, [360, 610, 900, 1400]);
    for m in &measured {
        let width = &m["width"];
        assert_eq!(&m["scroll"], width, "no horizontal scrolling");
        assert_eq!(strings(&m["outside"]), Vec::<&str>::new(), "outside of {width}");
        assert_eq!(strings(&m["spilling"]), Vec::<&str>::new(), "spilling at {width}");
        assert_eq!(m["fetched"], 0);
        let paper = if theme == Theme::Dark { DARK.paper } else { LIGHT.paper };
        assert_eq!(m["paper"], css(paper).as_str());
        for tag in strings(&m["tags"]) {
            assert!(super::TAGS.contains(&tag), "<{tag}> in the page as the browser reads it");
        }
        for name in strings(&m["attributes"]) {
            assert!(
                super::ATTRIBUTES.contains(&name),
                "{name}= in the page as the browser reads it"
            );
        }
    }
    measured
}

#[test]
fn a_rich_week_fits_every_width_by_day_and_by_night() {
    let digest = sample::rich().digest(sample::week());
    let page = html(&digest);
    for theme in [Theme::Light, Theme::Dark] {
        for m in check(&page, theme) {
            let shown = digest.people.iter().filter(|p| p.row.total.total() > 0).count();
            assert_eq!(m["images"], shown);
            assert_eq!(strings(&m["titles"]).len(), shown * digest.weeks.len());
            assert!(strings(&m["labels"]).iter().all(|label| label.contains("12 weeks: ")));
        }
    }
}

#[test]
fn hostile_names_stay_text_in_the_browser() {
    let page = html(&sample::hostile().digest(sample::week()));
    for m in check(&page, Theme::Light) {
        let names = strings(&m["names"]);
        for name in sample::HOSTILE {
            assert!(names.contains(&name), "{name} is shown as it is written");
        }
    }
}

#[test]
fn endless_names_and_an_empty_digest_fit_every_width() {
    let endless = "W".repeat(300);
    let wide = "語".repeat(300);
    let marks = format!("e{}", "\u{301}".repeat(300));
    let world = sample::named(&[&endless, &wide, &marks, "ﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺ﷽﷽﷽﷽﷽﷽"]);
    check(&html(&world.digest(sample::week())), Theme::Light);
    let nobody = sample::World::empty(world.as_of);
    check(&html(&nobody.digest(sample::week())), Theme::Dark);
}

#[test]
fn the_pixels_are_dark_by_night_and_bright_by_day_and_the_margins_are_bare() {
    let stage = Stage::new(&html(&sample::rich().digest(sample::week())));
    for (theme, palette) in [(Theme::Light, LIGHT), (Theme::Dark, DARK)] {
        for width in [360, 1200] {
            let picture = stage.picture(theme, width);
            assert_eq!(picture.rows.len(), 1600);
            for row in &picture.rows {
                assert_eq!((row.len(), row[0]), (width as usize, palette.paper.0));
                assert_eq!(row[row.len() - 1], palette.paper.0, "{theme:?} {width}");
            }
            let bright = picture.brightness();
            match theme {
                Theme::Light => assert!(bright > 220.0, "{bright} by day"),
                Theme::Dark => assert!(bright < 60.0, "{bright} by night"),
            }
            assert!(picture.count(palette.one) > 50, "the warm color is seen");
        }
    }
}
