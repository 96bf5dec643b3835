/// What one hostd costs for N guests, and how fast it answers: a real daemon with real sockets over a hypervisor in
/// memory. The guests' ends are played by a child process, so that their cost is not counted.
///
///   scale [--guests 10,100,1000] [--seconds 20]
///
/// Prints CPU time of hostd as a share of one core, its memory, and the time from an urgent frame to the hypervisor's
/// call. CPU time is the process's own, so other load on the machine moves the latencies only.

#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <random>

#include "core/wire/codec.hpp"
#include "hostd/daemon.hpp"
#include "hostd/guest_link.hpp"
#include "tests/fakes/fake_hypervisor.hpp"

namespace {

using namespace dynascale;
namespace asio = boost::asio;
using Local = asio::local::stream_protocol;
using Nanoseconds = std::atomic<std::int64_t>;

std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

/// What both processes see: when each guest called, in nanoseconds; zero when it is answered.
struct Shared {
  Nanoseconds* called;
};

std::string path_of(const std::filesystem::path& folder, std::size_t guest) {
  return folder / fmt::format("guest{}", guest);
}

// --- the guests' side ---

class ScriptedGuest {
 public:
  ScriptedGuest(asio::io_context& context, const std::string& path, Nanoseconds& called, std::uint64_t seed)
      : acceptor_{context, Local::endpoint{path}}, socket_{context}, timer_{context}, called_{called}, random_{seed} {}

  asio::awaitable<void> run() {
    socket_ = co_await acceptor_.async_accept(asio::use_awaitable);
    auto executor = co_await asio::this_coro::executor;
    asio::co_spawn(executor, listen(), asio::detached);
    // Guests begin at different times of the second, as real ones do.
    timer_.expires_after(std::chrono::milliseconds{random_() % 1000});
    co_await timer_.async_wait(asio::use_awaitable);
    for (int round = 0;; ++round) {
      if (agreed_) {
        const bool calls = round > 5 && random_() % 60 == 0;
        co_await say(report(calls));
        if (calls) {
          wire::Urgent urgent;
          urgent.resource = "cpu";
          urgent.reason = "tasks stalled";
          called_ = now_ns();
          co_await say(urgent);
        }
      }
      timer_.expires_after(std::chrono::seconds{1});
      co_await timer_.async_wait(asio::use_awaitable);
    }
  }

 private:
  asio::awaitable<void> say(wire::Message message) {
    const auto line = wire::encode(message);
    const auto buffer = asio::buffer(line);
    co_await asio::async_write(socket_, buffer, asio::use_awaitable);
  }
  asio::awaitable<void> listen() {
    std::array<char, 4096> block;
    for (;;) {
      const auto buffer = asio::buffer(block);
      const auto count = co_await socket_.async_read_some(buffer, asio::use_awaitable);
      reader_.feed({block.data(), count});
      while (auto line = reader_.next()) {
        if (!line->has_value()) continue;
        auto message = wire::decode(**line);
        if (message) co_await hear(std::move(*message));
      }
    }
  }
  asio::awaitable<void> hear(wire::Message message) {
    if (const auto* sync = std::get_if<wire::Sync>(&message)) {
      const wire::SyncReply reply{sync->nonce};
      co_await say(reply);
      wire::Hello hello;
      hello.program = "scripted";
      hello.boot_id = "boot";
      hello.capabilities = {"park", "urgent"};
      co_await say(hello);
      agreed_ = true;
    } else if (const auto* intent = std::get_if<wire::ResizeIntent>(&message)) {
      const bool shrinks = intent->vcpus < online_;
      online_ = std::min(present_, intent->vcpus);
      present_ = std::max(present_, intent->vcpus);
      online_ = intent->vcpus;
      if (!shrinks) co_return;
      wire::Ready ready;
      ready.id = intent->id;
      ready.vcpus_online = indices(online_);
      ready.memory_available_bytes = Bytes::mib(900).count();
      co_await say(ready);
    }
  }
  static std::vector<std::uint32_t> indices(std::uint32_t count) {
    std::vector<std::uint32_t> all;
    for (std::uint32_t index = 0; index < count; ++index) all.push_back(index);
    return all;
  }
  wire::Report report(bool busy) {
    wire::Report report;
    report.vcpus_present = indices(present_);
    report.vcpus_online = indices(online_);
    report.busy_vcpus = busy ? online_ : 0.3 + static_cast<double>(random_() % 10) / 50;
    report.runnable_tasks = busy ? 8 : 1;
    report.cpu_pressure = wire::PressureValues{busy ? 60.0 : 0.0, 0};
    report.memory_total_bytes = Bytes::gib(2).count();
    report.memory_available_bytes = Bytes::mib(900 + random_() % 50).count();
    return report;
  }

  Local::acceptor acceptor_;
  Local::socket socket_;
  asio::steady_timer timer_;
  Nanoseconds& called_;
  std::mt19937_64 random_;
  wire::LineReader reader_;
  std::uint32_t online_ = 2;
  std::uint32_t present_ = 2;
  bool agreed_ = false;
};

[[noreturn]] void play_guests(std::size_t count, const std::filesystem::path& folder, Shared shared, int ready) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  asio::io_context context{1};
  std::vector<std::unique_ptr<ScriptedGuest>> guests;
  for (std::size_t index = 0; index < count; ++index) {
    guests.push_back(std::make_unique<ScriptedGuest>(context, path_of(folder, index), shared.called[index], index));
    asio::co_spawn(context, guests.back()->run(), asio::detached);
  }
  static_cast<void>(!::write(ready, "x", 1));
  context.run();
  ::_exit(0);
}

