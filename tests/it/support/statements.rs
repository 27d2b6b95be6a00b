//! Counts the SQL statements of a request, found by the request id of their span. `begin`, `commit`
//! and savepoints do not count.

use std::{
    collections::HashMap,
    fmt::Debug,
    sync::{LazyLock, Mutex, Once},
};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
    util::SubscriberInitExt,
};

static COUNTS: LazyLock<Mutex<HashMap<String, usize>>> = LazyLock::new(Mutex::default);

struct Counter;

struct RequestId(String);

#[derive(Default)]
struct IdField(String);

impl Visit for IdField {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "id" {
            self.0 = format!("{value:?}");
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Counter {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().name() == "request" {
            let mut field = IdField::default();
            attributes.record(&mut field);
            context.span(id).unwrap().extensions_mut().insert(RequestId(field.0));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        let Some(scope) = context.event_scope(event) else { return };
        for span in scope {
            if let Some(RequestId(id)) = span.extensions().get::<RequestId>() {
                *COUNTS.lock().unwrap().entry(id.clone()).or_default() += 1;
            }
        }
    }
}

pub fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::registry().with(Counter).init());
}

/// Number of SQL statements behind this response.
pub fn counted(seen: &super::Seen) -> usize {
    let id = seen.headers.get("x-request-id").unwrap().to_str().unwrap();
    COUNTS.lock().unwrap().get(id).copied().unwrap_or(0)
}
