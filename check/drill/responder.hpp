#pragma once
/// Answers the questions of a program that runs under a user-notification filter: see seccomp_unotify(2). It
/// is no security boundary: a path that another thread changes meanwhile gets the true answer.

#include <linux/seccomp.h>

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "check/drill/answers.hpp"
#include "check/trace/syscall_filter.hpp"
#include "check/trace/task_memory.hpp"
#include "runtime/unique_fd.hpp"

namespace dynascale::check {

/// What the filter stops: the questions, and the calls that make tasks, so that they can be bounded.
[[nodiscard]] std::vector<FilterRule> answered_calls();

/// One thread; owns the listener.
class Responder {
 public:
  /// `count_tasks` tells how many tasks live now; asked rarely, as it costs a look over /proc.
  Responder(UniqueFd listener, const Machine& machine, std::size_t most_tasks,
            std::function<std::size_t()> count_tasks);

  [[nodiscard]] int fd() const { return listener_.get(); }
  /// Answers what is pending, a bounded number.
  void serve();
  /// From now on another size; files that the program holds open change with it.
  void become(const Machine& machine);
  /// No further process or thread: for the end.
  void deny_tasks() { most_tasks_ = 0; }
  [[nodiscard]] std::uint64_t questions() const { return questions_; }
  [[nodiscard]] bool pinned() const { return pinned_ever_; }
  [[nodiscard]] bool tasks_denied() const { return denied_; }

 private:
  /// A given file, to be rewritten when the machine changes.
  struct Given {
    ResourceFile file;
    std::string path;
    UniqueFd memory;
  };

  void answer(const seccomp_notif& question);
  void answer_open(const seccomp_notif& question, int directory, std::uint64_t path, std::uint64_t flags);
  void answer_affinity(const seccomp_notif& question);
  void answer_pinning(const seccomp_notif& question);
  void answer_sysinfo(const seccomp_notif& question);
  void answer_new_task(const seccomp_notif& question);
  /// The task still waits, so what was opened or read by its number was its own.
  [[nodiscard]] bool is_valid(const seccomp_notif& question) const;
  void send(const seccomp_notif& question, std::int64_t value, int error, std::uint32_t flags) const;
  void go_on(const seccomp_notif& question) const { send(question, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE); }
  [[nodiscard]] bool give_file(const seccomp_notif& question, const UniqueFd& memory,
                               bool close_on_exec) const;

  UniqueFd listener_;
  Machine machine_;
  std::size_t most_tasks_;
  std::function<std::size_t()> count_tasks_;
  std::vector<char> notification_;  ///< As large as the kernel's own structure.
  std::deque<Given> given_;
  std::unordered_map<int, std::string> pinned_;  ///< Task to the mask it asked for.
  std::size_t tasks_ = 0;
  std::chrono::steady_clock::time_point counted_{};
  std::uint64_t questions_ = 0;
  bool pinned_ever_ = false;
  bool denied_ = false;
};

}  // namespace dynascale::check
