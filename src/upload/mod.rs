//! To upload videos. Feature `upload`.

mod answer;
mod builder;
mod choice;
mod fields;
mod form;
mod multipart;
mod plan;
mod progress;
mod run;
mod running;
mod sending;
mod simple;
mod source;
mod steps;

pub use self::{
    answer::Uploaded,
    builder::UploadBuilder,
    choice::{Licence, Thumbnail},
    fields::{FieldError, FieldErrors},
    progress::{Progress, Step},
    running::Upload,
    simple::{SimpleUpload, SimpleUploadBuilder, UploadToken},
};
