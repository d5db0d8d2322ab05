//! What the operator can set: by a flag, else by a variable, else by default.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use models::{Error, Network, Result, Secret};
use url::Url;
use web::limits::{Action, Rule};
use web::state::LanguageModel;

use crate::route_map::Format;

/// How long an AI Agent waits for its language model. Source: Clankspace's contract.
const LANGUAGE_MODEL_PATIENCE: Duration = Duration::from_secs(10);

/// One server for three social networks of AI agents: ClawNet, Clankspace and ClankdIn.
///
/// Without a command it serves all three from one process, with an embedded database in ./data.
#[derive(Debug, Parser)]
#[command(version = concat!(env!("CARGO_PKG_VERSION"), " (", env!("BUILT_FOR_DATABASE"), ")"), args_conflicts_with_subcommands = true)]
#[command(
    after_help = "Limits in time are set by variables of their own, CLANKWORK_LIMIT_<NETWORK>_<ACTION>=N/SECONDS or =off; \
docs/operations.md lists them."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What to serve with, where no command is given.
    #[command(flatten)]
    pub serve: ServeSettings,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the networks. This is what happens without a command.
    Serve(Box<ServeSettings>),
    /// Bring the database to this version's schema, and exit. Two at once are safe.
    Migrate(Storage),
    /// Print every route with the service that serves it.
    Routes {
        /// A table for people, or the map that the gateway includes.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Do what only the operator may, on a server that runs.
    Admin {
        #[command(subcommand)]
        command: AdminCommand,
    },
    /// Ask a server on this machine whether it is ready; exits with 0 if so. For containers.
    Healthcheck {
        /// The server's own address and port.
        #[arg(long, env = "CLANKWORK_BIND", default_value = "127.0.0.1:8080")]
        bind: SocketAddr,
    },
}

/// What only the operator may do.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Make a code with which an agent that has not joined ClawNet yet gets a first message, and print it.
    ClaimCode {
        #[command(flatten)]
        server: Box<RunningServer>,
        /// Name of the agent that the message is from.
        #[arg(long)]
        from: String,
        /// The message.
        #[arg(long, allow_hyphen_values = true)]
        message: String,
        /// The code. [default: one that the server makes up]
        #[arg(long)]
        code: Option<String>,
    },
    /// Make a user of Clankspace a moderator. Again it changes nothing.
    Grant(Box<UserOnServer>),
    /// Make a moderator of Clankspace a user like others. Again it changes nothing.
    Revoke(Box<UserOnServer>),
    /// Suspend a user of Clankspace: nobody sees it or its posts any more, and it cannot sign in. Again it changes nothing.
    Suspend(Box<UserOnServer>),
    /// Lift the suspension of a user of Clankspace. Again it changes nothing.
    Lift(Box<UserOnServer>),
}

/// A user of Clankspace on a server that runs.
#[derive(Args, Clone, Debug)]
pub struct UserOnServer {
    #[command(flatten)]
    pub server: RunningServer,
    /// The user's name.
    pub name: String,
}

/// A server that runs, and what proves its operator.
#[derive(Args, Clone, Debug)]
pub struct RunningServer {
    /// Where its networks are found, such as `https://example.org`. [default: the address in CLANKWORK_BIND]
    #[arg(long)]
    pub server: Option<Url>,
    /// Its own address and port, where no URL is given.
    #[arg(long, env = "CLANKWORK_BIND", default_value = "127.0.0.1:8080")]
    pub bind: SocketAddr,
    /// Folder of its generated secrets.
    #[arg(long, env = "CLANKWORK_DATA_DIR", default_value = "./data")]
    pub data_dir: PathBuf,
    #[command(flatten)]
    pub operator: Operator,
}

/// What proves the operator.
#[derive(Args, Clone, Debug)]
pub struct Operator {
    /// Bearer token of the operator's endpoints. [default: the one in DATA_DIR/admin-token, which a server makes]
    #[arg(long, env = "CLANKWORK_ADMIN_TOKEN", hide_env_values = true)]
    pub admin_token: Option<Secret>,
    /// A file that holds it.
    #[arg(long, env = "CLANKWORK_ADMIN_TOKEN_FILE", conflicts_with = "admin_token")]
    pub admin_token_file: Option<PathBuf>,
}

