//! What a program printed → a response: lines of headers, an empty line, the body (RFC 3875, 6).

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

/// The response in `printed`. Lines end with or without a carriage return.
pub fn read(printed: Bytes) -> anyhow::Result<Response<Full<Bytes>>> {
    let mut response = Response::new(Full::default());
    let (mut has_status, mut says_enough) = (false, false);
    let mut rest = &printed[..];
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n');
        let end = end.context("no empty line ends its headers")?;
        let (line, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        let line = str::from_utf8(line).context("its headers are no text")?;
        let (name, value) = line.split_once(':').context("a header has no colon")?;
        let (name, value) = (name.trim(), value.trim());
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next().unwrap_or_default();
            *response.status_mut() = code.parse().context("its status is no number")?;
            let status = response.status();
            ensure!(!status.is_informational(), "its status ends no request");
            (has_status, says_enough) = (true, true);
            continue;
        }
        let name = HeaderName::try_from(name).context("the name of a header is none")?;
        let value = HeaderValue::try_from(value).context("the value of a header is none")?;
        match name {
            // How long the body is, and how it is sent, is for the server to say.
            header::CONTENT_LENGTH | header::TRANSFER_ENCODING | header::CONNECTION => continue,
            header::CONTENT_TYPE => says_enough = true,
            header::LOCATION => {
                says_enough = true;
                if !has_status {
                    *response.status_mut() = StatusCode::FOUND;
                }
            }
            _ => (),
        }
        response.headers_mut().append(name, value);
    }
    ensure!(
        says_enough,
        "it has neither content-type, location nor status"
    );
    *response.body_mut() = Full::new(printed.slice(printed.len() - rest.len()..));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    async fn answer(printed: &'static str) -> (u16, Vec<(String, String)>, Bytes) {
        let response = read(Bytes::from_static(printed.as_bytes())).expect(printed);
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| {
            let value = value.to_str().expect("text");
            (name.to_string(), value.to_owned())
        });
        let (status, headers) = (response.status().as_u16(), headers.collect());
        let body = response.into_body().collect().await.expect("a body");
        (status, headers, body.to_bytes())
    }

    fn header(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[tokio::test]
    async fn headers_are_lines_and_the_rest_is_the_body() {
        for printed in [
            "Content-Type: text/plain\nX-A: b: c\n\none\n\ntwo\r\n",
            "content-type:text/plain\r\nx-a:b: c\r\n\r\none\n\ntwo\r\n",
        ] {
            let headers = vec![header("content-type", "text/plain"), header("x-a", "b: c")];
            let body = Bytes::from_static(b"one\n\ntwo\r\n");
            assert_eq!(answer(printed).await, (200, headers, body));
        }
    }

    #[tokio::test]
    async fn a_status_is_what_it_says_and_a_location_alone_redirects() {
        assert_eq!(answer("Status: 404 Not Found\n\n").await.0, 404);
        assert_eq!(answer("status: 201\nlocation: /a\n\n").await.0, 201);
        assert_eq!(answer("Location: /a\n\n").await.0, 302);
    }

    #[tokio::test]
    async fn how_the_body_is_sent_is_not_for_the_program_to_say() {
        let said = "content-type: a/b\ncontent-length: 7\ntransfer-encoding: chunked\n\nbody";
        assert_eq!(answer(said).await.1, [header("content-type", "a/b")]);
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for printed in [
            "",
            "Hello!",
            "Content-Type: text/plain\n",
            "x-a: b\n\nbody",
            "no header\n\n",
            "status: soon\n\n",
            "status: 100\n\n",
            "a b: c\n\n",
        ] {
            assert!(read(Bytes::from(printed)).is_err(), "{printed:?}");
        }
    }
}
