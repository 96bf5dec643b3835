#pragma once
/// What really changes the size that a program has, where a drill does not only pretend.

#include <string>
#include <vector>

#include "check/drill/answers.hpp"
#include "core/model/result.hpp"

namespace dynascale::check {

/// One thread. What it changed is undone when it goes, and also when this program is killed.
class Mover {
 public:
  Mover() = default;
  Mover(const Mover&) = delete;
  Mover& operator=(const Mover&) = delete;
  virtual ~Mover() = default;

  /// "cgroup version 2", "hot-plug".
  [[nodiscard]] virtual std::string name() const = 0;
  /// The size before the first move, and the other end.
  [[nodiscard]] virtual Machine first() const = 0;
  [[nodiscard]] virtual Machine second() const = 0;
  /// Begins to change the size for the processes `pids`. Errors: `permission_denied`, `unavailable`, `refused`,
  /// `unsupported`, `io`; the text says what to do.
  [[nodiscard]] virtual Status begin(const Machine& machine, const std::vector<int>& pids) = 0;
  /// Whether the size is what was asked for last.
  [[nodiscard]] virtual bool arrived() = 0;
  /// Things that whoever reads the report should know, a sentence each.
  [[nodiscard]] virtual std::vector<std::string> notes() const { return {}; }
};

}  // namespace dynascale::check
