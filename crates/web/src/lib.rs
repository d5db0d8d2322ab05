//! What every HTTP layer shares: state, authentication, error forms, limits, paging, telemetry.
