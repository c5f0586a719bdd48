//! `wasi:http@0.2.0-rc-2023-10-18`, which the SDKs of Spin 2 were made with: the host functions of 0.2, with the
//! parameters and the errors of that time.

use wasmtime::{
    StoreContextMut,
    component::{ComponentType, Lift, Linker, LinkerInstance, Lower, Resource, ResourceType},
};
use wasmtime_wasi_http::{
    FieldMap, WasiHttpView as _,
    p2::{
        HeaderError,
        bindings::http::types::{
            ErrorCode, HostFields, HostFutureIncomingResponse, HostFutureTrailers,
            HostIncomingBody, HostIncomingRequest, HostIncomingResponse, HostOutgoingBody,
            HostOutgoingRequest, HostOutgoingResponse, HostRequestOptions, HostResponseOutparam,
            Method, Scheme,
        },
        body, types,
    },
};

use super::relative;
use crate::guest::State;

const TYPES: &str = "wasi:http/types@0.2.0-rc-2023-10-18";
const OUTGOING_HANDLER: &str = "wasi:http/outgoing-handler@0.2.0-rc-2023-10-18";

type Request = types::HostOutgoingRequest;
type Response = types::HostOutgoingResponse;
type Store<'a> = StoreContextMut<'a, State>;

#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum Error {
    #[component(name = "invalid-url")]
    InvalidUrl(String),
    #[component(name = "timeout-error")]
    Timeout(String),
    #[component(name = "protocol-error")]
    Protocol(String),
    #[component(name = "unexpected-error")]
    Unexpected(String),
}

impl From<ErrorCode> for Error {
    fn from(code: ErrorCode) -> Self {
        let words = code.to_string();
        match code {
            ErrorCode::HttpRequestUriInvalid => Self::InvalidUrl(words),
            ErrorCode::DnsTimeout
            | ErrorCode::ConnectionTimeout
            | ErrorCode::ConnectionReadTimeout
            | ErrorCode::ConnectionWriteTimeout
            | ErrorCode::HttpResponseTimeout => Self::Timeout(words),
            ErrorCode::HttpProtocolError => Self::Protocol(words),
            _ => Self::Unexpected(words),
        }
    }
}

impl From<Error> for ErrorCode {
    fn from(error: Error) -> Self {
        let (Error::InvalidUrl(words)
        | Error::Timeout(words)
        | Error::Protocol(words)
        | Error::Unexpected(words)) = error;
        Self::InternalError(Some(words))
    }
}

/// In milliseconds.
#[derive(ComponentType, Lift)]
#[component(record)]
struct RequestOptions {
    #[component(name = "connect-timeout-ms")]
    connect: Option<u32>,
    #[component(name = "first-byte-timeout-ms")]
    first_byte: Option<u32>,
    #[component(name = "between-bytes-timeout-ms")]
    between_bytes: Option<u32>,
}

/// Defines functions that are what they still are.
macro_rules! same {
    ($instance:ident: $($name:literal = $resource:ident::$function:ident($handle:ty $(, $argument:ident: $ty:ty)*);)*) => {
        $($instance.func_wrap(
            $name,
            |mut store: Store<'_>, (handle, $($argument,)*): (Resource<$handle>, $($ty,)*)| {
                let answer = $resource::$function(&mut store.data_mut().http(), handle, $($argument),*);
                Ok((answer?,))
            },
        )?;)*
    };
}

/// Defines resources.
macro_rules! resources {
    ($instance:ident: $($name:literal = $resource:ident($ty:ty);)*) => {
        $($instance.resource($name, ResourceType::host::<$ty>(), |mut store, handle| {
            $resource::drop(&mut store.data_mut().http(), Resource::new_own(handle))
        })?;)*
    };
}

