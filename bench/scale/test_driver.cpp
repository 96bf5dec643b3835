#include "test_driver.hpp"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>

#include "tests/fakes/played_guests.hpp"

namespace dynascale::bench {
namespace {

using fakes::Verb;

std::string uuid_of(std::size_t guest) { return fmt::format("00000000-0000-4000-8000-{:012}", guest); }

std::string uri_of(std::size_t guests, const std::filesystem::path& folder) {
  const auto path = folder / "node.xml";
  std::ofstream file{path};
  file << "<node><cpu><active>4096</active><nodes>1</nodes><sockets>1</sockets><cores>4096</cores>"
          "<threads>1</threads></cpu><memory>1099511627776</memory>";
  for (std::size_t guest = 0; guest < guests; ++guest)
    file << fmt::format(R"(<domain type='test'><name>guest{0}</name><uuid>{1}</uuid><memory unit='GiB'>2</memory>
<vcpu current='2'>8</vcpu><os><type>hvm</type></os><devices><memballoon model='virtio'/><channel type='unix'>
<source mode='bind' path='{2}'/><target type='virtio' name='org.dynascale.agent.0'/></channel></devices></domain>)",
                        guest, uuid_of(guest), fakes::played_path(folder, guest));
  file << "</node>";
  return "test://" + path.string();
}

}  // namespace

TestDriver::TestDriver(std::size_t guests, const std::filesystem::path& folder)
    : loop_{hostd::EventLoop::install(io_).value()},
      work_{io_.get_executor()},
      thread_{[this] { io_.run(); }},
      real_{io_, {.uri = uri_of(guests, folder)}, {.event = [](const hostd::GuestEvent&) {}, .lost = {}}} {
  if (const auto connected = real_.connect(); !connected) throw std::runtime_error{connected.error().what};
}

TestDriver::~TestDriver() {
  real_.close();
  io_.stop();
  thread_.join();
}

std::map<std::string, std::size_t> TestDriver::places(std::size_t guests) {
  std::map<std::string, std::size_t> places;
  for (std::size_t guest = 0; guest < guests; ++guest) places[uuid_of(guest)] = guest;
  return places;
}

void TestDriver::tell(Verb verb, const hostd::GuestId& guest) const {
  if (hook_) hook_({verb, guest.uuid, 0});
}

Result<hostd::GuestDescription> TestDriver::describe(const hostd::GuestId& guest) {
  tell(Verb::describe, guest);
  return real_.describe(guest);
}

Status TestDriver::enable_statistics(const hostd::GuestId& guest, std::chrono::seconds period) {
  tell(Verb::enable_statistics, guest);
  return real_.enable_statistics(guest, period);
}

Status TestDriver::plug_vcpus(const hostd::GuestId& guest, VcpuCount count) {
  tell(Verb::plug_vcpus, guest);
  return real_.plug_vcpus(guest, count);
}

Status TestDriver::unplug_vcpus(const hostd::GuestId& guest, VcpuCount count) {
  tell(Verb::unplug_vcpus, guest);
  return real_.unplug_vcpus(guest, count);
}

Status TestDriver::set_balloon(const hostd::GuestId& guest, Bytes target) {
  tell(Verb::set_balloon, guest);
  return real_.set_balloon(guest, target);
}

Status TestDriver::set_virtio_mem(const hostd::GuestId& guest, const std::string& alias, Bytes requested) {
  tell(Verb::set_virtio_mem, guest);
  return real_.set_virtio_mem(guest, alias, requested);
}

Result<hostd::GuestVcpus> TestDriver::guest_vcpus(const hostd::GuestId& guest) { return real_.guest_vcpus(guest); }

Result<hostd::GuestVcpus> TestDriver::set_guest_vcpus(const hostd::GuestId& guest, VcpuCount count) {
  tell(Verb::set_guest_vcpus, guest);
  return real_.set_guest_vcpus(guest, count);
}

Status TestDriver::keep_size(const hostd::GuestId& guest, const Size& size) { return real_.keep_size(guest, size); }

Status TestDriver::set_policy(const hostd::GuestId& guest, const std::string& xml) {
  tell(Verb::set_policy, guest);
  return real_.set_policy(guest, xml);
}

}  // namespace dynascale::bench