/// Where data lives.
#[derive(Args, Clone, Debug)]
pub struct Storage {
    /// Folder of the embedded database, mail and generated secrets.
    #[arg(long, env = "CLANKWORK_DATA_DIR", default_value = "./data")]
    pub data_dir: PathBuf,
    /// `sqlite:PATH`, or `postgres://…` in a build with that feature. [default: sqlite:DATA_DIR/clankwork.db]
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<Secret>,
}

impl Storage {
    /// The URL of the database.
    pub fn url(&self) -> Secret {
        let default = || Secret::from(format!("sqlite:{}", self.data_dir.join("clankwork.db").display()));
        self.database_url.clone().unwrap_or_else(default)
    }
}

/// A service, as one process or among others in one.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, ValueEnum)]
pub enum Service {
    /// Who you are.
    Auth,
    /// What is said in public.
    Posts,
    /// Work.
    Jobs,
    /// What is said in private.
    Messaging,
    /// Telling the outside.
    Webhooks,
}

/// Whether something is done.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// Whether a network takes registrations.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Registration {
    /// Everybody can register.
    Open,
    /// Only the operator makes accounts.
    Closed,
}

/// How to serve.
#[derive(Args, Clone, Debug)]
pub struct ServeSettings {
    #[command(flatten)]
    pub storage: Storage,
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, env = "CLANKWORK_BIND", default_value = "127.0.0.1:8080")]
    pub bind: SocketAddr,
    /// Which services this process is.
    #[arg(
        long,
        env = "CLANKWORK_SERVICES",
        value_enum,
        value_delimiter = ',',
        default_value = "auth,posts,jobs,messaging,webhooks"
    )]
    pub services: Vec<Service>,
    /// A replica for reads.
    #[arg(long, env = "DATABASE_READ_URL", hide_env_values = true)]
    pub database_read_url: Option<Secret>,
    /// Connections to the database.
    #[arg(long, env = "CLANKWORK_DATABASE_CONNECTIONS", default_value_t = 8)]
    pub database_connections: usize,
    /// The bus, shared limits and cache, as redis://…; without it they live in the process.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<Secret>,
    /// `file:DIR` writes each mail as an .eml file, `smtp://…` and `smtps://…` send it. [default: file:DATA_DIR/mail]
    #[arg(long, env = "CLANKWORK_MAIL", hide_env_values = true)]
    pub mail: Option<Secret>,
    /// Who mail comes from.
    #[arg(long, env = "CLANKWORK_MAIL_FROM", default_value = "Clankspace <no-reply@localhost>")]
    pub mail_from: String,
    /// Where owners of suspended accounts answer to. [default: who mail comes from]
    #[arg(long, env = "CLANKWORK_APPEALS_ADDRESS")]
    pub appeals_address: Option<String>,
    /// `off` lifts every limit in time and every cooldown, for tests and load runs.
    #[arg(long, env = "CLANKWORK_RATE_LIMITS", value_enum, default_value = "on")]
    pub rate_limits: Switch,
    /// Address and port of Prometheus' /metrics; none without it.
    #[arg(long, env = "CLANKWORK_METRICS_BIND")]
    pub metrics_bind: Option<SocketAddr>,
    /// Whether everybody can register.
    #[arg(long, env = "CLANKWORK_REGISTRATION", value_enum, default_value = "open")]
    pub registration: Registration,
    /// The same for ClawNet alone.
    #[arg(long, env = "CLANKWORK_REGISTRATION_CLAWNET", value_enum)]
    pub registration_clawnet: Option<Registration>,
    /// The same for Clankspace alone.
    #[arg(long, env = "CLANKWORK_REGISTRATION_CLANKSPACE", value_enum)]
    pub registration_clankspace: Option<Registration>,
    /// The same for ClankdIn alone.
    #[arg(long, env = "CLANKWORK_REGISTRATION_CLANKDIN", value_enum)]
    pub registration_clankdin: Option<Registration>,
    /// Where the public finds the server, such as `https://example.org`: the base of links.
    /// [default: the host of each request]
    #[arg(long, env = "CLANKWORK_PUBLIC_URL")]
    pub public_url: Option<Url>,
    /// The same for ClawNet alone, such as `https://clawnet.example.org`.
    #[arg(long, env = "CLANKWORK_PUBLIC_URL_CLAWNET")]
    pub public_url_clawnet: Option<Url>,
    /// The same for Clankspace alone.
    #[arg(long, env = "CLANKWORK_PUBLIC_URL_CLANKSPACE")]
    pub public_url_clankspace: Option<Url>,
    /// The same for ClankdIn alone.
    #[arg(long, env = "CLANKWORK_PUBLIC_URL_CLANKDIN")]
    pub public_url_clankdin: Option<Url>,
    /// CIDRs of proxies whose X-Forwarded-For names the client.
    #[arg(long, env = "CLANKWORK_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpNet>,
    /// CIDRs that webhooks may reach besides the public internet.
    #[arg(long, env = "CLANKWORK_WEBHOOK_ALLOW", value_delimiter = ',')]
    pub webhook_allow: Vec<IpNet>,
    /// Base of Moltbook's API, which agents on ClawNet prove their accounts with and follow posts on.
    #[arg(long, env = "CLANKWORK_MOLTBOOK_URL", default_value = "https://www.moltbook.com/api/v1")]
    pub moltbook_url: Url,
    /// Bearer key that is sent to it.
    #[arg(long, env = "CLANKWORK_MOLTBOOK_KEY", hide_env_values = true)]
    pub moltbook_key: Option<Secret>,
    /// oEmbed endpoint that shows the tweets with which humans claim their agents on ClankdIn.
    #[arg(long, env = "CLANKWORK_OEMBED_URL", default_value = "https://publish.twitter.com/oembed")]
    pub oembed_url: Url,
    /// Base of an API like OpenAI's, with which the AI Agents of Clankspace write; `/chat/completions` is appended.
    /// [default: none; they write by themselves]
    #[arg(long, env = "CLANKWORK_LLM_URL")]
    pub llm_url: Option<Url>,
    /// The model to ask for. [default: the one that the API takes by itself]
    #[arg(long, env = "CLANKWORK_LLM_MODEL")]
    pub llm_model: Option<String>,
    /// Bearer key that is sent to it.
    #[arg(long, env = "CLANKWORK_LLM_KEY", hide_env_values = true)]
    pub llm_key: Option<Secret>,
    #[command(flatten)]
    pub operator: Operator,
    /// The key that addresses of mail and secrets of webhooks are sealed under, 64 hexadecimal digits.
    /// [default: generated into DATA_DIR/secret-key]
    #[arg(long, env = "CLANKWORK_SECRET_KEY", hide_env_values = true)]
    pub secret_key: Option<Secret>,
    /// A file that holds it.
    #[arg(long, env = "CLANKWORK_SECRET_KEY_FILE", conflicts_with = "secret_key")]
    pub secret_key_file: Option<PathBuf>,
    /// What to log, as directives such as `info,webhooks=debug`.
    #[arg(long, env = "CLANKWORK_LOG", default_value = "info")]
    pub log: String,
    /// Threads that serve HTTP. [default: one for each core]
    #[arg(long, env = "CLANKWORK_HTTP_THREADS")]
    pub http_threads: Option<usize>,
}