/// Adds the interfaces to `linker`.
pub fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut types = linker.instance(TYPES)?;
    resources! { types:
        "fields" = HostFields(FieldMap);
        "incoming-request" = HostIncomingRequest(types::HostIncomingRequest);
        "incoming-response" = HostIncomingResponse(types::HostIncomingResponse);
        "incoming-body" = HostIncomingBody(body::HostIncomingBody);
        "outgoing-request" = HostOutgoingRequest(Request);
        "outgoing-response" = HostOutgoingResponse(Response);
        "outgoing-body" = HostOutgoingBody(body::HostOutgoingBody);
        "future-trailers" = HostFutureTrailers(body::HostFutureTrailers);
        "future-incoming-response" = HostFutureIncomingResponse(types::HostFutureIncomingResponse);
        "response-outparam" = HostResponseOutparam(types::HostResponseOutparam);
    }
    same! { types:
        "[method]fields.get" = HostFields::get(FieldMap, name: String);
        "[method]fields.entries" = HostFields::entries(FieldMap);
        "[method]fields.clone" = HostFields::clone(FieldMap);
        "[method]incoming-request.method" = HostIncomingRequest::method(types::HostIncomingRequest);
        "[method]incoming-request.path-with-query" = HostIncomingRequest::path_with_query(types::HostIncomingRequest);
        "[method]incoming-request.scheme" = HostIncomingRequest::scheme(types::HostIncomingRequest);
        "[method]incoming-request.authority" = HostIncomingRequest::authority(types::HostIncomingRequest);
        "[method]incoming-request.headers" = HostIncomingRequest::headers(types::HostIncomingRequest);
        "[method]incoming-request.consume" = HostIncomingRequest::consume(types::HostIncomingRequest);
        "[method]incoming-response.status" = HostIncomingResponse::status(types::HostIncomingResponse);
        "[method]incoming-response.headers" = HostIncomingResponse::headers(types::HostIncomingResponse);
        "[method]incoming-response.consume" = HostIncomingResponse::consume(types::HostIncomingResponse);
        "[method]incoming-body.stream" = HostIncomingBody::stream(body::HostIncomingBody);
        "[static]incoming-body.finish" = HostIncomingBody::finish(body::HostIncomingBody);
        "[method]outgoing-request.write" = HostOutgoingRequest::body(Request);
        "[method]outgoing-response.write" = HostOutgoingResponse::body(Response);
        "[method]outgoing-body.write" = HostOutgoingBody::write(body::HostOutgoingBody);
        "[method]future-trailers.subscribe" = HostFutureTrailers::subscribe(body::HostFutureTrailers);
        "[method]future-incoming-response.subscribe" = HostFutureIncomingResponse::subscribe(types::HostFutureIncomingResponse);
    }
    fields(&mut types)?;
    outgoing(&mut types)?;
    incoming(&mut types)?;
    linker.instance(OUTGOING_HANDLER)?.func_wrap(
        "handle",
        |mut store: Store<'_>, (request, options): (Resource<Request>, Option<RequestOptions>)| {
            let mut view = store.data_mut().http();
            let options = match options {
                Some(options) => Some(request_options(&mut view, &options)?),
                None => None,
            };
            match relative::handle(&mut view, request, options) {
                Ok(response) => Ok((Ok(response),)),
                Err(error) => Ok((Err(Error::from(error.downcast()?)),)),
            }
        },
    )
}

/// A header that cannot be set traps: there is no way to say so.
fn fields(instance: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    let trap = |error: HeaderError| wasmtime::Error::msg(format!("a header is invalid: {error:?}"));
    instance.func_wrap(
        "[constructor]fields",
        move |mut store: Store<'_>, (entries,): (Vec<(String, Vec<u8>)>,)| {
            let fields = HostFields::from_list(&mut store.data_mut().http(), entries);
            Ok((fields.map_err(trap)?,))
        },
    )?;
    instance.func_wrap(
        "[method]fields.set",
        move |mut store: Store<'_>,
              (fields, name, values): (Resource<FieldMap>, String, Vec<Vec<u8>>)| {
            HostFields::set(&mut store.data_mut().http(), fields, name, values).map_err(trap)
        },
    )?;
    instance.func_wrap(
        "[method]fields.delete",
        move |mut store: Store<'_>, (fields, name): (Resource<FieldMap>, String)| {
            HostFields::delete(&mut store.data_mut().http(), fields, name).map_err(trap)
        },
    )?;
    instance.func_wrap(
        "[method]fields.append",
        move |mut store: Store<'_>,
              (fields, name, value): (Resource<FieldMap>, String, Vec<u8>)| {
            HostFields::append(&mut store.data_mut().http(), fields, name, value).map_err(trap)
        },
    )
}

