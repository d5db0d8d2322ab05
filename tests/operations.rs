//! What an operator relies on: the command line, and being told what is wrong.

use support::run;

use crate::BINARY;

/// What the build under test calls its database.
const BACKEND: &str = if cfg!(feature = "postgres") { "postgres" } else { "sqlite" };

/// What a command that must fail says on standard error.
#[track_caller]
fn complaint(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = run(BINARY, arguments, variables);
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_version_names_the_database() {
    let output = run(BINARY, &["--version"], &[]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.starts_with("clankwork "), "{text}");
    assert!(text.trim().ends_with(&format!("({BACKEND})")), "{text}");
}

#[test]
fn an_unknown_variable_is_refused() {
    let text = complaint(&["routes"], &[("CLANKWORK_RATE_LIMIT", "off")]);
    assert!(text.contains("CLANKWORK_RATE_LIMIT"), "{text}");
    let text = complaint(&["routes"], &[("CLANKWORK_LIMIT_CLAWNET_SENT", "1/60")]);
    assert!(text.contains("CLANKWORK_LIMIT_CLAWNET_SENT"), "{text}");
}

#[test]
fn a_setting_that_cannot_be_read_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = ("CLANKWORK_DATA_DIR", folder.path().to_str().expect("a path in UTF-8"));
    for (name, value) in [
        ("CLANKWORK_METRICS_BIND", "nowhere"),
        ("CLANKWORK_RATE_LIMITS", "perhaps"),
        ("CLANKWORK_REGISTRATION", "ajar"),
        ("CLANKWORK_WEBHOOK_ALLOW", "everything"),
        ("CLANKWORK_SECRET_KEY", "short"),
        ("CLANKWORK_LIMIT_CLAWNET_SEND", "many"),
        ("CLANKWORK_MAIL", "pigeon:post"),
    ] {
        let text = complaint(&["--bind", "127.0.0.1:0"], &[data, (name, value)]);
        assert!(!text.is_empty() && !text.contains("panicked"), "{name}={value}: {text}");
    }
}

#[test]
fn the_other_databases_url_says_which_build_it_needs() {
    let (url, need) = match BACKEND {
        "postgres" => ("sqlite:clankwork.db", "without the feature `postgres`"),
        _ => ("postgres://localhost/clankwork", "with the feature `postgres`"),
    };
    for command in ["serve", "migrate"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().to_str().expect("a path in UTF-8");
        let text = complaint(&[command, "--data-dir", data], &[("DATABASE_URL", url)]);
        assert!(text.contains(need), "{text}");
    }
}

#[test]
fn help_names_every_setting() {
    let output = run(BINARY, &["--help"], &[]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for name in
        ["CLANKWORK_BIND", "CLANKWORK_DATA_DIR", "DATABASE_URL", "REDIS_URL", "CLANKWORK_MAIL", "CLANKWORK_RATE_LIMITS"]
    {
        assert!(text.contains(name), "{name}: {text}");
    }
}
