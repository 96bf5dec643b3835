#pragma once
/// A seccomp filter that stops at chosen system calls and lets all others run at full speed.

#include <linux/filter.h>

#include <cstdint>
#include <vector>

namespace dynascale::check {

struct FilterRule {
  int number = 0;     ///< __NR_…
  int argument = -1;  ///< With `bits`: only calls whose argument (low 32 bits) has one of them.
  std::uint32_t bits = 0;
};

/// Returns `action` (SECCOMP_RET_…) for the calls of `rules`, allows every other call, and all calls of a
/// foreign architecture (a 32-bit program is not seen). Pure.
[[nodiscard]] std::vector<sock_filter> build_filter(const std::vector<FilterRule>& rules,
                                                    std::uint32_t action);

/// For the calling thread and all it will start; async-signal-safe, for a freshly forked child. Sets
/// no_new_privs. `flags`: SECCOMP_FILTER_FLAG_…. Returns what seccomp(2) returns: 0 or a listener; -1 with
/// errno.
[[nodiscard]] int install_filter(std::vector<sock_filter>& program, unsigned flags);

}  // namespace dynascale::check
