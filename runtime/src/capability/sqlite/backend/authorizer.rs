//! What a component's SQL may do. SQLite asks here, while it compiles a statement, about each thing the statement does.
//!
//! The rule behind the list: a statement reaches the one database it was sent to, and leaves nothing behind on the
//! pooled connection that another component, or another request, would find there.

use rusqlite::hooks::{AuthAction, AuthContext};

/// Settings and facts that may be read: a `PRAGMA` without a value.
const READABLE: &[&str] = &[
    "application_id",
    "auto_vacuum",
    "busy_timeout",
    "cache_size",
    "collation_list",
    "compile_options",
    "data_version",
    "defer_foreign_keys",
    "encoding",
    "foreign_key_check",
    "foreign_keys",
    "freelist_count",
    "function_list",
    "integrity_check",
    "journal_mode",
    "max_page_count",
    "module_list",
    "page_count",
    "page_size",
    "pragma_list",
    "quick_check",
    "recursive_triggers",
    "schema_version",
    "synchronous",
    "table_list",
    "trusted_schema",
    "user_version",
];

/// Where a value names what is asked for, is part of the data, or lasts no longer than the logical connection.
const WRITABLE: &[&str] = &[
    "application_id",
    "defer_foreign_keys",
    "foreign_key_check",
    "foreign_key_list",
    "foreign_keys",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
    "user_version",
];

/// Virtual tables that keep their data in the database.
const MODULES: &[&str] = &[
    "fts3",
    "fts4",
    "fts4aux",
    "fts5",
    "fts5vocab",
    "rtree",
    "rtree_i32",
];

/// Functions that reach beyond the database, or tell what other users of a pooled connection did.
const REFUSED_FUNCTIONS: &[&str] = &["fts3_tokenizer", "load_extension", "total_changes"];

const NO_TEMPORARIES: &str = "temporary tables are not available; use a common table expression";

/// Decides on one thing a statement does; the error is the reason told to the component.
pub fn authorize(context: &AuthContext<'_>) -> Result<(), String> {
    match context.action {
        // What is created as `temp.name` asks as if it were not temporary; that its schema is written to tells.
        AuthAction::Insert { .. } if context.database_name == Some("temp") => {
            Err(NO_TEMPORARIES.to_owned())
        }
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => {
            // VACUUM asks as an ATTACH too, as it works through a second file.
            Err("ATTACH, DETACH and VACUUM are not for components".to_owned())
        }
        AuthAction::CreateTempTable { .. }
        | AuthAction::CreateTempIndex { .. }
        | AuthAction::CreateTempTrigger { .. }
        | AuthAction::CreateTempView { .. } => Err(NO_TEMPORARIES.to_owned()),
        AuthAction::Pragma {
            pragma_name,
            pragma_value,
        } => pragma(pragma_name, pragma_value),
        AuthAction::CreateVtable { module_name, .. } if !contains(MODULES, module_name) => {
            Err(format!("the module {module_name} is not available"))
        }
        AuthAction::Function { function_name } if contains(REFUSED_FUNCTIONS, function_name) => {
            Err(format!("the function {function_name}() is not available"))
        }
        AuthAction::Unknown { code, .. } => Err(format!("action {code} is not known")),
        _ => Ok(()),
    }
}

fn pragma(name: &str, value: Option<&str>) -> Result<(), String> {
    let (allowed, how) = match value {
        Some(_) => (WRITABLE, "be given a value"),
        None => (READABLE, "be read"),
    };
    if contains(allowed, name) {
        Ok(())
    } else {
        Err(format!("PRAGMA {name} cannot {how} by a component"))
    }
}

fn contains(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}
