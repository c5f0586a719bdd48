//! Standard output, for lines that come many at a time and must not keep anybody waiting.

use std::{
    io::Write as _,
    sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// Bytes that may wait to be written. Beyond it lines are lost, and their number is said: a reader that has stopped
/// must not stop the application, or fill its memory.
const WAITING: usize = 8 << 20;

/// How long the first line waits for others: waking a thread for each would cost more than writing it.
const GATHER: Duration = Duration::from_millis(5);

/// How long [`flush`] waits for the reader.
const FLUSH: Duration = Duration::from_secs(2);

static OUTPUT: LazyLock<Output> = LazyLock::new(|| {
    let output = Output::default();
    let thread = thread::Builder::new().name("selvedge-output".into());
    // Without the thread every line is written by who has it.
    output.pending().is_served = thread.spawn(|| OUTPUT.serve()).is_ok();
    output
});

#[derive(Default)]
struct Output {
    pending: Mutex<Pending>,
    changed: Condvar,
}

#[derive(Default)]
struct Pending {
    lines: Vec<u8>,
    lost: u64,
    is_served: bool,
    /// Whether some were taken and are not out yet.
    is_writing: bool,
}

/// Writes a line, soon.
pub fn write(line: &str) {
    let mut pending = OUTPUT.pending();
    if !pending.is_served {
        return put(format!("{line}\n").as_bytes());
    }
    if pending.lines.len() + line.len() >= WAITING {
        pending.lost += 1;
        return;
    }
    let wakes = pending.lines.is_empty();
    pending.lines.extend_from_slice(line.as_bytes());
    pending.lines.push(b'\n');
    drop(pending);
    if wakes {
        OUTPUT.changed.notify_all();
    }
}

/// Waits until all that was written is out, or nobody seems to read.
pub fn flush() {
    let busy = |pending: &mut Pending| {
        pending.is_served && (pending.is_writing || !pending.lines.is_empty())
    };
    let pending = OUTPUT.pending();
    // Whether it was out in time changes nothing any more.
    drop(OUTPUT.changed.wait_timeout_while(pending, FLUSH, busy));
}

impl Output {
    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self) {
        let mut lines = Vec::new();
        loop {
            let mut pending = self.pending();
            pending.is_writing = false;
            self.changed.notify_all();
            while pending.lines.is_empty() {
                pending = self
                    .changed
                    .wait(pending)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            drop(pending);
            thread::sleep(GATHER);
            let mut pending = self.pending();
            lines.clear();
            std::mem::swap(&mut lines, &mut pending.lines);
            let lost = std::mem::take(&mut pending.lost);
            pending.is_writing = true;
            drop(pending);
            put(&lines);
            if lost > 0 {
                tracing::warn!(lost, "lines were lost: nobody read standard output");
            }
        }
    }
}

/// A closed standard output must not take anything down.
fn put(bytes: &[u8]) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
}
