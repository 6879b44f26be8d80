//! The file that hushes the bot as long as it exists.

use std::{
    fmt,
    path::{Path, PathBuf},
    pin::pin,
    time::Duration,
};

use tokio::{
    fs::try_exists,
    sync::watch,
    time::{sleep, timeout},
};

/// How often to look for it.
const EVERY: Duration = Duration::from_secs(1);
/// How long the disk may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Looks for the file in its own task, so that a disk that hangs delays nothing
/// else.
#[derive(Debug)]
pub struct QuietFile {
    file: PathBuf,
    is_there: watch::Receiver<bool>,
}

impl QuietFile {
    /// Looks for the file once, and from then on regularly.
    pub async fn start(file: PathBuf) -> Self {
        let (tell, mut is_there) = watch::channel(true);
        is_there.mark_unchanged();
        tokio::spawn(look(file.clone(), tell));
        // The task ends only with the receiver.
        is_there.changed().await.unwrap_or_default();
        Self { file, is_there }
    }

    /// Whether the file exists. If nobody can tell, it counts as existing.
    #[must_use]
    pub fn is_there(&self) -> bool {
        *self.is_there.borrow()
    }

    /// The name of the file.
    #[must_use]
    pub fn name(&self) -> impl fmt::Display {
        Path::display(&self.file)
    }
}

async fn look(file: PathBuf, tell: watch::Sender<bool>) {
    loop {
        let mut answer = pin!(try_exists(&file));
        let in_time = timeout(PATIENCE, &mut answer).await;
        let is_late = in_time.is_err();
        tell.send_replace(in_time.ok().and_then(Result::ok).unwrap_or(true));
        if is_late {
            // Another look would hang as well.
            tell.send_replace(answer.await.unwrap_or(true));
        }
        tokio::select! {
            () = sleep(EVERY) => {}
            () = tell.closed() => return,
        }
    }
}
