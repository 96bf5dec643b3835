#pragma once
/// What tells that a program is ready: a port that accepts, a file that is written.

#include <cstdint>
#include <string>

namespace dynascale::check {

/// Tells one writing of a file from the next; all zero for none.
struct FileState {
  std::uint64_t inode = 0;
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
  bool operator==(const FileState&) const = default;
};
[[nodiscard]] FileState file_state(const std::string& path);

/// Whether 127.0.0.1 accepts a connection on `port` now. Does not wait.
[[nodiscard]] bool accepts(std::uint16_t port);

}  // namespace dynascale::check
