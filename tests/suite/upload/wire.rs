//! Each step as other clients were seen to ask for it, and what is made of their answers.

use rumble_live::{
    ErrorKind, Response, StreamId, Visibility,
    session::Session,
    sim::Sim,
    time::{Date, Month, OffsetDateTime, Time},
    upload::{FieldErrors, Licence, Thumbnail, UploadBuilder, Uploaded},
};
use serde_json::Value;

use super::{
    Film, captain, draft,
    site::{Exchange, Site, fixture},
    sparse,
};

fn session(site: &Site) -> Session {
    Session::builder().transport(site.clone()).build("FAKE-SESSION-VALUE".parse().unwrap()).unwrap()
}

fn answers<const N: usize>(names: [(&str, &str); N]) -> Vec<Response> {
    names.map(|(file, name)| Exchange::of(file, name).answer()).into()
}

/// A date that is yet to come.
fn later() -> OffsetDateTime {
    Date::from_calendar_date(2126, Month::September, 15).unwrap().with_time(Time::from_hms(19, 0, 0).unwrap()).assume_utc()
}

/// As the form of the fixtures has it.
fn lamplight(session: &Session, path: &std::path::Path) -> UploadBuilder {
    draft(session, path)
        .description("the whole run")
        .tags(["retro", "lamplight"])
        .channel("7104422")
        .secondary_category(2201)
        .visibility(Visibility::Public)
        .schedule(later())
        .chunk_size(10_000_000)
}

