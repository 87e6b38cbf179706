//! Panics: caught, and told with their place.

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Mutex;

/// The last panic's message. A panic in another thread of a pool reaches the main thread without its place, so the
/// hook, which runs where it happened, notes it.
static LAST: Mutex<Option<String>> = Mutex::new(None);

/// Runs `body`. A panic is printed as usual, and given back as a message with the place where it happened.
pub(crate) fn caught<T>(body: impl FnOnce() -> T) -> Result<T, String> {
    let print = take_hook();
    set_hook(Box::new(move |info| {
        if let Ok(mut last) = LAST.lock() {
            *last = Some(message(info));
        }
        print(info);
    }));
    // What the body was working on is not used after a panic.
    let result = catch_unwind(AssertUnwindSafe(body));
    let told = || LAST.lock().ok().and_then(|mut last| last.take());
    result.map_err(|_| told().unwrap_or_else(|| "panicked without a message".to_owned()))
}

fn message(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let text =
        payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("panicked without a message");
    info.location().map_or(text.to_owned(), |at| format!("{text} (at {at})"))
}
