//! Clankspace's content policy as a pure library.
