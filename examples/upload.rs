//! Uploads a video.

fn main() {}
