#pragma once
/// The host's own figures: its pressure and its available memory, from this machine's /proc.

#include <memory>
#include <optional>
#include <string>

#include "core/arbiter/host_pressure.hpp"
#include "runtime/files.hpp"

namespace dynascale::hostd {

/// Whether the guests of this libvirt URI run on this machine: only then do /proc's figures mean them.
[[nodiscard]] bool is_local(const std::string& libvirt_uri);

/// Reads what there is; a kernel without PSI leaves its figures absent. A few short files: it does not block.
/// Any thread.
[[nodiscard]] arbiter::HostLoad read_host_load(const Files& files, Instant now);

}  // namespace dynascale::hostd
