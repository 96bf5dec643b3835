#include "runtime/as_user.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace dynascale {
namespace {

/// Runs in the child: async-signal-safe calls only.
bool become(const Identity& user) {
  if (user.uid == ::geteuid() && user.gid == ::getegid()) return true;
  return ::setgroups(0, nullptr) == 0 && ::setgid(user.gid) == 0 && ::setuid(user.uid) == 0;
}

/// `call` is made in the child and returns 0, or -1 with errno.
template <class Call>
Status run_as(const Identity& user, const char* what, const std::string& name, Call call) {
  if (name.empty() || name.find('/') != std::string::npos)
    return fail(Errc::invalid_argument, fmt::format("'{}' is no name in a folder", name));
  const pid_t child = ::fork();
  if (child < 0) return fail(Errc::io, "cannot start a process: " + std::generic_category().message(errno));
  if (child == 0) ::_exit(become(user) && call() == 0 ? 0 : std::clamp(errno, 1, 255));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  const int error = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
  if (error == 0) return {};
  const auto code = error == EACCES || error == EPERM          ? Errc::permission_denied
                    : error == ENOENT || error == ECONNREFUSED ? Errc::not_found
                    : error == EAGAIN                          ? Errc::unavailable
                                                               : Errc::io;
  return fail(code, fmt::format("cannot {} '{}' as user {}: {}", what, name, user.uid,
                                std::generic_category().message(error)));
}

}  // namespace

Status create_file_as(const Identity& user, int folder, const std::string& name) {
  return run_as(user, "create", name, [&] {
    const int fd = ::openat(folder, name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
    return fd >= 0 || errno == EEXIST ? 0 : -1;
  });
}

Status remove_file_as(const Identity& user, int folder, const std::string& name) {
  return run_as(user, "remove", name,
                [&] { return ::unlinkat(folder, name.c_str(), 0) == 0 || errno == ENOENT ? 0 : -1; });
}

Status connect_as(const Identity& user, int socket, int folder, const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof address.sun_path) return fail(Errc::invalid_argument, "a socket's name is too long");
  std::copy(name.begin(), name.end(), address.sun_path);
  return run_as(user, "connect to", name, [&] {
    // A path relative to the working directory: one through /proc would be looked up with the child's own rights.
    if (::fchdir(folder) != 0) return -1;
    return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  });
}

}  // namespace dynascale
