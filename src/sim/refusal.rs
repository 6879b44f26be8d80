//! The API's answers to a wrong or missing key.

/// The API's answer to a wrong key (403).
pub(super) const WRONG_KEY: &str =
    r#"{"user":{"id":null,"logged_in":false},"errors":[{"code":"403","message":"Forbidden","type":"generic"}]}"#;
/// The API's answer to a missing key (400).
pub(super) const NO_KEY: &str = r#"{"user":{"id":null,"logged_in":false},"errors":[{"code":"invalid_request","message":"No access token found in the request","type":"generic"}]}"#;
