//! The environment, read once and then an ordinary value.
//!
//! [`Environment::read`] is the one place in the program that looks at the process environment;
//! everything else is handed an [`Environment`], so that tests give their own. It knows the
//! XDG Base Directory rules: an empty or relative value counts as not set.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The variables of the process, as far as Hallway looks at any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
    home: Option<PathBuf>,
}

/// Where Hallway keeps its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The user's configuration file, whether it exists or not.
    pub config: PathBuf,
    /// Folder of the database and the digests.
    pub state: PathBuf,
    /// Folder of what can be made again.
    pub cache: PathBuf,
    /// Folder of the credentials that systemd handed to this process (systemd.exec(5)); `None`
    /// when it handed over none.
    pub credentials: Option<PathBuf>,
}

impl Paths {
    /// The database.
    pub fn database(&self) -> PathBuf {
        self.state.join("hallway.sqlite")
    }

    /// The folder of the digests.
    pub fn digests(&self) -> PathBuf {
        self.state.join("digests")
    }
}

impl Environment {
    /// Whether the session has a display, X11 or Wayland.
    pub fn display(&self) -> bool {
        ["DISPLAY", "WAYLAND_DISPLAY"].into_iter().any(|name| self.get(name).is_some())
    }

    /// The environment of this process.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn read() -> Self {
        let ours = |name: &str| {
            name.starts_with("HALLWAY_")
                || name.starts_with("XDG_")
                || matches!(name, "NO_COLOR" | "TERM" | "COLUMNS" | "DISPLAY" | "WAYLAND_DISPLAY")
                || name == "CREDENTIALS_DIRECTORY"
        };
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, _)| ours(name))
            .collect();
        // Falls back to the password database where HOME is not set, as under some service managers.
        Self { variables, home: std::env::home_dir().filter(|home| home.is_absolute()) }
    }

    /// An environment made up of these variables, `HOME` among them.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let variables: BTreeMap<_, _> =
            pairs.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let home = variables.get("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
        Self { variables, home }
    }

    /// The home directory; `None` when there is none.
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// The configuration file that `HALLWAY_CONFIG` asks for.
    pub fn config_file(&self) -> Option<PathBuf> {
        self.get("HALLWAY_CONFIG").map(PathBuf::from)
    }

    /// The log filter that `HALLWAY_LOG` asks for.
    pub fn log(&self) -> Option<&str> {
        self.get("HALLWAY_LOG")?.to_str()
    }

    /// Whether the terminal is not to be colored: `NO_COLOR` is set, or `TERM` is `dumb`.
    pub fn colorless(&self) -> bool {
        self.get("NO_COLOR").is_some() || self.get("TERM").is_some_and(|term| term == "dumb")
    }

    /// The width that `COLUMNS` asks for.
    pub fn columns(&self) -> Option<u16> {
        self.get("COLUMNS")?.to_str()?.parse().ok().filter(|columns| *columns > 0)
    }

    /// Where Hallway keeps its files; `None` without a home directory.
    pub fn paths(&self) -> Option<Paths> {
        Some(Paths {
            config: self.base("XDG_CONFIG_HOME", ".config")?.join("config.toml"),
            state: self.base("XDG_STATE_HOME", ".local/state")?,
            cache: self.base("XDG_CACHE_HOME", ".cache")?,
            credentials: self.get("CREDENTIALS_DIRECTORY").map(PathBuf::from),
        })
    }

    /// The configuration files of the system, the most important last.
    pub(super) fn system_files(&self) -> Vec<PathBuf> {
        let folders = self.get("XDG_CONFIG_DIRS").unwrap_or_else(|| OsStr::new("/etc/xdg"));
        let mut files: Vec<PathBuf> = std::env::split_paths(folders)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join("hallway/config.toml"))
            .collect();
        files.reverse();
        files
    }

    /// A variable that is set to something; lossy, since a setting that is not text is told as
    /// wrong where it is read.
    pub(super) fn setting(&self, name: &str) -> Option<String> {
        Some(self.get(name)?.to_string_lossy().into_owned())
    }

    /// The names of all variables that are Hallway's.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str).filter(|name| name.starts_with("HALLWAY_"))
    }

    fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(name).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    fn base(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let given = self.get(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = given.or_else(|| Some(self.home.as_ref()?.join(below_home)))?;
        Some(base.join("hallway"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(&str, &str)], expect: Option<[&str; 3]>) {
        let paths = Environment::of(pairs.iter().copied()).paths();
        let found = paths.map(|paths| [paths.config, paths.state, paths.cache]);
        assert_eq!(found, expect.map(|paths| paths.map(PathBuf::from)), "{pairs:?}");
    }

    #[test]
    fn files_lie_where_the_base_directory_rules_say() {
        let home = [
            "/home/ana/.config/hallway/config.toml",
            "/home/ana/.local/state/hallway",
            "/home/ana/.cache/hallway",
        ];
        check(&[("HOME", "/home/ana")], Some(home));
        check(&[("HOME", "/home/ana"), ("XDG_CONFIG_HOME", "")], Some(home));
        check(&[("HOME", "/home/ana"), ("XDG_STATE_HOME", "state")], Some(home));
        let state = [home[0], "/var/ana/hallway", home[2]];
        check(&[("HOME", "/home/ana"), ("XDG_STATE_HOME", "/var/ana")], Some(state));
        check(&[], None);
        check(&[("HOME", "ana")], None);
        let xdg = [("XDG_CONFIG_HOME", "/c"), ("XDG_STATE_HOME", "/s"), ("XDG_CACHE_HOME", "/t")];
        check(&xdg, Some(["/c/hallway/config.toml", "/s/hallway", "/t/hallway"]));
    }

    #[test]
    fn system_files_come_least_important_first_and_relative_ones_never() {
        let files = |value| Environment::of([("XDG_CONFIG_DIRS", value)]).system_files();
        assert_eq!(files(""), [PathBuf::from("/etc/xdg/hallway/config.toml")]);
        assert_eq!(
            files("/a:b:/c"),
            [PathBuf::from("/c/hallway/config.toml"), PathBuf::from("/a/hallway/config.toml")]
        );
    }

    #[test]
    fn color_is_off_when_asked_for_or_when_the_terminal_has_none() {
        let off = |pairs: &[(&str, &str)]| Environment::of(pairs.iter().copied()).colorless();
        assert!(off(&[("NO_COLOR", "1")]) && off(&[("TERM", "dumb")]));
        assert!(!off(&[]) && !off(&[("NO_COLOR", "")]) && !off(&[("TERM", "xterm")]));
    }
}
