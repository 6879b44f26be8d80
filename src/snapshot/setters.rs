//! What every part of a snapshot, and every event, is built with.

/// Methods that set one field each and hand the value on, so that it can be built in one expression.
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
