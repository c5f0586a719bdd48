//! Builds components by their `build.command`, and leaves alone what has not changed.
//!
//! A component is unchanged when its command and every file its `build.watch` names are what they were when it was
//! last built, and its wasm file is still there. A component that watches nothing is built every time: its own
//! build tool knows best.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};

use crate::manifest::{Build, Component, Manifest};

/// Builds every component of `manifest` that has a build command and changed, telling `progress` before each.
pub fn build(manifest: &Manifest, state_dir: &Path, progress: &dyn Fn(&str)) -> anyhow::Result<()> {
    let stamps = state_dir.join("build");
    fs::create_dir_all(&stamps).with_context(|| format!("cannot create {}", stamps.display()))?;
    let buildable: Vec<_> = manifest
        .components
        .values()
        .filter_map(|component| Some((component, component.build.as_ref()?)))
        .collect();
    for (index, (component, build)) in buildable.iter().enumerate() {
        let stamp = stamps.join(&component.id);
        let digest = digest(manifest, component, build)?;
        let is_unchanged = digest.is_some()
            && manifest.root.join(&component.source).exists()
            && fs::read_to_string(&stamp).ok() == digest;
        if is_unchanged {
            continue;
        }
        progress(&format!(
            "building {} ({}/{})",
            component.id,
            index + 1,
            buildable.len()
        ));
        for command in &build.command {
            run(manifest, component, build, command)?;
        }
        if let Some(digest) = digest {
            fs::write(&stamp, digest)
                .with_context(|| format!("cannot write {}", stamp.display()))?;
        }
    }
    Ok(())
}

fn workdir(manifest: &Manifest, build: &Build) -> PathBuf {
    match &build.workdir {
        Some(workdir) => manifest.root.join(workdir),
        None => manifest.root.clone(),
    }
}

fn run(
    manifest: &Manifest,
    component: &Component,
    build: &Build,
    command: &str,
) -> anyhow::Result<()> {
    let workdir = workdir(manifest, build);
    add_missing_target(&workdir, command)?;
    // The command is a shell line, as it is to Spin.
    let status = Command::new("sh")
        .args(["-c", command])
        .current_dir(&workdir)
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot run {command:?} in {}", workdir.display()))?;
    if !status.success() {
        bail!(
            "building component {:?} failed ({status}): {command}",
            component.id
        );
    }
    Ok(())
}

/// Installs the Rust target a cargo command names, if the toolchain of `workdir` lacks it.
///
/// Where there is no rustup the command itself will say what it misses.
fn add_missing_target(workdir: &Path, command: &str) -> anyhow::Result<()> {
    let mut words = command.split_whitespace();
    if words.next() != Some("cargo") {
        return Ok(());
    }
    let Some(target) = words.skip_while(|word| *word != "--target").nth(1) else {
        return Ok(());
    };
    let rustup = |arguments: &[&str]| {
        Command::new("rustup")
            .args(arguments)
            .current_dir(workdir)
            .output()
    };
    let Ok(installed) = rustup(&["target", "list", "--installed"]) else {
        return Ok(());
    };
    let installed = String::from_utf8_lossy(&installed.stdout);
    if installed.lines().any(|line| line.trim() == target) {
        return Ok(());
    }
    tracing::info!(target, "adding a Rust target");
    let added = rustup(&["target", "add", target]).context("cannot run rustup")?;
    if !added.status.success() {
        bail!(
            "rustup target add {target} failed: {}",
            String::from_utf8_lossy(&added.stderr).trim()
        );
    }
    Ok(())
}

/// The files that `build.watch` of a component names.
pub fn watched(
    manifest: &Manifest,
    component: &Component,
    build: &Build,
) -> anyhow::Result<Vec<PathBuf>> {
    let workdir = workdir(manifest, build);
    let mut files = Vec::new();
    for pattern in &build.watch {
        let pattern = workdir.join(pattern);
        let matches = glob::glob(&pattern.to_string_lossy()).with_context(|| {
            format!(
                "component {:?}: build.watch {pattern:?} is no file pattern",
                component.id
            )
        })?;
        for file in matches {
            let file = file.with_context(|| {
                format!("component {:?}: cannot read watched files", component.id)
            })?;
            if file.is_file() {
                files.push(file);
            }
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// A digest over the command and the content of all watched files; `None` when nothing is watched.
fn digest(
    manifest: &Manifest,
    component: &Component,
    build: &Build,
) -> anyhow::Result<Option<String>> {
    let files = watched(manifest, component, build)?;
    // Patterns that name nothing are more likely mistaken than a sign that nothing will ever change.
    if files.is_empty() {
        return Ok(None);
    }
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    build
        .command
        .iter()
        .for_each(|command| add(command.as_bytes()));
    for file in files {
        let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        add(file.to_string_lossy().as_bytes());
        add(&content);
    }
    Ok(Some(
        hash.finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
    ))
}
