#include "agent/watches.hpp"

#include <boost/asio/use_awaitable.hpp>

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;

}  // namespace

Result<std::unique_ptr<PressureWatch>> PressureWatch::open(asio::any_io_executor executor, const Files& files,
                                                           PressureResource resource, Ratio share,
                                                           Duration least_gap, const Clock& clock, Risen risen) {
  auto trigger = open_pressure_trigger(files, resource, share);
  if (!trigger) return tl::unexpected(trigger.error());
  return std::make_unique<PressureWatch>(std::move(executor), std::move(*trigger), resource, least_gap, clock,
                                         std::move(risen));
}

PressureWatch::PressureWatch(asio::any_io_executor executor, PressureTrigger trigger, PressureResource resource,
                             Duration least_gap, const Clock& clock, Risen risen)
    : descriptor_{executor, trigger.fd.release()},
      window_{trigger.window},
      resource_{resource},
      least_gap_{least_gap},
      clock_{clock},
      risen_{std::move(risen)} {}

asio::awaitable<void> PressureWatch::run() {
  for (;;) {
    // Asio waits for EPOLLPRI, which is how a trigger fires, under the name of wait_error.
    co_await descriptor_.async_wait(asio::posix::stream_descriptor::wait_error, asio::use_awaitable);
    const Instant now = clock_.now();
    if (last_ && now - *last_ < least_gap_) continue;
    last_ = now;
    risen_(resource_);
  }
}

DeviceWatch::DeviceWatch(asio::any_io_executor executor, UeventSocket socket, Changed changed)
    : socket_{std::move(socket)}, descriptor_{executor, socket_.fd()}, changed_{std::move(changed)} {}

DeviceWatch::~DeviceWatch() { descriptor_.release(); }

asio::awaitable<void> DeviceWatch::run() {
  for (;;) {
    co_await descriptor_.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
    for (;;) {
      const auto event = socket_.receive();
      if (!event && event.error().code == Errc::limit_exceeded) changed_(Uevent{"lost", "", ""});
      if (!event || !*event) break;
      if ((*event)->subsystem == "cpu" || (*event)->subsystem == "memory") changed_(**event);
    }
  }
}

}  // namespace dynascale::agent
