//! Spans as OTLP has them, in protobuf: `opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest`.
//!
//! The few messages there are, written by hand: a code generator and the SDK around it would be many times the code.

use std::time::{SystemTime, UNIX_EPOCH};

use super::span::{Record, Value};

/// Wire types of protobuf.
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH: u64 = 2;

/// `STATUS_CODE_ERROR`.
const ERROR: u64 = 2;

/// The request that hands `spans` over, of the process that `resource` describes.
pub fn request(resource: &[(String, String)], spans: &[Box<Record>]) -> Vec<u8> {
    message(|resource_spans| {
        resource_spans.message(1, |fields| {
            fields.message(1, |fields| {
                for (name, value) in resource {
                    fields.message(1, |fields| text_attribute(fields, name, value));
                }
            });
            fields.message(2, |fields| {
                fields.message(1, |scope| {
                    scope.bytes(1, b"selvedge");
                    scope.bytes(2, env!("CARGO_PKG_VERSION").as_bytes());
                });
                for record in spans {
                    fields.message(2, |fields| span(fields, record));
                }
            });
        });
    })
}

fn span(fields: &mut Fields, record: &Record) {
    fields.bytes(1, &record.context.trace.to_be_bytes());
    fields.bytes(2, &record.context.span.to_be_bytes());
    if let Some(parent) = record.parent {
        fields.bytes(4, &parent.to_be_bytes());
    }
    fields.bytes(5, record.name.as_bytes());
    fields.varint(6, record.kind as u64);
    fields.fixed(7, nanoseconds(record.started));
    fields.fixed(8, nanoseconds(record.ended));
    for (name, value) in &record.attributes {
        fields.message(9, |fields| match value {
            Value::Text(text) => text_attribute(fields, name, text),
            Value::Number(number) => {
                fields.bytes(1, name.as_bytes());
                // Two's complement, as protobuf has an int64.
                fields.message(2, |fields| fields.varint(3, *number as u64));
            }
        });
    }
    if record.is_error {
        fields.message(15, |status| status.varint(3, ERROR));
    }
}

fn text_attribute(fields: &mut Fields, name: &str, value: &str) {
    fields.bytes(1, name.as_bytes());
    fields.message(2, |fields| fields.bytes(1, value.as_bytes()));
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// The fields of a message.
struct Fields(Vec<u8>);

fn message(write: impl FnOnce(&mut Fields)) -> Vec<u8> {
    let mut fields = Fields(Vec::new());
    write(&mut fields);
    fields.0
}

impl Fields {
    fn number(&mut self, mut number: u64) {
        while number > 0x7f {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn tag(&mut self, field: u64, wire: u64) {
        self.number(field << 3 | wire);
    }

    fn varint(&mut self, field: u64, number: u64) {
        self.tag(field, VARINT);
        self.number(number);
    }

    fn fixed(&mut self, field: u64, number: u64) {
        self.tag(field, FIXED64);
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.tag(field, LENGTH);
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn message(&mut self, field: u64, write: impl FnOnce(&mut Self)) {
        self.bytes(field, &message(write));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{TraceContext, span::Kind};

    #[test]
    fn fields_are_written_as_protobuf_has_them() {
        // The examples of protobuf's own documentation.
        assert_eq!(message(|fields| fields.varint(1, 150)), [0x08, 0x96, 0x01]);
        let text = message(|fields| fields.bytes(2, b"testing"));
        assert_eq!(text, b"\x12\x07testing");
        let nested = message(|fields| fields.message(3, |fields| fields.varint(1, 150)));
        assert_eq!(nested, [0x1a, 0x03, 0x08, 0x96, 0x01]);
    }

    #[test]
    fn a_request_holds_resource_scope_and_spans() {
        let record = Record {
            context: TraceContext {
                trace: 0x0102,
                span: 0x0304,
                is_sampled: true,
            },
            parent: Some(5),
            kind: Kind::Server,
            name: "GET /".to_owned(),
            started: UNIX_EPOCH,
            ended: UNIX_EPOCH,
            attributes: vec![("status", Value::Number(200))],
            is_error: true,
        };
        let bytes = request(
            &[("service.name".to_owned(), "shop".to_owned())],
            &[Box::new(record)],
        );
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert_eq!(bytes[0], 0x0a);
        assert!(holds(b"\x0a\x0cservice.name\x12\x06\x0a\x04shop"));
        assert!(holds(b"\x22\x08\0\0\0\0\0\0\0\x05\x2a\x05GET /\x30\x02"));
        assert!(holds(b"\x0a\x06status\x12\x03\x18\xc8\x01"));
        assert!(holds(b"\x7a\x02\x18\x02"));
    }
}
