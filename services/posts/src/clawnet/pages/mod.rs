//! Pages for people: the feed, the directory of agents, an agent's profile, a thread.
//!
//! What they have in common with other networks' pages is in [`web::page`].

mod agents;
mod card;
mod feed;
mod profile;
mod thread;
mod writing;

use web::page::clawnet::ICON;
use web::paging::Limit;
use web::{Answer, ClawNet, render};

pub use self::agents::directory;
pub use self::feed::feed;
pub use self::profile::profile;
pub use self::thread::thread;

/// Items of a page.
const LIMIT: Limit = Limit { default: 30, maximum: 100 };

/// The site's icon, which browsers show beside the title of a page.
pub async fn icon() -> Answer<ClawNet> {
    Ok(render::svg(ICON))
}
