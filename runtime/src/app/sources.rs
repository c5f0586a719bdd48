//! The files a component is made of, and what they are composed into.

use std::{
    cell::RefCell,
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;

use crate::{
    componentize, compose,
    manifest::{Component, Dependency, DependencySource, HttpTrigger, Manifest},
};

/// The files of all components of a manifest.
pub struct Sources<'a> {
    manifest: &'a Manifest,
    read: RefCell<HashMap<PathBuf, Arc<Vec<u8>>>>,
}

impl<'a> Sources<'a> {
    /// Nothing is read yet.
    pub fn new(manifest: &'a Manifest) -> Self {
        Self {
            manifest,
            read: RefCell::default(),
        }
    }

    /// All that [`Self::compose`] depends on: what is composed how, and of what.
    pub fn of(
        &self,
        component: &Component,
        trigger: &HttpTrigger,
    ) -> anyhow::Result<Vec<Arc<Vec<u8>>>> {
        let (id, middleware) = (&component.id, &trigger.middleware);
        let how = format!("{id} {:?} {middleware:?}", component.dependencies);
        let mut sources = vec![Arc::new(how.into_bytes()), self.source(component)?];
        for dependency in &component.dependencies {
            sources.push(self.dependency(component, dependency)?);
        }
        for entry in middleware {
            sources.push(self.source(self.component(&entry.component)?)?);
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
                DependencySource::File(_) => self.dependency(component, dependency)?.to_vec(),
            };
            answers.push(compose::Supply { dependency, wasm });
        }
        compose::satisfy(&component.id, wasm, &answers)
    }

    /// The component that a source is, or is made into.
    fn made(&self, component: &Component) -> anyhow::Result<Vec<u8>> {
        let source = self.source(component)?.to_vec();
        componentize::component(source).with_context(|| {
            let path = self.manifest.root.join(&component.source);
            format!("component {:?}: {}", component.id, path.display())
        })
    }

    /// The file that a component is.
    fn source(&self, component: &Component) -> anyhow::Result<Arc<Vec<u8>>> {
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
    ) -> anyhow::Result<Arc<Vec<u8>>> {
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

    /// A file's content, read once: middleware stands before many.
    fn file(&self, path: &Path) -> std::io::Result<Arc<Vec<u8>>> {
        if let Some(content) = self.read.borrow().get(path) {
            return Ok(content.clone());
        }
        let content = Arc::new(fs::read(path)?);
        let mut files = self.read.borrow_mut();
        files.insert(path.to_owned(), content.clone());
        Ok(content)
    }
}
