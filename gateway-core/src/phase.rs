//! The names of the protocol's phases, as `tracing` spans.
//!
//! A phase is a stretch of a boot's life: premark, drain, clear. While its span is open the boot
//! *is in* that phase, whatever else runs beside it; observers (the operator's log, the
//! simulator's kill points) tell phases from ordinary spans by their target. A span does not
//! follow into spawned tasks: whoever hands work over hands its span over too.

/// The `tracing` target that makes a span a phase.
pub const TARGET: &str = "phase";

/// Opens a span that names a phase of the protocol.
///
/// ```
/// use tracing::Instrument as _;
/// # async fn wait() {}
/// # async fn stop() {
/// wait().instrument(gateway_core::phase!("drain")).await;
/// # }
/// ```
#[macro_export]
macro_rules! phase {
    ($name:literal) => {
        ::tracing::info_span!(target: "phase", $name)
    };
}
