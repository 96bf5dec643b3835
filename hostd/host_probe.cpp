#include "hostd/host_probe.hpp"

#include "probes/memory.hpp"
#include "probes/psi.hpp"

namespace dynascale::hostd {

/// "qemu:///system" is here; "qemu+ssh://host/system", "qemu://host/system" are elsewhere.
bool is_local(const std::string& libvirt_uri) {
  const auto scheme = libvirt_uri.substr(0, libvirt_uri.find(':'));
  const auto transport = scheme.find('+');
  if (transport != std::string::npos && scheme.substr(transport) != "+unix") return false;
  return libvirt_uri.find(":///") != std::string::npos;
}

arbiter::HostLoad read_host_load(const Files& files, Instant now) {
  arbiter::HostLoad load;
  load.taken_at = now;
  if (const auto memory = read_memory(files)) load.memory_available = memory->available;
  if (const auto pressure = read_pressure(files, PressureResource::memory)) load.memory_pressure = pressure->average;
  if (const auto pressure = read_pressure(files, PressureResource::cpu)) load.cpu_pressure = pressure->average;
  return load;
}

}  // namespace dynascale::hostd
