#include "adapters/uwsgi/fifo.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

namespace dynascale::uwsgi {
namespace {

tl::unexpected<Error> failure(std::int32_t master, int error) {
  const auto code = error == EACCES || error == EPERM ? Errc::permission_denied : Errc::unavailable;
  return fail(code, fmt::format("cannot write to the master FIFO of process {}: {}", master,
                                std::generic_category().message(error)));
}

/// A pipe without a name links to "pipe:[…]".
bool is_named_pipe(const Files& files, const std::string& descriptor) {
  const auto target = files.read_link(descriptor);
  struct stat status {};
  return target && target->starts_with('/') && ::stat(files.resolve(descriptor).c_str(), &status) == 0 &&
         S_ISFIFO(status.st_mode);
}

}  // namespace

Result<Fifo> Fifo::open(const Files& files, std::int32_t master) {
  const auto folder = fmt::format("/proc/{}/fd", master);
  const auto descriptors = files.list(folder);
  if (!descriptors) return tl::unexpected(descriptors.error());
  std::string found;
  for (const auto& name : *descriptors) {
    const auto descriptor = folder + '/' + name;
    if (!is_named_pipe(files, descriptor)) continue;
    if (!found.empty())
      return fail(Errc::unsupported, fmt::format("process {} has more than one named pipe open", master));
    found = descriptor;
  }
  if (found.empty())
    return fail(Errc::unsupported,
                "uWSGI has no master FIFO: start it with `master-fifo = /run/uwsgi/NAME.fifo`");
  // Open for reading as well: then neither opening waits for a reader nor does writing raise SIGPIPE.
  UniqueFd fd{::open(files.resolve(found).c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)};
  if (!fd.valid()) return failure(master, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISFIFO(status.st_mode))
    return fail(Errc::unavailable, "the master FIFO went while it was opened");
  return Fifo{std::move(fd)};
}

Status Fifo::order(char letter, int times) {
  const std::string orders(static_cast<std::size_t>(times), letter);
  const auto written = ::write(fd_.get(), orders.data(), orders.size());
  if (written == static_cast<ssize_t>(orders.size())) return {};
  return fail(Errc::unavailable, "uWSGI's master does not read its FIFO");
}

}  // namespace dynascale::uwsgi
