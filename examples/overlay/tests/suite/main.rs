//! The promises of the overlay: of its board alone, over real HTTP, and in a
//! browser.

#[expect(dead_code, reason = "the tests do not need all of it")]
#[path = "../../src/board.rs"]
mod board;
mod board_tests;
mod browser;
mod http;
mod in_browser;
mod overlay;
mod restarts;
