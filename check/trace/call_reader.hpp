#pragma once
/// From a task that stopped at a traced system call to the call as `classify` wants it.

#include <optional>
#include <vector>

#include "check/trace/question.hpp"
#include "check/trace/syscall_filter.hpp"

namespace dynascale::check {

/// The calls of interest, and listen(), which ends the start.
[[nodiscard]] std::vector<FilterRule> traced_calls();

[[nodiscard]] bool is_listen(std::uint64_t number);

/// As the task stopped at its entry. Nothing for a call that is of no interest.
[[nodiscard]] std::optional<Call> read_call(int task, std::uint64_t number,
                                            const std::uint64_t (&arguments)[6]);

}  // namespace dynascale::check
