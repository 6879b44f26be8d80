//! The `with_…` methods of the parts of a snapshot and of the events.

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
