#include <thread>
// expect: DSC101
static const unsigned kThreads = std::thread::hardware_concurrency();
struct Options {
  // expect: DSC101
  size_t threads = std::max(1u, std::thread::hardware_concurrency());
};
class Server {
 public:
  // expect: DSC101
  Server() : pool_(std::thread::hardware_concurrency()) {}
  // expect: DSC101
  explicit Server(int n = std::thread::hardware_concurrency());
  void Start() {
    // expect: DSC101
    auto n = std::thread::hardware_concurrency();
    for (unsigned i = 0; i < n; ++i) threads_.emplace_back([this] { Run(); });
  }
  void Log() {
    // ok: DSC101
    std::cout << std::thread::hardware_concurrency() << "\n";
    // ok: DSC101
    LOG(INFO) << "cpus " << std::thread::hardware_concurrency();
  }
};
int main() {
  // expect: DSC101
  boost::asio::thread_pool pool(std::thread::hardware_concurrency());
  // expect: DSC103
  boost::asio::thread_pool other;
  // expect: DSC102
  int n = tbb::info::default_concurrency();
  start(n);
  // expect: DSC101
  options.threads = folly::available_concurrency();
  // expect: DSC101
  QThreadPool::globalInstance()->setMaxThreadCount(QThread::idealThreadCount());
  // expect: DSC111
  omp_set_num_threads(8);
}
