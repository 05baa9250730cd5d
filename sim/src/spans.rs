//! The one light `tracing` subscriber of a thread that simulates.
//!
//! It knows which span the running code is in, which phases of the boot are open, and what the
//! gateway logged as an error. A phase is a span with the target [`gateway_core::phase::TARGET`];
//! it counts while it is open, whether or not it is entered. Nothing is written anywhere, and
//! without an observer spans cost a thread-local look and nothing more.
//!
//! Several boots may live on one thread. Whose code runs is told by the stage, or by the span that
//! the network's engine enters while it runs a host.

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
    /// The phases that are open, and whose.
    phases: Vec<(u64, &'static str, u32)>,
    errors: BTreeMap<u32, Vec<String>>,
    panics: BTreeMap<u32, String>,
    /// The boot whose code runs; 0 if none's does.
    boot: u32,
    /// The boots that the hosts of a network run.
    hosts: BTreeMap<String, u32>,
}

struct Span {
    metadata: &'static Metadata<'static>,
    /// The boot whose code runs in it, if it is the one of a host.
    host: Option<u32>,
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

/// The phase of a boot that was opened last and is still open.
pub(crate) fn phase(boot: u32) -> &'static str {
    CONTEXT.with_borrow(|context| {
        let mut phases = context.phases.iter().rev();
        phases.find(|(.., of)| *of == boot).map_or(RUNNING, |(_, name, _)| name)
    })
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

/// Forgets every span, error and panic: from now on the code of one boot runs and no other.
pub(crate) fn only(boot: u32) {
    CONTEXT.with_borrow_mut(|context| {
        let spans_on = context.spans_on;
        *context = Context { spans_on, boot, ..Context::default() };
    });
}

/// Says which boot a host runs, and forgets what is known of an earlier one there.
pub(crate) fn host(name: &str, boot: u32) {
    CONTEXT.with_borrow_mut(|context| {
        if let Some(before) = context.hosts.insert(name.to_owned(), boot) {
            context.phases.retain(|(.., of)| *of != before);
            context.errors.remove(&before);
            context.panics.remove(&before);
        }
    });
}

/// Runs code of a boot outside of its host's turn.
pub(crate) fn on_behalf_of<T>(boot: u32, run: impl FnOnce() -> T) -> T {
    let before = CONTEXT.with_borrow_mut(|context| std::mem::replace(&mut context.boot, boot));
    let result = run();
    CONTEXT.with_borrow_mut(|context| context.boot = before);
    result
}

/// What each gateway logged as errors since the last call.
pub(crate) fn take_errors() -> BTreeMap<u32, Vec<String>> {
    CONTEXT.with_borrow_mut(|context| std::mem::take(&mut context.errors))
}

/// A panic that happened on this thread in simulated code, and the boot whose it is.
pub(crate) fn take_panic() -> Option<(u32, String)> {
    CONTEXT.with_borrow_mut(|context| context.panics.pop_first())
}

/// The same, if a certain boot's is there.
pub(crate) fn take_panic_of(boot: u32) -> Option<String> {
    CONTEXT.with_borrow_mut(|context| context.panics.remove(&boot))
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
                    let boot = context.boot;
                    context.panics.entry(boot).or_insert(panic);
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
    /// Those of the network's engine are nobody's phase; that of a host says whose code runs.
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        match (metadata.is_span(), *metadata.level()) {
            (true, _) if is_host(metadata) => Interest::always(),
            (true, _) if metadata.target().starts_with("turmoil") => Interest::never(),
            (true, _) => Interest::sometimes(),
            (false, Level::ERROR) => Interest::always(),
            (false, _) => Interest::never(),
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        if is_host(metadata) {
            true
        } else if metadata.is_span() {
            !metadata.target().starts_with("turmoil")
                && CONTEXT.with_borrow(|context| context.spans_on)
        } else {
            *metadata.level() == Level::ERROR
        }
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let metadata = attributes.metadata();
        let mut read = Named(if is_host(metadata) { "name" } else { "phases" }, None);
        attributes.record(&mut read);
        if is_host(metadata) {
            return CONTEXT.with_borrow_mut(|context| {
                context.next += 1;
                let host = read.1.and_then(|name| context.hosts.get(&name).copied());
                let span =
                    Span { metadata, host: Some(host.unwrap_or(0)), label: None, handles: 1 };
                context.spans.insert(context.next, span);
                Id::from_u64(context.next)
            });
        }
        let label = read.1.map(|phases| Arc::from(format!("{}[{phases}]", metadata.name())));
        CONTEXT.with_borrow_mut(|context| {
            context.next += 1;
            let id = context.next;
            if metadata.target() == TARGET {
                context.phases.push((id, metadata.name(), context.boot));
            }
            context.spans.insert(id, Span { metadata, host: None, label, handles: 1 });
            Id::from_u64(id)
        })
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        CONTEXT.with_borrow_mut(|context| {
            let boot = context.boot;
            context.errors.entry(boot).or_default().push(text.0);
        });
    }

    fn enter(&self, id: &Id) {
        let id = id.into_u64();
        CONTEXT.with_borrow_mut(|context| match context.spans.get(&id).and_then(|s| s.host) {
            Some(boot) => context.boot = boot,
            None => context.entered.push(id),
        });
    }

    fn exit(&self, id: &Id) {
        let id = id.into_u64();
        CONTEXT.with_borrow_mut(|context| {
            if context.spans.get(&id).is_some_and(|span| span.host.is_some()) {
                context.boot = 0;
            }
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
            context.phases.retain(|(phase, ..)| *phase != id);
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

/// Whether a span is the one that the network's engine enters while it runs a host.
fn is_host(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.name() == "node" && metadata.target().starts_with("turmoil")
}

/// Reads one field of a span.
struct Named(&'static str, Option<String>);

impl Visit for Named {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == self.0 {
            self.1 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == self.0 {
            self.1 = Some(format!("{value:?}"));
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
