//! Reads any bytes as the answer to the publishing of a video, and as the title
//! in a good answer.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rumble_live::{
    ErrorKind,
    upload::{FieldErrors, Uploaded},
};

fuzz_target!(|data: &[u8]| {
    match Uploaded::from_answer(data) {
        Ok(video) => {
            assert!(video.id.decimal().is_some_and(|fid| fid > 0));
            let json = serde_json::to_string(&video).expect("it has a JSON form");
            assert_eq!(serde_json::from_str::<Uploaded>(&json).expect("it is read again"), video);
        }
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::Refused | ErrorKind::Decode), "{error}");
            assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
            let fields = FieldErrors::of(&error).map(|fields| fields.as_slice().len());
            assert!(fields.is_none_or(|fields| (1..=32).contains(&fields)));
        }
    }
    // Whatever the title contains, the id and the URL next to it are read correctly.
    let Ok(title) = str::from_utf8(data) else { return };
    let written = serde_json::to_string(title).expect("a text has a JSON form").replace('/', "\\/");
    for script in [
        format!("{{url:\"https:\\/\\/rumble.com\\/v1.html\",fid:443484890,title:{written}}}"),
        format!("{{title:{written},fid:443484890,url:\"https:\\/\\/rumble.com\\/v1.html\"}}"),
    ] {
        let page = format!("<html><script>window.parent.uf.response.setSuccess({script}, 443484890);</script></html>");
        let video = Uploaded::from_answer(page.as_bytes()).expect("a good answer");
        assert_eq!((video.id.as_str(), video.url.as_deref()), ("7c1f4q", Some("https://rumble.com/v1.html")));
        assert_eq!(video.title.as_deref().unwrap_or_default(), title);
    }
    let page = format!("<script>uf.response.setErrors({{title:{written}}});</script>");
    assert_eq!(Uploaded::from_answer(page.as_bytes()).expect_err("a refusal").kind(), ErrorKind::Refused);
});
