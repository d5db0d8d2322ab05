//! Telling the outside: registrations, signed deliveries, retries.
