//! What a tracker tells, and what it does not: the promises of the crate, rule by rule.

mod bounds;
mod clock;
mod floor;
mod forms;
mod gaps;
mod gifts;
mod identity;
mod ids;
mod livestreams;
mod missing_lists;
mod order;
mod rants;
mod replay;
mod unchanged;
