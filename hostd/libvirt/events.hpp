#pragma once
/// libvirt's domain events to GuestEvents.

#include <libvirt/libvirt.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/model/result.hpp"
#include "hostd/hypervisor.hpp"

namespace dynascale::hostd {

/// A lifecycle event's kind and detail ("migrated", "saved", …), from libvirt's two numbers. Pure.
struct LifecycleMeaning {
  GuestEventKind kind = GuestEventKind::changed;
  std::string detail;
};
[[nodiscard]] LifecycleMeaning meaning_of(int event, int detail);

/// Where a connection's events go. Handlers run on the io_context, from handlers posted to it; after `mute`
/// none runs.
class EventSink : public std::enable_shared_from_this<EventSink> {
 public:
  EventSink(boost::asio::io_context& io, GuestEventHandler on_event, std::function<void(std::string)> on_lost)
      : io_{io}, on_event_{std::move(on_event)}, on_lost_{std::move(on_lost)} {}
  void event(virDomainPtr domain, GuestEventKind kind, std::string detail);
  void lost(std::string why);
  void mute() { muted_ = true; }

 private:
  boost::asio::io_context& io_;
  GuestEventHandler on_event_;
  std::function<void(std::string)> on_lost_;
  std::atomic<bool> muted_ = false;
};

/// Registers every event that libvirt offers and hostd uses; returns the ids to deregister. Errors only when
/// even lifecycle events are refused: the others are hints, for everything is read again each period.
[[nodiscard]] Result<std::vector<int>> register_events(virConnectPtr connection,
                                                       const std::shared_ptr<EventSink>& sink);

/// Tells the sink when the connection breaks. `unsupported` for drivers that live in this process.
Status register_close(virConnectPtr connection, const std::shared_ptr<EventSink>& sink);
void unregister_close(virConnectPtr connection);

}  // namespace dynascale::hostd
