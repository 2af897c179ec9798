//! A secret that systemd handed over (`LoadCredential=`, systemd.exec(5)).
//!
//! A file in a folder that only this process sees, named by its environment, which the settings
//! read.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::{Kind, first_line, missing};
use crate::secret::{Secret, Unrevealed};
use crate::text::Shown;

/// The most that is read of one; systemd itself allows a megabyte.
const LARGEST: u64 = 64 * 1024;

pub(super) fn read(name: &str, folder: Option<&Path>, kind: Kind) -> Result<Secret, Unrevealed> {
    let shown = Shown(name);
    let Some(folder) = folder else {
        return Err(missing(format!(
            "has its {kind} in the credential {shown}, which is there only for what systemd \
             starts; run \"hallway check\" as its unit does, or keep the {kind} in the keyring"
        )));
    };
    // The settings let no other name in; a door checks for itself.
    if name.contains('/') || name.starts_with('.') {
        return Err(missing(format!("has its {kind} in no credential: {shown} is no name of one")));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    let read =
        File::open(folder.join(name)).and_then(|file| file.take(LARGEST).read_to_end(&mut bytes));
    match read {
        Ok(_) => first_line(&bytes).ok_or_else(|| {
            missing(format!(
                "has no {kind} in the credential {shown}; write it into the first line of the \
                 file that LoadCredential= names"
            ))
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(missing(format!(
            "has no credential {shown}; add LoadCredential={shown}:PATH to the unit \
             (\"systemctl --user edit hallway\")"
        ))),
        Err(error) => Err(missing(format!(
            "has an unreadable credential {shown} ({error}); see LoadCredential= in the unit"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_credential_is_a_file_in_the_folder_of_systemd() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("work"), "hunter2\nmore\n").expect("written");
        std::fs::write(folder.path().join("empty"), "\n").expect("written");
        std::fs::create_dir(folder.path().join("folder")).expect("made");
        let told = |name, folder: Option<&Path>| match read(name, folder, Kind::Password) {
            Ok(secret) => secret.reveal().to_owned(),
            Err(why) => why.to_string(),
        };
        let here = Some(folder.path());
        assert_eq!(told("work", here), "hunter2");
        let told: Vec<String> = [("work", None)]
            .into_iter()
            .chain(["empty", "none", "folder", "../work", "."].map(|name| (name, here)))
            .map(|(name, folder)| told(name, folder))
            .collect();
        expect![[r#"
            has its password in the credential work, which is there only for what systemd starts; run "hallway check" as its unit does, or keep the password in the keyring
            has no password in the credential empty; write it into the first line of the file that LoadCredential= names
            has no credential none; add LoadCredential=none:PATH to the unit ("systemctl --user edit hallway")
            has an unreadable credential folder (Is a directory (os error 21)); see LoadCredential= in the unit
            has its password in no credential: ../work is no name of one
            has its password in no credential: . is no name of one"#]].assert_eq(&told.join("\n"));
    }
}
