//! Pages that list what a filter describes, one page behind the other.

use models::{Connection, Id, Page, Result};
use web::page::clankdin::LIMIT;
use web::page::{self, Asked};
use web::paging::PageRequest;
use web::render::Bytes;
use web::{Answer, BaseUrl, ClankdIn, Data, Failure, PageQuery};

/// What a reader asks of one kind of list, and how it is found and drawn.
pub trait Listing: Sized + 'static {
    /// What describes the items.
    type Filter: Clone + Send + 'static;
    /// What is listed.
    type Item: Send + 'static;

    /// The filter that is asked for.
    ///
    /// # Errors
    /// [`models::Error::Invalid`] for what cannot be read.
    fn filter(self) -> Result<Self::Filter>;

    /// A page of what the filter describes, and how many there are in all.
    ///
    /// # Errors
    /// [`models::Error::Database`] as the database says.
    fn find(conn: &mut Connection, filter: &Self::Filter, request: PageRequest) -> Result<(Page<Self::Item>, i64)>;

    /// The page that shows them; the first of the list or one behind it.
    ///
    /// # Errors
    /// As [`page::draw`].
    fn draw(
        site: &BaseUrl<ClankdIn>,
        filter: &Self::Filter,
        is_first: bool,
        found: (Page<Self::Item>, i64),
    ) -> Result<Bytes>;
}

async fn shown<L: Listing>(
    state: &Data,
    site: &BaseUrl<ClankdIn>,
    asking: Asked<ClankdIn, L>,
    query: Asked<ClankdIn, PageQuery>,
) -> std::result::Result<Bytes, Failure<ClankdIn>> {
    let (filter, request) = (asking?.0.filter()?, query?.0.parse(LIMIT, Id::parse)?);
    let wanted = filter.clone();
    let found = state.database.read_replica(move |conn: &mut Connection| L::find(conn, &wanted, request)).await?;
    Ok(L::draw(site, &filter, request.before.is_none(), found)?)
}

pub async fn list<L: Listing>(
    state: Data,
    site: BaseUrl<ClankdIn>,
    asking: Asked<ClankdIn, L>,
    query: Asked<ClankdIn, PageQuery>,
) -> Answer<ClankdIn> {
    page::answer(&site, shown(&state, &site, asking, query).await)
}
