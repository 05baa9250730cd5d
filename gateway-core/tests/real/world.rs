//! One boot on the real disk, and what it told the operator.

use std::path::Path;
use std::sync::Arc;

use gateway_core::Core;
use gateway_core::env::{Env, Exit, Gateway as _};
use gateway_core::settings::Settings;

use super::log::Log;
use super::users::{Users, env};

/// One boot, among these users, and its log.
pub(crate) async fn boot(root: &Path, users: &Arc<Users>, settings: Settings) -> (Exit, String) {
    let env = env(root, users).expect("a temporary directory can be used");
    boot_in(env, settings).await
}

/// One boot in this world, and its log.
pub(crate) async fn boot_in(env: Env, settings: Settings) -> (Exit, String) {
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.subscriber());
    let exit = Core::new(settings).boot(env).await;
    drop(guard);
    (exit, log.text())
}
