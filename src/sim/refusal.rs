//! The API's answers to a wrong or missing key.
//!
//! They are JSON with an `errors` list, by which a client tells a refused key
//! from the page of a proxy with the same status.

/// The API's answer to a wrong key (403).
pub(super) const WRONG_KEY: &str =
    r#"{"user":{"id":null,"logged_in":false},"errors":[{"code":"403","message":"Forbidden","type":"generic"}]}"#;
/// The API's answer to a missing key (400).
pub(super) const NO_KEY: &str = r#"{"user":{"id":null,"logged_in":false},"errors":[{"code":"invalid_request","message":"No access token found in the request","type":"generic"}]}"#;
