//! What a tracker tells, and what it does not: the promises of the crate, rule by rule.

mod accounts;
mod bounds;
mod clock;
mod field;
mod floor;
mod forms;
mod gaps;
mod gifts;
mod identity;
mod ids;
mod livestreams;
mod missing_lists;
mod names;
mod one_second;
mod order;
mod quiet_start;
mod rants;
mod replay;
mod shift;
mod unchanged;
mod unreadable;
