#pragma once
/// The return addresses of a stopped task as modules and symbols, by libdw from the unwind tables and symbol
/// tables that the program's files carry. Nothing is looked up on the network.

#include <memory>
#include <vector>

#include "check/trace/question.hpp"

namespace dynascale::check {

/// One thread: the one that traces.
class StackWalker {
 public:
  StackWalker();
  StackWalker(const StackWalker&) = delete;
  StackWalker& operator=(const StackWalker&) = delete;
  ~StackWalker();

  /// Innermost first, at most 64. `thread` is stopped by ptrace and belongs to `process`. Empty when the
  /// stack cannot be walked.
  [[nodiscard]] std::vector<Frame> walk(int process, int thread);
  /// The process ended or runs another program now.
  void forget(int process);

 private:
  struct Sessions;
  std::unique_ptr<Sessions> sessions_;
};

}  // namespace dynascale::check
