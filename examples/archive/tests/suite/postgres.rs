//! A `PostgreSQL` server for the tests alone, in its own folder.

use std::{
    env,
    fs::{File, Permissions},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

use crate::program::Database;

/// With everything escaped that a URL needs escaped.
pub(crate) const PASSWORD: &str = "s3cret:of/the@harb%ur";
/// The files that make a server speak TLS.
pub(crate) const CERTIFICATE: &str = "server.crt";
pub(crate) const KEY: &str = "server.key";
const ESCAPED: &str = "s3cret%3Aof%2Fthe%40harb%25ur";

pub(crate) struct Server {
    folder: TempDir,
    programs: PathBuf,
    pub(crate) port: u16,
}

impl Server {
    /// `None` if `PostgreSQL` is not installed, which is an error on CI.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// With these files in its folder.
    pub(crate) fn start_with(files: &[(&str, String)]) -> Option<Self> {
        let Some(programs) = programs() else {
            let missing =
                "PostgreSQL is not installed; on Debian: apt install postgresql-15, or set POSTGRES_BIN to the folder of its programs";
            assert!(env::var_os("CI").is_none(), "{missing}");
            eprintln!("\n!!! SKIPPED: {missing}\n");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { folder, programs, port };
        let password = server.path("password");
        std::fs::write(&password, PASSWORD).unwrap();
        for (name, content) in files {
            std::fs::write(server.path(name), content).unwrap();
            // A server takes no key that others can read.
            std::fs::set_permissions(server.path(name), Permissions::from_mode(0o600)).unwrap();
        }
        if is_root() {
            assert!(Command::new("chown").args(["-R", user()]).arg(server.folder.path()).status().unwrap().success());
        }
        let data = server.path("data");
        let mut initdb = server.command("initdb");
        initdb.args(["-U", "archive", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync", "-D"]).arg(data).arg("--pwfile").arg(password);
        assert!(initdb.status().unwrap().success());
        server.start_again();
        Some(server)
    }

    pub(crate) fn start_again(&self) {
        let folder = self.folder.path().display();
        let mut options = format!("-p {} -k {folder} -c fsync=off -c listen_addresses=127.0.0.1", self.port);
        if self.path(CERTIFICATE).exists() {
            options = format!("{options} -c ssl=on -c ssl_cert_file={folder}/{CERTIFICATE} -c ssl_key_file={folder}/{KEY}");
        }
        self.control(&["-o", &options, "-l", self.path("log").to_str().unwrap(), "start"]);
    }

    /// Without a word to its clients, as after a crash.
    pub(crate) fn crash(&self) {
        self.control(&["-m", "immediate", "stop"]);
    }

    pub(crate) fn database(&self) -> Database {
        Database::Server(url(self.port))
    }

    pub(crate) async fn connect(&self) -> Client {
        let (client, connection) = tokio_postgres::connect(&url(self.port), NoTls).await.unwrap();
        // Ends with the client, or with the server if a test stops it.
        tokio::spawn(async move { connection.await.unwrap_or_default() });
        client
    }

    fn control(&self, arguments: &[&str]) {
        let mut control = self.command("pg_ctl");
        control.arg("-D").arg(self.path("data")).args(["-w", "-s"]).args(arguments);
        assert!(control.status().unwrap().success());
    }

    /// As a user who is not root, because the server refuses root.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args([format!("--reuid={}", user()), "--clear-groups".into()]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(File::create("/dev/null").unwrap());
        command
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test may have stopped it.
        let mut control = self.command("pg_ctl");
        control.arg("-D").arg(self.path("data")).args(["-w", "-s", "-m", "immediate", "stop"]).stderr(Stdio::null());
        drop(control.status());
    }
}

/// The URL of the database at this port, which may be a proxy.
pub(crate) fn url(port: u16) -> String {
    format!("postgres://archive:{ESCAPED}@127.0.0.1:{port}/postgres")
}

/// The folder of the server's programs: the one in the environment, or the
/// first version from Debian's packages.
fn programs() -> Option<PathBuf> {
    let of_packages = || {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        versions.map(|version| version.path().join("bin")).min()
    };
    env::var_os("POSTGRES_BIN").map(PathBuf::from).or_else(of_packages).filter(|folder| folder.join("initdb").exists())
}

/// The user who runs it, because it does not run as root.
fn user() -> &'static str {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    if users.contains("\npostgres:") { "postgres" } else { "nobody" }
}

pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    Path::new("/proc/self").metadata().is_ok_and(|process| process.uid() == 0)
}
