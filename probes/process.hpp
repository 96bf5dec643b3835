#pragma once
/// All running processes, bounded. Threading: stateless, any thread.

#include <vector>

#include "core/model/process.hpp"
#include "core/model/result.hpp"
#include "runtime/files.hpp"
#include "runtime/process_info.hpp"

namespace dynascale {

inline constexpr std::size_t max_processes = 8192;

/// All processes but kernel threads and zombies, by pid. One that ends while it is read is left out.
/// Errors: those of listing /proc.
[[nodiscard]] Result<std::vector<ProcessInfo>> list_processes(const Files& files);

}  // namespace dynascale
