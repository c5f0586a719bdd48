//! Variables: where they come from, and where they are used.

use super::{mistakes, one};

#[test]
fn variables_that_do_not_exist_are_named_where_they_are_used() {
    let body = format!(
        "[variables]\nadmin_email = {{ default = \"\" }}\n{}",
        one(
            "variables = { a = \"{{ admin_mail }}\", b = \"{{ zebra }}\", c = \"{{ d\" }\n\
             allowed_outbound_hosts = [\"https://{{ admin-email }}\"]\n"
        )
    );
    assert_eq!(
        mistakes(&body),
        [
            "11: component \"one\": key \"variables.a\" names the variable \"admin_mail\", which the application \
             does not declare; did you mean \"admin_email\"?",
            "11: component \"one\": key \"variables.b\" names the variable \"zebra\", which the application \
             does not declare; declare it: [variables] zebra = { required = true }",
            "11: component \"one\": key \"variables.c\" has a \"{{\" without \"}}\"",
            "12: component \"one\": key \"allowed_outbound_hosts\" names the variable \"admin-email\", which the \
             application does not declare; did you mean \"admin_email\"?",
        ]
    );
}

#[test]
fn a_variable_has_a_default_or_is_required() {
    let body = format!(
        "[variables]\na = {{}}\nb = {{ default = \"\", required = true }}\n{}",
        one("")
    );
    assert_eq!(
        mistakes(&body),
        [
            "5: variable \"a\": must have either \"default\" or \"required = true\"",
            "6: variable \"b\": must have either \"default\" or \"required = true\"",
        ]
    );
}
