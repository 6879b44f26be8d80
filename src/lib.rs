//! rumble-live
mod error;
mod transport;
mod url;

pub use self::{
    error::{Error, ErrorKind},
    transport::{Request, Response, Transport},
    url::ApiUrl,
};
