//! One world: made, scanned by the program, and asked about; with its truth beside the answers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use hallway::reliance::{ContactDay, OpenDays, Verdict};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// How worlds are made, as `worldgen.py` takes it.
#[derive(Args, Clone, Debug)]
pub(crate) struct Setting {
    #[arg(long, default_value_t = 52)]
    weeks: u32,
    #[arg(long, default_value_t = 16)]
    clients: u32,
    #[arg(long, default_value_t = 1.0)]
    noise: f64,
    #[arg(long, default_value = "Europe/Berlin")]
    tz: String,
    #[arg(long, default_value = "2024-01-01")]
    start: String,
    #[arg(long, default_value = "")]
    mix: String,
    /// Another build of the program to ask.
    #[arg(long, value_name = "FILE", default_value = env!("CARGO_BIN_EXE_hallway"))]
    program: String,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { weeks, clients, noise, tz, start, mix, .. } = self;
        write!(f, "{weeks} weeks from {start}, {clients} clients, noise {noise}, {tz} {mix}")
    }
}

/// What really happened, and what a perfect detector would have said.
#[derive(Deserialize, Debug)]
pub(crate) struct Truth {
    pub(crate) start: Date,
    pub(crate) end: Date,
    open_days: BTreeSet<Date>,
    pub(crate) clients: Vec<TrueClient>,
    people: BTreeMap<String, Vec<Touch>>,
    pub(crate) edge_cases: Vec<EdgeCase>,
}

#[derive(Deserialize, Debug)]
pub(crate) struct TrueClient {
    pub(crate) id: String,
    pub(crate) persona: String,
    pub(crate) people: Vec<String>,
    /// None for the client that edge cases are planted at.
    pub(crate) client: Option<Course>,
    pub(crate) key_person: Option<Course>,
}

/// How one client or person really stood.
#[derive(Deserialize, Debug)]
pub(crate) struct Course {
    pub(crate) weeks: Vec<Week>,
    pub(crate) due: Vec<DuePeriod>,
}

#[derive(Deserialize, Debug)]
pub(crate) struct Week {
    pub(crate) end: Date,
    pub(crate) state: String,
}

#[derive(Deserialize, Debug)]
pub(crate) struct DuePeriod {
    pub(crate) due_from: Date,
    pub(crate) to: Date,
    pub(crate) really: bool,
}

#[derive(Deserialize, Debug)]
struct Touch {
    d: Date,
    cat: char,
    visible: bool,
}

#[derive(Deserialize, Debug)]
pub(crate) struct EdgeCase {
    pub(crate) id: String,
    pub(crate) expect: Vec<EdgeDay>,
}

#[derive(Deserialize, Debug)]
pub(crate) struct EdgeDay {
    pub(crate) date: Date,
    pub(crate) person: String,
    pub(crate) cats: BTreeSet<char>,
}

#[derive(Deserialize)]
struct Hint {
    clients: Vec<HintClient>,
}

#[derive(Deserialize)]
struct HintClient {
    id: String,
    name: String,
    people: Vec<HintPerson>,
}

#[derive(Deserialize)]
struct HintPerson {
    id: String,
    addresses: Vec<String>,
}

/// A line of `hallway replay`.
#[derive(Debug, Deserialize)]
struct Replayed {
    client: Option<String>,
    suppressed: Option<String>,
    last_day: Date,
}

#[derive(Deserialize)]
struct Listed {
    day: Date,
    person: String,
    channel: String,
    setting: String,
    counts: bool,
}

/// From a day on.
#[derive(Deserialize, Debug)]
pub(crate) struct Change {
    pub(crate) day: Date,
    pub(crate) verdict: String,
    pub(crate) due: bool,
}

#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    history: Vec<Change>,
}

/// What the program said of one client.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Every change of the client.
    pub(crate) client: Vec<Change>,
    /// Every change of its key person.
    pub(crate) key: Vec<Change>,
}

/// Categories of contact by person and day.
pub(crate) type Days = BTreeMap<(String, Date), BTreeSet<char>>;

