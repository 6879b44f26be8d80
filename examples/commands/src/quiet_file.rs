//! The file that hushes the bot while it is there.

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

/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(1);
/// How long the disk may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Looks for the file in a task of its own, so that a disk that hangs holds up nothing else.
#[derive(Debug)]
pub struct QuietFile {
    file: PathBuf,
    is_there: watch::Receiver<bool>,
}

impl QuietFile {
    /// Looks for it once, and then time and again.
    pub async fn start(file: PathBuf) -> Self {
        let (tell, mut is_there) = watch::channel(true);
        is_there.mark_unchanged();
        tokio::spawn(look(file.clone(), tell));
        // It ends only with the receiver.
        is_there.changed().await.unwrap_or_default();
        Self { file, is_there }
    }

    /// Whether it is there. Where nobody can tell, it is taken to be there.
    #[must_use]
    pub fn is_there(&self) -> bool {
        *self.is_there.borrow()
    }

    /// What to call it.
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
