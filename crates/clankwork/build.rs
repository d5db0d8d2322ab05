//! Tells the program which database it was built for, so that `--version` can.

fn main() {
    let postgres = std::env::var_os("CARGO_FEATURE_POSTGRES").is_some();
    println!("cargo::rustc-env=CLANKWORK_BACKEND={}", if postgres { "postgres" } else { "sqlite" });
}