/// A world, its truth and what the program made of it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) truth: Truth,
    pub(crate) open: OpenDays,
    /// What the program counted.
    pub(crate) read: Days,
    /// What left a trace and should be counted.
    pub(crate) real: Days,
    /// By the client's id.
    pub(crate) answers: BTreeMap<String, Answer>,
    /// The days of the nudges that a replay under all limits shows, by the client's id.
    pub(crate) nudges: BTreeMap<String, Vec<Date>>,
}

impl World {
    /// Makes, scans and asks; a world kept below `root` is only asked.
    pub(crate) fn make(setting: &Setting, seed: u32, root: &Path) -> Self {
        let Setting { weeks, clients, noise, tz, start, mix, .. } = setting;
        let zone = tz.replace('/', "-");
        let name = format!("{seed}-{weeks}w-{clients}c-{noise}n-{zone}-{start}-{mix}");
        let home = Home(root.join(name), setting.program.clone());
        if !home.at("scanned").exists() {
            std::fs::create_dir_all(&home.0).expect("a writable folder");
            home.generate(setting, seed);
        }
        let truth: Truth = home.json("world/truth.json");
        let hint: Hint = home.json("world/hint.json");
        let end = truth.end.tomorrow().expect("no world ends with time").to_string();
        let past = |who: &str| {
            let said = home.hallway(&["show", "--json", "--as-of", &end, who]);
            let shown: Shown = serde_json::from_slice(&said).expect("show prints JSON");
            shown.history
        };
        let judged = truth.clients.iter().filter(|client| client.client.is_some());
        let answers = judged.map(|client| {
            let known = hint.clients.iter().find(|known| known.id == client.id);
            let known = known.expect("every client is in the hint");
            let key = known.people.first().expect("a client has people");
            let answer = Answer { client: past(&known.name), key: past(&key.addresses[0]) };
            (client.id.clone(), answer)
        });
        let answers = answers.collect();
        let nudges = home.nudges(&hint, &truth);
        let weekdays: Vec<_> = Weekday::Monday.cycle_forward().take(5).collect();
        let closed = truth.start.series(1.day()).take_while(|day| *day <= truth.end);
        let closed = closed.filter(|day| !truth.open_days.contains(day)).collect();
        Self {
            open: OpenDays::new(&weekdays, closed),
            read: home.read(&hint),
            real: real(&truth),
            truth,
            answers,
            nudges,
        }
    }

    /// The contact days the program counted for some people together.
    pub(crate) fn contact(&self, people: &[String]) -> Vec<ContactDay> {
        let mut days: BTreeMap<Date, ContactDay> = BTreeMap::new();
        for ((person, day), categories) in &self.read {
            if people.contains(person) {
                let none = ContactDay { day: *day, email: false, group: false, one_on_one: false };
                let one = days.entry(*day).or_insert(none);
                one.email |= categories.contains(&'E');
                one.group |= categories.contains(&'G');
                one.one_on_one |= categories.contains(&'O');
            }
        }
        days.into_values().collect()
    }

    /// Every day of it.
    pub(crate) fn days(&self) -> impl Iterator<Item = Date> + use<> {
        let end = self.truth.end;
        self.truth.start.series(1.day()).take_while(move |day| *day <= end)
    }
}

/// What held on a day; nothing before the first change.
pub(crate) fn on(history: &[Change], day: Date) -> (&str, bool) {
    let known = history.partition_point(|change| change.day <= day);
    let last = known.checked_sub(1).map(|at| &history[at]);
    last.map_or((Verdict::NotEnoughData.as_str(), false), |last| (&last.verdict, last.due))
}

fn real(truth: &Truth) -> Days {
    let mut days = Days::new();
    for (person, touches) in &truth.people {
        for touch in touches.iter().filter(|touch| touch.visible) {
            days.entry((person.clone(), touch.d)).or_default().insert(touch.cat);
        }
    }
    days
}

/// The folder of one world, and the program that is asked about it.
struct Home(PathBuf, String);

