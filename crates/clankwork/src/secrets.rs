//! The operator's secrets: given, or generated into the data folder where only the owner reads them.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use models::{Error, Result, Secret, Token};

use crate::configuration::RunningServer;

/// The variable that gives the operator's token.
pub const ADMIN_TOKEN: &str = "CLANKWORK_ADMIN_TOKEN";
/// Where in the data folder it stands, when it was generated.
pub const ADMIN_TOKEN_FILE: &str = "admin-token";

/// The secret that is given, or stands in the file that is given, or in `generated`, which is made where `may_generate` and it is
/// missing.
///
/// # Errors
/// [`Error::Invalid`] where nothing is given and nothing may be generated; [`Error::Internal`] where a file cannot be read or made.
pub fn load(
    name: &'static str,
    given: Option<&Secret>,
    given_file: Option<&Path>,
    generated: &Path,
    may_generate: bool,
) -> Result<Secret> {
    if let Some(secret) = given {
        return Ok(secret.expose().trim().to_owned().into());
    }
    if let Some(file) = given_file {
        return read(file);
    }
    if may_generate {
        generate(generated)?;
    } else if !generated.exists() {
        return Err(Error::invalid(name, "must be set where the services run as several processes"));
    }
    read(generated)
}

/// The operator's token of a server that runs, as it is given or stands where the server has generated it.
///
/// # Errors
/// [`Error::Invalid`] where there is none; [`Error::Internal`] where a file cannot be read.
pub fn operators_token(server: &RunningServer) -> Result<Secret> {
    let (operator, generated) = (&server.operator, server.data_dir.join(ADMIN_TOKEN_FILE));
    if operator.admin_token.is_none() && operator.admin_token_file.is_none() && !generated.exists() {
        let reason = format!("must be set: {} does not hold it", generated.display());
        return Err(Error::invalid(ADMIN_TOKEN, reason));
    }
    load(ADMIN_TOKEN, operator.admin_token.as_ref(), operator.admin_token_file.as_deref(), &generated, false)
}

/// Writes a new secret, unless the file is there. It appears whole or not at all: its name is given to it when it is written.
fn generate(file: &Path) -> Result<()> {
    if file.exists() {
        return Ok(());
    }
    let failed = |error: std::io::Error| Error::internal(format!("{}: {error}", file.display()));
    let draft = file.with_extension(format!("draft-{}", std::process::id()));
    let mut options = OpenOptions::new();
    let secret = Token::generate_with("")?;
    // The checksum is left out: what is generated here is 256 bits as 64 hexadecimal digits.
    let digits: String = secret.expose().chars().take(64).collect();
    let written = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut opened| opened.write_all(digits.as_bytes()).and_then(|()| opened.sync_all()))
        .and_then(|()| fs::hard_link(&draft, file));
    let _ = fs::remove_file(&draft);
    match written {
        // Another process was faster, and its secret is as good.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        written => written.map_err(failed),
    }
}

fn read(file: &Path) -> Result<Secret> {
    let text = fs::read_to_string(file).map_err(|error| Error::internal(format!("{}: {error}", file.display())))?;
    Ok(text.trim().to_owned().into())
}

/// Reads the key that things are sealed under.
///
/// # Errors
/// [`Error::Invalid`] unless it is 64 hexadecimal digits.
pub fn parse_key(text: &Secret) -> Result<[u8; 32]> {
    let mut key = [0; 32];
    hex::decode_to_slice(text.expose(), &mut key)
        .map_err(|_| Error::invalid("CLANKWORK_SECRET_KEY", "must be 64 hexadecimal digits"))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_secret_is_generated_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret-key");
        let load = || load("CLANKWORK_SECRET_KEY", None, None, &file, true).unwrap();
        let secret = load();
        assert_eq!(load(), secret);
        assert!(parse_key(&secret).is_ok());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn nothing_is_generated_for_one_process_of_several() {
        let missing = Path::new("/nonexistent/secret-key");
        assert!(load("CLANKWORK_SECRET_KEY", None, None, missing, false).is_err());
        assert_eq!(
            load("CLANKWORK_SECRET_KEY", Some(&Secret::from(" a ".to_owned())), None, missing, false).unwrap().expose(),
            "a"
        );
    }
}
