//! Limits that all instances share, in a real Redis.
