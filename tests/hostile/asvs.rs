//! OWASP's Application Security Verification Standard 4.0.3, levels 1 and 2, chapters 2 (authentication) and 3 (session
//! management): each item with the tests that cover it, or why there is none. The table cannot name a test that is not
//! there.

use std::fs;
use std::path::Path;

/// What is to be verified, in short, and by what it is.
struct Item {
    id: &'static str,
    asks: &'static str,
    /// As `file::name`, from the workspace's root.
    tests: &'static [&'static str],
    /// Where no test says it all: why not, or in what we do otherwise.
    because: &'static str,
}

const fn covered(id: &'static str, asks: &'static str, tests: &'static [&'static str]) -> Item {
    noted(id, asks, tests, "")
}

const fn not_tested(id: &'static str, asks: &'static str, because: &'static str) -> Item {
    noted(id, asks, &[], because)
}

const fn noted(
    id: &'static str,
    asks: &'static str,
    tests: &'static [&'static str],
    because: &'static str,
) -> Item {
    Item {
        id,
        asks,
        tests,
        because,
    }
}

const A_PAGE: &str = "what a page shows is the application's own: there are no pages here";

const ITEMS: &[Item] = &[
    noted(
        "2.1.1",
        "passwords have at least 12 characters",
        &["tests/api/v1/auth/sign_up.rs::a_password_has_8_to_256_characters_of_any_kind"],
        "8, as NIST 800-63B has it; what is guessed first is refused instead",
    ),
    noted(
        "2.1.2",
        "passwords of 64 characters are taken, of more than 128 are not",
        &["tests/api/v1/auth/sign_up.rs::a_password_has_8_to_256_characters_of_any_kind"],
        "up to 256, which cost no more to hash",
    ),
    covered(
        "2.1.3",
        "passwords are not cut",
        &["components/auth/src/password/tests.rs::a_hash_knows_its_password_and_no_other"],
    ),
    covered(
        "2.1.4",
        "any Unicode character may stand in a password",
        &[
            "tests/api/v1/auth/sign_up.rs::a_password_has_8_to_256_characters_of_any_kind",
            "components/auth/src/password/tests.rs::the_same_characters_are_the_same_password_however_they_are_typed",
        ],
    ),
    covered(
        "2.1.5",
        "people can change their password",
        &["tests/api/v1/auth/password/change.rs::a_new_password_ends_every_other_session"],
    ),
    covered(
        "2.1.6",
        "a change takes the current password",
        &["tests/api/v1/auth/password/change.rs::it_takes_the_password_in_use"],
    ),
    noted(
        "2.1.7",
        "passwords that were breached are refused",
        &[
            "tests/api/v1/auth/password/change.rs::a_password_that_others_would_guess_is_refused",
            "components/auth/src/password/policy.rs::what_is_guessed_first_is_refused",
        ],
        "wherever one is chosen, by a list of the most common ones in the component: no password, nor a part of its hash, is \
         sent to anybody; at sign-in, where only imported ones could be such, none is looked at",
    ),
    not_tested("2.1.8", "a meter shows how strong a password is", A_PAGE),
    covered(
        "2.1.9",
        "no rules of what a password is made of",
        &["components/auth/src/password/policy.rs::everything_else_is_taken"],
    ),
    not_tested(
        "2.1.10",
        "no password has to be changed because of its age, or to differ from earlier ones",
        "nothing looks at either: passwords.changed_at is for its owner's export, and earlier ones are not kept",
    ),
    not_tested("2.1.11", "passwords can be pasted", A_PAGE),
    not_tested(
        "2.1.12",
        "a password can be shown while it is typed",
        A_PAGE,
    ),
    covered(
        "2.2.1",
        "guesses are slowed down, and lock nobody out",
        &[
            "tests/api/v1/auth/throttle.rs::ten_wrong_passwords_delay_the_next_one_and_the_right_one_too_however_it_is_spelt",
            "tests/api/v1/auth/throttle.rs::nobody_elsewhere_delays_a_device_that_the_owner_signed_in_with",
            "tests/api/v1/auth/throttle.rs::a_network_waits_whose_account_it_may_be_and_all_of_a_64_is_one",
            "tests/api/v1/auth/throttle.rs::delays_survive_a_restart",
            "tests/api/v1/auth/second_factor.rs::five_wrong_codes_use_the_token_up_and_make_further_codes_wait",
        ],
    ),
    noted(
        "2.2.2",
        "mail is no replacement for what is stronger",
        &["tests/api/v1/auth/second_factor.rs::a_password_and_a_code_sign_in"],
        "a mailed link is a first factor, for who wants no password; where there is a second one it is asked for as after any other",
    ),
    covered(
        "2.2.3",
        "people are told when what they sign in with changes",
        &[
            "tests/api/v1/auth/password/change.rs::a_new_password_ends_every_other_session",
            "tests/api/v1/auth/email/change.rs::an_address_changes_once_the_new_one_is_proven_and_both_are_told",
            "tests/api/v1/auth/totp.rs::the_owner_is_told_when_an_app_is_added_and_when_it_is_removed",
            "tests/api/v1/auth/passkeys.rs::the_owner_is_told_of_a_new_passkey",
            "tests/api/v1/auth/api_keys.rs::what_happens_to_keys_is_audited_and_told",
            "tests/api/v1/auth/devices.rs::a_device_that_was_not_used_before_is_told_of_once",
        ],
    ),
    covered(
        "2.3.1",
        "secrets that the system makes are random and do not last",
        &[
            "components/auth/src/random.rs::a_secret_is_a_prefix_and_256_bits_that_never_repeat",
            "tests/api/v1/auth/email/verification.rs::a_link_is_good_for_a_day",
        ],
    ),
    covered(
        "2.3.2",
        "people can use devices of their own",
        &[
            "tests/api/v1/auth/passkeys.rs::a_passkey_signs_in_alone",
            "tests/api/chromium.rs::chromium_makes_a_passkey_signs_in_with_it_and_proves_it_as_a_second_factor",
        ],
    ),
    not_tested(
        "2.3.3",
        "what ends by itself is renewed in time",
        "nothing that people sign in with does; when an API key ends, its owner chose and sees",
    ),
    covered(
        "2.4.1",
        "passwords are stored so that a copy of them is of little use",
        &[
            "components/auth/src/password/tests.rs::the_same_password_never_has_the_same_hash",
            "components/auth/src/password/tests.rs::without_its_pepper_a_hash_is_good_for_nothing",
        ],
    ),
    covered(
        "2.4.2",
        "each has a salt of its own",
        &["components/auth/src/password/tests.rs::the_same_password_never_has_the_same_hash"],
    ),
    not_tested(
        "2.4.3",
        "PBKDF2 has enough iterations",
        "it is not used: Argon2id, 19 MiB, 2 passes",
    ),
    noted(
        "2.4.4",
        "bcrypt has a work factor of 10 or more",
        &[
            "components/auth/src/password/tests.rs::hashes_of_other_systems_and_times_are_right_and_outdated",
        ],
        "only hashes of other systems are bcrypt's, until their owners sign in",
    ),
    covered(
        "2.4.5",
        "a secret that is not in the database goes into each hash",
        &["tests/api/v1/auth/password/hashes.rs::a_pepper_can_be_set_changed_and_not_done_without"],
    ),
    noted(
        "2.5.1",
        "what activates or recovers an account does not travel in the clear",
        &[
            "tests/api/v1/auth/password/forgot.rs::a_link_works_once_and_takes_every_other_link_with_it",
            "tests/api/v1/auth/password/forgot.rs::a_link_is_good_for_half_an_hour",
            "components/auth/src/mail/letter.rs::a_link_leads_to_the_application_and_hides_its_secret_from_servers",
        ],
        "a mailed link is all there is to reach somebody by: good once, for half an hour, and behind the # where servers and \
         logs do not see it; it is no password, and no second factor",
    ),
    not_tested(
        "2.5.2",
        "there are no hints and no secret questions",
        "there are none",
    ),
    covered(
        "2.5.3",
        "nobody is told the current password",
        &[
            "components/auth/src/password/tests.rs::a_password_is_not_shown",
            "tests/hostile/secrets.rs::passwords_tokens_and_queries_are_not_in_the_log",
        ],
    ),
    covered(
        "2.5.4",
        "there are no accounts by default",
        &[
            "tests/hostile/asvs.rs::nobody_has_an_account_before_somebody_signs_up",
            "tests/api/v1/auth/email/verification.rs::whoever_takes_the_administrators_address_is_no_administrator_until_they_read_its_mail",
        ],
    ),
    covered(
        "2.5.5",
        "people are told when a factor is replaced",
        &[
            "tests/api/v1/auth/totp.rs::the_owner_is_told_when_an_app_is_added_and_when_it_is_removed",
        ],
    ),
    noted(
        "2.5.6",
        "a forgotten password is recovered in a safe way: by a token of one's own, or offline",
        &[
            "tests/api/v1/auth/password/forgot.rs::a_mailed_link_is_good_for_a_new_password_which_ends_every_session",
            "tests/api/v1/auth/password/forgot.rs::nobody_learns_whether_there_is_an_account",
            "tests/hostile/identity.rs::no_sign_in_that_began_before_outlives_the_owner_who_shows_everybody_out",
        ],
        "by mail; where there is a second factor it is asked for afterwards, and recovery codes are its offline form",
    ),
    noted(
        "2.5.7",
        "who lost a second factor proves as much as when it was added",
        &[
            "tests/api/v1/auth/second_factor.rs::a_recovery_code_signs_in_once_however_it_is_typed",
            "tests/api/v1/auth/step_up.rs::a_factor_is_not_removed_by_whoever_finds_an_open_session",
        ],
        "by a recovery code; whoever lost those too asks somebody with the permission factors.reset, who has to know them",
    ),
    covered(
        "2.6.1",
        "recovery codes are good once",
        &["tests/api/v1/auth/second_factor.rs::a_recovery_code_signs_in_once_however_it_is_typed"],
    ),
    covered(
        "2.6.2",
        "they have 112 random bits at least",
        &["components/auth/src/recovery_code.rs::ten_codes_differ_and_are_easy_to_type"],
    ),
    covered(
        "2.6.3",
        "who copies what is stored cannot find them out",
        &[
            "components/auth/src/recovery_code.rs::ten_codes_differ_and_are_easy_to_type",
            "tests/api/v1/auth/totp.rs::the_database_holds_no_recovery_code_and_with_a_key_no_secret",
        ],
    ),
    not_tested(
        "2.7.1",
        "codes by SMS are not the default",
        "there are none by SMS",
    ),
    noted(
        "2.7.2",
        "mailed codes and links end after ten minutes",
        &["tests/api/v1/auth/code.rs::a_code_is_good_for_a_quarter_of_an_hour"],
        "fifteen: mail is slow; a code has five tries and is good with the asking client's secret only",
    ),
    covered(
        "2.7.3",
        "they are good once, and for what they were asked for",
        &[
            "tests/api/v1/auth/code.rs::a_mailed_code_signs_in_once",
            "tests/api/v1/auth/code.rs::a_code_is_good_with_its_own_challenge_only",
            "tests/api/v1/auth/password/forgot.rs::a_link_is_for_nothing_else",
        ],
    ),
    not_tested(
        "2.7.4",
        "they travel by a channel of their own",
        "by mail, which is asked for over HTTPS and goes to an API over HTTPS; how mailboxes are read is not ours",
    ),
    not_tested(
        "2.7.5",
        "only their hashes are kept",
        "challenges has hashes alone; the mail itself lies in the outbox until it is sent, and no longer",
    ),
    covered(
        "2.7.6",
        "they are random, with 20 bits at least",
        &["components/auth/src/random.rs::a_code_has_six_digits"],
    ),
    covered(
        "2.8.1",
        "codes of an app end",
        &["components/auth/src/totp.rs::a_clock_may_be_one_step_early_or_late"],
    ),
    covered(
        "2.8.2",
        "what they are made of is protected",
        &[
            "tests/api/v1/auth/totp.rs::the_database_holds_no_recovery_code_and_with_a_key_no_secret",
            "components/auth/src/sealed.rs::a_secret_opens_in_its_own_context_only",
        ],
    ),
    covered(
        "2.8.3",
        "by algorithms that are approved",
        &["components/auth/src/totp.rs::codes_are_those_of_the_rfc"],
    ),
    covered(
        "2.8.4",
        "each is good once",
        &[
            "tests/api/v1/auth/second_factor.rs::no_code_is_good_twice",
            "tests/api/v1/auth/second_factor.rs::of_sign_ins_at_once_with_one_code_one_succeeds",
        ],
    ),
    noted(
        "2.8.5",
        "one that is used again is refused and logged, and its owner told",
        &["tests/api/v1/auth/second_factor.rs::no_code_is_good_twice"],
        "refused, and in the audit as a wrong one; people type a code twice so often that no letter is sent",
    ),
    covered(
        "2.8.6",
        "an app that was lost can be removed, and is good nowhere from then on",
        &["tests/api/v1/auth/totp.rs::an_app_that_was_removed_is_not_asked_for"],
    ),
    covered(
        "2.8.7",
        "a finger is a second factor only, beside a device or a secret",
        &["components/auth/src/webauthn/tests.rs::a_touch_is_enough_only_where_it_is_asked_for"],
    ),
    not_tested(
        "2.9.1",
        "keys that verify devices are protected",
        "they are public ones, in a database that no other component reaches",
    ),
    covered(
        "2.9.2",
        "challenges never repeat, and have 64 bits at least",
        &[
            "components/auth/src/random.rs::a_secret_is_a_prefix_and_256_bits_that_never_repeat",
            "tests/api/v1/auth/passkeys.rs::a_challenge_is_answered_once_in_five_minutes_and_for_its_purpose",
        ],
    ),
    covered(
        "2.9.3",
        "by algorithms that are approved",
        &["components/auth/src/webauthn/tests.rs::a_key_of_any_kind_is_registered_and_used"],
    ),
    covered(
        "2.10.1",
        "services need no unchanging secret for each other",
        &[
            "tests/hostile/internal.rs::what_guards_are_told_nobody_else_is",
            "tests/hostile/personal_data.rs::no_spelling_of_an_internal_address_leads_there",
        ],
    ),
    not_tested(
        "2.10.2",
        "no service has a password by default",
        "no service has one",
    ),
    not_tested(
        "2.10.3",
        "passwords of services are stored safely",
        "no service has one",
    ),
    covered(
        "2.10.4",
        "secrets are not in the sources",
        &["tests/api/v1/auth/keys.rs::private_keys_are_stored_sealed_and_open_by_their_key_only"],
    ),
    covered(
        "3.1.1",
        "no token stands in an address",
        &[
            "tests/hostile/secrets.rs::passwords_tokens_and_queries_are_not_in_the_log",
            "components/auth/src/mail/letter.rs::a_link_leads_to_the_application_and_hides_its_secret_from_servers",
        ],
    ),
    covered(
        "3.2.1",
        "each sign-in makes a new session",
        &["tests/api/v1/auth/sign_in.rs::each_sign_in_is_a_session_of_its_own"],
    ),
    covered(
        "3.2.2",
        "tokens have 64 bits that nobody can guess",
        &["components/auth/src/random.rs::a_secret_is_a_prefix_and_256_bits_that_never_repeat"],
    ),
    covered(
        "3.2.3",
        "browsers keep tokens where no script reads them",
        &[
            "tests/api/v1/auth/cookies.rs::a_browser_that_asks_for_cookies_gets_no_token_to_read",
            "tests/api/chromium.rs::chromium_keeps_secure_cookies_of_localhost_and_shows_them_to_no_script",
        ],
    ),
    covered(
        "3.2.4",
        "tokens are made by algorithms that are approved",
        &["tests/api/v1/auth/keys.rs::tokens_are_signed_by_the_algorithm_that_is_asked_for"],
    ),
    covered(
        "3.3.1",
        "signing out ends the session",
        &[
            "tests/api/v1/auth/sign_out.rs::signing_out_ends_the_session",
            "tests/api/revocation.rs::who_signs_out_is_out_everywhere",
            "tests/api/v1/auth/refresh.rs::another_token_is_refused",
        ],
    ),
    noted(
        "3.3.2",
        "people prove again who they are after 12 hours, or 30 minutes unused",
        &[
            "tests/api/v1/auth/refresh.rs::a_session_ends_when_it_is_not_used_for_a_month",
            "tests/api/v1/auth/refresh.rs::a_session_ends_after_ninety_days_however_busy_it_is",
            "tests/api/v1/auth/step_up.rs::what_is_dangerous_wants_a_recent_proof_which_a_password_is",
        ],
        "a month unused, 90 days in all, as products for everybody have it; what is dangerous takes a proof of the last ten minutes",
    ),
    covered(
        "3.3.3",
        "a new password ends the other sessions",
        &[
            "tests/api/v1/auth/password/change.rs::a_new_password_ends_every_other_session",
            "tests/api/v1/auth/password/forgot.rs::a_mailed_link_is_good_for_a_new_password_which_ends_every_session",
        ],
    ),
    noted(
        "3.3.4",
        "people see their sessions and, having proven who they are again, can end each",
        &[
            "tests/api/v1/auth/sessions.rs::one_sees_where_one_is_signed_in",
            "tests/api/v1/auth/sessions.rs::a_session_can_be_ended_from_another",
            "tests/api/v1/auth/sessions.rs::all_other_sessions_can_be_ended_at_once",
        ],
        "without another proof: whoever notices a thief among them should not be held up",
    ),
    covered(
        "3.4.1",
        "cookies are Secure",
        &["tests/api/v1/auth/cookies.rs::a_browser_that_asks_for_cookies_gets_no_token_to_read"],
    ),
    covered(
        "3.4.2",
        "cookies are HttpOnly",
        &["tests/api/v1/auth/cookies.rs::a_browser_that_asks_for_cookies_gets_no_token_to_read"],
    ),
    covered(
        "3.4.3",
        "cookies are SameSite",
        &[
            "tests/api/v1/auth/cookies.rs::a_browser_that_asks_for_cookies_gets_no_token_to_read",
            "tests/api/v1/auth/cookies.rs::no_page_of_another_site_changes_anything",
        ],
    ),
    covered(
        "3.4.4",
        "cookies are of this host only, by their prefix",
        &["tests/api/v1/auth/cookies.rs::a_browser_that_asks_for_cookies_gets_no_token_to_read"],
    ),
    not_tested(
        "3.4.5",
        "cookies of an application that shares its host are bound to its path",
        "the prefix __Host- wants the path /: an application has a host of its own",
    ),
    covered(
        "3.5.1",
        "people can take back what they gave to programs",
        &[
            "tests/api/v1/auth/api_keys.rs::a_revoked_key_changes_nothing_from_then_on_and_soon_reads_nothing",
            "tests/api/v1/auth/oauth2.rs::consents_are_seen_and_taken_back_with_all_they_gave",
        ],
    ),
    noted(
        "3.5.2",
        "sessions are used rather than keys that never change",
        &[
            "tests/api/v1/auth/api_keys.rs::a_key_does_what_its_scopes_name_and_nothing_else",
            "tests/api/v1/auth/api_keys.rs::a_key_ends_when_it_says",
            "tests/api/v1/auth/api_keys.rs::a_new_secret_and_the_old_one_are_good_together_for_a_while",
        ],
        "API keys are for programs; they are scoped, end, and can be rotated",
    ),
    covered(
        "3.5.3",
        "tokens withstand change, replay, no signature and another key",
        &[
            "tests/hostile/tokens.rs::a_token_that_was_changed_is_refused",
            "tests/hostile/tokens.rs::a_token_without_a_signature_is_refused",
            "tests/hostile/tokens.rs::a_token_of_another_algorithm_is_refused",
            "tests/hostile/tokens.rs::a_token_by_another_key_is_refused",
            "tests/api/v1/auth/refresh.rs::a_refresh_token_that_is_used_again_ends_the_session",
        ],
    ),
    covered(
        "3.7.1",
        "what changes an account takes a recent proof",
        &[
            "tests/api/v1/auth/step_up.rs::what_is_dangerous_wants_a_recent_proof_which_a_password_is",
            "tests/api/v1/auth/step_up.rs::a_refresh_is_no_proof",
            "tests/api/v1/auth/api_keys.rs::making_a_key_takes_a_recent_proof_and_revoking_one_does_not",
        ],
    ),
];

