#pragma once
/// Restarts an application through systemd when settings wait for it and a configured window allows it: stage, restart,
/// verify, and back to the old values when it does not come up with the new ones.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "agent/restart_decision.hpp"
#include "agent/retuner.hpp"
#include "runtime/files.hpp"

namespace dynascale::agent {

struct RestartTools {
  std::vector<std::string> systemctl{"systemctl"};  ///< Gets "restart UNIT" appended; runs as the agent's user.
  Duration stop_limit = std::chrono::minutes{5};   ///< For systemctl: a large database writes its checkpoint first.
  Duration start_limit = std::chrono::minutes{2};  ///< Until the application answers again after it.
  Duration poll = std::chrono::milliseconds{200};
};

/// The blocking work on one application: every step bounded, the result read back from the new process. Exposed for
/// tests. `processes` lists what runs now.
[[nodiscard]] Retuning restart_application(Adapter& adapter, const Application& application,
                                           const std::function<std::vector<ProcessInfo>()>& processes,
                                           const RestartTools& tools, const Clock& clock);

/// Decides for all applications of the last survey and restarts at most one at a time. One loop thread.
class Restarter {
 public:
  using Windows = std::function<std::vector<config::RestartWindow>(const Instance&)>;
  Restarter(Retuner& retuner, GuestSystem& system, const Files& files, Windows windows, RestartTools tools,
            const Clock& clock, Log& log);

  /// Restarts the first application that may be restarted now. Empty when none may.
  boost::asio::awaitable<std::vector<Retuning>> run_due();
  [[nodiscard]] RestartVerdict verdict_on(const Application& application);

 private:
  Retuner& retuner_;
  GuestSystem& system_;
  const Files& files_;
  Windows windows_;
  RestartTools tools_;
  const Clock& clock_;
  Log& log_;
  std::map<std::string, Instant> attempts_;
};

}  // namespace dynascale::agent
