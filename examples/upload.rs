//! Uploads a video and shows a progress bar.
//!
//! The user comes from the session in `RUMBLE_SESSION`. Without it, the example
//! uses a simulated account on this machine.

use std::{
    env,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use rumble_live::{
    Endpoints, Visibility,
    session::{Session, SessionToken},
    sim::Sim,
    time::{OffsetDateTime, format_description::well_known::Rfc3339},
    upload::{Licence, Thumbnail, Upload, UploadBuilder, Uploaded},
};
use tokio::runtime::Builder;

/// The environment variable that holds the token.
const VARIABLE: &str = "RUMBLE_SESSION";
/// How large the made-up film for the simulated account is.
const SIZE: u64 = 25_000_000;

/// Uploads a video and shows a progress bar.
///
/// Put the session into the environment variable `RUMBLE_SESSION`; it is the
/// cookie `u_s` of a browser. Without it, the example uses a simulated account
/// on this machine.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// The file [default, for the simulated account: a made-up one]
    file: Option<PathBuf>,
    /// Its title [default: none; for the simulated account, one that is made
    /// up]
    #[arg(long)]
    title: Option<String>,
    /// What it is about
    #[arg(long, default_value = "")]
    description: String,
    /// Words to find it by, separated by commas
    #[arg(long, value_delimiter = ',')]
    tags: Vec<String>,
    /// The number of its category [default: none; for the simulated account,
    /// 15]
    #[arg(long)]
    category: Option<u64>,
    /// One of the user's channels, by its number [default: the user's own
    /// profile]
    #[arg(long)]
    channel: Option<String>,
    /// Who can see it
    #[arg(long, value_enum, default_value_t = Audience::Private)]
    visibility: Audience,
    /// When it becomes public, such as 2030-01-02T03:04:05Z [default: at once]
    #[arg(long, value_parser = instant)]
    schedule: Option<OffsetDateTime>,
    /// A thumbnail [default: one that Rumble makes]
    #[arg(long)]
    thumbnail: Option<PathBuf>,
    /// The rights that you give Rumble
    #[arg(long, value_enum)]
    licence: Option<Rights>,
    /// I accept Rumble's terms
    #[arg(long)]
    accept_terms: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Audience {
    Public,
    Unlisted,
    Private,
}

#[derive(Clone, Copy, ValueEnum)]
enum Rights {
    PersonalUse,
    ExclusiveManagement,
    RumbleOnly,
    AllButYoutube,
}

fn instant(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|error| error.to_string())
}

fn main() -> ExitCode {
    let options = Options::parse();
    common::run::run(&mut Builder::new_multi_thread(), async move {
        if env::var_os(VARIABLE).is_none() {
            return upload_to_a_simulated_account(options).await;
        }
        let Some(file) = options.file.clone() else { bail!("name the file to upload") };
        let session = Session::from_token(SessionToken::from_env(VARIABLE)?)?;
        finish(options.set(session.upload(file)).start().await?).await.map(drop)
    })
}

impl Options {
    fn set(self, upload: UploadBuilder) -> UploadBuilder {
        let visibility = match self.visibility {
            Audience::Public => Visibility::Public,
            Audience::Unlisted => Visibility::Unlisted,
            Audience::Private => Visibility::Private,
        };
        let licence = self.licence.map(|licence| match licence {
            Rights::PersonalUse => Licence::PersonalUse,
            Rights::ExclusiveManagement => Licence::ExclusiveManagement,
            Rights::RumbleOnly => Licence::RumbleOnly,
            Rights::AllButYoutube => Licence::AllButYouTube,
        });
        let upload = upload.description(self.description).tags(self.tags).visibility(visibility);
        let upload = self.title.into_iter().fold(upload, UploadBuilder::title);
        let upload = self.category.into_iter().fold(upload, UploadBuilder::category);
        let upload = licence.into_iter().fold(upload, UploadBuilder::licence);
        let upload = self.channel.into_iter().fold(upload, UploadBuilder::channel);
        let upload = self.schedule.into_iter().fold(upload, UploadBuilder::schedule);
        let upload = self.thumbnail.into_iter().fold(upload, |upload, file| upload.thumbnail(Thumbnail::File(file)));
        // If nobody has accepted the terms, the library refuses the upload.
        if self.accept_terms { upload.accept_terms() } else { upload }
    }
}

/// Shows the progress bar until the video is published.
async fn finish(mut upload: Upload) -> anyhow::Result<Uploaded> {
    let bar =
        ProgressBar::no_length().with_style(ProgressStyle::with_template("{msg:24} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec}")?);
    while let Some(progress) = upload.next().await {
        bar.set_length(progress.total);
        bar.set_position(progress.sent);
        bar.set_message(match progress.failures {
            0 => progress.step.to_string(),
            failures => format!("{}, try {}", progress.step, failures + 1),
        });
    }
    bar.finish_and_clear();
    let video = upload.finish().await?;
    print(&format!("published as {}: {}", video.id, video.url.as_deref().unwrap_or("its page is not known yet")))?;
    Ok(video)
}

/// Lets one chunk fail once, and prints what the account got in the end.
async fn upload_to_a_simulated_account(mut options: Options) -> anyhow::Result<()> {
    let sim = Sim::running(7);
    let server = sim.serve().await.context("cannot serve the simulated account")?;
    let session = Session::builder().endpoints(Endpoints::at(server.url())?).build(sim.session("captain"))?;
    let made_up = tempfile::Builder::new().suffix(".mp4").tempfile()?;
    made_up.as_file().set_len(SIZE)?;
    options.title = options.title.or_else(|| Some("Harbour lights, late shift".into()));
    options.category = options.category.or(Some(15));
    // Nobody's rights are at stake on a simulated account.
    options.accept_terms = true;
    options.licence = options.licence.or(Some(Rights::PersonalUse));
    let file = options.file.clone().unwrap_or_else(|| made_up.path().to_owned());
    sim.fail_upload_next(rumble_live::upload::Step::Chunks, 502);
    finish(options.set(session.upload(file)).start().await?).await?;
    let videos = sim.uploads();
    let Some(video) = videos.last() else { bail!("the simulated account has no video") };
    print(&format!("the simulated account got {} bytes with the MD5 {}", video.file.size, video.file.md5))
}

fn print(line: &str) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{line}").context("standard output")
}
