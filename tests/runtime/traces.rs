//! OpenTelemetry: spans of a request reach the collector that the environment names, as one trace.

use std::{collections::HashMap, time::Duration};

use selvedge_tests::{Process, Setup, process};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PATIENCE: Duration = Duration::from_secs(60);

/// A message in protobuf: its fields by number, those of a length as they are, numbers in eight bytes.
fn fields(mut bytes: &[u8]) -> HashMap<u64, Vec<Vec<u8>>> {
    fn number(bytes: &mut &[u8]) -> u64 {
        let mut number = 0;
        for shift in (0..).step_by(7) {
            let (byte, rest) = bytes.split_first().expect("a number ends");
            *bytes = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    }
    let mut fields: HashMap<_, Vec<_>> = HashMap::new();
    while !bytes.is_empty() {
        let tag = number(&mut bytes);
        let value = match tag & 7 {
            0 => number(&mut bytes).to_be_bytes().to_vec(),
            wire => {
                let length = if wire == 1 { 8 } else { number(&mut bytes) };
                let length = usize::try_from(length).expect("it is short");
                let (value, rest) = bytes.split_at(length);
                bytes = rest;
                value.to_vec()
            }
        };
        fields.entry(tag >> 3).or_default().push(value);
    }
    fields
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Debug)]
struct Span {
    trace: String,
    id: String,
    parent: String,
    name: String,
    kind: u8,
    is_error: bool,
}

impl Span {
    fn of(bytes: &[u8]) -> Self {
        let fields = fields(bytes);
        let first = |field| fields.get(&field).map(|all: &Vec<Vec<u8>>| all[0].clone());
        let first = |field| first(field).unwrap_or_default();
        assert!(
            first(8).iter().rev().cmp(first(7).iter().rev()).is_ge(),
            "it ended after it began"
        );
        Self {
            trace: hex(&first(1)),
            id: hex(&first(2)),
            parent: hex(&first(4)),
            name: String::from_utf8(first(5)).expect("names are text"),
            kind: first(6).last().copied().unwrap_or_default(),
            is_error: !first(15).is_empty(),
        }
    }
}

/// The spans in a request to the collector.
fn spans(body: &[u8]) -> Vec<Span> {
    let mut spans = Vec::new();
    for resource in &fields(body)[&1] {
        for scope in &fields(resource)[&2] {
            spans.extend(fields(scope)[&2].iter().map(|span| Span::of(span)));
        }
    }
    spans
}

/// Listens for spans.
struct Collector {
    endpoint: String,
    spans: mpsc::UnboundedReceiver<Span>,
}

impl Collector {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("there is a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let (tell, spans) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                for span in receive(stream).await {
                    let _ = tell.send(span);
                }
            }
        });
        Self {
            endpoint: format!("http://{address}"),
            spans,
        }
    }

    /// The spans up to the one with this name.
    async fn up_to(&mut self, name: &str) -> Vec<Span> {
        let mut spans = Vec::new();
        let search = async {
            while let Some(span) = self.spans.recv().await {
                let is_last = span.name == name;
                spans.push(span);
                if is_last {
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, search)
            .await
            .unwrap_or_else(|_| panic!("no span is called {name:?}"));
        spans
    }
}

/// Reads one request, and takes it.
async fn receive(mut stream: TcpStream) -> Vec<Span> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        stream
            .read_buf(&mut bytes)
            .await
            .expect("the head can be read");
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
    assert!(
        head.contains("\r\ncontent-type: application/x-protobuf\r\n"),
        "{head}"
    );
    assert!(head.contains("\r\napi-key: secret\r\n"), "{head}");
    let (_, length) = head
        .split_once("\r\ncontent-length: ")
        .expect("it has a length");
    let length: usize = length
        .split("\r\n")
        .next()
        .and_then(|text| text.parse().ok())
        .expect("a number");
    while bytes.len() < end + length {
        stream
            .read_buf(&mut bytes)
            .await
            .expect("the body can be read");
    }
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        .await
        .expect("the answer can be written");
    spans(&bytes[end..])
}

async fn traced(collector: &Collector, more: &[(&str, &str)]) -> Process {
    let setup = Setup::faults();
    let mut up = process::command("up", &setup);
    up.args(["--no-build", "--listen", "127.0.0.1:0"]);
    up.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint);
    up.env("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret");
    up.envs(more.iter().copied());
    Process::run(up, setup).await
}

#[tokio::test]
async fn a_request_and_what_it_calls_are_one_trace() {
    let mut collector = Collector::start().await;
    let process = traced(&collector, &[]).await;
    let request = process
        .client()
        .get("/fetch?http://neighbour.spin.internal/request");
    let parent = format!("00-{TRACE}-b7ad6b7169203331-01");
    let seen = request
        .header("traceparent", &parent)
        .await
        .expect(200)
        .text();
    let spans = collector.up_to("GET /...").await;
    let find = |name: &str| {
        spans
            .iter()
            .find(|span| span.name == name)
            .unwrap_or_else(|| panic!("{name}: {spans:?}"))
    };
    let server = find("GET /...");
    let outer = find("execute_wasm_component faults");
    let client = find("GET");
    let inner = find("execute_wasm_component neighbour");
    assert_eq!(server.parent, "b7ad6b7169203331");
    for (child, parent) in [(outer, server), (client, outer), (inner, client)] {
        assert_eq!(child.parent, parent.id, "{child:?} {parent:?}");
    }
    assert!(
        spans
            .iter()
            .all(|span| span.trace == TRACE && !span.is_error)
    );
    assert_eq!([server.kind, outer.kind, client.kind], [2, 1, 3]);
    assert!(
        seen.contains(&format!("00-{TRACE}-{}-01", inner.id)),
        "what the component saw: {seen}"
    );
}

#[tokio::test]
async fn a_failure_is_marked_and_the_last_spans_are_sent_when_it_stops() {
    let mut collector = Collector::start().await;
    let process = traced(&collector, &[]).await;
    process.client().get("/trap").await.problem(502);
    process.stop().await;
    let spans = collector.up_to("GET /...").await;
    assert!(spans.iter().all(|span| span.is_error), "{spans:?}");
}

#[tokio::test]
async fn a_caller_that_records_nothing_decides_for_its_trace() {
    let mut collector = Collector::start().await;
    let process = traced(&collector, &[]).await;
    let client = process.client();
    let unsampled = format!("00-{TRACE}-b7ad6b7169203331-00");
    let answer = client.get("/request").header("traceparent", &unsampled);
    assert!(
        answer
            .await
            .expect(200)
            .text()
            .contains(&format!("00-{TRACE}-"))
    );
    client.get("/hello").await.expect(200);
    let spans = collector.up_to("GET /...").await;
    assert!(spans.iter().all(|span| span.trace != TRACE), "{spans:?}");
}

#[test]
fn a_protocol_there_is_not_is_refused_by_name() {
    let output = process::command("up", &Setup::faults())
        .args(["--no-build", "--listen", "127.0.0.1:0"])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317")
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
        .output()
        .expect("the command can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("OTEL_EXPORTER_OTLP_PROTOCOL"),
        "{said}"
    );
}