#[tokio::test(start_paused = true)]
async fn each_step_asks_as_other_clients_do() {
    const CHUNKED: &str = "upload-chunked";
    let of = |name| Exchange::of(CHUNKED, name);
    let steps = ["host", "chunk 0", "chunk 0", "chunk 2, the short last one", "merge", "thumbnails"];
    let answers = steps.map(|name| of(name).answer()).into_iter().chain([Exchange::of("upload-publish", "publish, web").answer()]);
    let site = Site::new(answers);
    let folder = tempfile::tempdir().unwrap();
    let path = sparse(&folder, 23_000_001);
    let video = lamplight(&session(&site), &path).start().await.unwrap().finish().await.unwrap();
    assert_eq!((video.id.as_str(), video.title.as_deref()), ("7c1f4q", Some("Late levels by \"lamplight\" — all")));
    assert_eq!(video.url.as_deref(), Some("https://rumble.com/v7b8x3c-late-levels-by-lamplight.html"));
    assert_eq!(video.embed_script.as_deref(), Some("<script>var a={b:1};</script>"));
    assert!(video.embed.unwrap().ends_with("allowfullscreen></iframe>"));

    let asked = site.asked();
    assert_eq!(asked.len(), 7);
    for (name, asked) in steps.iter().zip(&asked).filter(|(_, asked)| !asked.url.contains("chunk=1_")) {
        of(name).assert_asked(asked);
    }
    assert!(asked[2].url.ends_with("chunkQty=3&chunk=1_1789412400123-154321.mp4"), "{}", asked[2].url);
    assert_eq!([&asked[1], &asked[2], &asked[3], &asked[4]].map(|asked| asked.lengths.1), [10_000_000, 10_000_000, 3_000_001, 0]);

    let publish = Exchange::of("upload-publish", "publish, web");
    publish.assert_asked(&asked[6]);
    assert_eq!(asked[6].header("content-type"), "application/x-www-form-urlencoded");
    let expected = publish.request()["form"].as_object().unwrap();
    let form = asked[6].form();
    assert_eq!(form.len(), expected.len());
    for (name, value) in &form {
        match name.as_str() {
            "schedulerDatetime" => assert_eq!(value, "2126-09-15T19:00:00Z"),
            "file_meta" => {
                let [mut value, mut expected] =
                    [value, expected[name].as_str().unwrap()].map(|json| serde_json::from_str::<Value>(json).unwrap());
                assert_eq!(value["name"], "long.mp4");
                value["name"] = expected["name"].clone();
                for known_now in ["modified", "time_start", "time_end", "speed"] {
                    assert_eq!(value[known_now].is_number(), expected[known_now].is_number(), "{known_now}");
                    (value[known_now], expected[known_now]) = (Value::Null, Value::Null);
                }
                assert_eq!(value, expected);
            }
            _ => assert_eq!(value, expected[name].as_str().unwrap(), "{name}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn thumbnail_of_one_s_own_is_sent_as_the_app_does() {
    let exchange = Exchange::of("upload-chunked", "own thumbnail, app");
    let mut all = answers([("upload-chunked", "host"), ("upload-chunked", "chunk, format=json"), ("upload-chunked", "merge, app")]);
    all.extend([exchange.answer(), Exchange::of("upload-publish", "publish, app").answer()]);
    let site = Site::new(all);
    let film = Film::of(1000);
    let picture = film.beside("front.png", b"<png bytes>");
    let upload = draft(&session(&site), &film.path).licence(Licence::AllButYouTube).thumbnail(Thumbnail::File(picture));
    let video = upload.start().await.unwrap().finish().await.unwrap();
    assert_eq!((video.id.as_str(), video.url), ("7c1f4q", None));
    let asked = site.asked();
    exchange.assert_asked(&asked[3]);
    let body = String::from_utf8(asked[3].body.clone()).unwrap();
    assert!(body.contains("name=\"customThumb\"") && body.contains("\r\n\r\n<png bytes>\r\n"), "{body}");
    let form = asked[4].form();
    let field = |name: &str| form.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
    assert_eq!((field("thumb"), field("featured")), (Some("ct-1789412400123-154321.png"), Some("7")));
    assert_eq!((field("channelId"), field("mediaChannelId"), field("visibility")), (Some("0"), Some(""), Some("private")));
}

#[tokio::test(start_paused = true)]
async fn refusals_are_told_as_what_they_are() {
    const CHUNKED: &str = "upload-chunked";
    let (host, chunk, merge) = ((CHUNKED, "host"), (CHUNKED, "chunk 0"), (CHUNKED, "merge"));
    let film = Film::of(1000);
    let gone = Site::new(answers([host, (CHUNKED, "chunk lost by the server")]));
    let error = draft(&session(&gone), &film.path).start().await.unwrap().finish().await.unwrap_err();
    assert_eq!((error.kind(), gone.asked().len()), (ErrorKind::FileGone, 2));

    let picture = film.beside("front.png", b"<png bytes>");
    let refused = Site::new(answers([host, chunk, merge, (CHUNKED, "own thumbnail refused")]));
    let upload = draft(&session(&refused), &film.path).thumbnail(Thumbnail::File(picture));
    assert_eq!(upload.start().await.unwrap().finish().await.unwrap_err().to_string(), "Rumble refused: thumb: FAILED (e:1)");

    for (file, name) in [("upload-publish", "publish refused, web"), ("upload-publish", "publish refused, app"), (CHUNKED, "no session")] {
        let site = Site::new(answers([host, chunk, merge, (CHUNKED, "thumbnails"), (file, name)]));
        let error = draft(&session(&site), &film.path).start().await.unwrap().finish().await.unwrap_err();
        assert_eq!((error.kind(), site.asked().len()), (ErrorKind::Refused, 5), "{name}");
        let fields = FieldErrors::of(&error).unwrap();
        let words = ["title", "video"].map(|field| fields.get(field).unwrap().message.as_str());
        assert_eq!(words, ["Please enter a title", "You must upload a file"], "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn host_of_another_site_gets_nothing() {
    for endpoint in ["https://evil.example/upload.php", "http://web19.rumble.com/upload.php", "https://rumble.com.evil.example/u"] {
        let host = serde_json::json!({"user": {"id": "_u1", "logged_in": true, "upload": {"endpoint": endpoint}}, "data": {}});
        let mut all = vec![Response::ok(host.to_string())];
        all.extend(answers([("upload-chunked", "chunk 0"), ("upload-chunked", "merge"), ("upload-chunked", "thumbnails")]));
        all.push(Response::ok(fixture("upload-publish-ok.txt")));
        let site = Site::new(all);
        let film = Film::of(1000);
        draft(&session(&site), &film.path).start().await.unwrap().finish().await.unwrap();
        // The site's own takes videos too, and all of them on one host.
        assert!(site.asked().iter().all(|asked| asked.url.starts_with("https://rumble.com/")));
    }
}

#[tokio::test(start_paused = true)]
async fn no_error_shows_the_token_though_the_server_says_it() {
    let page = r#"<script>uf.response.setErrors({title:"not for FAKE-SESSION-VALUE"});</script>"#;
    let mut all =
        answers([("upload-chunked", "host"), ("upload-chunked", "chunk 0"), ("upload-chunked", "merge"), ("upload-chunked", "thumbnails")]);
    all.push(Response::ok(page));
    let site = Site::new(all);
    let film = Film::of(1000);
    let error = draft(&session(&site), &film.path).start().await.unwrap().finish().await.unwrap_err();
    assert_eq!(error.to_string(), "Rumble refused: title: not for <redacted>");
    assert!(!format!("{error:?}").contains("FAKE-SESSION"));
}

#[test]
fn answers_of_a_publishing_are_read_by_themselves_too() {
    let video = Uploaded::from_answer(fixture("upload-publish-ok.txt").as_bytes()).unwrap();
    assert_eq!((video.id.as_str(), video.id.decimal()), ("7c1f4q", Some(443_484_890)));
    let json = serde_json::to_string(&video).unwrap();
    assert_eq!(serde_json::from_str::<Uploaded>(&json).unwrap(), video);
    assert_eq!(Uploaded::from_answer(fixture("upload-publish-errors.txt").as_bytes()).unwrap_err().kind(), ErrorKind::Refused);
    for (body, kind) in [
        (r#"{"success": 1, "data": {"fid": 0}}"#, ErrorKind::Decode),
        (r#"{"success": 1}"#, ErrorKind::Decode),
        (r#"{"success": 0}"#, ErrorKind::Refused),
        (r#"{"success": 0, "error_msg": "no"}"#, ErrorKind::Refused),
        (r#"<script>uf.response.setSuccess({url:"https://rumble.com/v1.html"}, 7)</script>"#, ErrorKind::Decode),
        ("<script>uf.response.setSuccess({fid:7}, 8)</script>", ErrorKind::Decode),
        ("<script>uf.response.setSuccess({fid:-7})</script>", ErrorKind::Decode),
        ("<script>uf.response.setSuccess({fid:7.5})</script>", ErrorKind::Decode),
        ("<script>uf.response.setSuccess({fid:99999999999999999999})</script>", ErrorKind::Decode),
        ("<script>uf.response.setErrors({})</script>", ErrorKind::Refused),
        ("", ErrorKind::Decode),
    ] {
        assert_eq!(Uploaded::from_answer(body.as_bytes()).unwrap_err().kind(), kind, "{body}");
    }
    let odd_url = r#"<script>uf.response.setSuccess({url:"javascript:alert(1)",fid:7})</script>"#;
    assert_eq!(Uploaded::from_answer(odd_url.as_bytes()).unwrap().url, None);
}

#[tokio::test(start_paused = true)]
async fn vectors_hold() {
    let vectors: Value = serde_json::from_str(&fixture("upload-vectors.json")).unwrap();
    let sim = Sim::running(1);
    let session = captain(&sim);
    let folder = tempfile::tempdir().unwrap();
    for plan in vectors["chunk_plans"].as_array().unwrap() {
        let number = |name: &str| plan[name].as_u64().unwrap();
        let path = sparse(&folder, number("size"));
        let mut upload = draft(&session, &path).chunk_size(number("chunk")).start().await.unwrap();
        let first = upload.next().await.unwrap();
        assert_eq!((first.chunks, first.total), (number("qty_ceil"), number("size")), "{plan}");
    }
    for id in vectors["base36"].as_array().unwrap() {
        let fid = id["video_id_int"].as_u64().unwrap();
        let answer = format!("<script>uf.response.setSuccess({{fid:{fid}}}, {fid})</script>");
        let video = Uploaded::from_answer(answer.as_bytes()).unwrap();
        assert_eq!(format!("v{}", video.id), id["video_id"].as_str().unwrap());
        assert_eq!(video.id, StreamId::from_decimal(fid));
    }
}