/// What was made in one call is made in several now; what does not fit together traps.
fn outgoing(instance: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    type Parts = (
        Method,
        Option<String>,
        Option<Scheme>,
        Option<String>,
        Resource<FieldMap>,
    );
    instance.func_wrap(
        "[constructor]outgoing-request",
        |mut store: Store<'_>, (method, path, scheme, authority, headers): Parts| {
            let mut view = store.data_mut().http();
            let headers = HostFields::clone(&mut view, headers)?;
            let request = HostOutgoingRequest::new(&mut view, headers)?;
            let handle = || Resource::new_borrow(request.rep());
            let set = [
                HostOutgoingRequest::set_method(&mut view, handle(), method)?,
                HostOutgoingRequest::set_path_with_query(&mut view, handle(), path)?,
                HostOutgoingRequest::set_scheme(&mut view, handle(), scheme)?,
                HostOutgoingRequest::set_authority(&mut view, handle(), authority)?,
            ];
            if set.contains(&Err(())) {
                wasmtime::bail!("a method, scheme, authority or path is invalid");
            }
            Ok((request,))
        },
    )?;
    instance.func_wrap(
        "[constructor]outgoing-response",
        |mut store: Store<'_>, (status, headers): (u16, Resource<FieldMap>)| {
            let mut view = store.data_mut().http();
            let headers = HostFields::clone(&mut view, headers)?;
            let response = HostOutgoingResponse::new(&mut view, headers)?;
            let handle = Resource::new_borrow(response.rep());
            if HostOutgoingResponse::set_status_code(&mut view, handle, status)?.is_err() {
                wasmtime::bail!("{status} is no status");
            }
            Ok((response,))
        },
    )?;
    type Finish = (Resource<body::HostOutgoingBody>, Option<Resource<FieldMap>>);
    instance.func_wrap(
        "[static]outgoing-body.finish",
        |mut store: Store<'_>, (body, trailers): Finish| {
            let finished = HostOutgoingBody::finish(&mut store.data_mut().http(), body, trailers);
            finished
                .map_err(|error| wasmtime::Error::msg(format!("a body is not whole: {error:?}")))
        },
    )?;
    type Answer = (
        Resource<types::HostResponseOutparam>,
        Result<Resource<Response>, Error>,
    );
    instance.func_wrap(
        "[static]response-outparam.set",
        |mut store: Store<'_>, (outparam, response): Answer| {
            let response = response.map_err(ErrorCode::from);
            HostResponseOutparam::set(&mut store.data_mut().http(), outparam, response)
        },
    )
}

fn incoming(instance: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    instance.func_wrap(
        "[method]future-trailers.get",
        |mut store: Store<'_>, (trailers,): (Resource<body::HostFutureTrailers>,)| {
            let mut view = store.data_mut().http();
            let trailers = match HostFutureTrailers::get(&mut view, trailers)? {
                None => None,
                Some(Ok(Ok(Some(trailers)))) => Some(Ok(trailers)),
                // There was no way to say that there are none.
                Some(Ok(Ok(None))) => Some(Ok(HostFields::new(&mut view)?)),
                Some(Ok(Err(code))) => Some(Err(Error::from(code))),
                Some(Err(())) => wasmtime::bail!("the trailers were taken before"),
            };
            Ok((trailers,))
        },
    )?;
    instance.func_wrap(
        "[method]future-incoming-response.get",
        |mut store: Store<'_>, (response,): (Resource<types::HostFutureIncomingResponse>,)| {
            let response = HostFutureIncomingResponse::get(&mut store.data_mut().http(), response)?;
            Ok((response.map(|taken| taken.map(|answer| answer.map_err(Error::from))),))
        },
    )
}

fn request_options(
    view: &mut wasmtime_wasi_http::WasiHttpCtxView<'_>,
    options: &RequestOptions,
) -> wasmtime::Result<Resource<wasmtime_wasi_http::RequestOptions>> {
    let made = HostRequestOptions::new(view)?;
    let handle = || Resource::new_borrow(made.rep());
    let nanoseconds = |milliseconds: Option<u32>| Some(u64::from(milliseconds?) * 1_000_000);
    let set = [
        HostRequestOptions::set_connect_timeout(view, handle(), nanoseconds(options.connect))?,
        HostRequestOptions::set_first_byte_timeout(
            view,
            handle(),
            nanoseconds(options.first_byte),
        )?,
        HostRequestOptions::set_between_bytes_timeout(
            view,
            handle(),
            nanoseconds(options.between_bytes),
        )?,
    ];
    if set.contains(&Err(())) {
        wasmtime::bail!("a time-out is invalid");
    }
    Ok(made)
}
