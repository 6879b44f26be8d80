//! The services that take videos: in chunks from a logged-in user, or in one
//! request with a token.
//!
//! Which step a request belongs to is read from its query alone, before its
//! body, so that a fault can answer without reading a film. A loss of the
//! answer comes after the request was carried out; only `Loss::Before` comes
//! before. The documented service needs its body to learn whose token it has,
//! so its faults are those of the first account.

mod received;
mod script;
mod state;
mod wire;

use std::{collections::BTreeMap, future::pending};

use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{CONTENT_TYPE, LOCATION},
};
use serde_json::json;

use self::state::Spoiled;
pub use self::{received::ReceivedFile, state::UploadedVideo};
pub(super) use self::{received::ReceivedForm, state::Uploads};
use super::{
    Loss, Sim,
    session::{broken, cut, token_of},
};
use crate::{Body, Error, Response, upload::Step};

/// A request to the service that takes chunks.
pub(super) struct Asked<'a> {
    pub(super) method: &'a Method,
    pub(super) query: Option<&'a str>,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: Body,
}

/// The most bytes of the form that publishes.
const LONGEST_FORM: usize = 1 << 20;

/// What is asked of the service that takes chunks.
enum Wanted {
    Chunk { upload: String, number: usize },
    Merge { upload: String, chunks: usize },
    Thumbnails { file: String },
    OwnThumbnail { name: String },
    Publish,
}

impl Wanted {
    /// What is asked for. `None` for another version of the service, or
    /// nonsense.
    fn of(method: &Method, query: Option<&str>) -> Option<Self> {
        let query: BTreeMap<_, _> = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
        let get = |name: &str| query.get(name).cloned();
        get("api").filter(|api| api == "1.3")?;
        if get("form").is_some() {
            return (method == Method::POST).then_some(Self::Publish);
        }
        if let Some(file) = get("thumbnails") {
            return Some(Self::Thumbnails { file });
        }
        if let Some(name) = get("cthumb") {
            return Some(Self::OwnThumbnail { name });
        }
        let (name, chunks) = (get("chunk")?, get("chunkQty")?.parse().ok()?);
        if get("merge").is_some() {
            return Some(Self::Merge { upload: name, chunks });
        }
        let (number, upload) = name.split_once('_')?;
        let number = number.parse().ok().filter(|number| *number < chunks)?;
        Some(Self::Chunk { upload: upload.to_owned(), number })
    }

    /// The step of an upload that it belongs to.
    fn step(&self) -> Step {
        match self {
            Self::Chunk { .. } => Step::Chunks,
            Self::Merge { .. } => Step::Merge,
            Self::Thumbnails { .. } | Self::OwnThumbnail { .. } => Step::Thumbnail,
            Self::Publish => Step::Publish,
        }
    }
}

impl Sim {
    /// What a request with a piece of a video gets, or one that is about it.
    pub(super) async fn upload_answer(&self, asked: Asked<'_>) -> Result<Response, Error> {
        let Some(wanted) = Wanted::of(asked.method, asked.query) else { return Ok(Response::new(StatusCode::NOT_FOUND, "")) };
        let spoiled = self.world().uploads.begin(wanted.step());
        self.spoiled(spoiled, async {
            let username = token_of(asked.headers).and_then(|token| self.world().username_of(token));
            match username {
                Some(username) => self.carry_out_upload(&username, wanted, asked.headers, asked.body).await,
                None => Ok(to_the_login()),
            }
        })
        .await
    }

    /// What becomes of a request that is to be carried out so.
    async fn spoiled(&self, spoiled: Option<Spoiled>, carry_out: impl Future<Output = Result<Response, Error>>) -> Result<Response, Error> {
        let loss = match spoiled {
            None => return carry_out.await,
            Some(Spoiled::Answer(next)) => return next.response(),
            Some(Spoiled::Lost(Loss::Before)) => return Err(broken()),
            Some(Spoiled::Lost(loss)) => loss,
        };
        let answer = carry_out.await?;
        match loss {
            Loss::Silence => pending().await,
            Loss::Within(bytes) => Ok(cut(answer, bytes)),
            Loss::Before | Loss::After => Err(broken()),
        }
    }

