use std::thread;
// expect: DSC101
static THREADS: Lazy<usize> = Lazy::new(|| num_cpus::get());
lazy_static! {
    // expect: DSC101
    static ref N: usize = num_cpus::get();
}
fn main() {
    // expect: DSC101
    let n = thread::available_parallelism().map(|n| n.get()).unwrap_or(4);
    let rt = Builder::new_multi_thread().worker_threads(n).build();
    // expect: DSC101
    rayon::ThreadPoolBuilder::new().num_threads(num_cpus::get()).build_global();
    // expect: DSC111
    HttpServer::new(|| App::new()).workers(4).run();
}
impl Default for Config {
    fn default() -> Self {
        Config {
            // expect: DSC101
            workers: num_cpus::get(),
        }
    }
}
#[derive(Parser)]
struct Args {
    // expect: DSC101
    #[arg(long, default_value_t = num_cpus::get())]
    threads: usize,
}
impl Pool {
    pub fn new(size: Option<usize>) -> Self {
        // expect: DSC101
        let size = size.unwrap_or_else(num_cpus::get);
        Pool { size }
    }
}
fn report() {
    // ok: DSC101
    println!("cpus: {}", num_cpus::get());
    // ok: DSC101
    info!(cpus = num_cpus::get(), "start");
}
fn chunks(v: &[u8]) -> usize {
    // ok: DSC101
    v.len() / num_cpus::get()
}
fn pin() {
    // expect: DSC201
    core_affinity::set_for_current(id);
}
fn build_cache() -> Cache {
    let sys = System::new_all();
    // expect: DSC301
    Cache::with_capacity(sys.total_memory() / 4)
}
