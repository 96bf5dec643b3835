#pragma once
/// A real hostd with real sockets over a hypervisor in memory, for guests that are played. What it costs, and how soon
/// urgent frames are answered, in times of peace and while some guests are bad.

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "hostd/daemon.hpp"
#include "tests/fakes/fake_hypervisor.hpp"
#include "tests/fakes/played_guests.hpp"

namespace dynascale::fakes {

/// Of the phases of one kind.
struct PhaseFigures {
  double seconds = 0;
  double cpu_seconds = 0;             ///< Of this process.
  std::vector<double> answers_ms;     ///< From an urgent frame of a good guest to the hypervisor's call.
  std::vector<double> resident_mib;  ///< At the end of each phase.
  [[nodiscard]] double cpu_percent() const { return seconds > 0 ? cpu_seconds / seconds * 100 : 0; }
};

class PlayedHost {
 public:
  PlayedHost(PlayedGuests& guests, const std::filesystem::path& folder, Log& log);
  /// Over another hypervisor, whose guests are there; it has to tell `called`. `places` says by UUID who is who.
  PlayedHost(PlayedGuests& guests, hostd::Hypervisor& hypervisor, std::map<std::string, std::size_t> places, Log& log);
  ~PlayedHost();
  PlayedHost(const PlayedHost&) = delete;
  PlayedHost& operator=(const PlayedHost&) = delete;

  /// Serves for so long; returns what that took.
  void serve(std::chrono::milliseconds span);
  /// Serves one phase and adds it to `figures`.
  void phase(std::chrono::milliseconds span, PhaseFigures& figures);
  /// Ends every task.
  void stop();
  /// Good guests whose agents speak.
  [[nodiscard]] std::size_t good_connected();
  /// How often the statistics of all guests were read.
  [[nodiscard]] std::size_t statistics_answered() const { return statistics_answered_; }
  [[nodiscard]] hostd::Daemon& daemon() { return *daemon_; }
  /// The hypervisor is about to be called. Any thread.
  void called(const FakeCall& call);

 private:
  void begin(hostd::Hypervisor& hypervisor);
  void hold_statistics();

  PlayedGuests& guests_;
  SystemClock clock_;
  FakeHypervisor hypervisor_{clock_};
  boost::asio::io_context context_{1};
  OffloadPool pool_{8};
  Log& log_;
  std::map<std::string, std::size_t> places_;
  std::atomic<std::size_t> held_{0};  ///< Calls that read all guests' statistics now,
  std::atomic<std::size_t> statistics_answered_{0};  ///< and that did.
  std::mutex lock_;
  std::vector<double> answers_ms_;
  std::unique_ptr<hostd::Daemon> daemon_;
  std::unique_ptr<TaskGroup> tasks_;
};

[[nodiscard]] double percentile(std::vector<double> values, double share);

}  // namespace dynascale::fakes