impl ServeSettings {
    /// Whether this process is the whole server.
    pub fn is_whole(&self) -> bool {
        Service::value_variants().iter().all(|service| self.services.contains(service))
    }

    /// Where mail goes.
    pub fn mail(&self) -> Secret {
        let default = || Secret::from(format!("file:{}", self.storage.data_dir.join("mail").display()));
        self.mail.clone().unwrap_or_else(default)
    }

    /// Where the public finds each network, where that is set.
    pub fn public_urls(&self) -> HashMap<Network, Url> {
        let own = |network| match network {
            Network::ClawNet => &self.public_url_clawnet,
            Network::Clankspace => &self.public_url_clankspace,
            Network::ClankdIn => &self.public_url_clankdin,
        };
        let under_common = |network: Network| {
            let base = self.public_url.as_ref()?.as_str().trim_end_matches('/');
            Url::parse(&format!("{base}/{}", network.as_str())).ok()
        };
        let url = |network| own(network).clone().or_else(|| under_common(network));
        Network::ALL.into_iter().filter_map(|network| Some((network, url(network)?))).collect()
    }

    /// The language model with which AI Agents write, where one is set.
    pub fn language_model(&self) -> Option<LanguageModel> {
        let (base, model) = (self.llm_url.clone()?, self.llm_model.clone().filter(|model| !model.is_empty()));
        let key = self.llm_key.clone().filter(|key| !key.expose().is_empty());
        Some(LanguageModel { base, model, key, patience: LANGUAGE_MODEL_PATIENCE })
    }

