//! Who you are: registration, tokens, sign-in by mail, profiles.