#[test]
fn every_item_has_a_test_that_is_there_or_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let root = root.expect("tests lie in the workspace");
    for Item {
        id,
        asks,
        tests,
        because,
    } in ITEMS
    {
        assert!(!tests.is_empty() || !because.is_empty(), "{id}: {asks}");
        for test in *tests {
            let (file, name) = test.split_once("::").expect("a file and a name");
            let text = fs::read_to_string(root.join(file));
            let text = text.unwrap_or_else(|error| panic!("{id}: {file}: {error}"));
            assert!(is_test(&text, name), "{id}: there is no test {test}");
        }
    }
}

/// Whether `text` has a test of this name, and not merely a function.
fn is_test(text: &str, name: &str) -> bool {
    let lines = text.lines().map(str::trim);
    let pairs = lines.clone().zip(lines.skip(1));
    let beginnings = [format!("fn {name}("), format!("async fn {name}(")];
    pairs.into_iter().any(|(attribute, line)| {
        ["#[test]", "#[tokio::test]"].contains(&attribute)
            && beginnings.iter().any(|start| line.starts_with(start))
    })
}

#[test]
fn items_stand_in_order_and_once() {
    let number = |item: &Item| -> Vec<u32> {
        let parts = item.id.split('.').map(str::parse);
        parts.collect::<Result<_, _>>().expect("three numbers")
    };
    assert!(ITEMS.is_sorted_by(|one, next| number(one) < number(next)));
}