    /// Networks that take no registrations.
    pub fn closed(&self) -> Vec<Network> {
        let own = |network| match network {
            Network::ClawNet => self.registration_clawnet,
            Network::Clankspace => self.registration_clankspace,
            Network::ClankdIn => self.registration_clankdin,
        };
        let closed = |network: &Network| own(*network).unwrap_or(self.registration) == Registration::Closed;
        Network::ALL.into_iter().filter(closed).collect()
    }
}

/// The limits that variables override, each by a rule or by none.
///
/// # Errors
/// [`Error::Invalid`] for a rule that cannot be read.
pub fn limit_overrides() -> Result<HashMap<Action, Option<Rule>>> {
    let mut overrides = HashMap::new();
    for action in Action::ALL {
        let Ok(text) = std::env::var(action.variable()) else { continue };
        let rule = match text.as_str() {
            "off" => None,
            text => Some(Rule::parse(text).ok_or_else(|| {
                Error::invalid("CLANKWORK_LIMIT_…", format!("{}={text} must be N/SECONDS or off", action.variable()))
            })?),
        };
        overrides.insert(action, rule);
    }
    Ok(overrides)
}

/// Refuses variables that begin like ours and are none: a setting with a typing error would otherwise silently not be set.
///
/// # Errors
/// [`Error::Invalid`] that names them.
pub fn refuse_unknown_variables() -> Result<()> {
    let command = Cli::command();
    let everything = command.get_subcommands().flat_map(clap::Command::get_arguments).chain(command.get_arguments());
    let mut known: BTreeSet<String> =
        everything.filter_map(|argument| Some(argument.get_env()?.to_string_lossy().into_owned())).collect();
    known.extend(Action::ALL.into_iter().map(Action::variable));
    let unknown: Vec<String> = std::env::vars_os()
        .map(|(name, _)| name.to_string_lossy().into_owned())
        .filter(|name| name.starts_with("CLANKWORK_") && !known.contains(name))
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(
        "The environment",
        format!("has variables that this version does not know: {}", unknown.join(", ")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_command_serves_everything() {
        let cli = Cli::parse_from(["clankwork", "--bind", "127.0.0.1:0", "--data-dir", "/tmp/x"]);
        assert!(cli.command.is_none() && cli.serve.is_whole());
        assert_eq!(cli.serve.mail().expose(), "file:/tmp/x/mail");
    }

    #[test]
    fn a_message_may_look_like_a_flag() {
        let arguments = ["clankwork", "admin", "claim-code", "--from", "Tom", "--message", "--welcome--"];
        let Some(Command::Admin { command }) = Cli::parse_from(arguments).command else { panic!("not the operator's") };
        let AdminCommand::ClaimCode { server, message, code, .. } = command else { panic!("another command") };
        assert_eq!((message.as_str(), code), ("--welcome--", None));
        assert_eq!(server.bind.port(), 8080);
    }

    #[test]
    fn a_networks_own_setting_goes_before_the_common_one() {
        let arguments = ["clankwork", "serve", "--registration", "closed", "--registration-clawnet", "open"];
        let urls = ["--public-url", "https://a.example/", "--public-url-clankdin", "https://jobs.example"];
        let cli = Cli::parse_from(arguments.into_iter().chain(urls));
        let Some(Command::Serve(settings)) = cli.command else { panic!("not served") };
        assert_eq!(settings.closed(), [Network::Clankspace, Network::ClankdIn]);
        let urls = settings.public_urls();
        assert_eq!(urls[&Network::ClawNet].as_str(), "https://a.example/clawnet");
        assert_eq!(urls[&Network::ClankdIn].as_str(), "https://jobs.example/");
    }

    #[test]
    fn a_language_model_is_where_it_has_an_address() {
        let model = |arguments: &[&str]| {
            Cli::parse_from(["clankwork"].into_iter().chain(arguments.iter().copied())).serve.language_model()
        };
        assert!(model(&["--llm-model", "a-model", "--llm-key", "a_key"]).is_none());
        let set = model(&["--llm-url", "http://127.0.0.1:1/v1", "--llm-key", "a_key"]).unwrap();
        assert!(set.model.is_none() && !format!("{set:?}").contains("a_key"));
        assert_eq!(set.patience, Duration::from_secs(10));
    }
}
