//! The files a component is made of, and what they are composed into.

use std::{
    cell::RefCell,
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use crate::{
    componentize, compose,
    manifest::{Component, Dependency, DependencySource, HttpTrigger, Manifest},
    precompiled::Digest,
};

/// The files of all components of a manifest.
pub struct Sources<'a> {
    manifest: &'a Manifest,
    read: RefCell<HashMap<PathBuf, Arc<Source>>>,
}

/// A file that was read. Most starts need no more of it than its digest, and many components have it in them.
struct Source {
    content: Vec<u8>,
    digest: Digest,
}

impl<'a> Sources<'a> {
    /// Nothing is read yet.
    pub fn new(manifest: &'a Manifest) -> Self {
        Self {
            manifest,
            read: RefCell::default(),
        }
    }

    /// All that [`Self::compose`] depends on: what is composed how, and of what. Not the component's own name: two that
    /// are made of the same files in the same way are one piece of code.
    pub fn of(&self, component: &Component, trigger: &HttpTrigger) -> anyhow::Result<Vec<Digest>> {
        let middleware = &trigger.middleware;
        let how = format!("{:?} {middleware:?}", component.dependencies);
        let mut sources = vec![Sha256::digest(how).into(), self.source(component)?.digest];
        for dependency in &component.dependencies {
            sources.push(self.dependency(component, dependency)?.digest);
        }
        for entry in middleware {
            sources.push(self.source(self.component(&entry.component)?)?.digest);
        }
        Ok(sources)
    }

    /// The component with this id.
    pub fn component(&self, id: &str) -> anyhow::Result<&Component> {
        self.manifest
            .components
            .get(id)
            .with_context(|| format!("component {id:?} is not in the manifest"))
    }

    /// The binary of a component with everything in it: its dependencies, and its middleware before it.
    pub fn compose(&self, component: &Component, trigger: &HttpTrigger) -> anyhow::Result<Vec<u8>> {
        let wasm = self.composed(component)?;
        let middleware = trigger
            .middleware
            .iter()
            .map(|entry| {
                let wasm = self.made(self.component(&entry.component)?)?;
                Ok((entry, wasm))
            })
            .collect::<anyhow::Result<Vec<_>>>()?;
        let parts: Vec<_> = middleware
            .iter()
            .map(|(entry, wasm)| compose::Part {
                id: &entry.component,
                wasm,
                inherit: &entry.inherit,
            })
            .collect();
        compose::chain(&parts, &component.id, &wasm)
    }

    /// The binary of a component, its dependencies in it.
    fn composed(&self, component: &Component) -> anyhow::Result<Vec<u8>> {
        let wasm = self.made(component)?;
        let mut answers = Vec::new();
        for dependency in &component.dependencies {
            let wasm = match &dependency.source {
                DependencySource::Component(id) => self.made(self.component(id)?)?,
                DependencySource::File(_) => {
                    self.dependency(component, dependency)?.content.clone()
                }
            };
            answers.push(compose::Supply { dependency, wasm });
        }
        compose::satisfy(&component.id, wasm, &answers)
    }

    /// The component that a source is, or is made into.
    fn made(&self, component: &Component) -> anyhow::Result<Vec<u8>> {
        let source = self.source(component)?.content.clone();
        componentize::component(source).with_context(|| {
            let path = self.manifest.root.join(&component.source);
            format!("component {:?}: {}", component.id, path.display())
        })
    }

    /// The file that a component is.
    fn source(&self, component: &Component) -> anyhow::Result<Arc<Source>> {
        let path = self.manifest.root.join(&component.source);
        self.file(&path).with_context(|| {
            format!(
                "component {:?}: cannot read its source {}{}",
                component.id,
                path.display(),
                if component.build.is_some() {
                    "; build it first: selvedge build"
                } else {
                    ""
                },
            )
        })
    }

    /// The file that a dependency is.
    fn dependency(
        &self,
        component: &Component,
        dependency: &Dependency,
    ) -> anyhow::Result<Arc<Source>> {
        match &dependency.source {
            DependencySource::Component(id) => self.source(self.component(id)?),
            DependencySource::File(path) => {
                let path = self.manifest.root.join(path);
                self.file(&path).with_context(|| {
                    format!(
                        "component {:?}: cannot read its dependency \"{}\", {}",
                        component.id,
                        dependency.name,
                        path.display()
                    )
                })
            }
        }
    }

    /// A file, read once: middleware stands before many.
    fn file(&self, path: &Path) -> std::io::Result<Arc<Source>> {
        if let Some(source) = self.read.borrow().get(path) {
            return Ok(source.clone());
        }
        let content = fs::read(path)?;
        let digest = Sha256::digest(&content).into();
        let source = Arc::new(Source { content, digest });
        let mut files = self.read.borrow_mut();
        files.insert(path.to_owned(), source.clone());
        Ok(source)
    }
}
