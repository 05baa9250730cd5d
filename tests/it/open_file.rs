//! A request that has left holds its file open, on both sides of the seam: a gateway may drop the
//! file as soon as it has asked.

use std::sync::{Arc, Mutex};

use gateway_core::env::{Effect, Env, Exit, Fs, Gateway};
use sim::direct;
use sim::hub::Keep;
use sim::plan::Plan;
use sim::script::Script;
use sim::world::World;

/// Asks, drops the file, and only then waits; then somebody else takes the lock that went with it.
async fn asks_and_drops(fs: Arc<dyn Fs>) {
    let file = fs.create_new("a").await.expect("it is not there yet");
    assert!(file.try_lock().await.expect("it is open"), "nobody has it");
    let append = file.append(b"text".to_vec());
    let (read, sync) = (file.read(), file.sync_data());
    drop(file);
    append.await.expect("it holds the file open");
    read.await.expect("it holds the file open");
    sync.await.expect("it holds the file open");
    let file = fs.open("a").await.expect("it is there");
    assert_eq!(file.read().await.expect("it is open"), b"text");
    assert!(file.try_lock().await.expect("it is open"), "the lock died with its handle");
}

#[test]
fn a_request_holds_its_file_open_on_the_real_disk() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let fs = gateway_core::real::fs(root.path()).expect("a temporary directory can be used");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(asks_and_drops(fs));
}

/// Does it once, and says so.
struct Asks(Arc<Mutex<bool>>);

impl Gateway for Asks {
    fn boot(&self, env: Env) -> Effect<Exit> {
        let done = Arc::clone(&self.0);
        Box::pin(async move {
            asks_and_drops(env.fs).await;
            *done.lock().expect("nobody panicked") = true;
            Exit::Planned
        })
    }
}

#[test]
fn a_request_holds_its_file_open_on_the_simulated_disk() {
    let plan: Plan = toml::from_str("horizon = \"1s\"\n").expect("the plan is one");
    let asks = Asks(Arc::default());
    let ran = direct::run(World::new(Arc::new(Script::new(&plan))), &asks, Keep::Nothing);
    let end = &ran.world.ledger().boots[0].ended;
    assert!(*asks.0.lock().expect("nobody panicked"), "{end:?}");
}
