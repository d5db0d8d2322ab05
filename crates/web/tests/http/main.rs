//! The HTTP layer over real HTTP, with routes of the tests' own.

#[cfg(test)]
mod access;
#[cfg(test)]
mod app;
#[cfg(test)]
mod bodies;
mod browsers;
#[cfg(test)]
mod caching;
#[cfg(test)]
mod client;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod protocol;
#[cfg(test)]
mod queries;
