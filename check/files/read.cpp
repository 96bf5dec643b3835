#include "check/files/read.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace dynascale::check {
namespace {

/// Smaller files are copied: mapping and unmapping takes the process-wide lock, which many threads would
/// share.
constexpr std::size_t map_from_bytes = std::size_t{4} << 20;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_{fd} {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

tl::unexpected<Error> fail_errno(const std::string& path) {
  const int code = errno;
  const auto kind = code == ENOENT || code == ENOTDIR ? Errc::not_found
                    : code == EACCES || code == EPERM ? Errc::permission_denied
                                                      : Errc::io;
  return fail(kind, fmt::format("{}: {}", path, std::strerror(code)));
}

}  // namespace

FileBytes::FileBytes(FileBytes&& other) noexcept
    : map_{std::exchange(other.map_, nullptr)}, size_{other.size_}, buffer_{std::move(other.buffer_)} {}

FileBytes& FileBytes::operator=(FileBytes&& other) noexcept {
  std::swap(map_, other.map_);
  std::swap(size_, other.size_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

FileBytes::~FileBytes() {
  if (map_ != nullptr) ::munmap(const_cast<char*>(map_), size_);
}

Result<FileBytes> read_file(const std::string& path, std::size_t limit) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (file.get() < 0) return fail_errno(path);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return fail_errno(path);
  if (!S_ISREG(info.st_mode)) return fail(Errc::unsupported, fmt::format("{}: not a plain file", path));
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size > limit) {
    return fail(Errc::limit_exceeded,
                fmt::format("{}: {} bytes, more than the limit of {}", path, size, limit));
  }
  FileBytes bytes;
  if (size >= map_from_bytes) {
    void* map = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (map == MAP_FAILED) return fail_errno(path);
    ::madvise(map, size, MADV_SEQUENTIAL);
    bytes.map_ = static_cast<const char*>(map);
    bytes.size_ = size;
    return bytes;
  }
  // Files of /proc and a file that grows meanwhile have another size than fstat says; read to the end,
  // bounded.
  const auto most = std::min(limit, std::max(size + 1, std::size_t{65536}));
  bytes.buffer_.resize(most);
  std::size_t have = 0;
  while (have < most) {
    const auto got = ::read(file.get(), bytes.buffer_.data() + have, most - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(path);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.buffer_.resize(have);
  return bytes;
}

}  // namespace dynascale::check
