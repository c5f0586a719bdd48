//! Interfaces of Spin that nothing stands behind here: databases and brokers elsewhere, language models, telemetry.
//!
//! Old SDKs import all of Spin's world, needed or not, so a component that imports one of these starts. What it calls
//! there fails with the interface's own error, made from the function's type, and so in every version.

use anyhow::Context as _;
use wasmtime::{
    Engine,
    component::{
        Component, Linker, ResourceType, Val,
        types::{ComponentFunc, ComponentItem, Type},
    },
};

use crate::{engine, guest::State};

const ABSENT: [&str; 11] = [
    "fermyon:spin/llm",
    "fermyon:spin/mqtt",
    "fermyon:spin/mysql",
    "fermyon:spin/postgres",
    "fermyon:spin/rdbms-types",
    "fermyon:spin/redis",
    "spin:mqtt/",
    "spin:mysql/",
    "spin:postgres/",
    "spin:redis/",
    "wasi:otel/",
];

/// Stands for connections that are never made.
struct Nothing;

/// `linker`, with what `component` imports of these interfaces.
pub fn link(
    linker: &Linker<State>,
    engine: &Engine,
    component: &Component,
) -> anyhow::Result<Linker<State>> {
    let mut linker = linker.clone();
    for (name, import) in component.component_type().imports(engine) {
        let absent = ABSENT.iter().any(|interface| name.starts_with(interface));
        if let (true, ComponentItem::ComponentInstance(interface)) = (absent, import.ty) {
            let mut instance = linker.instance(name).map_err(engine::plain)?;
            for (item, export) in interface.exports(engine) {
                match export.ty {
                    ComponentItem::ComponentFunc(function) => {
                        refuse(&mut instance, name, item, &function)
                    }
                    ComponentItem::Resource(_) => {
                        let nothing = ResourceType::host::<Nothing>();
                        instance.resource(item, nothing, |_, _| Ok(()))
                    }
                    _ => Ok(()),
                }
                .map_err(engine::plain)
                .with_context(|| format!("cannot link {name}"))?;
            }
        }
    }
    Ok(linker)
}

/// Defines a function that answers with an error.
fn refuse(
    instance: &mut wasmtime::component::LinkerInstance<'_, State>,
    interface: &str,
    name: &str,
    function: &ComponentFunc,
) -> wasmtime::Result<()> {
    let message = format!("{interface} is not available here: {name} does nothing");
    let answer = move |ty: &ComponentFunc, results: &mut [Val]| {
        for (result, ty) in results.iter_mut().zip(ty.results()) {
            *result =
                refusal(&ty, &message).ok_or_else(|| wasmtime::Error::msg(message.clone()))?;
        }
        Ok(())
    };
    if function.async_() {
        let answer = std::sync::Arc::new(answer);
        instance.func_new_concurrent(name, move |_, ty, _, results| {
            let answer = answer.clone();
            Box::pin(async move { answer(&ty, results) })
        })
    } else {
        instance.func_new(name, move |_, ty, _, results| answer(&ty, results))
    }
}

/// An error, where the type has one; nothing in particular where it has not.
fn refusal(ty: &Type, message: &str) -> Option<Val> {
    match ty {
        Type::Result(result) => Some(Val::Result(Err(match result.err() {
            Some(error) => Some(Box::new(failure(&error, message)?)),
            None => None,
        }))),
        ty => neutral(ty, ""),
    }
}

/// The case of an error type that says most: the catch-all, else any that has words.
fn failure(ty: &Type, message: &str) -> Option<Val> {
    const CATCH_ALL: [&str; 4] = ["other", "other-error", "runtime-error", "error"];
    match ty {
        Type::Variant(variant) => {
            let cases = || variant.cases();
            let case = CATCH_ALL
                .iter()
                .find_map(|name| cases().find(|case| case.name == *name))
                .or_else(|| cases().find(|case| case.ty == Some(Type::String)))
                .or_else(|| cases().last())?;
            let payload = match &case.ty {
                Some(ty) => Some(Box::new(neutral(ty, message)?)),
                None => None,
            };
            Some(Val::Variant(case.name.to_owned(), payload))
        }
        Type::Enum(names) => {
            let name = CATCH_ALL
                .iter()
                .find_map(|name| names.names().find(|other| other == name))
                .or_else(|| names.names().last())?;
            Some(Val::Enum(name.to_owned()))
        }
        ty => neutral(ty, message),
    }
}

/// A value that says nothing but `text`, where it has room for that.
fn neutral(ty: &Type, text: &str) -> Option<Val> {
    Some(match ty {
        Type::Bool => Val::Bool(false),
        Type::S8 => Val::S8(0),
        Type::U8 => Val::U8(0),
        Type::S16 => Val::S16(0),
        Type::U16 => Val::U16(0),
        Type::S32 => Val::S32(0),
        Type::U32 => Val::U32(0),
        Type::S64 => Val::S64(0),
        Type::U64 => Val::U64(0),
        Type::Float32 => Val::Float32(0.0),
        Type::Float64 => Val::Float64(0.0),
        Type::Char => Val::Char('\0'),
        Type::String => Val::String(text.to_owned()),
        Type::List(_) => Val::List(Vec::new()),
        Type::Option(_) => Val::Option(None),
        Type::Flags(_) => Val::Flags(Vec::new()),
        Type::Enum(names) => Val::Enum(names.names().next()?.to_owned()),
        Type::Tuple(tuple) => {
            let parts = tuple.types().map(|ty| neutral(&ty, text));
            Val::Tuple(parts.collect::<Option<_>>()?)
        }
        Type::Record(record) => {
            let field = |field: wasmtime::component::types::Field<'_>| {
                Some((field.name.to_owned(), neutral(&field.ty, text)?))
            };
            Val::Record(record.fields().map(field).collect::<Option<_>>()?)
        }
        Type::Variant(variant) => {
            let case = variant.cases().next()?;
            let payload = match &case.ty {
                Some(ty) => Some(Box::new(neutral(ty, text)?)),
                None => None,
            };
            Val::Variant(case.name.to_owned(), payload)
        }
        Type::Result(_) => return refusal(ty, text),
        // Handles and streams cannot be made of nothing.
        _ => return None,
    })
}
