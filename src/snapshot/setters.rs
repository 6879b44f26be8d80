//! The `with_…` methods of the parts of a snapshot and of the events.
//!
//! All these types are `non_exhaustive`, so that a field can be added without
//! breaking anybody. A test therefore cannot build them by a literal, and sets
//! each field by a method instead. What sets more than one field, or checks
//! something, is written by hand.

/// Defines methods that set one field each and return the value.
macro_rules! setters {
    ($type:ident { $($(#[$doc:meta])* $method:ident($field:ident: $argument:ty) = $value:expr;)* }) => {
        impl $type {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $method(mut self, $field: $argument) -> Self {
                    self.$field = $value;
                    self
                }
            )*
        }
    };
}
pub(crate) use setters;
