#include "runtime/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace dynascale {
namespace {

Errc code_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ESRCH: return Errc::not_found;
    case EACCES:
    case EPERM:
    case EROFS: return Errc::permission_denied;
    case EINVAL: return Errc::invalid_argument;
    default: return Errc::io;
  }
}

tl::unexpected<Error> failure(std::string_view action, const std::filesystem::path& path, int error) {
  return fail(code_of(error),
              fmt::format("cannot {} {}: {}", action, path.string(), std::generic_category().message(error)));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_{fd} {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Files::Files(std::filesystem::path root) : root_{std::move(root)} {}

std::filesystem::path Files::resolve(std::string_view path) const {
  return root_ / std::filesystem::path{path}.relative_path();
}

Result<std::string> Files::read(std::string_view path, Bytes limit) const {
  const auto full = resolve(path);
  const Descriptor file{::open(full.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file.valid()) return failure("open", full, errno);
  std::string content;
  std::array<char, 16384> block{};
  for (;;) {
    const auto count = ::read(file.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure("read", full, errno);
    if (count == 0) return content;
    content.append(block.data(), static_cast<std::size_t>(count));
    if (content.size() > limit.count())
      return fail(Errc::limit_exceeded, fmt::format("{} is larger than {}", full.string(), limit));
  }
}

Status Files::write_attribute(std::string_view path, std::string_view value) const {
  const auto full = resolve(path);
  const Descriptor file{::open(full.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!file.valid()) return failure("open", full, errno);
  const auto written = ::write(file.get(), value.data(), value.size());
  if (written < 0) return failure(fmt::format("write '{}' to", value), full, errno);
  if (static_cast<std::size_t>(written) != value.size())
    return fail(Errc::io, fmt::format("only a part of '{}' was written to {}", value, full.string()));
  return {};
}

Status Files::replace(std::string_view path, std::string_view content) const {
  const auto full = resolve(path);
  auto temporary = full.string() + ".dynascale-XXXXXX";
  const Descriptor file{::mkostemp(temporary.data(), O_CLOEXEC)};
  if (!file.valid()) return failure("create a temporary file beside", full, errno);
  struct stat old {};
  const bool existed = ::stat(full.c_str(), &old) == 0;
  const bool kept = existed ? ::fchmod(file.get(), old.st_mode & 07777U) == 0 &&
                                  ::fchown(file.get(), old.st_uid, old.st_gid) == 0
                            : ::fchmod(file.get(), 0644) == 0;
  if (kept && write_all(file.get(), content) && ::fsync(file.get()) == 0 &&
      ::rename(temporary.c_str(), full.c_str()) == 0)
    return {};
  const int error = errno;
  ::unlink(temporary.c_str());
  return failure("replace", full, error);
}

Status Files::remove(std::string_view path) const {
  const auto full = resolve(path);
  if (::unlink(full.c_str()) == 0 || errno == ENOENT) return {};
  return failure("remove", full, errno);
}

Result<std::string> Files::read_link(std::string_view path) const {
  std::error_code error;
  const auto full = resolve(path);
  auto target = std::filesystem::read_symlink(full, error);
  if (error) return failure("read the link", full, error.value());
  return target.string();
}

Result<std::vector<std::string>> Files::list(std::string_view path) const {
  std::error_code error;
  const auto full = resolve(path);
  std::filesystem::directory_iterator entries{full, error};
  std::vector<std::string> names;
  while (!error && entries != std::filesystem::directory_iterator{}) {
    names.push_back(entries->path().filename().string());
    entries.increment(error);
  }
  if (error) return failure("list", full, error.value());
  std::ranges::sort(names);
  return names;
}

bool Files::exists(std::string_view path) const {
  std::error_code error;
  return std::filesystem::exists(resolve(path), error);
}

}  // namespace dynascale
