#pragma once
/// What a machine, or the image of one, says about its readiness to be resized. Gathered once, judged without
/// further reads.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "check/files/rooted.hpp"

namespace dynascale::check {

/// A text and where it lies; absent when it could not be read.
struct GuestText {
  std::string path;
  std::optional<std::string> text;
};

struct GuestFacts {
  bool running = false;  ///< A /proc of this machine was there; without it only what is on the disk is known.
  std::string release;   ///< The running kernel's, or the newest installed one's; empty when there is none.
  GuestText kernel_config;
  std::map<std::string, std::string> options;  ///< "CONFIG_PSI" -> "y"; what is not set is absent.
  GuestText command_line;                      ///< /proc/cmdline; of an image GRUB's default.
  GuestText auto_online, online_policy, possible_cpus, threads_max, huge_pages, mounts, meminfo;
  GuestText modules;            ///< modules.dep and modules.builtin of the release.
  std::vector<GuestText> udev;  ///< In the order of their names, hidden ones left out.
  GuestText irqbalance_defaults;
  bool pressure = false;  ///< /proc/pressure/memory is there.
  bool irqbalance = false, agent = false, agent_enabled = false;
};

[[nodiscard]] GuestFacts read_guest(const RootedFiles& files);

/// The lines `CONFIG_X=value` of a kernel's configuration.
[[nodiscard]] std::map<std::string, std::string> parse_kernel_config(std::string_view text);
/// Unpacks gzip, at most `limit` bytes. Errors: `corrupt`, `limit_exceeded`.
[[nodiscard]] Result<std::string> unpack_gzip(std::string_view packed, std::size_t limit);

}  // namespace dynascale::check
