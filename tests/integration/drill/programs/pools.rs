// Writes what the standard library says of the machine, again and again.
use std::{env, fs, thread, time::Duration};

fn main() {
    let now = env::args().nth(1).expect("a file");
    let next = now.clone() + ".new";
    let count = || thread::available_parallelism().map_or(0, |n| n.get());
    let kept = count();
    loop {
        fs::write(&next, format!("parallelism {}\nkept {}\n", count(), kept)).expect("written");
        fs::rename(&next, &now).expect("renamed");
        thread::sleep(Duration::from_millis(100));
    }
}
