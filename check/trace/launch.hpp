#pragma once
/// Starts a program after a hook has run in the child. It has a process group of its own, unless it reads
/// from a terminal.

#include <functional>
#include <string>
#include <vector>

#include "core/model/result.hpp"
#include "runtime/unique_fd.hpp"

namespace dynascale::check {

struct Launched {
  int pid = -1;
  UniqueFd failure;  ///< Becomes readable: an errno when the hook or exec failed, its end when exec worked.
};

enum class Input : bool { none, inherited };

/// `hook` runs in the child, single-threaded, before exec; it returns 0 or an errno. The child is killed when
/// its parent ends. Signals are as they were when this program started. Errors: `io`.
[[nodiscard]] Result<Launched> launch(const std::vector<std::string>& argv, Input input,
                                      const std::function<int()>& hook);

/// Reads `failure` once it is readable: nothing wrong, or the reason. Errors: `not_found`,
/// `permission_denied`, `unsupported` (the kernel lacks the filter), `io`.
[[nodiscard]] Status launch_outcome(const Launched& launched, const std::string& program);

}  // namespace dynascale::check
