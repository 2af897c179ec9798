//! Addresses of programs, told by their local part alone.

/// Whether the local part names a robot: `no-reply`, `notifications`, `mailer-daemon`,
/// `postmaster`, `bounces`, `notetaker` and their kin, standing between separators.
pub(super) fn is_robot(local: &str) -> bool {
    const PHRASES: &[&[&str]] = &[
        &["noreply"],
        &["no", "reply"],
        &["donotreply"],
        &["do", "notreply"],
        &["donot", "reply"],
        &["do", "not", "reply"],
        &["notification"],
        &["notifications"],
        &["mailer", "daemon"],
        &["postmaster"],
        &["bounce"],
        &["bounces"],
        &["notetaker"],
    ];
    let local = local.to_lowercase();
    let parts: Vec<&str> = local.split(['.', '_', '+', '-']).collect();
    PHRASES.iter().any(|phrase| parts.windows(phrase.len()).any(|window| window == *phrase))
}
