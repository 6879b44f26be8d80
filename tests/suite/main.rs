mod auto_traits;
mod cancel_safety;
mod faults;
mod politeness;
mod secrets;
mod support;
mod watcher;
