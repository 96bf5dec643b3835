#include "probes/cgroup_events.hpp"

#include <fmt/format.h>
#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "probes/cgroup.hpp"

namespace dynascale {
namespace {

/// Enabling a controller in cgroup.subtree_control makes limits appear in the children.
constexpr std::array<std::string_view, 6> limit_files{"cpu.max",     "cpuset.cpus", "cpuset.cpus.effective",
                                                      "memory.max", "memory.high", "cgroup.subtree_control"};
constexpr std::uint32_t wanted = IN_MODIFY | IN_DELETE_SELF | IN_ONLYDIR;

bool concerns_limits(const inotify_event& event, std::string_view name) {
  if ((event.mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_IGNORED | IN_UNMOUNT)) != 0) return true;
  return std::ranges::find(limit_files, name) != limit_files.end();
}

}  // namespace

Result<CgroupEvents> CgroupEvents::open(const Files& files) {
  UniqueFd fd{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  if (!fd.valid())
    return fail(Errc::unavailable, fmt::format("the kernel gives no inotify instance: {}",
                                               std::generic_category().message(errno)));
  return CgroupEvents{files, std::move(fd)};
}

std::size_t CgroupEvents::follow(const std::set<std::string>& cgroups) {
  std::set<std::string> folders;
  for (const auto& cgroup : cgroups) {
    const auto own = cgroup_folders(*files_, cgroup);
    if (!own) continue;
    for (const auto& folder : *own)
      if (folders.size() < max_watched_folders) folders.insert(folder);
  }
  std::erase_if(watches_, [&](const auto& watch) {
    if (folders.contains(watch.first)) return false;
    ::inotify_rm_watch(fd_.get(), watch.second);
    return true;
  });
  for (const auto& folder : folders) {
    if (watches_.contains(folder)) continue;
    const int number = ::inotify_add_watch(fd_.get(), files_->resolve(folder).c_str(), wanted);
    if (number >= 0) watches_[folder] = number;
  }
  return watches_.size();
}

bool CgroupEvents::changed() {
  bool found = false;
  alignas(inotify_event) std::array<char, 16384> block{};
  for (;;) {
    const auto count = ::read(fd_.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return found;
    for (std::size_t at = 0; at < static_cast<std::size_t>(count);) {
      inotify_event event{};
      std::memcpy(&event, block.data() + at, sizeof event);
      const char* const name = block.data() + at + sizeof event;
      const std::string_view text{name, event.len == 0 ? 0 : ::strnlen(name, event.len)};
      // Only for watches that are still wanted: removing one reports it as ignored.
      const auto is_its = [wd = event.wd](const auto& watch) { return watch.second == wd; };
      const bool known = event.wd < 0 || std::ranges::any_of(watches_, is_its);
      found = found || (known && concerns_limits(event, text));
      if ((event.mask & IN_IGNORED) != 0) std::erase_if(watches_, is_its);
      at += sizeof event + event.len;
    }
  }
}

}  // namespace dynascale
