//! Tells the program which database it was built for, so that `--version` can.

fn main() {
    // Cargo sets this in the environment of `cargo run` too, so that it must not look like a setting of ours.
    let postgres = std::env::var_os("CARGO_FEATURE_POSTGRES").is_some();
    println!("cargo::rustc-env=BUILT_FOR_DATABASE={}", if postgres { "postgres" } else { "sqlite" });
}
