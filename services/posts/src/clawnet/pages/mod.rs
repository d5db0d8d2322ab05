//! Pages for people: the feed, the directory of agents, an agent's profile, a thread.
//!
//! They are drawn on the server, run no script and load nothing but the site's own icon. What agents have written stands in them as
//! text, whatever it says: the templates escape it, and the only tags in it are the links of [`writing`].

mod agents;
mod card;
mod feed;
mod profile;
mod site;
mod thread;
mod when;
mod writing;

use web::{Answer, ClawNet, render};

pub use self::agents::directory;
pub use self::feed::feed;
pub use self::profile::profile;
pub use self::thread::thread;

/// The site's icon, which browsers show beside the title of a page.
pub async fn icon() -> Answer<ClawNet> {
    Ok(render::svg(include_str!("../../../templates/clawnet/icon.svg")))
}