    /// Does what a user asks for, and answers.
    async fn carry_out_upload(&self, username: &str, wanted: Wanted, headers: &HeaderMap, body: Body) -> Result<Response, Error> {
        match wanted {
            Wanted::Chunk { upload, number } => {
                let Some(mut digest) = self.world().uploads.before(&upload, number) else { return Ok(self.file_gone()) };
                digest.take_all(body).await?;
                self.world().uploads.take_chunk(&upload, number, digest);
                Ok(self.text_or_json("", &json!({"data": format!("{number}_{upload}"), "code": "", "success": 1})))
            }
            Wanted::Merge { upload, chunks } => {
                let merged = self.world().uploads.merge(username, &upload, chunks);
                Ok(match merged {
                    Some(name) => self.text_or_json(&name, &json!({"code": name, "success": 1})),
                    None => self.file_gone(),
                })
            }
            Wanted::Thumbnails { file } => {
                let is_there = self.world().uploads.files.contains_key(&file);
                let keys = if is_there { json!({"t0": "AAAA", "t1": "BBBB", "t2": "CCCC"}) } else { json!([]) };
                Ok(Response::ok(keys.to_string()))
            }
            Wanted::OwnThumbnail { name } => {
                let form = ReceivedForm::read(headers, body).await?;
                let Some(file) = form.file("customThumb") else { return Ok(Response::ok(r#"{"ref":"FAILED (e:1)"}"#)) };
                self.world().uploads.thumbnails.insert(name.clone(), file.clone());
                Ok(Response::ok(json!({"ref": name}).to_string()))
            }
            Wanted::Publish => {
                let form = body.collect(LONGEST_FORM).await?;
                let fields: BTreeMap<String, String> = form_urlencoded::parse(&form).into_owned().collect();
                Ok(self.publish(username, fields))
            }
        }
    }

    /// Publishes what was merged, or says field by field what is wrong. A
    /// second video with the same bytes is refused.
    fn publish(&self, username: &str, fields: BTreeMap<String, String>) -> Response {
        let mut world = self.world();
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let file = world.uploads.files.get(&field("video[]")).filter(|(owner, _)| owner == username).map(|(_, file)| file.clone());
        let is_duplicate = file.as_ref().is_some_and(|file| world.uploads.published.iter().any(|video| video.file.md5 == file.md5));
        let mut errors = Vec::new();
        if field("title").trim().is_empty() {
            errors.push(("title", "Please enter a title"));
        }
        if field("terms") != "1" || field("rights") != "1" {
            errors.push(("terms", "You must accept the terms"));
        }
        match &file {
            None => errors.push(("video", "You must upload a file")),
            Some(_) if is_duplicate => errors.push(("video", "Duplicate video")),
            Some(_) => {}
        }
        let (Some(file), true) = (file, errors.is_empty()) else {
            let fields: serde_json::Map<_, _> = errors.iter().map(|(field, words)| ((*field).to_owned(), (*words).into())).collect();
            let answers_in_json = world.uploads.answers_in_json;
            drop(world);
            return if answers_in_json {
                Response::ok(json!({"success": 0, "error_msg": fields}).to_string())
            } else {
                Response::ok(wire::errors_page(&errors))
            };
        };
        let id = world.new_video_id();
        let thumbnail = world.uploads.thumbnails.get(&field("thumb")).cloned();
        let title = field("title");
        let more_files = BTreeMap::new();
        world.uploads.published.push(UploadedVideo { id: id.clone(), username: username.into(), file, thumbnail, fields, more_files });
        drop(world);
        let page = wire::success_page(&id, &title);
        self.page_or_json(page, &json!({"success": 1, "data": {"fid": id.decimal()}}))
    }

    /// The answer if parts are missing.
    fn file_gone(&self) -> Response {
        self.text_or_json("", &json!({"data": "", "code": "FileGone", "success": 0}))
    }

    /// A good answer, in the form in which this site answers.
    fn text_or_json(&self, text: &str, json: &serde_json::Value) -> Response {
        // An upload whose parts are gone is told in JSON alone; in text it is an empty name, which says so of a merging only.
        if self.world().uploads.answers_in_json || json["code"] == "FileGone" {
            return Response::ok(json.to_string());
        }
        Response::ok(text.to_owned()).header(CONTENT_TYPE, HeaderValue::from_static("text/plain"))
    }

    /// The answer to a publishing, in the form in which this site answers.
    fn page_or_json(&self, page: String, json: &serde_json::Value) -> Response {
        if self.world().uploads.answers_in_json { Response::ok(json.to_string()) } else { Response::ok(page) }
    }

    /// Whether one of its users has this token.
    pub(super) fn knows_upload_token(&self, form: &ReceivedForm) -> bool {
        self.world().uploads.tokens.contains_key(form.field("access_token"))
    }

    /// What a request of the documented service gets, whose body is read by
    /// `read`.
    pub(super) async fn simple_upload_answer(
        &self,
        read: impl Future<Output = Result<(Self, ReceivedForm), Error>>,
    ) -> Result<Response, Error> {
        let spoiled = self.world().uploads.begin(Step::Whole);
        self.spoiled(spoiled, async {
            let (account, form) = read.await?;
            Ok(account.take_simple_upload(form))
        })
        .await
    }

    /// Publishes the video of a form, or says field by field what is wrong.
    fn take_simple_upload(&self, form: ReceivedForm) -> Response {
        let mut world = self.world();
        let Some(username) = world.uploads.tokens.get(form.field("access_token")).cloned() else {
            let errors = json!({"access_token": {"code": "unauthorized_client", "message": "access token or user not found"}});
            return Response::new(StatusCode::FORBIDDEN, json!({"success": false, "errors": errors}).to_string());
        };
        let mut errors = serde_json::Map::new();
        let mut require = |name: &str, is_there: bool| {
            if !is_there {
                errors.insert(name.to_owned(), json!({"code": "REQUIRED", "message": format!("{name} is required")}));
            }
        };
        require("title", !form.field("title").is_empty());
        require("license_type", ["0", "6"].contains(&form.field("license_type")));
        require("video", form.file("video").is_some());
        let (Some(file), true) = (form.file("video").cloned(), errors.is_empty()) else {
            return Response::ok(json!({"success": false, "errors": errors}).to_string());
        };
        let id = world.new_video_id();
        let thumbnail = form.file("thumb").cloned();
        let ReceivedForm { mut fields, files } = form;
        fields.retain(|(name, _)| name != "access_token");
        let more_files = files.into_iter().filter(|(name, _)| name != "video" && name != "thumb").collect();
        let fields = fields.into_iter().collect();
        world.uploads.published.push(UploadedVideo { id: id.clone(), username, file, thumbnail, fields, more_files });
        Response::ok(wire::simple_success(&id).to_string())
    }
}

/// The answer to somebody who is not logged in.
fn to_the_login() -> Response {
    Response::new(StatusCode::FOUND, "").header(LOCATION, HeaderValue::from_static("https://auth.rumble.com/login?theme=s"))
}

impl super::world::World {
    /// Whose token it is.
    fn username_of(&self, token: &str) -> Option<String> {
        self.sessions.whose(token).map(ToOwned::to_owned)
    }
}
