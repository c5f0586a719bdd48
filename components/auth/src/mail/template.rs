//! Templates: a file of plain text, its subject on the first line, `{{ name }}` where a value goes. The
//! HTML of a mail is made of the same paragraphs, every value escaped: the two never say different things.

/// What stands in the place of a name. Names and values never come from people, but for one that nothing can be written
/// in: whoever signs somebody else up, or invites them, must not get to write them a letter.
pub type Values<'a> = [(&'static str, &'a str)];

const LAYOUT: &str = include_str!("templates/layout.html");

/// Subject, plain text and HTML of a template. A paragraph that is a link and nothing else becomes one
/// that can be clicked.
pub fn fill(template: &str, values: &Values) -> (String, String, String) {
    let (subject, body) = template.split_once('\n').unwrap_or((template, ""));
    let subject = replace(
        subject.trim_start_matches("Subject: "),
        values,
        str::to_owned,
    );
    let body = body.trim();
    let text = replace(body, values, str::to_owned);
    let paragraphs: String = body
        .split("\n\n")
        .map(|paragraph| {
            let content = replace(paragraph, values, escape).replace('\n', "<br>\n");
            if paragraph == "{{ link }}" {
                format!("<p><a href=\"{content}\">{content}</a></p>\n")
            } else {
                format!("<p>{content}</p>\n")
            }
        })
        .collect();
    let html = replace(
        LAYOUT,
        &[("subject", &escape(&subject)), ("content", &paragraphs)],
        str::to_owned,
    );
    (subject, text, html)
}

/// The text with every name replaced, once: what a value says is never taken for a name.
fn replace(text: &str, values: &Values, treat: fn(&str) -> String) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{ ") {
        filled.push_str(before);
        let (name, after) = after.split_once(" }}").unwrap_or((after, ""));
        let value = values.iter().find(|(known, _)| *known == name);
        filled.push_str(&value.map(|(_, value)| treat(value)).unwrap_or_default());
        rest = after;
    }
    filled.push_str(rest);
    filled
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_escaped_in_html_and_taken_for_nothing_but_text() {
        let template = "Subject: To {{ app }}\n\nHello {{ app }},\nread this:\n\n{{ link }}\n";
        let values = [
            ("app", "<b>{{ link }}</b>"),
            ("link", "https://x/?a=1&b='\""),
        ];
        let (subject, text, html) = fill(template, &values);
        assert_eq!(subject, "To <b>{{ link }}</b>");
        assert_eq!(
            text,
            "Hello <b>{{ link }}</b>,\nread this:\n\nhttps://x/?a=1&b='\""
        );
        assert!(
            html.contains("Hello &lt;b&gt;{{ link }}&lt;/b&gt;,<br>\nread this:"),
            "{html}"
        );
        assert!(
            html.contains("<title>To &lt;b&gt;{{ link }}&lt;/b&gt;</title>"),
            "{html}"
        );
        let link = "https://x/?a=1&amp;b=&#39;&quot;";
        assert!(
            html.contains(&format!("<a href=\"{link}\">{link}</a>")),
            "{html}"
        );
    }
}
