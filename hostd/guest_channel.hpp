#pragma once
/// What a guest's controller needs of its channel.

#include <functional>
#include <memory>
#include <string>

#include "core/wire/messages.hpp"
#include "hostd/hypervisor.hpp"

namespace dynascale::hostd {

class GuestChannel {
 public:
  GuestChannel() = default;
  GuestChannel(const GuestChannel&) = delete;
  GuestChannel& operator=(const GuestChannel&) = delete;
  virtual ~GuestChannel() = default;
  /// Queues; drops when the agent is not there or does not read. Never blocks.
  virtual void send(const wire::Message& message) = 0;
  [[nodiscard]] virtual bool connected() const = 0;
};

}  // namespace dynascale::hostd
