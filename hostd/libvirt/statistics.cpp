#include "hostd/libvirt/statistics.hpp"

#include <limits>
#include <string_view>

#include "hostd/libvirt/xml_values.hpp"

namespace dynascale::hostd {
namespace {

/// The value as an unsigned number; negative, floating and textual ones are nothing.
std::optional<std::uint64_t> number(const virTypedParameter& parameter) {
  const auto unsigned_of = [](auto value) -> std::optional<std::uint64_t> {
    if (value < 0) return std::nullopt;
    return static_cast<std::uint64_t>(value);
  };
  switch (parameter.type) {
    case VIR_TYPED_PARAM_INT:
      return unsigned_of(parameter.value.i);
    case VIR_TYPED_PARAM_UINT:
      return parameter.value.ui;
    case VIR_TYPED_PARAM_LLONG:
      return unsigned_of(parameter.value.l);
    case VIR_TYPED_PARAM_ULLONG:
      if (parameter.value.ul == std::numeric_limits<unsigned long long>::max())
        return std::nullopt;  // QEMU's -1
      return parameter.value.ul;
    default:
      return std::nullopt;
  }
}

std::optional<Bytes> from_kib(std::uint64_t kib) {
  if (kib > Bytes::max().floor_kib()) return std::nullopt;
  return Bytes::kib(kib);
}

GuestState state_of(std::uint64_t state) {
  switch (state) {
    case VIR_DOMAIN_RUNNING:
    case VIR_DOMAIN_BLOCKED:
      return GuestState::running;
    case VIR_DOMAIN_PAUSED:
      return GuestState::paused;
    case VIR_DOMAIN_SHUTDOWN:
    case VIR_DOMAIN_SHUTOFF:
      return GuestState::shut_off;
    case VIR_DOMAIN_CRASHED:
      return GuestState::crashed;
    case VIR_DOMAIN_PMSUSPENDED:
      return GuestState::suspended;
    default:
      return GuestState::unknown;
  }
}

std::optional<VcpuCount> vcpu_count(std::uint64_t count) {
  if (count > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  return VcpuCount{static_cast<std::uint16_t>(count)};
}

/// `vcpu.3.time`: parameters of one vCPU come together, and those of unplugged ones are left out.
class Vcpus {
 public:
  explicit Vcpus(std::vector<VcpuStats>& out) : out_{out} {}
  void take(std::string_view rest, std::uint64_t value) {
    const auto dot = rest.find('.');
    const auto index = parse_count(rest.substr(0, dot));
    if (!index || dot == std::string_view::npos) return;
    const std::string_view key = rest.substr(dot + 1);
    if (key == "time") {
      out_.push_back({.time_ns = value, .delay_ns = std::nullopt});
      latest_ = *index;
    } else if (key == "delay" && !out_.empty() && latest_ == *index) {
      out_.back().delay_ns = value;
    }
  }

 private:
  std::vector<VcpuStats>& out_;
  std::uint64_t latest_ = 0;
};

void take_balloon(GuestStats& stats, std::string_view key, std::uint64_t value) {
  if (key == "current") stats.balloon_current = from_kib(value);
  if (key == "maximum") stats.balloon_maximum = from_kib(value);
  if (key == "available") stats.available = from_kib(value);
  if (key == "usable") stats.usable = from_kib(value);
  if (key == "unused") stats.unused = from_kib(value);
  if (key == "rss") stats.resident = from_kib(value);
  if (key == "swap_in") {
    const auto swapped = from_kib(value);
    if (swapped) stats.swap_in = swapped->count();
  }
  if (key == "last-update" && value > 0) stats.balloon_updated_s = value;
}

}  // namespace

GuestStats parse_statistics(std::span<const virTypedParameter> parameters) {
  GuestStats stats;
  Vcpus vcpus{stats.vcpus};
  for (const auto& parameter : parameters) {
    const auto value = number(parameter);
    if (!value) continue;
    const std::string_view field{static_cast<const char*>(parameter.field)};
    if (field == "state.state") {
      stats.state = state_of(*value);
    } else if (field == "vcpu.current") {
      stats.vcpus_plugged = vcpu_count(*value);
    } else if (field == "vcpu.maximum") {
      stats.vcpus_maximum = vcpu_count(*value);
    } else if (field.starts_with("vcpu.")) {
      vcpus.take(field.substr(5), *value);
    } else if (field.starts_with("balloon.")) {
      take_balloon(stats, field.substr(8), *value);
    }
  }
  return stats;
}

}  // namespace dynascale::hostd