impl Home {
    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> T {
        let text = std::fs::read(self.at(name)).expect("the world is complete");
        serde_json::from_slice(&text).expect("the world is described in JSON")
    }

    fn generate(&self, setting: &Setting, seed: u32) {
        let Setting { weeks, clients, noise, tz, start, mix, .. } = setting;
        let world = self.at("world");
        let world = world.to_str().expect("a plain folder name");
        let words = [
            ("--seed", seed.to_string()),
            ("--weeks", weeks.to_string()),
            ("--clients", clients.to_string()),
            ("--noise", noise.to_string()),
            ("--tz", tz.clone()),
            ("--start", start.clone()),
            ("--mix", mix.clone()),
        ];
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/worlds");
        let script = |name: &str| scripts.join(name).to_str().expect("a plain name").to_owned();
        let make = script("worldgen.py");
        let words = words.iter().flat_map(|(key, value)| [*key, value.as_str()]);
        let make: Vec<&str> = [make.as_str(), world].into_iter().chain(words).collect();
        self.run("python3", &make);
        let config = self.run("python3", &[&script("config.py"), world]);
        std::fs::write(self.at("hallway.toml"), config).expect("a writable folder");
        self.hallway(&["scan"]);
        std::fs::write(self.at("scanned"), []).expect("a writable folder");
    }

    fn hallway(&self, words: &[&str]) -> Vec<u8> {
        let config = self.at("hallway.toml");
        let config = config.to_str().expect("a plain folder name");
        let words: Vec<&str> = ["--config", config].iter().chain(words).copied().collect();
        self.run(&self.1, &words)
    }

    /// What would have been shown from the first day of the world to its last.
    fn nudges(&self, hint: &Hint, truth: &Truth) -> BTreeMap<String, Vec<Date>> {
        let today = jiff::Zoned::now().date();
        let back = (today.duration_since(truth.start).as_hours() / 24).clamp(1, 3650).to_string();
        let said = String::from_utf8(self.hallway(&["replay", "--json", "--days", &back]));
        let mut all: BTreeMap<String, Vec<Date>> = BTreeMap::new();
        for line in said.expect("JSON is text").lines() {
            let one: Replayed = serde_json::from_str(line).expect("replay prints JSON");
            let known = hint.clients.iter().find(|known| Some(&known.name) == one.client.as_ref());
            if let (Some(known), None) = (known, one.suppressed) {
                all.entry(known.id.clone()).or_default().push(one.last_day);
            }
        }
        all
    }

    /// Runs a command in a clean environment and gives what it printed; anything but success is a
    /// failure that shows what it said.
    fn run(&self, program: &str, words: &[&str]) -> Vec<u8> {
        let done = Command::new(program)
            .args(words)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.0)
            .env("XDG_CONFIG_HOME", self.at("config"))
            .env("XDG_STATE_HOME", self.at("state"))
            .env("LC_ALL", "C.UTF-8")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output();
        let done = done.unwrap_or_else(|error| panic!("{program}: {error}"));
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{program} {words:?}: {}\n{said}", done.status);
        done.stdout
    }

    fn read(&self, hint: &Hint) -> Days {
        let people = hint.clients.iter().flat_map(|client| &client.people);
        let ids: BTreeMap<String, &String> = people
            .flat_map(|person| person.addresses.iter().map(|it| (it.to_lowercase(), &person.id)))
            .collect();
        let said = String::from_utf8(self.hallway(&["interactions", "--json"]));
        let mut days = Days::new();
        for line in said.expect("JSON is text").lines() {
            let one: Listed = serde_json::from_str(line).expect("interactions prints JSON");
            let category = match (one.channel.as_str(), one.setting.as_str()) {
                ("email" | "chat", _) => 'E',
                (_, "one_on_one") => 'O',
                _ => 'G',
            };
            if one.counts {
                let person = ids.get(&one.person.to_lowercase());
                let person = person.map_or(one.person.clone(), |id| (*id).clone());
                days.entry((person, one.day)).or_default().insert(category);
            }
        }
        days
    }
}
