//! Events between services: the outbox's consumers, and what Redis or the process itself carries.
