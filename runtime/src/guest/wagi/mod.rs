//! Programs that run once for each request (WAGI): the request is in their environment, their arguments and their
//! standard input, as CGI has it (RFC 3875), and what they print is the answer.

mod answer;
mod question;

use std::sync::Arc;

use http::{Request, Response};
use http_body_util::BodyExt as _;
use wasmtime::component::InstancePre;
use wasmtime_wasi::{I32Exit, p2::bindings::CommandPre, p2::pipe::MemoryOutputPipe};
use wasmtime_wasi_http::WasiBody;

use super::{call::Call, state::State, worker::Mould};
use crate::capability::wasi::Program;

/// Such a program, its imports resolved.
pub struct WagiPre {
    command: CommandPre<State>,
    argv: String,
}

impl WagiPre {
    /// The program behind `pre`, if it is one, with the arguments that the pattern `argv` makes of a request.
    pub fn new(pre: InstancePre<State>, argv: &str) -> wasmtime::Result<Self> {
        Ok(Self {
            command: CommandPre::new(pre)?,
            argv: argv.to_owned(),
        })
    }

    /// Runs the program, one of `mould`, for a request.
    pub async fn handle(
        &self,
        mould: &Mould,
        call: &Arc<Call>,
        request: Request<WasiBody>,
    ) -> wasmtime::Result<Response<WasiBody>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(wasmtime::Error::from)?;
        let body = body.to_bytes();
        // What it prints is kept until it is done, and must not be more than it may hold itself.
        let most = mould.settings.memory;
        let printed = MemoryOutputPipe::new(most);
        let program = Program {
            arguments: question::arguments(&self.argv, &parts.uri),
            environment: question::environment(&parts, body.len()),
            stdin: body,
            stdout: printed.clone(),
        };
        let mut store = mould.store_of(Some(&program));
        let command = self.command.instantiate_async(&mut store).await?;
        store.data_mut().instantiating_until = None;
        store.data_mut().begin(call.clone());
        store.set_epoch_deadline(1);
        let ended = command.wasi_cli_run().call_run(&mut store).await;
        let exit = |error: wasmtime::Error| match error.downcast_ref::<I32Exit>() {
            Some(I32Exit(0)) => Ok(Ok(())),
            _ => Err(error),
        };
        if ended.or_else(exit)?.is_err() {
            let (component, request_id) = (&mould.component, &call.request_id);
            tracing::warn!(component, request_id, "the program ended with an error");
        }
        let printed = printed.contents();
        if printed.len() >= most {
            wasmtime::bail!("it printed more than its memory may hold, {most} bytes");
        }
        let answer = answer::read(printed).map_err(|cause| {
            wasmtime::Error::msg(format!("what it printed is no answer: {cause:#}"))
        })?;
        Ok(answer.map(|body| body.map_err(|never| match never {}).boxed_unsync()))
    }
}
