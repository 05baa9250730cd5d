//! The one light `tracing` subscriber of a thread that simulates.
//!
//! It knows which span the running code is in, which phases of the boot are open, and what the
//! gateway logged as an error. A phase is a span with the target [`gateway_core::phase::TARGET`];
//! it counts while it is open, whether or not it is entered. Nothing is written anywhere, and
//! without an observer spans cost a thread-local look and nothing more.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use gateway_core::phase::TARGET;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};
use tracing_core::span::Current;

use crate::trace::RUNNING;

thread_local! {
    static CONTEXT: RefCell<Context> = RefCell::new(Context::default());
    static DISPATCH: Dispatch = Dispatch::new(Observer);
}

#[derive(Default)]
struct Context {
    /// Whether spans are looked at; errors always are.
    spans_on: bool,
    next: u64,
    spans: BTreeMap<u64, Span>,
    entered: Vec<u64>,
    phases: Vec<(u64, &'static str)>,
    errors: Vec<String>,
    panic: Option<String>,
}

struct Span {
    metadata: &'static Metadata<'static>,
    /// What it is called in a trace, if that is not its name.
    label: Option<Arc<str>>,
    handles: usize,
}

/// Runs `simulate` with this thread's observer, from a clean slate. `spans_on` says whether phases
/// and labels are wanted.
pub(crate) fn observed<T>(spans_on: bool, simulate: impl FnOnce() -> T) -> T {
    install_panic_hook();
    CONTEXT.with_borrow_mut(|context| *context = Context { spans_on, ..Context::default() });
    DISPATCH.with(|dispatch| tracing::dispatcher::with_default(dispatch, simulate))
}

/// The phase that was opened last and is still open.
pub(crate) fn phase() -> &'static str {
    CONTEXT.with_borrow(|context| context.phases.last().map_or(RUNNING, |(_, name)| name))
}

/// The label of the innermost span that is entered.
pub(crate) fn label() -> Arc<str> {
    CONTEXT.with_borrow(|context| {
        let span = context.entered.last().and_then(|id| context.spans.get(id));
        match span {
            Some(Span { label: Some(label), .. }) => Arc::clone(label),
            Some(span) => Arc::from(span.metadata.name()),
            None => Arc::from(""),
        }
    })
}

/// Forgets every span and takes the errors: a boot is over.
pub(crate) fn reset() {
    CONTEXT.with_borrow_mut(|context| {
        let spans_on = context.spans_on;
        *context = Context { spans_on, ..Context::default() };
    });
}

/// What the gateway logged as errors since the last call.
pub(crate) fn take_errors() -> Vec<String> {
    CONTEXT.with_borrow_mut(|context| std::mem::take(&mut context.errors))
}

/// The panic that happened on this thread in simulated code, if one did.
pub(crate) fn panicked() -> Option<String> {
    CONTEXT.with_borrow(|context| context.panic.clone())
}

/// Panics of simulated tasks are caught by tokio and would be lost with the task; the hook runs
/// before that. Outside a simulation the hook that was there before does its work.
fn install_panic_hook() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !SIMULATING.get() {
                before(info);
                return;
            }
            let message = info.payload_as_str().unwrap_or("a value that is no text");
            let at = info.location().map_or(String::new(), |at| format!(" at {at}"));
            let panic = format!("{message}{at}");
            let _ = CONTEXT.try_with(|context| {
                if let Ok(mut context) = context.try_borrow_mut() {
                    context.panic.get_or_insert(panic);
                }
            });
        }));
    });
}

thread_local! {
    static SIMULATING: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Whose code runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// The gateway's: a panic in it is a finding.
    Gateway,
    /// Our own: a panic in it is a bug of the harness.
    Harness,
}

/// Runs code and says whose it is.
pub(crate) fn running<T>(code: Code, run: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            SIMULATING.set(self.0);
        }
    }
    let _restore = Restore(SIMULATING.replace(code == Code::Gateway));
    run()
}

struct Observer;

impl Subscriber for Observer {
    /// Whether spans are wanted changes from run to run, so that no answer about them is final.
    /// Those of the network's engine are nobody's phase.
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        match (metadata.is_span(), *metadata.level()) {
            (true, _) if metadata.target().starts_with("turmoil") => Interest::never(),
            (true, _) => Interest::sometimes(),
            (false, Level::ERROR) => Interest::always(),
            (false, _) => Interest::never(),
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        if metadata.is_span() {
            !metadata.target().starts_with("turmoil")
                && CONTEXT.with_borrow(|context| context.spans_on)
        } else {
            *metadata.level() == Level::ERROR
        }
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut phases = Phases(None);
        attributes.record(&mut phases);
        let metadata = attributes.metadata();
        let label = phases.0.map(|phases| Arc::from(format!("{}[{phases}]", metadata.name())));
        CONTEXT.with_borrow_mut(|context| {
            context.next += 1;
            let id = context.next;
            if metadata.target() == TARGET {
                context.phases.push((id, metadata.name()));
            }
            context.spans.insert(id, Span { metadata, label, handles: 1 });
            Id::from_u64(id)
        })
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        CONTEXT.with_borrow_mut(|context| context.errors.push(text.0));
    }

    fn enter(&self, id: &Id) {
        CONTEXT.with_borrow_mut(|context| context.entered.push(id.into_u64()));
    }

    fn exit(&self, id: &Id) {
        let id = id.into_u64();
        CONTEXT.with_borrow_mut(|context| {
            if let Some(at) = context.entered.iter().rposition(|entered| *entered == id) {
                context.entered.remove(at);
            }
        });
    }

    fn clone_span(&self, id: &Id) -> Id {
        CONTEXT.with_borrow_mut(|context| {
            if let Some(span) = context.spans.get_mut(&id.into_u64()) {
                span.handles += 1;
            }
        });
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let id = id.into_u64();
        CONTEXT.with_borrow_mut(|context| {
            let Some(span) = context.spans.get_mut(&id) else { return false };
            span.handles -= 1;
            if span.handles > 0 {
                return false;
            }
            context.spans.remove(&id);
            context.phases.retain(|(phase, _)| *phase != id);
            true
        })
    }

    fn current_span(&self) -> Current {
        CONTEXT.with_borrow(|context| {
            let entered = context.entered.last();
            match entered.and_then(|id| context.spans.get(id).map(|span| (*id, span.metadata))) {
                Some((id, metadata)) => Current::new(Id::from_u64(id), metadata),
                None => Current::none(),
            }
        })
    }
}

/// Reads the field `phases` of a span that serves several.
struct Phases(Option<String>);

impl Visit for Phases {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "phases" {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "phases" {
            self.0 = Some(format!("{value:?}"));
        }
    }
}

/// Reads an event as one line of a log.
struct Text(String);

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.push(field, format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.push(field, format_args!("{value:?}"));
    }
}

impl Text {
    fn push(&mut self, field: &Field, value: std::fmt::Arguments<'_>) {
        let space = if self.0.is_empty() { "" } else { " " };
        let written = match field.name() {
            "message" => write!(self.0, "{space}{value}"),
            name => write!(self.0, "{space}{name}={value}"),
        };
        written.expect("writing to a string does not fail");
    }
}
