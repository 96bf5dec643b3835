#include "check/files/rooted.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "check/text/lines.hpp"
#include "runtime/unique_fd.hpp"

namespace dynascale::check {
namespace {

constexpr std::size_t most_names = 4096;
constexpr std::size_t most_expanded = 256;

Errc code_of(int error) {
  if (error == ENOENT || error == ENOTDIR || error == ESRCH) return Errc::not_found;
  return error == EACCES || error == EPERM ? Errc::permission_denied : Errc::io;
}

}  // namespace

int RootedFiles::open(std::string_view path, int flags) const {
  const UniqueFd root{::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (root.get() < 0) return -1;
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const std::string name{path};
  return static_cast<int>(::syscall(SYS_openat2, root.get(), name.c_str(), &how, sizeof how));
}

Result<std::string> RootedFiles::read(std::string_view path, std::size_t limit) const {
  const UniqueFd file{open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)};
  const auto failure = [&](int error) {
    return fail(code_of(error), fmt::format("{}{}: {}", root_ == "/" ? "" : root_, path,
                                            std::generic_category().message(error)));
  };
  if (file.get() < 0) return failure(errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return failure(errno);
  if (!S_ISREG(info.st_mode)) return fail(Errc::unsupported, fmt::format("{}: not a plain file", path));
  std::string text;
  std::array<char, 16384> block{};
  while (true) {
    const auto got = ::read(file.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure(errno);
    if (got == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(got));
    if (text.size() > limit)
      return fail(Errc::limit_exceeded, fmt::format("{}: larger than {} bytes", path, limit));
  }
}

std::vector<std::string> RootedFiles::list(std::string_view folder) const {
  std::vector<std::string> names;
  const int fd = open(folder, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return names;
  DIR* entries = ::fdopendir(fd);
  if (entries == nullptr) {
    ::close(fd);
    return names;
  }
  while (const auto* entry = ::readdir(entries)) {
    const std::string name{entry->d_name};
    if (name != "." && name != ".." && names.size() < most_names) names.push_back(name);
  }
  ::closedir(entries);
  std::sort(names.begin(), names.end());
  return names;
}

bool RootedFiles::exists(std::string_view path) const {
  const UniqueFd file{open(path, O_PATH)};
  return file.get() >= 0;
}

std::vector<std::string> RootedFiles::expand(const std::string& pattern) const {
  if (pattern.find('*') == std::string::npos)
    return exists(pattern) ? std::vector{pattern} : std::vector<std::string>{};
  const auto slash = pattern.rfind('/');
  const auto folder = slash == std::string::npos ? std::string{"."} : pattern.substr(0, slash);
  const auto glob = pattern.substr(slash == std::string::npos ? 0 : slash + 1);
  std::vector<std::string> out;
  for (const auto& name : list(folder.empty() ? "/" : folder)) {
    if (name.front() != '.' && glob_match(glob, name) && out.size() < most_expanded)
      out.push_back(folder + "/" + name);
  }
  return out;
}

}  // namespace dynascale::check
