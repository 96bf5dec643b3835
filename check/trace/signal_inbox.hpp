#pragma once
/// Signals as events of a poll loop, while it lives. One at a time in a process; single-threaded programs.

#include <signal.h>

#include <optional>
#include <vector>

#include "runtime/unique_fd.hpp"

namespace dynascale::check {

struct Signal {
  int number = 0;
  bool of_terminal = false;  ///< Ctrl-C: the whole group of processes had it.
};

class SignalInbox {
 public:
  explicit SignalInbox(const std::vector<int>& signals);
  SignalInbox(const SignalInbox&) = delete;
  SignalInbox& operator=(const SignalInbox&) = delete;
  ~SignalInbox();

  [[nodiscard]] int fd() const { return fd_.get(); }
  /// The next that came, without waiting.
  [[nodiscard]] std::optional<Signal> next() const;

 private:
  sigset_t before_{};
  UniqueFd fd_;
};

}  // namespace dynascale::check
