//! Who is calling.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::ops::Deref;
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use models::Error;
use models::credentials::Session;

use crate::{Data, Dialect, Failure, Problem, gate};

/// The caller's account on the network `N`. Only the gate of a route of `N` makes one, from a token of `N`.
#[derive(Clone, Debug)]
pub struct Account<N> {
    session: Rc<Session>,
    network: PhantomData<fn() -> N>,
}

impl<N> Deref for Account<N> {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

/// What the gate leaves for the extractor.
#[derive(Clone)]
pub(crate) struct Caller<N>(Rc<Session>, PhantomData<fn() -> N>);

impl<N> Caller<N> {
    pub(crate) fn new(session: Session) -> Self {
        Self(Rc::new(session), PhantomData)
    }
}

pub(crate) fn caller<N: Dialect>(request: &HttpRequest) -> Option<Account<N>> {
    let extensions = request.extensions();
    let Caller(session, _) = extensions.get::<Caller<N>>()?;
    Some(Account { session: Rc::clone(session), network: PhantomData })
}

impl<N: Dialect> FromRequest for Account<N> {
    type Error = Failure<N>;
    type Future = Ready<Result<Self, Failure<N>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(request).ok_or_else(|| Problem::NoToken.into()))
    }
}

/// The caller's account where a token came with the request to a public route.
#[derive(Clone, Debug)]
pub struct Viewer<N>(pub Option<Account<N>>);

impl<N: Dialect> FromRequest for Viewer<N> {
    type Error = Failure<N>;
    type Future = Ready<Result<Self, Failure<N>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(caller(request))))
    }
}

/// Who moderates a network: an account that is an admin of it, or the operator, who is none.
#[derive(Clone, Debug)]
pub struct Moderator<N>(pub Option<Account<N>>);

impl<N: Dialect> FromRequest for Moderator<N> {
    type Error = Failure<N>;
    type Future = Ready<Result<Self, Failure<N>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(caller(request))))
    }
}

/// Whether whoever asks may make accounts on the network `N`: everybody where registration is open, else the operator, who sends the token
/// along.
#[derive(Clone, Copy, Debug)]
pub struct Registration<N> {
    is_allowed: bool,
    network: PhantomData<fn() -> N>,
}

impl<N: Dialect> Registration<N> {
    /// Lets those go on who may.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for others.
    pub fn check(&self) -> models::Result<()> {
        if self.is_allowed { Ok(()) } else { Err(Error::Forbidden("Registration is closed on this server")) }
    }
}

impl<N: Dialect> FromRequest for Registration<N> {
    type Error = Failure<N>;
    type Future = Ready<Result<Self, Failure<N>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(state) = request.app_data::<Data>() else {
            return ready(Err(Error::internal("the state is missing").into()));
        };
        let is_closed = state.settings.closed.contains(&N::NETWORK);
        let is_allowed = !is_closed || gate::is_from_operator(state, request.headers());
        ready(Ok(Self { is_allowed, network: PhantomData }))
    }
}
