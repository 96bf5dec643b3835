#pragma once
/// Reads a task's memory and names: what a system call's arguments point to.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/unique_fd.hpp"

namespace dynascale::check {

/// /proc/TID/mem stays with the memory it was opened on, even when the task ends and its number is used
/// again.
class TaskMemory {
 public:
  enum class Access : bool { read, write };
  TaskMemory(int task, Access access);

  /// A path: bounded by PATH_MAX, read page by page, so that one at the end of a mapping is read too.
  [[nodiscard]] std::optional<std::string> read_path(std::uint64_t address) const;
  /// What could be read, at most `size`.
  [[nodiscard]] std::string read(std::uint64_t address, std::size_t size) const;
  [[nodiscard]] bool write(std::uint64_t address, const void* data, std::size_t size) const;

 private:
  UniqueFd memory_;
};

/// `path` as `task` means it: absolute, joined to its folder or to that of `directory` (AT_FDCWD or a
/// descriptor of the task). Symbolic links and ".." stay.
[[nodiscard]] std::string absolute_path(int task, int directory, const std::string& path);

/// The process (thread group) of a task; the task itself when it is gone.
[[nodiscard]] int process_of(int task);

}  // namespace dynascale::check