/// How many items of each section are of level 1 or 2; they are numbered from 1, and those of level 3 come last. Section 3.6
/// has none.
const SECTIONS: [(&str, usize); 16] = [
    ("2.1", 12),
    ("2.2", 3),
    ("2.3", 3),
    ("2.4", 5),
    ("2.5", 7),
    ("2.6", 3),
    ("2.7", 6),
    ("2.8", 7),
    ("2.9", 3),
    ("2.10", 4),
    ("3.1", 1),
    ("3.2", 4),
    ("3.3", 4),
    ("3.4", 5),
    ("3.5", 3),
    ("3.7", 1),
];

#[test]
fn no_item_is_missing() {
    let numbered = |(section, count)| (1..=count).map(move |item| format!("{section}.{item}"));
    let all = SECTIONS.into_iter().flat_map(numbered);
    assert!(all.eq(ITEMS.iter().map(|item| item.id.to_owned())));
}

#[tokio::test]
async fn nobody_has_an_account_before_somebody_signs_up() {
    let application = selvedge_tests::Setup::application().start();
    let nobody = serde_json::json!({"email": "admin@example.com", "password": "admin"});
    let client = application.client();
    client.post("/v1/auth/sign-in", &nobody).await.problem(401);
    let database = rusqlite::Connection::open(application.state().join("sqlite/auth.db"));
    let count = database.expect("auth has a database").query_row(
        "SELECT count(*) FROM accounts",
        [],
        |row| row.get(0),
    );
    assert_eq!(count, Ok(0));
}
