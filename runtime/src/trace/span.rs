//! One step on a request's way: when it began and ended, what it was, and whose child.

use std::time::SystemTime;

use http::{Request, StatusCode};

use super::{TraceContext, tracer};

/// Which side of a call a span is of; the numbers are OTLP's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Neither.
    Internal = 1,
    /// The one that is asked.
    Server = 2,
    /// The one that asks.
    Client = 3,
}

/// What is said of a span. No header, no query, nothing that may be a secret.
#[derive(Debug)]
pub enum Value {
    Text(String),
    Number(i64),
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

/// A span that has ended.
#[derive(Debug)]
pub struct Record {
    pub context: TraceContext,
    pub parent: Option<u64>,
    pub kind: Kind,
    pub name: String,
    pub started: SystemTime,
    pub ended: SystemTime,
    pub attributes: Vec<(&'static str, Value)>,
    pub is_error: bool,
}

/// A span in progress; it ends when dropped. Most often there is none: nobody records them, or not this trace.
#[derive(Debug)]
#[must_use]
pub struct Span(Option<Box<Record>>);

impl Span {
    /// The answer to a request from the network, below the span of its caller or at the beginning of a trace; and where
    /// the trace stands, which the request's headers say from now on.
    pub fn of_request<B>(request: &mut Request<B>) -> (Self, TraceContext) {
        let Some(tracer) = tracer() else {
            let begin = || TraceContext::new(false);
            let context = TraceContext::continue_or(request.headers_mut(), begin);
            return (Self(None), context);
        };
        let caller = TraceContext::of(request.headers());
        let sampled = |context: TraceContext| match caller {
            Some(caller) if tracer.sampler.follows_parent => caller.is_sampled,
            _ => is_below(context.trace, tracer.sampler.ratio),
        };
        let begin = || TraceContext::new(false);
        let mut context = TraceContext::continue_or(request.headers_mut(), begin);
        context.is_sampled = sampled(context);
        context.span = fastrand::u64(1..);
        context.write(request.headers_mut());
        let mut span = Self(context.is_sampled.then(|| {
            let parent = caller.map(|caller| caller.span);
            Record::new(context, parent, Kind::Server, request.method().to_string())
        }));
        span.say("http.request.method", || request.method().to_string());
        span.say("url.path", || request.uri().path().to_owned());
        (span, context)
    }

    /// The work of a component on a request that stands at `trace`; and where the trace stands in it, which the
    /// request's headers say from now on.
    pub fn of_component<B>(
        request: &mut Request<B>,
        trace: TraceContext,
        component: &str,
    ) -> (Self, TraceContext) {
        let span = Self::below(trace, Kind::Internal, || {
            format!("execute_wasm_component {component}")
        });
        let context = span.write(request).unwrap_or(trace);
        (span, context)
    }

    /// A request that a component sends while it works on what stands at `trace`, unless the component says in the
    /// request's headers where it stands.
    pub fn of_outbound<B>(request: &mut Request<B>, trace: Option<TraceContext>) -> Self {
        if tracer().is_none() {
            return Self(None);
        }
        let Some(parent) = TraceContext::of(request.headers()).or(trace) else {
            return Self(None);
        };
        let mut span = Self::below(parent, Kind::Client, || request.method().to_string());
        span.say("http.request.method", || request.method().to_string());
        if let Some(authority) = request.uri().authority() {
            span.say("server.address", || authority.host().to_owned());
        }
        // Whether or not it is recorded: whoever is asked goes on with the trace.
        if span.write(request).is_none() {
            parent.write(request.headers_mut());
        }
        span
    }

    fn below(parent: TraceContext, kind: Kind, name: impl FnOnce() -> String) -> Self {
        if !parent.is_sampled || tracer().is_none() {
            return Self(None);
        }
        let context = TraceContext {
            span: fastrand::u64(1..),
            ..parent
        };
        Self(Some(Record::new(context, Some(parent.span), kind, name())))
    }

    fn write<B>(&self, request: &mut Request<B>) -> Option<TraceContext> {
        let context = self.0.as_ref()?.context;
        context.write(request.headers_mut());
        Some(context)
    }

    /// The request matched this route of the manifest.
    pub fn matched(&mut self, route: impl FnOnce() -> String) {
        if let Some(record) = &mut self.0 {
            let route = route();
            record.name = format!("{} {route}", record.name);
            record.attributes.push(("http.route", route.into()));
        }
    }

    /// It was answered, or will be, with this status. From a server's side, what clients do wrong is no failure.
    pub fn answered(&mut self, status: StatusCode) {
        self.say("http.response.status_code", || status.as_u16());
        let is_client = self
            .0
            .as_ref()
            .is_some_and(|record| record.kind == Kind::Client);
        if status.is_server_error() || (is_client && status.is_client_error()) {
            self.fail();
        }
    }

    fn say<V: Into<Value>>(&mut self, name: &'static str, value: impl FnOnce() -> V) {
        if let Some(record) = &mut self.0 {
            record.attributes.push((name, value().into()));
        }
    }

    /// What it stands for did not end well.
    pub fn fail(&mut self) {
        if let Some(record) = &mut self.0 {
            record.is_error = true;
        }
    }
}

impl Record {
    fn new(context: TraceContext, parent: Option<u64>, kind: Kind, name: String) -> Box<Self> {
        let now = SystemTime::now();
        Box::new(Self {
            context,
            parent,
            kind,
            name,
            started: now,
            ended: now,
            attributes: Vec::new(),
            is_error: false,
        })
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let (Some(mut record), Some(tracer)) = (self.0.take(), tracer()) {
            record.ended = SystemTime::now();
            tracer.collector.take(record);
        }
    }
}

/// Whether a trace is among this part of all, the same in every process.
fn is_below(trace: u128, ratio: f64) -> bool {
    // The lower half, as others have it; its highest bit is left out so that the rest is exact.
    ratio >= 1.0 || ((trace as u64 >> 1) as f64) < ratio * (1u64 << 63) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_takes_that_part_of_all_traces() {
        let taken = |ratio| {
            (0..1000u128)
                .filter(|part| is_below(part * (u64::MAX as u128 / 1000), ratio))
                .count()
        };
        assert_eq!((taken(0.0), taken(1.0)), (0, 1000));
        assert!((240..=260).contains(&taken(0.25)));
    }

    #[test]
    fn where_nobody_records_there_is_no_span_and_the_trace_is_as_it_was() {
        let trace = TraceContext::new(true);
        let mut request = Request::new(());
        trace.write(request.headers_mut());
        let (span, context) = Span::of_request(&mut request);
        assert!(span.0.is_none());
        let (span, below) = Span::of_component(&mut request, context, "a");
        assert!(span.0.is_none());
        assert!(Span::of_outbound(&mut request, Some(below)).0.is_none());
        assert_eq!([context, below], [trace; 2]);
        assert_eq!(TraceContext::of(request.headers()), Some(trace));
    }
}
