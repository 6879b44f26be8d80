//! The same over real sockets.

use rumble_live::{
    Endpoints, ErrorKind,
    session::Session,
    sim::{Loss, Server, Sim},
    upload::{Licence, SimpleUpload, Step, Thumbnail},
};

use super::{Film, draft, in_three, sparse};

async fn served() -> (Sim, Server, Session) {
    let sim = Sim::running(1);
    let server = sim.serve().await.unwrap();
    let session = Session::builder().endpoints(Endpoints::at(server.url()).unwrap()).build(sim.session("captain")).unwrap();
    (sim, server, session)
}

#[tokio::test]
async fn video_and_thumbnail_arrive_byte_by_byte_over_one_connection() {
    let (sim, server, session) = served().await;
    let film = Film::of(3_000_000);
    let picture = film.beside("front.png", &vec![7; 100_000]);
    let upload = draft(&session, &film.path).chunk_size(1_000_000).thumbnail(Thumbnail::File(picture));
    let video = upload.start().await.unwrap().finish().await.unwrap();
    let published = sim.uploads().pop().unwrap();
    assert_eq!((published.id, published.file.size, published.file.md5), (video.id, 3_000_000, film.md5()));
    assert_eq!((published.thumbnail.unwrap().size, server.connections()), (100_000, 1));
}

#[tokio::test]
async fn chunk_whose_connection_breaks_is_sent_again_and_a_publishing_is_not() {
    let (sim, _server, session) = served().await;
    let film = Film::of(1_000_000);
    for loss in [Loss::Before, Loss::After] {
        sim.lose_upload_answer_next(Step::Chunks, loss);
    }
    in_three(&session, &film).await.finish().await.unwrap();
    assert_eq!((sim.upload_requests(Step::Chunks), &sim.uploads()[0].file.md5), (5, &film.md5()));
    for loss in [Loss::Before, Loss::After, Loss::Within(30)] {
        let (sim, _server, session) = served().await;
        sim.lose_upload_answer_next(Step::Publish, loss);
        let error = in_three(&session, &film).await.finish().await.unwrap_err();
        assert_eq!((error.kind(), sim.upload_requests(Step::Publish)), (ErrorKind::Unclear, 1), "{loss:?}");
    }
}

#[tokio::test]
async fn upload_by_token_arrives_at_the_account_of_the_token() {
    let (sim, server, _) = served().await;
    let other = Sim::running(2);
    let _url = server.add(&other);
    let film = Film::of(1_000_000);
    for (account, bytes) in [(&sim, 1), (&other, 2)] {
        let uploads = SimpleUpload::new(account.upload_token("captain")).endpoints(Endpoints::at(server.url()).unwrap());
        let upload = uploads.upload(&film.path).title("Night").licence(Licence::RumbleOnly).start().await.unwrap();
        let video = upload.finish().await.unwrap();
        assert_eq!((&account.uploads()[0].id, &account.uploads()[0].file.md5), (&video.id, &film.md5()), "{bytes}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn gigabyte_is_sent_with_flat_memory() {
    let alone = ["--exact", "upload::sockets::peak_of_memory_of_a_gigabyte", "--ignored"];
    let output = std::process::Command::new(std::env::current_exe().unwrap()).args(alone).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "run in a process of its own by the test above"]
async fn peak_of_memory_of_a_gigabyte() {
    const SIZE: u64 = 1_000_000_000;
    let peak = || -> usize {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    };
    let (sim, server, session) = served().await;
    let folder = tempfile::tempdir().unwrap();
    let path = sparse(&folder, SIZE);
    let before = peak();
    draft(&session, &path).start().await.unwrap().finish().await.unwrap();
    let uploads = SimpleUpload::new(sim.upload_token("captain")).endpoints(Endpoints::at(server.url()).unwrap());
    uploads.upload(&path).title("Night").licence(Licence::RumbleOnly).start().await.unwrap().finish().await.unwrap();
    let grown = peak() - before;
    let sizes: Vec<_> = sim.uploads().iter().map(|video| video.file.size).collect();
    assert_eq!((sizes, sim.upload_requests(Step::Chunks)), (vec![SIZE, SIZE], 200));
    assert!(grown < 32 * 1024, "{grown} KiB");
}
