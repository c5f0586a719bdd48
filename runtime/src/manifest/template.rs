//! Text of the manifest that may name application variables: `https://{{ api_host }}/users`.

use std::fmt;

/// A parsed template. As in Spin, an expression is a variable's name and there is no escape for `{{`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    parts: Vec<Part>,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text that stands for itself.
    Literal(String),
    /// The name of an application variable, whose value stands here.
    Variable(String),
}

/// A `{{` is never closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("has a \"{{{{\" without \"}}}}\"")]
pub struct UnclosedExpression;

impl Template {
    /// Parses `text`.
    pub fn parse(text: &str) -> Result<Self, UnclosedExpression> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").ok_or(UnclosedExpression)?;
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            parts.push(Part::Variable(name.trim().to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// The pieces, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The names of the variables the template needs.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Variable(name) => Some(name.as_str()),
        })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Literal(text) => f.write_str(text),
            Part::Variable(name) => write!(f, "{{{{ {name} }}}}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_names_alternate() {
        let template = Template::parse("https://{{api}}/{{ path }}").expect("a template");
        let parts = ["https://", "/"].map(|text| Part::Literal(text.to_owned()));
        let names = ["api", "path"].map(|name| Part::Variable(name.to_owned()));
        let expected = [
            parts[0].clone(),
            names[0].clone(),
            parts[1].clone(),
            names[1].clone(),
        ];
        assert_eq!(template.parts(), expected);
        assert_eq!(template.to_string(), "https://{{ api }}/{{ path }}");
    }

    #[test]
    fn text_without_expressions_is_a_literal() {
        for text in ["", "plain", "{ json }", "closing }} only", "{ {name} }"] {
            let template = Template::parse(text).expect("a template");
            assert_eq!(template.variables().count(), 0, "{text}");
            assert_eq!(template.to_string(), text);
        }
    }

    #[test]
    fn an_open_expression_is_refused() {
        assert_eq!(Template::parse("{{ a }} {{ b"), Err(UnclosedExpression));
    }
}