// --- hostd's side ---

struct Figures {
  double cpu_percent = 0;
  double memory_mib = 0;
  std::vector<double> latencies_ms;
};

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

double resident_mib() {
  std::ifstream statm{"/proc/self/statm"};
  std::size_t all = 0;
  std::size_t resident = 0;
  statm >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1048576;
}

Result<hostd::GuestSettings> settings_of(const hostd::GuestDescription&) {
  hostd::GuestSettings settings;
  settings.limits = {VcpuCount{1}, VcpuCount{8}, Bytes::gib(2), Bytes::gib(2)};
  settings.policy.guard.stabilisation = std::chrono::seconds{10};
  return settings;
}

Figures serve(std::size_t count, std::chrono::seconds span, const std::filesystem::path& folder, Shared shared) {
  SystemClock clock;
  fakes::FakeHypervisor hypervisor{clock};
  hypervisor.host_info = {.cpus = 4096, .memory = Bytes::gib(16384), .uri = "fake:///", .version = "in memory"};
  std::map<std::string, std::size_t> places;
  for (std::size_t index = 0; index < count; ++index) {
    auto guest = fakes::capable_guest(fmt::format("guest{}", index), VcpuCount{2}, VcpuCount{8}, Bytes::gib(2));
    guest.description.virtio_mem.clear();
    guest.description.channel_path = path_of(folder, index);
    places[guest.description.id.uuid] = index;
    hypervisor.add(guest);
  }
  Figures figures;
  std::mutex lock;
  hypervisor.before_call([&](const fakes::FakeCall& call) {
    if (call.verb != fakes::Verb::plug_vcpus) return;
    const auto called = shared.called[places.at(call.guest)].exchange(0);
    if (called == 0) return;
    const std::lock_guard guard{lock};
    figures.latencies_ms.push_back(static_cast<double>(now_ns() - called) * 1e-6);
  });
  asio::io_context context{1};
  OffloadPool pool{8};
  Log log{LogLevel::error, Log::Sink::standard_error};
  hostd::Daemon daemon{context.get_executor(),
                       {},
                       {hypervisor, [] { return Status{}; },
                        [&](const std::string& guest, const std::string& path, hostd::ChannelHandlers handlers) {
                          return hostd::open_guest_link(context.get_executor(), guest, path, std::move(handlers), clock,
                                                        log);
                        },
                        settings_of, pool, clock, log},
                       1000};
  TaskGroup tasks{context.get_executor(), [](const std::string& task, const std::string& what) {
                    fmt::print(stderr, "{}: {}\n", task, what);
                  }};
  tasks.spawn("daemon", daemon.run());
  context.run_for(std::chrono::seconds{8});  // Until all have been found and speak.
  const auto before = cpu_seconds();
  context.run_for(span);
  figures.cpu_percent = (cpu_seconds() - before) / static_cast<double>(span.count()) * 100;
  figures.memory_mib = resident_mib();
  asio::co_spawn(
      context,
      [](TaskGroup& all, hostd::Daemon& of) -> asio::awaitable<void> {
        co_await all.stop_and_join();
        co_await of.stop();
      }(tasks, daemon),
      asio::detached);
  context.run();
  pool.join();
  return figures;
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

/// Each size in a process of its own, so that one's memory is not counted for the next.
void measure(std::size_t count, std::chrono::seconds span) {
  std::string pattern = (std::filesystem::temp_directory_path() / "dynascale-scale-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  const auto size = count * sizeof(Nanoseconds);
  auto* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const Shared shared{static_cast<Nanoseconds*>(memory)};
  std::array<int, 2> ready{};
  if (memory == MAP_FAILED || ::pipe(ready.data()) != 0) throw std::runtime_error{"no memory or pipe to share"};
  const auto guests = ::fork();
  if (guests == 0) play_guests(count, folder, shared, ready[1]);
  char heard = 0;
  static_cast<void>(!::read(ready[0], &heard, 1));
  const auto hostd = ::fork();
  if (hostd == 0) {
    const auto figures = serve(count, span, folder, shared);
    fmt::print("{:>6} {:>10.1f} {:>10.1f} {:>8} {:>10.2f} {:>10.2f} {:>10.2f}\n", count, figures.cpu_percent,
               figures.memory_mib, figures.latencies_ms.size(), percentile(figures.latencies_ms, 0.5),
               percentile(figures.latencies_ms, 0.99), percentile(figures.latencies_ms, 1));
    std::fflush(stdout);
    ::_exit(0);
  }
  ::waitpid(hostd, nullptr, 0);
  ::kill(guests, SIGKILL);
  ::waitpid(guests, nullptr, 0);
  ::munmap(memory, size);
  std::filesystem::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures what hostd costs for many guests"};
  std::vector<std::size_t> counts{10, 100, 1000};
  unsigned seconds = 20;
  app.add_option("--guests", counts, "How many, one run each")->delimiter(',')->capture_default_str();
  app.add_option("--seconds", seconds, "How long each run is measured")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  fmt::print("{:>6} {:>10} {:>10} {:>8} {:>10} {:>10} {:>10}\n", "guests", "CPU %", "MiB", "calls", "p50 ms", "p99 ms",
             "max ms");
  std::fflush(stdout);
  for (const auto count : counts) measure(count, std::chrono::seconds{seconds});
}
