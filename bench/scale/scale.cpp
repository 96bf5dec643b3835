/// What one hostd costs for N guests, and how fast it answers: a real daemon with real sockets over a hypervisor in
/// memory. The guests' ends are played by other processes, so that their cost is not counted.
///
///   scale [--guests 10,100,1000] [--seconds 20] [--hung 1 | --flooding 50] [--libvirt]
///
/// Prints CPU time of hostd as a share of one core, its memory, and the time from an urgent frame to the hypervisor's
/// call. With --hung or --flooding so many guests are bad every other five seconds: they neither read nor answer, and
/// each call on them blocks; or they say whatever harms as fast as they can. A second line then tells the same of those
/// seconds, of all other guests. With --libvirt the guests are objects of libvirt's test driver, inside this process,
/// and all calls go through libvirt. CPU time is the process's own, so other load on the machine moves the latencies
/// only. The last line tells of that: for how much of the time hostd's thread had work and no core, and what two
/// wake-ups alone took meanwhile, from a process to a thread to another: no answer is sooner than that.

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fstream>
#include <thread>

#include "test_driver.hpp"
#include "tests/fakes/played_guests.hpp"
#include "tests/fakes/played_host.hpp"

namespace {

using namespace dynascale;
using namespace std::chrono_literals;
constexpr auto phase = 5s;
constexpr auto settle = 8s;  ///< Until all have been found and speak.

struct Run {
  std::size_t guests = 0;
  std::size_t hung = 0;
  std::size_t flooding = 0;
  std::chrono::seconds span{};
  bool libvirt = false;
};

/// Two wake-ups, again and again, as an urgent frame takes: a process writes, a thread reads and hands on to another.
class WakeUps {
 public:
  WakeUps() {
    if (::pipe(ends_.data()) != 0) throw std::runtime_error{"no pipe"};
    child_ = ::fork();
    if (child_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (;;) {
        const auto now = fakes::now_ns();
        static_cast<void>(!::write(ends_[1], &now, sizeof now));
        std::this_thread::sleep_for(20ms);
      }
    }
    ::close(ends_[1]);
    reader_ = std::thread{[this] {
      std::int64_t sent = 0;
      while (::read(ends_[0], &sent, sizeof sent) == sizeof sent)
        boost::asio::post(pool_, [this, sent] {
          took_ms_.push_back(static_cast<double>(fakes::now_ns() - sent) * 1e-6);
        });
    }};
  }
  /// Ends them, and tells how long they took.
  std::vector<double> end() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    reader_.join();
    pool_.join();
    ::close(ends_[0]);
    return std::move(took_ms_);
  }

 private:
  std::array<int, 2> ends_{};
  pid_t child_ = 0;
  std::vector<double> took_ms_;  ///< Of the pool's one thread until it has ended.
  boost::asio::thread_pool pool_{1};
  std::thread reader_;
};

void print(std::size_t guests, const char* when, const fakes::PhaseFigures& figures) {
  const auto& answers = figures.answers_ms;
  fmt::print("{:>6} {:<8} {:>10.1f} {:>10.1f} {:>8} {:>10.2f} {:>10.2f} {:>10.2f}\n", guests, when,
             figures.cpu_percent(), figures.resident_mib.empty() ? 0 : figures.resident_mib.back(), answers.size(),
             fakes::percentile(answers, 0.5), fakes::percentile(answers, 0.99), fakes::percentile(answers, 1));
}

/// Seconds that this thread could have run and had no core.
double waited_for_a_core() {
  std::ifstream file{"/proc/thread-self/schedstat"};
  double ran_ns = 0;
  double waited_ns = 0;
  file >> ran_ns >> waited_ns;
  return waited_ns * 1e-9;
}

void measure(const Run& run, fakes::PlayedHost& host, fakes::PlayedGuests& guests) {
  host.serve(settle);
  WakeUps wake_ups;
  fakes::PhaseFigures calm;
  fakes::PhaseFigures bad;
  const auto waited = waited_for_a_core();
  for (auto left = run.span; left > 0s; left -= phase) {
    host.phase(std::min<std::chrono::seconds>(left, phase), guests.bad_now ? bad : calm);
    if (guests.badness != fakes::Badness::none) guests.bad_now = !guests.bad_now;
  }
  const auto waits = (waited_for_a_core() - waited) / std::chrono::duration<double>(run.span).count() * 100;
  print(run.guests, "calm", calm);
  if (guests.badness != fakes::Badness::none) print(run.guests, run.hung > 0 ? "hung" : "flooded", bad);
  const auto took = wake_ups.end();
  fmt::print("{:>6} {:<8} {:>10.1f} {:>19} {:>10.2f} {:>10.2f} {:>10.2f}\n", "", "waits", waits, took.size(),
             fakes::percentile(took, 0.5), fakes::percentile(took, 0.99), fakes::percentile(took, 1));
  std::fflush(stdout);
  host.stop();
}

void serve(const Run& run) {
  const auto badness = run.hung > 0       ? fakes::Badness::hangs
                       : run.flooding > 0 ? fakes::Badness::floods
                                          : fakes::Badness::none;
  fakes::PlayedChannels channels{run.guests, badness, std::max(run.hung, run.flooding)};
  Log log{LogLevel::error, Log::Sink::standard_error};
  if (!run.libvirt) {
    fakes::PlayedHost host{channels.shared(), channels.folder(), log};
    return measure(run, host, channels.shared());
  }
  bench::TestDriver driver{run.guests, channels.folder()};
  fakes::PlayedHost host{channels.shared(), driver, bench::TestDriver::places(run.guests), log};
  driver.before_call([&host](const fakes::FakeCall& call) { host.called(call); });
  measure(run, host, channels.shared());
}

/// Each size in a process of its own, so that one's memory is not counted for the next.
void serve_apart(const Run& run) {
  const auto child = ::fork();
  if (child == 0) {
    serve(run);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures what hostd costs for many guests"};
  std::vector<std::size_t> counts{10, 100, 1000};
  unsigned seconds = 20;
  Run run;
  app.add_option("--guests", counts, "How many, one run each")->delimiter(',')->capture_default_str();
  app.add_option("--seconds", seconds, "How long each run is measured")->capture_default_str();
  auto* hung = app.add_option("--hung", run.hung, "How many hang every other five seconds");
  app.add_option("--flooding", run.flooding, "How many flood every other five seconds")->excludes(hung);
  app.add_flag("--libvirt", run.libvirt, "Guests are objects of libvirt's test driver");
  CLI11_PARSE(app, argc, argv);
  run.span = std::chrono::seconds{seconds};
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  fmt::print("{:>6} {:<8} {:>10} {:>10} {:>8} {:>10} {:>10} {:>10}\n", "guests", "", "CPU %", "MiB", "calls", "p50 ms",
             "p99 ms", "max ms");
  std::fflush(stdout);
  for (const auto count : counts) {
    run.guests = count;
    serve_apart(run);
  }
}
