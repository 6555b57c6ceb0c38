//! A copy of one of the programs in `compile/`, to be changed and compiled.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::measure::process::cpu_of_children;
use crate::run::child::Scratch;

/// What a build took.
#[derive(Clone, Copy)]
pub(super) struct Cost {
    /// Of cargo, the compiler and the linker, on all processors.
    pub(super) cpu: Duration,
    pub(super) elapsed: Duration,
}

pub(super) struct Project(Scratch);

impl Project {
    pub(super) fn new(peer: &str) -> Result<Self, String> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let from = here.join("compile").join(peer);
        let project = Self(Scratch::new(&format!("compile-{peer}"))?);
        for file in ["src/main.rs", "src/service.rs"] {
            project.write(file, &read(&from.join(file))?)?;
        }
        let runtime = here.join("../runtime");
        let manifest = read(&from.join("Cargo.toml"))?
            .replace("../../../runtime", &runtime.display().to_string());
        project.write("Cargo.toml", &manifest)?;
        // The versions that everything else here has.
        project.write("Cargo.lock", &read(&here.join("Cargo.lock"))?)?;
        Ok(project)
    }

    pub(super) fn write_main(&self, text: &str) -> Result<(), String> {
        self.write("src/main.rs", text)
    }

    /// Gives an argument of a method another name. Each turn gives it another one than the turn before.
    pub(super) fn touch_trait(&self, turn: usize) -> Result<(), String> {
        let file = "src/service.rs";
        let (old, new) = [("msg:", "text:"), ("text:", "msg:")][turn % 2];
        let text = read(&self.path(file))?;
        if !text.contains(old) {
            return Err(format!("{file} has no argument `{old}`"));
        }
        self.write(file, &text.replace(old, new))
    }

    /// Runs cargo, which must succeed.
    pub(super) fn cargo(
        &self,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Cost, String> {
        let (cpu, started) = (cpu_of_children(), Instant::now());
        self.run(arguments, environment)?;
        Ok(Cost {
            cpu: cpu_of_children() - cpu,
            elapsed: started.elapsed(),
        })
    }

    /// The program as the compiler prints it once all macros are expanded.
    pub(super) fn expanded(&self) -> Result<String, String> {
        let unstable = [("RUSTC_BOOTSTRAP", "1")];
        let output = self.run(&["rustc", "--", "-Zunpretty=expanded"], &unstable)?;
        String::from_utf8(output.stdout).map_err(|why| why.to_string())
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Output, String> {
        let output = Command::new("cargo")
            .args(arguments)
            .current_dir(self.0.path())
            .env("CARGO_TARGET_DIR", self.path("target"))
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .output()
            .map_err(|why| format!("cargo: {why}"))?;
        if output.status.success() {
            return Ok(output);
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(format!("cargo {}: {said}", arguments.join(" ")))
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn write(&self, file: &str, text: &str) -> Result<(), String> {
        let path = self.path(file);
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, text))
            .map_err(|why| format!("{}: {why}", path.display()))
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))
}
