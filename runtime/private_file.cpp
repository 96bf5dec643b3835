#include "runtime/private_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dynascale {

Status check_private_file(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0)
    return fail(Errc::not_found, fmt::format("the credentials file {} does not exist or is not readable", path));
  const bool own = file.st_uid == ::geteuid() || file.st_uid == 0;
  if (own && (file.st_mode & 077U) == 0) return {};
  return fail(Errc::permission_denied,
              fmt::format("the credentials file {} must belong to the daemon's user or root and be readable by nobody "
                          "else: chmod 600",
                          path));
}

}  // namespace dynascale
