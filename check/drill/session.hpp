#pragma once
/// One start of the drilled program, supervised: answers its questions, watches it, ends it with all it
/// started.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "check/drill/mover.hpp"
#include "check/drill/observation.hpp"
#include "check/drill/readiness.hpp"
#include "check/drill/responder.hpp"
#include "check/trace/launch.hpp"
#include "check/trace/signal_inbox.hpp"
#include "core/model/result.hpp"

namespace dynascale::check {

struct DrillOptions {
  std::vector<std::string> argv;
  int live_pid = 0;  ///< A program that runs already, in place of `argv`.
  Machine least;
  Machine most;
  std::string ready_file;                   ///< Ready once it is written after the start.
  std::optional<std::uint16_t> ready_port;  ///< Ready once 127.0.0.1 accepts on it.
  std::chrono::milliseconds ready_limit{30'000};
  std::chrono::milliseconds settle{1000};  ///< Looked at once nothing changed for so long.
  std::string reload_command;              ///< For sh, with DRILL_PID in its environment.
  int reload_signal = 0;                   ///< To the program itself.
  std::string probe_command;               ///< For sh; prints "name value" lines.
  std::size_t most_tasks = 4096;
  std::chrono::milliseconds move_limit{900'000};  ///< For one real change of the size.
};

/// One at a time in a process; one thread; blocks. SIGINT and SIGTERM cut a wait short with `cancelled`.
class Session {
 public:
  /// With a `mover` the size is real, else it is simulated. A live program needs one.
  Session(const DrillOptions& options, const Machine& machine, Mover* mover);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  /// Ends the program and all that descends from it: SIGTERM, after ten seconds SIGKILL. A live one goes on.
  ~Session();

  /// Errors: `not_found`, `permission_denied` (the program), `unsupported` (the kernel), `io`.
  [[nodiscard]] Status start();
  /// Errors: `timeout`, `unavailable` when it ended, `cancelled`.
  [[nodiscard]] Status until_ready();
  /// Errors: those of the mover; `timeout`, `cancelled`.
  [[nodiscard]] Status become(const Machine& machine);
  /// Errors: `unavailable` when it ended, `refused` when the command failed, `timeout`, `cancelled`.
  [[nodiscard]] Status reload();
  /// Waits until its counts rest and no process wants to run, at most ten times the settle time. Errors:
  /// `cancelled`, and those of the probe.
  [[nodiscard]] Result<Observation> look();
  /// How the program ended, as far as is known.
  [[nodiscard]] std::string ending() const;
  [[nodiscard]] bool pinned() const { return responder_ && responder_->pinned(); }
  [[nodiscard]] bool tasks_denied() const { return responder_ && responder_->tasks_denied(); }

 private:
  using Time = std::chrono::steady_clock::time_point;
  enum class Waited : std::uint8_t { done, timeout, cancelled };

  /// Serves the program until `done` says so, asked about ten times a second.
  [[nodiscard]] Waited wait(const std::function<bool()>& done, Time deadline);
  [[nodiscard]] Status start_watched();
  [[nodiscard]] Status until_running();
  void reap();
  [[nodiscard]] std::vector<ProcessRow> tree() const;
  [[nodiscard]] bool alive() const { return !tree().empty(); }
  void signal_all(int signal) const;
  void stop();
  /// Runs a helper outside of the filter; its output, at most 64 KiB.
  [[nodiscard]] Result<std::string> run_helper(const std::string& command);

  const DrillOptions& options_;
  Machine machine_;
  Mover* mover_;
  SignalInbox inbox_;
  Launched child_;
  std::optional<Responder> responder_;
  std::optional<int> status_;  ///< Of the program itself, once it ended.
  int helper_ = -1;
  std::optional<int> helper_status_;
  std::uint64_t questions_before_ = 0;
  FileState ready_file_before_;  ///< Left by an earlier start, it says nothing.
  bool cancelled_ = false;
  bool ending_now_ = false;
};

}  // namespace dynascale::check
