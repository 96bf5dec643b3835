#include "hostd/libvirt/domain_xml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <pugixml.hpp>
#include <sstream>
#include <string>

#include "hostd/libvirt/domain_placement.hpp"
#include "hostd/libvirt/xml_values.hpp"

namespace dynascale::hostd {
namespace {

std::string_view attribute(const pugi::xml_node& node, const char* name) {
  return node.attribute(name).value();
}

Status load(pugi::xml_document& document, std::string_view xml) {
  if (xml.size() > max_domain_xml) {
    return fail(Errc::limit_exceeded, fmt::format("domain XML of {} is longer than {}", Bytes::of(xml.size()),
                                                  Bytes::of(max_domain_xml)));
  }
  const auto parsed = document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!parsed) {
    return fail(Errc::corrupt, fmt::format("domain XML: {} at byte {}", parsed.description(), parsed.offset));
  }
  return {};
}

std::string to_text(const pugi::xml_node& element) {
  std::ostringstream text;
  element.print(text, "", pugi::format_raw);
  return text.str();
}

tl::unexpected<Error> corrupt(const pugi::xml_node& domain, std::string_view what) {
  return fail(Errc::corrupt, fmt::format("domain '{}': {}", domain.child_value("name"), what));
}

std::optional<VcpuCount> vcpu_count(std::string_view text) {
  const auto count = parse_count(text);
  if (!count || *count == 0 || *count > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  return VcpuCount{static_cast<std::uint16_t>(*count)};
}

Status read_vcpus(const pugi::xml_node& domain, GuestDescription& guest) {
  const auto vcpu = domain.child("vcpu");
  const auto maximum = vcpu_count(vcpu.text().get());
  if (!maximum) return corrupt(domain, "<vcpu> holds no count of 1 to 65535");
  const auto current = vcpu.attribute("current");
  const auto plugged = current ? vcpu_count(current.value()) : maximum;
  if (!plugged || *plugged > *maximum)
    return corrupt(domain, "<vcpu current='…'> is no count up to the maximum");
  guest.vcpus_maximum = *maximum;
  guest.vcpus_plugged = *plugged;

  const auto details = domain.child("vcpus");
  if (!details) {  // libvirt lists no vCPU one by one when none of them can be unplugged
    for (std::uint16_t id = 0; id < plugged->value; ++id)
      guest.vcpus_not_unpluggable.push_back(VcpuIndex{id});
    return {};
  }
  for (const auto& one : details.children("vcpu")) {
    const auto id = parse_count(attribute(one, "id"));
    if (!id || *id >= maximum->value)
      return corrupt(domain, "<vcpus><vcpu id='…'> is outside of the maximum");
    if (attribute(one, "enabled") != "yes") continue;
    if (*id == 0 || attribute(one, "hotpluggable") != "yes") {
      guest.vcpus_not_unpluggable.push_back(VcpuIndex{static_cast<std::uint16_t>(*id)});
    }
  }
  std::sort(guest.vcpus_not_unpluggable.begin(), guest.vcpus_not_unpluggable.end());
  return {};
}

Result<VirtioMemDevice> read_virtio_mem(const pugi::xml_node& domain, const pugi::xml_node& memory) {
  const auto target = memory.child("target");
  const auto size = amount_of(target.child("size"));
  const auto block = amount_of(target.child("block"));
  const auto requested = amount_of(target.child("requested"));
  if (!size || !block || *block == Bytes{} || !requested) {
    return corrupt(domain, "a virtio-mem device lacks a valid <size>, <block> or <requested>");
  }
  VirtioMemDevice device;
  device.alias = attribute(memory.child("alias"), "name");
  device.size = *size;
  device.block = *block;
  device.requested = *requested;
  device.current = amount_of(target.child("current")).value_or(Bytes{});
  const auto node = parse_count(target.child_value("node")).value_or(0);
  device.node =
      static_cast<unsigned>(std::min<std::uint64_t>(node, std::numeric_limits<std::uint16_t>::max()));
  return device;
}

/// <memory> counts memory devices at their full size, whether the guest has it or not.
Status read_memory(const pugi::xml_node& domain, GuestDescription& guest) {
  const auto total = amount_of(domain.child("memory"));
  if (!total || *total == Bytes{}) return corrupt(domain, "<memory> holds no amount");
  guest.memory_boot = *total;
  Bytes plugged;
  for (const auto& memory : domain.child("devices").children("memory")) {
    if (attribute(memory, "model") != "virtio-mem") continue;
    auto device = read_virtio_mem(domain, memory);
    if (!device) return tl::unexpected{device.error()};
    guest.memory_boot = saturating_sub(guest.memory_boot, device->size);
    plugged = saturating_add(plugged, device->current);
    guest.virtio_mem.push_back(std::move(*device));
  }
  const auto element = domain.child("currentMemory");
  const auto current =
      element ? amount_of(element) : std::optional{saturating_add(guest.memory_boot, plugged)};
  if (!current) return corrupt(domain, "<currentMemory> holds no amount");
  guest.memory_current = saturating_sub(*current, plugged);
  return {};
}

bool is_passthrough(const pugi::xml_node& device) {
  const std::string_view name = device.name();
  if (name == "hostdev") {
    return attribute(device, "mode") == "subsystem" &&
           (attribute(device, "type") == "pci" || attribute(device, "type") == "mdev");
  }
  return name == "interface" &&
         (attribute(device, "type") == "hostdev" || attribute(device, "type") == "vdpa");
}

void read_balloon(const pugi::xml_node& domain, GuestDescription& guest) {
  const auto devices = domain.child("devices");
  const auto balloon = devices.child("memballoon");
  guest.has_balloon = balloon && attribute(balloon, "model") != "none";
  guest.autodeflate = attribute(balloon, "autodeflate") == "on";
  guest.has_passthrough = std::any_of(devices.begin(), devices.end(), is_passthrough);
  const auto backing = domain.child("memoryBacking");
  guest.memory_locked = backing.child("locked") || backing.child("hugepages");
}

/// The host side of the agent's channel; when there is none that can be used, why.
void read_channel(const pugi::xml_node& domain, GuestDescription& guest) {
  std::string problem = fmt::format(
      "no agent channel: only libvirt's own statistics are known; add <channel type='unix'><target "
      "type='virtio' "
      "name='{}'/></channel> to <devices>",
      agent_channel);
  for (const auto& channel : domain.child("devices").children("channel")) {
    const auto target = channel.child("target");
    if (attribute(target, "name") != agent_channel || attribute(target, "type") != "virtio") continue;
    const auto source = channel.child("source");
    if (attribute(channel, "type") != "unix") {
      problem = fmt::format("the agent channel has type '{}', which hostd cannot open: use type='unix'",
                            attribute(channel, "type"));
    } else if (attribute(source, "mode") == "connect") {
      problem =
          "the agent channel waits for a listener (mode='connect'): use mode='bind', or leave out <source>";
    } else if (attribute(source, "path").empty()) {
      problem = "the agent channel has no socket yet: libvirt names one when the guest starts";
    } else {
      guest.channel_path = attribute(source, "path");
      return;
    }
  }
  guest.degradations.push_back(std::move(problem));
}

/// libvirt tells in the running guest's XML whether somebody holds the guest's end.
bool has_guest_agent(const pugi::xml_node& domain) {
  const auto channels = domain.child("devices").children("channel");
  return std::any_of(channels.begin(), channels.end(), [](const pugi::xml_node& channel) {
    const auto target = channel.child("target");
    return attribute(target, "name") == "org.qemu.guest_agent.0" && attribute(target, "state") == "connected";
  });
}

void read_policy(const pugi::xml_node& domain, GuestDescription& guest) {
  for (auto element : domain.child("metadata").children()) {
    if (namespace_of(element) != policy_namespace) continue;
    guest.policy_xml = to_text(element);
    return;
  }
}

void judge_vcpus(GuestDescription& guest) {
  const bool all_fixed = guest.vcpus_not_unpluggable.size() == guest.vcpus_plugged.value;
  if (guest.vcpus_plugged == guest.vcpus_maximum && all_fixed) {
    guest.degradations.push_back(fmt::format(
        "no room for more vCPUs: it was started with all {0}; set <vcpu current='{0}'>…</vcpu> with a higher "
        "maximum and start it anew",
        guest.vcpus_maximum));
  }
  if (guest.emulated) {
    guest.degradations.emplace_back(
        "software emulation (type='qemu'): vCPUs are parked in the guest, not unplugged; use type='kvm' "
        "where the "
        "host can");
  }
}

void judge_memory(GuestDescription& guest) {
  if (!guest.has_balloon) {
    guest.degradations.emplace_back(
        "no balloon: boot memory cannot change; add <memballoon model='virtio'/>");
  } else if (guest.has_passthrough) {
    guest.degradations.emplace_back(
        "a passed-through device pins all memory, so the balloon gives nothing back; remove the <hostdev> or "
        "give "
        "the guest a virtio-mem device");
  } else if (guest.memory_locked) {
    guest.degradations.emplace_back(
        "memory is locked or in huge pages, so the balloon gives nothing back; remove <locked/> or "
        "<hugepages/> from "
        "<memoryBacking>");
  }
  if (guest.virtio_mem.empty()) {
    guest.degradations.push_back(
        fmt::format("memory cannot exceed {}: for more add <maxMemory slots='…'>, a NUMA cell and a <memory "
                    "model='virtio-mem'>",
                    guest.memory_boot));
  }
}

}  // namespace

Result<GuestDescription> parse_domain(std::string_view xml) {
  pugi::xml_document document;
  if (auto loaded = load(document, xml); !loaded) return tl::unexpected{loaded.error()};
  const auto domain = document.child("domain");
  GuestDescription guest;
  guest.id.uuid = domain.child_value("uuid");
  guest.name = domain.child_value("name");
  if (!domain || guest.id.uuid.empty() || guest.name.empty()) {
    return corrupt(domain, "expected a <domain> with <name> and <uuid>");
  }
  guest.emulated = attribute(domain, "type") == "qemu";
  if (auto status = read_vcpus(domain, guest); !status) return tl::unexpected{status.error()};
  if (auto status = read_memory(domain, guest); !status) return tl::unexpected{status.error()};
  read_balloon(domain, guest);
  read_channel(domain, guest);
  guest.has_guest_agent = has_guest_agent(domain);
  read_policy(domain, guest);
  judge_vcpus(guest);
  judge_memory(guest);
  for (auto& note : placement_notes(domain, guest)) guest.degradations.push_back(std::move(note));
  return guest;
}

Result<std::string> virtio_mem_update(std::string_view xml, const std::string& alias, Bytes requested) {
  pugi::xml_document document;
  if (auto loaded = load(document, xml); !loaded) return tl::unexpected{loaded.error()};
  const auto domain = document.child("domain");
  for (const auto& memory : domain.child("devices").children("memory")) {
    if (attribute(memory, "model") != "virtio-mem" || attribute(memory.child("alias"), "name") != alias)
      continue;
    const auto device = read_virtio_mem(domain, memory);
    if (!device) return tl::unexpected{device.error()};
    if (requested > device->size || requested.floor_to(device->block) != requested) {
      return fail(Errc::invalid_argument, fmt::format("{}: {} is not a multiple of {} up to {}", alias,
                                                      requested, device->block, device->size));
    }
    auto element = memory.child("target").child("requested");
    element.remove_attributes();
    element.append_attribute("unit") = "KiB";
    element.text().set(fmt::format("{}", requested.floor_kib()).c_str());
    return to_text(memory);
  }
  return fail(Errc::not_found, fmt::format("domain '{}': it has no virtio-mem device with alias '{}'",
                                           domain.child_value("name"), alias));
}

}  // namespace dynascale::hostd
