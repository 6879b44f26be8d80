//! What a logged-in user can do.

mod account;
mod answers;
mod comments;
mod confirm;
mod login;
mod moderation;
mod pacing;
mod playlists;
mod recorder;
mod send;
#[cfg(feature = "http")]
mod sockets;
mod token;
mod wire;

use rumble_live::{
    StreamId,
    session::{Session, SessionBuilder},
    sim::{Activity, Sim},
};

/// An account that is live.
fn on_air() -> (Sim, StreamId) {
    let sim = Sim::running(1);
    sim.live(Activity::NONE);
    let stream = sim.start_stream("Harbour lights");
    (sim, stream)
}

/// A session over the simulator without sockets, as paced as over the network.
fn builder(sim: &Sim) -> SessionBuilder {
    Session::builder().transport(sim.clone())
}

fn captain(sim: &Sim) -> Session {
    builder(sim).build(sim.session("captain")).unwrap()
}
