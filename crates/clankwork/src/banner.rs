//! What the program says to the person who started it.

use std::fmt::Display;
use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use models::{Error, Network, Result};

use crate::configuration::ServeSettings;
use crate::secrets;

/// Says `text` on standard output.
///
/// # Errors
/// [`Error::Internal`] where nobody reads it.
pub fn say(text: &str) -> Result<()> {
    writeln!(std::io::stdout().lock(), "{}", text.trim_end()).map_err(Error::internal)
}

/// Says what went wrong on standard error: to the operator, for whom what is internal to a client is not.
pub fn complain(error: &Error) {
    let cause: &dyn Display = match error {
        Error::Internal(cause) => cause,
        other => other,
    };
    let _ = writeln!(std::io::stderr().lock(), "clankwork: {cause}");
}

/// Says where everything is, once the server can be used.
///
/// # Errors
/// [`Error::Internal`] where nobody reads it.
pub fn welcome(settings: &ServeSettings, address: SocketAddr, took: Duration) -> Result<()> {
    let mut lines = vec![format!(
        "Clankwork {} ({}) is ready after {} ms.",
        env!("CARGO_PKG_VERSION"),
        models::backend::NAME,
        took.as_millis()
    )];
    let urls = settings.public_urls();
    for network in Network::ALL {
        let here = || format!("http://{address}/{}", network.as_str());
        let url = urls.get(&network).map_or_else(here, ToString::to_string);
        lines.push(format!("  {:<17} {url}", network.title()));
    }
    let data_dir = &settings.storage.data_dir;
    match &settings.storage.database_url {
        None => lines.push(format!("  {:<17} {}", "data", data_dir.join("clankwork.db").display())),
        Some(_) => lines.push(format!("  {:<17} as DATABASE_URL says", "data")),
    }
    match settings.mail().expose().strip_prefix("file:") {
        Some(folder) => lines.push(format!("  {:<17} {folder}", "mail")),
        None => lines.push(format!("  {:<17} by SMTP", "mail")),
    }
    if settings.operator.admin_token.is_none() {
        let given = settings.operator.admin_token_file.clone();
        let file = given.unwrap_or_else(|| data_dir.join(secrets::ADMIN_TOKEN_FILE));
        lines.push(format!("  {:<17} {}", "operator's token", file.display()));
    }
    say(&lines.join("\n"))
}
