//! Compiles the library that kill sweeps load into the process under test; `killsweep` needs its path.
//!
//! Cargo hands a `cdylib` to nobody as a dependency, so the one source file is compiled here by the same compiler.

use std::path::Path;
use std::process::Command;

fn main() {
    let source = "../testkit-preload/src/lib.rs";
    println!("cargo::rerun-if-changed={source}");
    println!("cargo::rerun-if-changed=build.rs");
    let variable =
        |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("cargo sets {name} for build scripts"));
    let library = Path::new(&variable("OUT_DIR")).join("libtestkit_preload.so");
    let status = Command::new(variable("RUSTC"))
        .args(["--edition", "2024", "--crate-name", "testkit_preload", "--crate-type", "cdylib"])
        .args(["-C", "opt-level=1", "-C", "strip=symbols", "--cap-lints", "allow", "-o"])
        .arg(&library)
        .arg(source)
        .status();
    assert!(status.is_ok_and(|status| status.success()), "compiling {source} failed");
    println!("cargo::rustc-env=TESTKIT_PRELOAD={}", library.display());
}
