#pragma once
/// Reads one file for scanning: mapped when large, never following what is not a plain file, bounded in size.

#include <cstddef>
#include <string>
#include <string_view>

#include "core/model/result.hpp"

namespace dynascale::check {

/// A file's bytes, valid as long as this object. Move-only, one thread.
class FileBytes {
 public:
  FileBytes() = default;
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;
  FileBytes(FileBytes&& other) noexcept;
  FileBytes& operator=(FileBytes&& other) noexcept;
  ~FileBytes();

  [[nodiscard]] std::string_view view() const { return map_ ? std::string_view{map_, size_} : buffer_; }

 private:
  friend Result<FileBytes> read_file(const std::string& path, std::size_t limit);
  const char* map_ = nullptr;
  std::size_t size_ = 0;
  std::string buffer_;
};

/// Errors: `not_found` when it vanished, `permission_denied`, `limit_exceeded` above `limit` bytes,
/// `unsupported` for what is no plain file (a FIFO is never opened for waiting), `io`.
[[nodiscard]] Result<FileBytes> read_file(const std::string& path, std::size_t limit);

}  // namespace dynascale::check
